"""The feature maps of every layer of a network, captured in execution order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Activation:
    """What one layer put out: its name in the network, its type, and its maps `(B, C, h, w)`."""

    layer: str
    kind: str
    maps: Tensor

    def __str__(self) -> str:
        channels, height, width = self.maps.shape[1:]
        return f"{self.layer} · {self.kind} · {channels} x {height} x {width}"


@contextmanager
def _hooked(network: nn.Module, found: list[Activation]) -> Iterator[None]:
    """Hooks on every module without children; gone when the block ends, whatever happens in it."""

    def keep(name: str, module: nn.Module):
        def hook(_module, _inputs, output) -> None:
            if isinstance(output, Tensor) and output.ndim == 4:
                # A clone: an in-place ReLU behind this layer would overwrite its maps.
                found.append(Activation(name, type(module).__name__, output.detach().float().cpu().clone()))

        return hook

    leaves = [(name, module) for name, module in network.named_modules() if not list(module.children())]
    handles = [
        module.register_forward_hook(keep(name, module))
        for name, module in leaves
        if not isinstance(module, nn.Identity)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@torch.inference_mode()
def capture(network: nn.Module, pictures: Tensor) -> dict[str, Activation]:
    """The activations of every layer for `(B, C, H, W)` pictures, by layer name in execution order.

    The network is run once, in eval mode. Only layers that put out feature maps are there.
    """
    found: list[Activation] = []
    network.eval()
    device = next((tensor.device for tensor in network.state_dict(keep_vars=True).values()), torch.device("cpu"))
    with _hooked(network, found):
        network(pictures.to(device))
    return {activation.layer: activation for activation in found}


def pick(activations: dict[str, Activation], layer: str) -> Activation:
    """One layer's activation; an unknown name raises `ValueError` with the known ones."""
    if layer not in activations:
        raise ValueError(f"no layer is called {layer!r}; there are {', '.join(activations)}")
    return activations[layer]


def address(layer: str, channel: int) -> str:
    """How a channel is written: `encoder.2:17`."""
    return f"{layer}:{channel}"


def parse_address(text: str) -> tuple[str, int]:
    """Layer and channel of `encoder.2:17`; `ValueError` for what is no address."""
    layer, _, channel = text.strip().rpartition(":")
    if not layer or not channel.isdecimal():
        raise ValueError(f"{text!r} is no address; one reads layer:channel, as encoder.0.0:17")
    return layer, int(channel)
