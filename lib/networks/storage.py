"""Trained networks in files: one safetensors file holds the weights and what is needed to build the network again.

Files are written whole or not at all. `read_tensors` and `write_tensors` also serve the checkpoints of trainings.
"""

import json
from collections.abc import Iterator
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
    """What a network can be built again from: a dataclass with at least these fields, such as `TrainingConfig`."""

    network: str
    options: dict


def save_network(path: Path, network: nn.Module, config: Configuration, history: list[dict] | None = None) -> None:
    """Write a network to one safetensors file, from which `load_network` builds it again.

    Args:
        path: the file.
        network: its weights and buffers are kept.
        config: the network's class name and options, and how it was trained.
        history: a row of numbers for each epoch of its training.
    """
    metadata = {"network": config.network, "config": json.dumps(asdict(config)), "history": json.dumps(history or [])}
    state = {name: tensor.contiguous().cpu() for name, tensor in network.state_dict().items()}
    write_tensors(path, state, metadata)


def load_network(path: str | Path, device: str | torch.device = "cpu") -> nn.Module:
    """A network that `save_network` wrote, in evaluation mode on `device`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or holds no network of this workbook.
    """
    if not Path(path).exists():
        raise FileNotFoundError(f"{path}: no such network; train it first")
    config, (tensors, _) = read_config(path), read_tensors(path)
    network = build_network(config["network"], **config["options"])
    network.load_state_dict(tensors)
    return network.to(device).eval()


def read_config(path: str | Path) -> dict:
    """The configuration in a network's file; its weights are not read. `ValueError` where the file holds no network."""
    with _opened(path) as file:
        metadata = file.metadata() or {}
    if "config" not in metadata:
        raise ValueError(f"{path}: holds no network of this workbook")
    return json.loads(metadata["config"])


def read_history(path: str | Path) -> list[dict]:
    """The training history in a network's file, one row per epoch; its weights are not read."""
    with _opened(path) as file:
        return json.loads(file.metadata()["history"])


@contextmanager
def _opened(path: str | Path) -> Iterator:
    try:
        with safe_open(path, "pt") as file:
            yield file
    except SafetensorError as error:
        raise ValueError(f"{path}: is no whole safetensors file ({error}); remove it and train again") from error


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata of a safetensors file, both by name. A damaged file raises `ValueError`."""
    with _opened(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write tensors and metadata to a safetensors file, whole or not at all."""
    # Not by save_file: it writes into a temporary file of its own, which nobody would find where it is killed.
    with atomic_write(path) as temporary:
        temporary.write_bytes(save(tensors, metadata))
