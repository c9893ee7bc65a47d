"""Feature maps as tensors: captured in execution order, ranked, counted, scaled for showing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor, nn

RANKINGS = ("index", "mean", "variance")


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


def rank_channels(maps: Tensor, by: str) -> list[int]:
    """Channel numbers of `(C, h, w)`, by number, or with the largest mean or variance first."""
    if by not in RANKINGS:
        raise ValueError(f"ranking is one of {', '.join(RANKINGS)}, not {by!r}")
    if by == "index":
        return list(range(len(maps)))
    score = maps.flatten(1).mean(1) if by == "mean" else maps.flatten(1).var(1, correction=0)
    return score.argsort(descending=True, stable=True).tolist()


def dead_channels(maps: Tensor) -> list[int]:
    """Channels of `(B, C, h, w)` that are the same everywhere on every picture: they tell the next layer nothing."""
    flat = maps.transpose(0, 1).flatten(1)  # (C, B h w)
    return ((flat.amax(1) - flat.amin(1)) < 1e-6).nonzero().flatten().tolist()


def display_range(maps: Tensor, shared: bool = False) -> tuple[Tensor, Tensor]:
    """Low and high of each channel of `(K, h, w)`, at its 1st and 99th percentile: one bright pixel dims no map.

    `shared` gives every channel the same range.
    """
    flat = maps.flatten()[None] if shared else maps.flatten(1)
    low, high = flat.quantile(torch.tensor([0.01, 0.99], dtype=flat.dtype), dim=1)
    return low.expand(len(maps)), high.expand(len(maps))


def page_of(maps: Tensor, ranking: str, page: int, per_page: int = 32) -> tuple[Tensor, list[int], int]:
    """One page of the ranked channels of `(C, h, w)`: the maps, their numbers, and how many pages there are.

    Pages count from 1; one beyond the last raises `ValueError`.
    """
    order = rank_channels(maps, ranking)
    pages = -(-len(order) // per_page)
    if not 1 <= page <= pages:
        raise ValueError(f"page is {page}; this layer has {pages}")
    channels = order[(page - 1) * per_page : page * per_page]
    return maps[channels], channels, pages


def energy(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Where a layer responds: root mean square over channels of `(C, h, w)`, enlarged to `size`, scaled to [0, 1]."""
    strength = maps.square().mean(0, keepdim=True).sqrt()[None]
    strength = nn.functional.interpolate(strength, size=size, mode="bilinear", align_corners=False)[0, 0]
    low, high = strength.quantile(0.01), strength.quantile(0.99)
    return ((strength - low) / (high - low).clamp(min=1e-6)).clamp(0, 1)


def _follows(maps: Tensor, reference: Tensor) -> float:
    """Correlation over all pictures between a layer's response and `reference` `(B, 1, H, W)` shrunk to its size."""
    response = maps.square().mean(1, keepdim=True).sqrt()
    shrunk = nn.functional.adaptive_avg_pool2d(reference, response.shape[-2:])
    both = torch.stack([response.flatten(), shrunk.flatten()])
    return float(torch.corrcoef(both)[0, 1].nan_to_num())


def layer_summary(activations: dict[str, Activation], gray: Tensor) -> pd.DataFrame:
    """A row a layer: type, channels, size, dead channels, and what its response follows on `gray` `(B, 1, H, W)`.

    "edges" is the correlation with the magnitude of the Sobel gradient, "light" that with the brightness.
    """
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])[None, None] / 8
    padded = nn.functional.pad(gray, (1, 1, 1, 1), mode="replicate")
    edges = torch.hypot(nn.functional.conv2d(padded, kernel), nn.functional.conv2d(padded, kernel.mT))
    rows = {}
    for name, activation in activations.items():
        _, channels, height, width = activation.maps.shape
        row = {"type": activation.kind, "channels": channels, "height": height, "width": width}
        row |= {"dead": len(dead_channels(activation.maps))}
        rows[name] = row | {"edges": _follows(activation.maps, edges), "light": _follows(activation.maps, gray)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("layer")


def similarity(first: dict[str, Activation], second: dict[str, Activation]) -> dict[str, float]:
    """Cosine similarity of two networks' maps of the same pictures, by layer, for layers of equal shape in both."""
    both = {name: (a.maps, second[name].maps) for name, a in first.items() if name in second}
    return {
        name: float(nn.functional.cosine_similarity(a.flatten(), b.flatten(), dim=0))
        for name, (a, b) in both.items()
        if a.shape == b.shape
    }
