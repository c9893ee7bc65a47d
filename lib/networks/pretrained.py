"""The bundled colorizer: our network with weights trained on photographs (`lib/scripts/pretrain_colorizer.py`)."""

from pathlib import Path

from lib.common.devices import best_device
from lib.common.files import MODELS
from lib.networks.chroma_net import ChromaNet
from lib.networks.storage import load_network

BUNDLED_COLORIZER = MODELS / "colorizer.safetensors"


def load_colorizer(path: str | Path = BUNDLED_COLORIZER, vividness: float = 0.0, device: str = "") -> ChromaNet:
    """A colorizer: gray `(B, 1, H, W)` to RGB `(B, 3, H, W)`, float32 in [0, 1], any size from 16 px up.

    `path` may name any trained `ChromaNet`; `vividness` runs from 0 (the safest colors) to 1 (the most vivid).
    `device` is chosen when empty.
    """
    network = load_network(path, device or best_device())
    if not isinstance(network, ChromaNet):
        raise ValueError(f"{path}: holds a {type(network).__name__}, not a ChromaNet")
    network.vividness = vividness
    return network
