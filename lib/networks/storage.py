"""Weights in files: networks that can be built again, and checkpoints of trainings that are under way.

Both are single safetensors files, written whole or not at all, so that no two of their parts can disagree.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from lib.common.files import atomic_write
from lib.networks.registry import build_network


class Configuration(Protocol):
    """What a network is built again from: a dataclass with these fields, such as `lib.training.TrainingConfig`."""

    network: str
    options: dict


def save_network(path: Path, network: nn.Module, config: Configuration, history: list[dict] | None = None) -> None:
    """Weights with what `load_network` needs to build the network again (and the history), in one safetensors file."""
    metadata = {"network": config.network, "config": json.dumps(asdict(config)), "history": json.dumps(history or [])}
    state = {name: tensor.contiguous().cpu() for name, tensor in network.state_dict().items()}
    _write(path, state, metadata)


def load_network(path: str | Path, device: str | torch.device = "cpu") -> nn.Module:
    """A network saved by `save_network`, in eval mode. A file that is missing or not one raises with its name."""
    if not Path(path).exists():
        raise FileNotFoundError(f"{path}: no such network; train it first")
    config, (tensors, _) = read_config(path), _read(path)
    network = build_network(config["network"], **config["options"])
    network.load_state_dict(tensors)
    return network.to(device).eval()


def read_config(path: str | Path) -> dict:
    """The configuration that a network was kept with, without reading its weights."""
    with _opened(path) as file:
        metadata = file.metadata() or {}
    if "config" not in metadata:
        raise ValueError(f"{path}: holds no network of this workbook")
    return json.loads(metadata["config"])


def read_history(path: str | Path) -> list[dict]:
    """The history, a row an epoch, that a network was kept with, without reading its weights."""
    with _opened(path) as file:
        return json.loads(file.metadata()["history"])


@contextmanager
def _opened(path: str | Path) -> Iterator:
    try:
        with safe_open(path, "pt") as file:
            yield file
    except SafetensorError as error:
        raise ValueError(f"{path}: is no whole safetensors file ({error}); remove it and train again") from error


def _read(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file."""
    with _opened(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118


def _write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    # Not by save_file: it writes into a temporary file of its own, which nobody would find where it is killed.
    with atomic_write(path) as temporary:
        temporary.write_bytes(save(tensors, metadata))


def random_state(device: torch.device) -> list[Tensor]:
    """The state of torch's generators that a training on `device` draws from: the CPU's, and that of its GPU."""
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.type == "cuda" else states


def set_random_state(states: Sequence[Tensor], device: torch.device) -> None:
    """Draw on as if what has been drawn since `random_state` had not been."""
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
    _write(path, tensors, {"history": json.dumps(history)})


def load_checkpoint(
    path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, process: int = 0
) -> tuple[list[dict], list[Tensor]]:
    """Put network and optimizer back; returns the history and this process's random state.

    A process that did not take part when the checkpoint was written has no random state: the list is empty.
    """
    tensors, metadata = _read(path)
    network.load_state_dict({name[8:]: tensor for name, tensor in tensors.items() if name.startswith("network.")})
    state: dict[int, dict] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".")
            state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return json.loads(metadata["history"]), [tensors[n] for n in sorted(tensors) if n.startswith(f"random.{process}.")]
