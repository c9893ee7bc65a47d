"""Captures the feature maps of every layer of a network, in execution order."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Activation:
    """The output of one layer: its name in the network, its type, and its maps `(B, C, h, w)`, float32 on the CPU."""

    layer: str
    kind: str
    maps: Tensor

    def __str__(self) -> str:
        channels, height, width = self.maps.shape[1:]
        return f"{self.layer} · {self.kind} · {channels} x {height} x {width}"


@contextmanager
def _capture_hooks(network: nn.Module, captured: list[Activation]) -> Iterator[None]:
    """Append the output of every module without children to `captured`. The hooks are removed when the block ends."""

    def hook_of(name: str) -> Callable:
        def hook(module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and output.ndim == 4:
                # Cloned, because an in-place ReLU after this layer would overwrite its maps.
                captured.append(Activation(name, type(module).__name__, output.detach().float().cpu().clone()))

        return hook

    handles = [
        module.register_forward_hook(hook_of(name))
        for name, module in network.named_modules()
        if not list(module.children()) and not isinstance(module, nn.Identity)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@torch.inference_mode()
def capture(network: nn.Module, pictures: Tensor) -> dict[str, Activation]:
    """The activations of every layer, by layer name in execution order.

    The network runs once, in eval mode. Layers whose output is not `(B, C, h, w)` are left out.

    Args:
        network: any module. It stays in eval mode.
        pictures: its input, `(B, C, H, W)`.
    """
    captured: list[Activation] = []
    network.eval()
    device = next((tensor.device for tensor in network.state_dict(keep_vars=True).values()), torch.device("cpu"))
    with _capture_hooks(network, captured):
        network(pictures.to(device))
    return {activation.layer: activation for activation in captured}


def pick(activations: dict[str, Activation], layer: str) -> Activation:
    """The activation of one layer.

    Raises:
        ValueError: there is no such layer. The message lists the layers that there are.
    """
    if layer not in activations:
        raise ValueError(f"no layer is called {layer!r}; there are {', '.join(activations)}")
    return activations[layer]


def address(layer: str, channel: int) -> str:
    """A channel written as text.

    >>> address("encoder.2", 17)
    'encoder.2:17'
    """
    return f"{layer}:{channel}"


def parse_address(text: str) -> tuple[str, int]:
    """The layer and the channel of an address.

    >>> parse_address("encoder.2:17")
    ('encoder.2', 17)

    Raises:
        ValueError: the text is not an address.
    """
    layer, _, channel = text.strip().rpartition(":")
    if not layer or not channel.isdecimal():
        raise ValueError(f"{text!r} is not an address; write layer:channel, as in encoder.0.0:17")
    return layer, int(channel)
