"""Captures the feature maps of a network's layers, in execution order."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lib.feature_maps.layers import in_brief, is_layer, listed_layers, opened


@dataclass(frozen=True)
class Activation:
    """The output of one layer, or of a block of layers.

    Args:
        layer: its name in the network.
        kind: its type; of a block the type of the last layer that ran in it.
        maps: its maps `(B, C, h, w)`, float32 on the CPU.
        does: what a block does, in a few words; empty for a layer.
    """

    layer: str
    kind: str
    maps: Tensor
    does: str = ""

    def __str__(self) -> str:
        channels, height, width = self.maps.shape[1:]
        return f"{self.layer} · {self.does or self.kind} · {channels} x {height} x {width}"


def capture(network: nn.Module, pictures: Tensor, layers: Sequence[str] | None = None) -> dict[str, Activation]:
    """The activations of the listed layers (see `listed_layers`), by layer name in execution order.

    The network runs in eval mode. Layers whose output is not `(B, C, h, w)` are left out; a block of that kind is
    replaced by its parts. What a network makes of further versions of the pictures, such as their mirror images, is
    left out, too.

    Args:
        network: any module. It stays in eval mode.
        pictures: its input, `(B, C, H, W)`.
        layers: the names of the layers or blocks to capture instead of the listed ones; unknown names are passed over.
    """
    if layers is not None:
        known = dict(network.named_modules())
        return _run(network, pictures, {name: in_brief([known[name]]) for name in layers if name in known})
    listed = listed_layers(network)
    while True:
        captured = _run(network, pictures, listed)
        closed = {name for name in listed if name not in captured and not is_layer(network.get_submodule(name))}
        if not closed:
            return captured
        parts = [opened(network, name) if name in closed else {name: does} for name, does in listed.items()]
        listed = {name: does for part in parts for name, does in part.items()}


@torch.inference_mode()
def _run(network: nn.Module, pictures: Tensor, wanted: dict[str, str]) -> dict[str, Activation]:
    captured: dict[str, Activation] = {}
    kind = ""  # of the layer that ran last

    def keep(name: str, module: nn.Module, output: object) -> None:
        nonlocal kind
        if is_layer(module):
            kind = _kind_of(module)
        if name in wanted and isinstance(output, Tensor) and output.ndim == 4:
            # Cloned, because an in-place ReLU after this layer would overwrite its maps.
            maps = output[: len(pictures)].detach().float().cpu().clone()
            captured[name] = Activation(name, kind, maps, wanted[name])

    network.eval()
    device = next((tensor.device for tensor in network.state_dict(keep_vars=True).values()), torch.device("cpu"))
    with ExitStack() as hooks:  # removes them at its end
        for name, module in network.named_modules():
            if name in wanted or (is_layer(module) and not isinstance(module, nn.Identity)):
                hook = module.register_forward_hook(
                    lambda module, _inputs, output, name=name: keep(name, module, output)
                )
                hooks.enter_context(hook)
        network(pictures.to(device))
    return captured


def _kind_of(layer: nn.Module) -> str:
    """The type of a layer; of a private one, such as a convolution with its own borders, the type it is made from."""
    return next(kind.__name__ for kind in type(layer).__mro__ if not kind.__name__.startswith("_"))


def pick(activations: dict[str, Activation], layer: str) -> Activation:
    """The activation of one layer.

    Raises:
        ValueError: there is no such layer. The message lists the layers that there are.
    """
    if layer not in activations:
        inside = ", and the parts of these" if any(activation.does for activation in activations.values()) else ""
        raise ValueError(f"no layer is called {layer!r}; there are {', '.join(activations)}{inside}")
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
