"""Networks and checkpoints come back from their files; what holds none is named."""

import os
import random
import re
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from lib.networks.registry import build_network
from lib.networks.storage import load_network, read_config, read_history, save_network
from lib.training.config import TrainingConfig

CONFIG = TrainingConfig(options={"width": 8}, epochs=4, snapshots=(2,))
OURS = {"network": "ChromaNet", "options": {"width": 4, "side": 32}, "loss": "chroma distribution"}


def weights(network):
    return list(network.state_dict().values())


def equal(one, other):
    return all(torch.equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


def test_a_saved_network_comes_back(tmp_path):
    config = replace(CONFIG, options={"width": 8, "norm": "batch"})
    network = build_network(config.network, 3, **config.options)
    save_network(tmp_path / "a.safetensors", network, config)
    again = load_network(tmp_path / "a.safetensors")
    assert equal(again, network) and not again.training


def test_weights_in_half_precision_come_back_in_single(pairs, tmp_path):
    config = replace(CONFIG, **OURS)
    network = build_network(config.network, 3, **config.options)
    network.count_colors(pairs.tensors(slice(0, 20))[1])
    gray = pairs.tensors(slice(0, 4))[0]
    with torch.inference_mode():
        expected = network.eval()(gray)
        save_network(tmp_path / "half.safetensors", network.half(), config)
        again = load_network(tmp_path / "half.safetensors")
        found = again(gray)
    assert {tensor.dtype for tensor in weights(again)} == {torch.float32, torch.int64}
    assert all(torch.equal(a, b.to(a)) for a, b in zip(weights(again), weights(network), strict=True))
    torch.testing.assert_close(found, expected, atol=0.5 / 255, rtol=0)


def test_files_that_hold_no_network_are_named(tmp_path, kept_network):
    with pytest.raises(FileNotFoundError, match=r"none\.safetensors: no such network; train it first"):
        load_network(tmp_path / "none.safetensors")
    save_file({"weight": torch.ones(2)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"other\.safetensors: holds no network of this workbook"):
        load_network(tmp_path / "other.safetensors")
    (tmp_path / "text.safetensors").write_text("these are no weights")
    with pytest.raises(ValueError, match=r"text\.safetensors: is no whole safetensors file"):
        load_network(tmp_path / "text.safetensors")
    shutil.copy(kept_network, tmp_path / "half.safetensors")
    with (tmp_path / "half.safetensors").open("r+b") as file:
        file.truncate(3000)
    with pytest.raises(ValueError, match=r"half\.safetensors: is no whole safetensors file"):
        load_network(tmp_path / "half.safetensors")


def test_the_configuration_is_read_without_the_weights(kept_network, tmp_path):
    assert read_config(kept_network)["options"] == {"width": 2}
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"other\.safetensors: holds no network of this workbook"):
        read_config(tmp_path / "other.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"cut")
    with pytest.raises(ValueError, match=r"cut\.safetensors: is no whole safetensors file"):
        read_config(tmp_path / "cut.safetensors")


def test_the_history_is_read_without_the_weights(tmp_path):
    history = [{"epoch": 1, "loss": 0.25}]
    save_network(tmp_path / "a.safetensors", build_network("ColorizationNet", width=2), CONFIG, history)
    assert read_history(tmp_path / "a.safetensors") == history


def mutated(content: bytes, random: random.Random) -> bytes:
    """A file as a broken copy leaves it: cut off, or bytes changed, lost or added, mostly in its header."""
    header = 8 + int.from_bytes(content[:8], "little")
    place = random.randrange(header if random.random() < 0.7 else len(content))
    few = random.randrange(1, 9)
    return random.choice(
        [
            content[:place],
            content[:place] + bytes([content[place] ^ 1 << random.randrange(8)]) + content[place + 1 :],
            content[:place] + random.randbytes(few) + content[place + few :],
            content[:place] + random.randbytes(few) + content[place:],
            content[:place] + content[place + few :],
        ]
    )


def test_a_damaged_file_is_always_one_sentence_that_names_it(tmp_path, kept_network):
    content, file = kept_network.read_bytes(), tmp_path / "damaged.safetensors"
    for seed in range(200):
        file.write_bytes(mutated(content, random.Random(seed)))
        assert file.read_bytes() != content, seed
        for read in (load_network, read_config, read_history):
            try:
                found = read(file)
            except ValueError as error:
                assert re.fullmatch(r".*damaged\.safetensors: .* (again|kept)", str(error))
            else:  # the damage lies elsewhere, or in the name of the checksum
                assert read is not load_network or equal(found, load_network(kept_network))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"network": "Unknown"}, "no network is called 'Unknown'"),
        ({"options": {"widht": 2}}, "unexpected keyword argument 'widht'"),
        ({"options": {"width": 4}}, "its weights are not those of the ColorizationNet that it names"),
    ],
)
def test_weights_of_another_network_are_refused(tmp_path, change, sentence):
    save_network(tmp_path / "a.safetensors", build_network("ColorizationNet", width=2), replace(CONFIG, **change))
    with pytest.raises(ValueError, match=r"a\.safetensors: cannot be used \(.*" + sentence):
        load_network(tmp_path / "a.safetensors")


@pytest.mark.parametrize("config", ['{"network":', "[1]", '{"network": "ColorizationNet"}', "[" * 5000, "null"])
def test_a_configuration_that_is_none_is_refused(tmp_path, config):
    save_file({"weight": torch.ones(2)}, tmp_path / "a.safetensors", {"config": config, "history": config})
    for read in (load_network, read_config, read_history):
        with pytest.raises(ValueError, match=r"a\.safetensors: (holds no network|is no whole)"):
            read(tmp_path / "a.safetensors")


def test_what_is_no_file_is_refused(tmp_path, kept_network):
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match=r"folder: is a folder; name a safetensors file"):
        load_network(tmp_path / "folder")
    os.mkfifo(tmp_path / "pipe")  # it would be waited for
    with pytest.raises(ValueError, match=r"pipe: is no file; name a safetensors file"):
        load_network(tmp_path / "pipe")
    strange = tmp_path / os.fsdecode(b"caf\xe9.safetensors")
    shutil.copy(kept_network, strange)
    assert equal(load_network(strange), load_network(kept_network))
