"""A training in the middle: networks, optimizers and random state in one file, whole or not there."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from lib.common.tensors import damaged, read_tensors, write_tensors
from lib.training.step import Step


def random_state(device: torch.device) -> list[Tensor]:
    """The states of the torch generators that a training on `device` draws from: the CPU's, and its GPU's."""
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.type == "cuda" else states


@contextmanager
def own_random_numbers(seed: int, device: torch.device) -> Iterator[None]:
    """Inside, what torch draws (dropout) depends only on `seed`; the caller's random state is left untouched."""
    with torch.random.fork_rng(range(torch.cuda.device_count()) if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def save_checkpoint(path: Path, step: Step, history: list[dict], random_states: Sequence[Sequence[Tensor]]) -> None:
    """All that an interrupted training needs to resume: networks, optimizers, and the state of random numbers.

    `random_states` has one `random_state` for each process that trains. The epoch is the length of the `history`; the
    schedule of the learning rate, the order of the pictures and their crops are functions of seed and epoch.
    """
    tensors = nn.ModuleDict(step.networks).state_dict()
    for start, optimizer in _numbered_optimizers(step):
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{start + index}.{key}": value for key, value in state.items()}
    for process, states in enumerate(random_states):
        tensors |= {f"random.{process}.{index}": state for index, state in enumerate(states)}
    write_tensors(path, tensors, {"history": json.dumps(history)})


def load_checkpoint(path: Path, step: Step, process: int = 0) -> list[dict]:
    """Put networks, optimizers and this process's random state back; returns the history, empty if there is no file.

    A process that did not take part when the checkpoint was written keeps the random state that it has.

    Raises:
        ValueError: the file is damaged, or of another training. What was put back before that is undefined: make the
            networks anew.
    """
    if not path.exists():
        return []
    tensors, metadata = read_tensors(path)
    try:
        history = json.loads(metadata["history"])
        if not isinstance(history, list) or not all(isinstance(row, dict) for row in history):
            raise ValueError("its history is no list of epochs")
        _put_back(tensors, step)
        if f"random.{process}.0" in tensors:
            torch.set_rng_state(tensors[f"random.{process}.0"])
        if f"random.{process}.1" in tensors:
            torch.cuda.set_rng_state(tensors[f"random.{process}.1"], step.device)
    except (ValueError, KeyError, TypeError, RuntimeError, RecursionError) as error:
        raise damaged(path, error) from error
    return history


def _put_back(tensors: Mapping[str, Tensor], step: Step) -> None:
    """Load networks and optimizers from a checkpoint's tensors; what does not fit raises one of several errors."""
    networks = {name: tensor for name, tensor in tensors.items() if name.split(".")[0] in step.networks}
    nn.ModuleDict(step.networks).load_state_dict(networks)
    state: dict[int, dict] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".")
            state.setdefault(int(index), {})[key] = tensor
    for start, optimizer in _numbered_optimizers(step):
        groups = optimizer.state_dict()["param_groups"]
        own = {index: state[start + index] for group in groups for index in group["params"] if start + index in state}
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        for index, moments in own.items():  # torch would notice a wrong shape in the next step only
            for key, moment in moments.items():
                if key != "step" and moment.shape != parameters[index].shape:
                    raise ValueError(f"optimizer.{start + index}.{key} has the shape {tuple(moment.shape)}")
        optimizer.load_state_dict({"param_groups": groups, "state": own})


def _numbered_optimizers(step: Step) -> Iterator[tuple[int, torch.optim.Optimizer]]:
    """Each optimizer with the number of its first parameter, where the parameters of all are numbered through."""
    start = 0
    for update in step.updates.values():
        yield start, update.optimizer
        start += sum(len(group["params"]) for group in update.optimizer.param_groups)
