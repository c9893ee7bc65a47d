"""The kernel for hints can be made again: simulated hints, a loss that falls, a file and its card."""

import numpy as np
import pytest
import torch

from lib.common.files import read_json
from lib.networks import hint_kernel
from lib.networks.hint_kernel import HintKernel
from lib.networks.registry import build_network
from lib.scripts import pretrain_hints


@pytest.fixture(scope="module")
def network():
    return build_network("ChromaNet", 0, width=4, side=32).eval()


def test_simulated_hints_are_few_in_most_pictures_and_many_in_some():
    cells, given = pretrain_hints.simulated(2000, 256, np.random.default_rng(0))
    numbers = given.sum(1)
    assert numbers.min() == 1 and numbers.max() == pretrain_hints.MOST == cells.shape[1]
    assert (numbers <= 8).float().mean() > 0.4 and (numbers > 40).float().mean() > 0.05
    assert all(len(row.unique()) == len(row) for row in cells[:20]) and cells.max() < 256


def test_training_lowers_the_error_after_hints(network, pairs):
    seen = pretrain_hints.look(network, pairs, range(48))
    assert all(len(tensor) == 48 and tensor.dtype == torch.float16 for tensor in seen.values())
    batch = {name: tensor.float() for name, tensor in seen.items()}
    cells, given = pretrain_hints.simulated(48, batch["mean"][0, 0].numel(), np.random.default_rng(1))
    kernel = HintKernel(16)
    before = pretrain_hints.loss(kernel, batch, cells, given).item()
    pretrain_hints.train(kernel, seen, epochs=20, seed=0)
    assert pretrain_hints.loss(kernel, batch, cells, given).item() < before - 0.05


def test_the_command_writes_a_kernel_and_what_it_gains(network, pairs, tmp_path, monkeypatch):
    file = tmp_path / "hints.safetensors"
    for module in (hint_kernel, pretrain_hints):
        monkeypatch.setattr(module, "BUNDLED_KERNEL", file)
    monkeypatch.setattr(pretrain_hints, "load_colorizer", lambda: network)
    monkeypatch.setattr(pretrain_hints, "load_pairs", lambda name, size: pairs)
    monkeypatch.setattr(pretrain_hints, "join_pairs", lambda parts: parts[0])
    monkeypatch.setattr("sys.argv", ["pretrain_hints", "photographs", "--photographs", "20", "--epochs", "1"])
    hint_kernel._bundled.cache_clear()
    try:
        pretrain_hints.main()
        kernel = hint_kernel.kernel_of(network)
    finally:
        hint_kernel._bundled.cache_clear()
    assert not torch.equal(kernel.alike, HintKernel(16).alike)
    card = read_json(file.with_suffix(".json"))
    (validation,) = card["validation"].values()
    assert set(validation) == {"chosen by hand", "learned"} and len(validation["learned"]) == len(pretrain_hints.COUNTS)
    assert "--photographs 20 --epochs 1 --seed 0" in card["command"]
