"""The bundled colorizer: our network with weights trained on photographs (`lib/scripts/pretrain_colorizer.py`)."""

from pathlib import Path
from typing import TYPE_CHECKING

from lib.common.devices import best_device
from lib.common.files import MODELS

if TYPE_CHECKING:
    from lib.networks.chroma_net import ChromaNet

# torch takes seconds to import: where the file lies is known without it.

BUNDLED_COLORIZER = MODELS / "colorizer.safetensors"


def load_colorizer(path: str | Path = BUNDLED_COLORIZER, vividness: float = 0.0, device: str = "") -> "ChromaNet":
    """A trained colorizer: gray `(B, 1, H, W)` to RGB `(B, 3, H, W)`, float32 in [0, 1], any size from 16 px up.

    Args:
        path: the file of a trained `ChromaNet`, by default the bundled one.
        vividness: 0 for the safest colors to 1 for the most vivid.
        device: by default a GPU where there is one, else the CPU.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file holds no network, or another one.
    """
    import torch

    from lib.networks.chroma_net import ChromaNet
    from lib.networks.storage import load_network

    network = load_network(path, device or best_device())
    if not isinstance(network, ChromaNet):
        raise ValueError(f"{path}: holds a {type(network).__name__}, not a ChromaNet")
    network.vividness = vividness
    return network.to(memory_format=torch.channels_last)  # convolutions need not reorder their inputs then: 10 to 15%
