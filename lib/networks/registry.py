"""All networks by name. Each is a colorizer: gray `(B, 1, H, W)` in, RGB `(B, 3, H, W)` out, both in [0, 1]."""

import torch
from torch import nn

from lib.networks.chroma_net import ChromaNet
from lib.networks.colorization_net import ColorizationNet
from lib.networks.with_classical_inputs import WithClassicalInputs

NETWORKS = {network.__name__: network for network in (ColorizationNet, WithClassicalInputs, ChromaNet)}


def build_network(name: str, seed: int = 0, **options) -> nn.Module:
    """A new, untrained network.

    Args:
        name: its class name, a key of `NETWORKS`; another raises `ValueError` with the known ones.
        seed: the weights depend on it alone; the caller's random state is left untouched.
        options: the arguments of the class.
    """
    if name not in NETWORKS:
        raise ValueError(f"no network is called {name!r}; there are {', '.join(NETWORKS)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NETWORKS[name](**options)
