"""Tensors come back from their files, and a file in which a single bit is wrong is refused."""

import pytest
import torch
from safetensors.torch import save_file

from lib.common.tensors import read_metadata, read_tensors, write_tensors

TENSORS = {
    "half": torch.arange(6, dtype=torch.float16).reshape(2, 3).T,  # not contiguous
    "brain": torch.ones(3, dtype=torch.bfloat16),
    "truth": torch.tensor([True, False]),
    "count": torch.tensor(7),
    "empty": torch.zeros(0, 4),
}


def test_tensors_of_every_kind_come_back(tmp_path):
    write_tensors(tmp_path / "a.safetensors", TENSORS, {"name": "été"})
    found, metadata = read_tensors(tmp_path / "a.safetensors")
    assert metadata == {"name": "été"} and found.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert torch.equal(found[name], tensor) and found[name].dtype == tensor.dtype
    assert read_metadata(tmp_path / "a.safetensors")["name"] == "été"


def test_every_wrong_bit_is_told(tmp_path):
    path = tmp_path / "a.safetensors"
    write_tensors(path, TENSORS, {"name": "x"})
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        if place in range(content.index(b"checksum"), content.index(b"checksum") + 8):
            continue  # without this name it is a file of an older version, and its content is right
        with pytest.raises(ValueError, match=r"a\.safetensors: is no whole safetensors file \(.+\); copy it again"):
            read_tensors(path)


def test_files_of_older_versions_have_no_checksum(tmp_path):
    save_file({"a": torch.ones(2)}, tmp_path / "a.safetensors", {"name": "x"})
    assert read_tensors(tmp_path / "a.safetensors")[1] == {"name": "x"}
    with pytest.raises(FileNotFoundError, match=r"b\.safetensors"):
        read_tensors(tmp_path / "b.safetensors")
