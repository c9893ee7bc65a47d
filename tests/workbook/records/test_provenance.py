"""The version of the code and the name of the device, as results record them."""

import torch

from lib.workbook.records import provenance
from lib.workbook.records.provenance import code_version, device_name


def test_the_code_version_outside_a_checkout_is_unknown(tmp_path, monkeypatch):
    assert code_version()
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    assert code_version() == "unknown"
    monkeypatch.setenv("PATH", "")
    assert code_version() == "unknown"


def test_a_device_is_named_for_people(monkeypatch):
    assert device_name("cpu").endswith(f"{torch.get_num_threads()} threads)")
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"GPU {device}")
    assert device_name("cuda:0") == "GPU cuda:0"
