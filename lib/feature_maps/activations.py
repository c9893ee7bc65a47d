"""Captures the feature maps of every layer of a network, in execution order."""

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

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


@torch.inference_mode()
def capture(network: nn.Module, pictures: Tensor) -> dict[str, Activation]:
    """The activations of every layer, by layer name in execution order.

    The network runs once, in eval mode. Layers whose output is not `(B, C, h, w)` are left out.

    Args:
        network: any module. It stays in eval mode.
        pictures: its input, `(B, C, H, W)`.
    """
    captured: dict[str, Activation] = {}

    def keep(layer: str, module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim == 4:
            # Cloned, because an in-place ReLU after this layer would overwrite its maps.
            captured[layer] = Activation(layer, type(module).__name__, output.detach().float().cpu().clone())

    network.eval()
    device = next((tensor.device for tensor in network.state_dict(keep_vars=True).values()), torch.device("cpu"))
    with ExitStack() as hooks:  # removes them at its end
        for name, module in network.named_modules():
            if not list(module.children()) and not isinstance(module, nn.Identity):
                hooks.enter_context(module.register_forward_hook(partial(keep, name)))
        network(pictures.to(device))
    return captured


def pick(activations: dict[str, Activation], layer: str) -> Activation:
    """The activation of one layer.

    Raises:
        ValueError: there is no such layer. The message lists the layers that there are.
    """
    if layer not in activations:
        raise ValueError(f"no layer is called {layer!r}; there are {', '.join(activations)}")
    return activations[layer]


def parse_address(text: str) -> tuple[str, int]:
    """The layer and the channel of an address, the text `layer:channel`.

    >>> parse_address("encoder.2:17")
    ('encoder.2', 17)

    Raises:
        ValueError: the text is not an address.
    """
    layer, _, channel = text.strip().rpartition(":")
    if not layer or not channel.isdecimal():
        raise ValueError(f"{text!r} is not an address; write layer:channel, as in encoder.0.0:17")
    return layer, int(channel)
