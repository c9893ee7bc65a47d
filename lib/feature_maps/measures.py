"""Feature maps ranked, counted, compared and matched."""

import pandas as pd
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from lib.common.correlation import unit_rows
from lib.feature_maps.activations import Activation

RANKINGS = ("index", "mean", "variance", "effect on color")


def rank_channels(maps: Tensor, by: str, moved: Tensor | None = None) -> list[int]:
    """Channel numbers of `(C, h, w)`, by number, or with the largest mean, variance or effect on color first.

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
    second = resized(second, first.shape[1:])
    correlation = unit_rows(first.flatten(1)) @ unit_rows(second.flatten(1)).T  # (C, D)
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
    signals = unit_rows(torch.cat([shrunk, maps.abs()], dim=1).transpose(0, 1).flatten(1))  # (1 + C, B h w)
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
