"""A training in the middle: network, optimizer and random state in one file, whole or not there."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from lib.networks.storage import read_tensors, write_tensors


def random_state(device: torch.device) -> list[Tensor]:
    """The states of the random generators that a training on `device` uses: the CPU's, and the GPU's if it is one."""
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.type == "cuda" else states


def set_random_state(states: Sequence[Tensor], device: torch.device) -> None:
    """Restore the states that `random_state` returned."""
    torch.set_rng_state(states[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states[1], device)


def save_checkpoint(
    path: Path,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    history: list[dict],
    random_states: Sequence[Sequence[Tensor]],
) -> None:
    """All that an interrupted training needs to go on: network, optimizer, and the state of random numbers.

    `random_states` has one `random_state` for each process that trains. The epoch is the length of the `history`; the
    schedule of the learning rate, the order of the pictures and their crops are functions of seed and epoch.
    """
    tensors = {f"network.{name}": tensor.contiguous() for name, tensor in network.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value.contiguous() for key, value in state.items()}
    for process, states in enumerate(random_states):
        tensors |= {f"random.{process}.{index}": state for index, state in enumerate(states)}
    write_tensors(path, tensors, {"history": json.dumps(history)})


def load_checkpoint(
    path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, process: int = 0
) -> tuple[list[dict], list[Tensor]]:
    """Put network and optimizer back; returns the history and this process's random state.

    A process that did not take part when the checkpoint was written has no random state: the list is empty.
    """
    tensors, metadata = read_tensors(path)
    network.load_state_dict({name[8:]: tensor for name, tensor in tensors.items() if name.startswith("network.")})
    state: dict[int, dict] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".")
            state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return json.loads(metadata["history"]), [tensors[n] for n in sorted(tensors) if n.startswith(f"random.{process}.")]
