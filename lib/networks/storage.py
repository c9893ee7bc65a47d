"""Weights in files: networks that can be built again, and checkpoints of trainings that are under way.

Both are single safetensors files, written whole or not at all, so that no two of their parts can disagree.
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
    """What a network is built again from: a dataclass with these fields, such as `TrainingConfig`."""

    network: str
    options: dict


def save_network(path: Path, network: nn.Module, config: Configuration, history: list[dict] | None = None) -> None:
    """Weights with what `load_network` needs to build the network again (and the history), in one safetensors file."""
    metadata = {"network": config.network, "config": json.dumps(asdict(config)), "history": json.dumps(history or [])}
    state = {name: tensor.contiguous().cpu() for name, tensor in network.state_dict().items()}
    write_tensors(path, state, metadata)


def load_network(path: str | Path, device: str | torch.device = "cpu") -> nn.Module:
    """A network saved by `save_network`, in eval mode. A file that is missing or not one raises with its name."""
    if not Path(path).exists():
        raise FileNotFoundError(f"{path}: no such network; train it first")
    config, (tensors, _) = read_config(path), read_tensors(path)
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


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file."""
    with _opened(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write tensors and metadata as a safetensors file, whole or not at all."""
    # Not by save_file: it writes into a temporary file of its own, which nobody would find where it is killed.
    with atomic_write(path) as temporary:
        temporary.write_bytes(save(tensors, metadata))
