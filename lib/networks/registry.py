"""The networks, each a colorizer: gray `(B, 1, H, W)` in, RGB `(B, 3, H, W)` out, both in [0, 1]."""

import torch
from torch import nn

from lib.networks.chroma_net import ChromaNet
from lib.networks.colorization_net import ColorizationNet
from lib.networks.with_classical_inputs import WithClassicalInputs

NETWORKS = {network.__name__: network for network in (ColorizationNet, WithClassicalInputs, ChromaNet)}


def build_network(name: str, seed: int = 0, **options) -> nn.Module:
    """A new network by its class name, its weights drawn from `seed` alone.

    An unknown name raises `ValueError` with the known ones.
    """
    if name not in NETWORKS:
        raise ValueError(f"no network is called {name!r}; there are {', '.join(NETWORKS)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NETWORKS[name](**options)
