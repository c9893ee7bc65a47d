"""Trained networks in files: one safetensors file holds the weights and what is needed to build the network again.

Files are written whole or not at all, and a damaged one is refused when it is read (see `lib.common.tensors`).
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from lib.common.files import printable
from lib.common.tensors import damaged, read_metadata, read_tensors, write_tensors
from lib.networks.registry import build_network


class Configuration(Protocol):
    """What a network is built again from and listed by: a dataclass with at least these fields: `TrainingConfig`."""

    network: str
    options: dict
    pairs: int
    epochs: int
    loss: str
    seed: int


def save_network(path: Path, network: nn.Module, config: Configuration, history: list[dict] | None = None) -> None:
    """Write a network to one safetensors file, from which `load_network` builds it again.

    Args:
        path: the file.
        network: its weights and buffers are kept.
        config: the network's class name and options, and how it was trained.
        history: a row of numbers for each epoch of its training.
    """
    metadata = {"network": config.network, "config": json.dumps(asdict(config)), "history": json.dumps(history or [])}
    write_tensors(path, network.state_dict(), metadata)


def load_network(path: str | Path, device: str | torch.device = "cpu") -> nn.Module:
    """A network that `save_network` wrote, in evaluation mode on `device`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or holds no network of this workbook.
        OSError: the file may not be read.
    """
    if not Path(path).exists():
        raise FileNotFoundError(f"{printable(path)}: no such network; train it first")
    config = read_config(path)
    tensors, _ = read_tensors(path)
    try:
        network = build_network(config["network"], **config["options"])
        network.load_state_dict(tensors)
    # A configuration that names no network of ours or other arguments, and weights that are another network's.
    except (ValueError, TypeError, RuntimeError, MemoryError, ArithmeticError, IndexError) as error:
        reason = " ".join(str(error).split())
        if isinstance(error, RuntimeError) and "state_dict" in reason:
            reason = f"its weights are not those of the {config['network']} that it names"
        raise ValueError(
            f"{printable(path)}: cannot be used ({reason[:200]}); name another file, or remove it and train again"
        ) from error
    return network.to(device).eval()


def read_config(path: str | Path) -> dict:
    """The configuration in a network's file; its weights are not read.

    Raises:
        ValueError: the file is damaged, or holds no network of this workbook.
        OSError: there is no such file, or it may not be read.
    """
    config = _read_json(path, "config")
    fields = {"network": str, "options": dict, "pairs": int, "epochs": int, "loss": str, "seed": int}
    if not isinstance(config, dict) or any(type(config.get(name)) is not kind for name, kind in fields.items()):
        raise _no_network(path)
    return config


def read_history(path: str | Path) -> list[dict]:
    """The training history in a network's file, one row per epoch; its weights are not read.

    Raises as `read_config` does.
    """
    history = _read_json(path, "history")
    if not isinstance(history, list) or not all(isinstance(row, dict) for row in history):
        raise _no_network(path)
    return history


def _read_json(path: str | Path, name: str) -> object:
    metadata = read_metadata(path)
    if name not in metadata:
        raise _no_network(path)
    try:
        return json.loads(metadata[name])
    except (ValueError, RecursionError) as error:
        raise damaged(path, error) from error


def _no_network(path: str | Path) -> ValueError:
    return ValueError(f"{printable(path)}: holds no network of this workbook; name a file that a training has kept")
