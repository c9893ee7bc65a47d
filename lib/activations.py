"""Feature maps as tensors: captured in execution order, ranked, counted, matched, scaled for showing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

RANKINGS = ("index", "mean", "variance", "effect on colour")


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


def rank_channels(maps: Tensor, by: str, moved: Tensor | None = None) -> list[int]:
    """Channel numbers of `(C, h, w)`, by number, or with the largest mean, variance or effect on colour first.

    `moved` `(C,)` is that effect (see `interventions`), which the maps alone do not tell.
    """
    if by not in RANKINGS:
        raise ValueError(f"ranking is one of {', '.join(RANKINGS)}, not {by!r}")
    if by == "index":
        return list(range(len(maps)))
    flat = maps.flatten(1)
    score = flat.mean(1) if by == "mean" else flat.var(1, correction=0) if by == "variance" else moved
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


def page_of(order: list[int], page: int, per_page: int = 32) -> tuple[list[int], int]:
    """One page of ranked channels, and how many pages there are. Pages count from 1; others raise `ValueError`."""
    pages = -(-len(order) // per_page)
    if not 1 <= page <= pages:
        raise ValueError(f"page is {page}; this layer has {pages}")
    return order[(page - 1) * per_page : page * per_page], pages


def resized(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps `(C, h, w)` at `size`, enlarged smoothly or shrunk by averaging."""
    if maps.shape[1] > size[0]:
        return nn.functional.adaptive_avg_pool2d(maps, size)
    return nn.functional.interpolate(maps[None], size=size, mode="bilinear", align_corners=False)[0]


def matched_channels(first: Tensor, second: Tensor) -> dict[int, tuple[int, float]]:
    """Each channel of `(C, h, w)` with its partner in `(D, h', w')` and their correlation over the picture.

    No channel is taken twice, and the correlations add up to the most that is possible (the Hungarian method); where
    D < C, some channels have no partner.
    """

    def normalised(maps: Tensor) -> Tensor:  # (C, h w), zero mean, unit length; a constant map stays zero
        flat = maps.flatten(1) - maps.flatten(1).mean(1, keepdim=True)
        return flat / flat.norm(dim=1, keepdim=True).clamp(min=1e-6)

    correlation = normalised(first) @ normalised(resized(second, first.shape[1:])).T  # (C, D)
    rows, columns = linear_sum_assignment(correlation.numpy(), maximize=True)
    return {int(i): (int(j), float(correlation[i, j])) for i, j in zip(rows, columns, strict=True)}


def energy(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Where a layer responds: root mean square over channels of `(C, h, w)`, enlarged to `size`, scaled to [0, 1]."""
    strength = resized(maps.square().mean(0, keepdim=True).sqrt(), size)[0]
    low, high = strength.quantile(0.01), strength.quantile(0.99)
    return ((strength - low) / (high - low).clamp(min=1e-6)).clamp(0, 1)


def correlation(first: Tensor, second: Tensor) -> float:
    """Correlation of two tensors of equal size over all their values; 0 where one of them is constant."""
    return float(torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1].nan_to_num())


def _follows(maps: Tensor, reference: Tensor) -> float:
    """How well the best channel of `(B, C, h, w)` follows `reference` `(B, 1, H, W)` shrunk to its size.

    That is the largest correlation, over all pictures, of a channel's absolute values with it.
    """
    shrunk = nn.functional.adaptive_avg_pool2d(reference, maps.shape[-2:])
    signals = torch.cat([shrunk, maps.abs()], dim=1).transpose(0, 1).flatten(1)  # (1 + C, B h w)
    signals = signals - signals.mean(1, keepdim=True)
    signals = signals / signals.norm(dim=1, keepdim=True).clamp(min=1e-6)
    return float((signals[1:] @ signals[0]).max())


def _reach(maps: Tensor) -> float:
    """Correlation of maps `(B, C, h, w)` with themselves an eighth of the picture to the right, mean of channels.

    It is near 1 for maps that paint regions and near 0 for maps that draw lines; constant channels do not count.
    """
    step = max(1, maps.shape[-1] // 8)
    here, there = (side.transpose(0, 1).flatten(1) for side in (maps[..., :-step], maps[..., step:]))
    here, there = here - here.mean(1, keepdim=True), there - there.mean(1, keepdim=True)
    size = here.norm(dim=1) * there.norm(dim=1)
    alive = size > 1e-6
    return float(((here * there).sum(1) / size)[alive].mean().nan_to_num())


def layer_summary(activations: dict[str, Activation], gray: Tensor) -> pd.DataFrame:
    """A row a layer: type, channels, size, dead channels, and what its maps follow on `gray` `(B, 1, H, W)`.

    "edges" is how well its best channel correlates with the magnitude of the Sobel gradient, "texture" the same with
    the local contrast (standard deviation within an eighth of the picture's width), "light" with the brightness.
    "reach" says how far the maps hold together: their correlation with themselves an eighth of the picture away.
    """
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])[None, None] / 8
    padded = nn.functional.pad(gray, (1, 1, 1, 1), mode="replicate")
    edges = torch.hypot(nn.functional.conv2d(padded, kernel), nn.functional.conv2d(padded, kernel.mT))
    window = 2 * (gray.shape[-1] // 16) + 1

    def local_mean(x: Tensor) -> Tensor:
        return nn.functional.avg_pool2d(x, window, 1, window // 2, count_include_pad=False)

    texture = (local_mean(gray.square()) - local_mean(gray).square()).clamp(min=0).sqrt()
    rows = {}
    for name, activation in activations.items():
        _, channels, height, width = activation.maps.shape
        row = {"type": activation.kind, "channels": channels, "height": height, "width": width}
        row |= {"dead": len(dead_channels(activation.maps))}
        follows = {"edges": edges, "texture": texture, "light": gray}
        row |= {what: _follows(activation.maps, picture) for what, picture in follows.items()}
        rows[name] = row | {"reach": _reach(activation.maps)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("layer")


def similarity(first: dict[str, Activation], second: dict[str, Activation]) -> dict[str, float]:
    """Cosine similarity of two networks' maps of the same pictures, by layer, for layers of equal shape in both."""
    both = {name: (a.maps, second[name].maps) for name, a in first.items() if name in second}
    return {
        name: float(nn.functional.cosine_similarity(a.flatten(), b.flatten(), dim=0))
        for name, (a, b) in both.items()
        if a.shape == b.shape
    }
