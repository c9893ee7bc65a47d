"""A checkpoint puts back all that a training needs to go on to the same weights."""

import random

import pytest
import torch
from safetensors.torch import save_file

from lib.common.tensors import read_tensors
from lib.networks.registry import build_network
from lib.training.checkpoints import load_checkpoint, random_state, save_checkpoint
from lib.training.step import Step, Update

CPU = torch.device("cpu")


def two_networks(seed):
    """A step that owns two networks, each with its own optimizer."""
    networks = {
        "first": build_network("ColorizationNet", seed, width=8, norm="batch").train(),
        "second": build_network("ColorizationNet", seed + 10, width=4).train(),
    }
    optimizers = {
        "first": torch.optim.AdamW(networks["first"].parameters(), 1e-2),
        "second": torch.optim.AdamW(networks["second"].parameters(), 2e-2),
    }
    return Step(networks, {name: Update(optimizer, None) for name, optimizer in optimizers.items()})


def step_on_noise(step, seed):
    """One step, so that the optimizers have something to remember."""
    torch.manual_seed(seed)
    for name, network in step.networks.items():
        network(torch.rand(2, 1, 16, 16)).mean().backward()
        step.updates[name].optimizer.step()
        step.updates[name].optimizer.zero_grad()


def weights(step):
    return [tensor for network in step.networks.values() for tensor in network.state_dict().values()]


def test_a_checkpoint_puts_everything_back(tmp_path):
    step = two_networks(1)
    step_on_noise(step, 0)
    path, history = tmp_path / "checkpoint.safetensors", [{"epoch": 1, "loss": 0.5}]
    torch.manual_seed(7)
    own = random_state(CPU)
    torch.manual_seed(8)
    save_checkpoint(path, step, history, [own, random_state(CPU)])
    expected = torch.rand(3)  # what process 1 draws next
    step_on_noise(step, 1)

    again = two_networks(2)
    torch.manual_seed(9)
    before = torch.get_rng_state()
    assert load_checkpoint(path, again, 2) == history
    assert torch.equal(torch.get_rng_state(), before)  # process 2 took no part
    assert load_checkpoint(path, again, 1) == history and torch.equal(torch.rand(3), expected)
    assert load_checkpoint(path, again) == history and not torch.equal(torch.rand(3), expected)
    step_on_noise(again, 1)
    assert all(torch.equal(a, b) for a, b in zip(weights(again), weights(step), strict=True))


def test_without_a_checkpoint_nothing_changes(tmp_path):
    step, before = two_networks(1), torch.get_rng_state()
    assert load_checkpoint(tmp_path / "checkpoint.safetensors", step) == []
    assert all(torch.equal(a, b) for a, b in zip(weights(step), weights(two_networks(1)), strict=True))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_damaged_checkpoint_is_named(tmp_path):
    step, path = two_networks(1), tmp_path / "checkpoint.safetensors"
    step_on_noise(step, 0)
    save_checkpoint(path, step, [{"epoch": 1}], [random_state(CPU)])
    content, again = path.read_bytes(), two_networks(2)
    before = [tensor.clone() for tensor in weights(again)]
    for seed in range(60):
        place = random.Random(seed).randrange(len(content))
        path.write_bytes(
            content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :] if seed % 2 else content[:place]
        )
        with pytest.raises(ValueError, match=r"checkpoint\.safetensors: .* train again$"):
            load_checkpoint(path, again)
    assert all(torch.equal(a, b) for a, b in zip(before, weights(again), strict=True))  # nothing was put back


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"first.nothing": torch.ones(1)}, "Unexpected key"),
        ({"optimizer.0.exp_avg": torch.ones(1)}, "optimizer.0.exp_avg has the shape"),
        ({"optimizer.x.exp_avg": torch.ones(1)}, "invalid literal"),
        ({"random.0.0": torch.ones(1)}, "RNG"),
    ],
)
def test_a_checkpoint_of_another_training_is_named(tmp_path, change, sentence):
    step, path = two_networks(1), tmp_path / "checkpoint.safetensors"
    step_on_noise(step, 0)
    save_checkpoint(path, step, [{"epoch": 1}], [random_state(CPU)])
    save_file(read_tensors(path)[0] | change, path, {"history": "[]"})
    with pytest.raises(ValueError, match=rf"checkpoint\.safetensors: .*{sentence}.* train again$"):
        load_checkpoint(path, step)
