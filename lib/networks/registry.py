"""All networks by name. Each is a colorizer: gray `(B, 1, H, W)` in, RGB `(B, 3, H, W)` out, both in [0, 1]."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

# The module of each. They are imported when they are built: an unknown name is reported without waiting for torch.
NETWORKS = {
    "ColorizationNet": "lib.networks.colorization_net",
    "WithClassicalInputs": "lib.networks.with_classical_inputs",
    "ChromaNet": "lib.networks.chroma_net",
}


def network_class(name: str) -> type["nn.Module"]:
    """The class of a network; a name that is no key of `NETWORKS` raises `ValueError` with the known ones."""
    if name not in NETWORKS:
        raise ValueError(f"no network is called {name!r}; there are {', '.join(NETWORKS)}")
    return getattr(import_module(NETWORKS[name]), name)


def build_network(name: str, seed: int = 0, **options) -> "nn.Module":
    """A new, untrained network.

    Args:
        name: its class name, a key of `NETWORKS`; another raises `ValueError` with the known ones.
        seed: the weights depend on it alone; the caller's random state is left untouched.
        options: the arguments of the class.
    """
    network = network_class(name)
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return network(**options)
