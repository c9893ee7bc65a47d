"""Measures of feature maps: rankings, dead channels, display ranges, and comparisons between layers and networks."""

import pandas as pd
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from lib.common.correlation import unit_rows
from lib.evaluation.names import Method
from lib.evaluation.rows import rows_of
from lib.feature_maps.activations import Activation

RANKINGS = ("index", "mean", "variance", "effect on color")


def rank_channels(maps: Tensor, by: str, effects: Tensor | None = None) -> list[int]:
    """The channel numbers of a layer in the order of a ranking.

    Args:
        maps: the layer's maps `(C, h, w)`.
        by: one of `RANKINGS`. "index" sorts by number; the others put the largest value first.
        effects: each channel's effect on color `(C,)`, needed for that ranking (see `interventions`).
    """
    if by not in RANKINGS:
        raise ValueError(f"ranking is one of {', '.join(RANKINGS)}, not {by!r}")
    if by == "index":
        return list(range(len(maps)))
    flat = maps.flatten(1)
    score = flat.mean(1) if by == "mean" else flat.var(1, correction=0) if by == "variance" else effects
    return score.argsort(descending=True, stable=True).tolist()


def dead_channels(maps: Tensor) -> list[int]:
    """The channels of `(B, C, h, w)` that have one constant value over all pictures and positions."""
    flat = maps.transpose(0, 1).flatten(1)  # (C, B h w)
    return ((flat.amax(1) - flat.amin(1)) < 1e-6).nonzero().flatten().tolist()


def display_range(maps: Tensor, shared: bool = False) -> tuple[Tensor, Tensor]:
    """The lowest and the highest value to display for each channel: its 1st and its 99th percentile.

    With percentiles, one bright pixel does not darken the rest of a map.

    Args:
        maps: `(K, h, w)`.
        shared: whether all channels get the percentiles of all maps together.

    Returns:
        Low and high, `(K,)` each.
    """
    flat = maps.flatten()[None] if shared else maps.flatten(1)
    low, high = flat.quantile(torch.tensor([0.01, 0.99], dtype=flat.dtype), dim=1)
    return low.expand(len(maps)), high.expand(len(maps))


def paginate(order: list[int], page: int, per_page: int = 32) -> tuple[list[int], int]:
    """The channels on one page of a ranking, and the number of pages. Pages count from 1.

    Raises:
        ValueError: there is no such page.
    """
    pages = -(-len(order) // per_page)
    if not 1 <= page <= pages:
        raise ValueError(f"page is {page}; this layer has {pages}")
    return order[(page - 1) * per_page : page * per_page], pages


def resize(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps `(C, h, w)` resized to `size` (height, width): enlarged bilinearly or reduced by averaging."""
    if maps.shape[1] > size[0]:
        return nn.functional.adaptive_avg_pool2d(maps, size)
    return nn.functional.interpolate(maps[None], size=size, mode="bilinear", align_corners=False)[0]


def matched_channels(first: Tensor, second: Tensor) -> dict[int, tuple[int, float]]:
    """The most similar channel of another layer for each channel of a layer, as a one-to-one matching.

    The matching maximizes the sum of the correlations over the picture (the Hungarian method).

    Args:
        first: maps `(C, h, w)` of one picture.
        second: maps `(D, h', w')` of the same picture.

    Returns:
        (channel of `second`, correlation) by channel of `first`. If D < C, some channels of `first` are left out.
    """
    resized = resize(second, first.shape[1:])
    correlations = unit_rows(first.flatten(1)) @ unit_rows(resized.flatten(1)).T  # (C, D)
    rows, columns = linear_sum_assignment(correlations.numpy(), maximize=True)
    return {int(i): (int(j), float(correlations[i, j])) for i, j in zip(rows, columns, strict=True)}


def energy(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Where a layer responds: the root mean square over its channels, resized to `size` and scaled to [0, 1].

    Args:
        maps: the layer's maps `(C, h, w)`.
        size: height and width of the result.
    """
    strength = resize(maps.square().mean(0, keepdim=True).sqrt(), size)[0]
    low, high = strength.quantile(0.01), strength.quantile(0.99)
    return ((strength - low) / (high - low).clamp(min=1e-6)).clamp(0, 1)


def correlation(first: Tensor, second: Tensor) -> float:
    """The correlation of two tensors of equal size over all their values; 0 if one of them is constant."""
    return float(torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1].nan_to_num())


def _best_correlation(maps: Tensor, reference: Tensor) -> float:
    """The largest correlation of any channel's absolute values with a reference picture, over all pictures.

    `maps` is `(B, C, h, w)`. `reference` is `(B, 1, H, W)` and is reduced to `(h, w)`.
    """
    reduced = nn.functional.adaptive_avg_pool2d(reference, maps.shape[-2:])
    signals = unit_rows(torch.cat([reduced, maps.abs()], dim=1).transpose(0, 1).flatten(1))  # (1 + C, B h w)
    return float((signals[1:] @ signals[0]).max())


def _shifted_correlation(maps: Tensor) -> float:
    """The correlation of maps `(B, C, h, w)` with themselves shifted by an eighth of the width, mean over channels.

    It is near 1 for maps that mark regions and near 0 for maps that mark lines. Constant channels are left out.
    """
    step = max(1, maps.shape[-1] // 8)
    left, right = (side.transpose(0, 1).flatten(1) for side in (maps[..., :-step], maps[..., step:]))
    left, right = left - left.mean(1, keepdim=True), right - right.mean(1, keepdim=True)
    size = left.norm(dim=1) * right.norm(dim=1)
    varying = size > 1e-6
    return float(((left * right).sum(1) / size)[varying].mean().nan_to_num())


def layer_summary(activations: dict[str, Activation], gray: Tensor) -> pd.DataFrame:
    """A table of a network's layers: type, shape, dead channels, and what the maps correlate with.

    Args:
        activations: the activations of the layers (see `capture`).
        gray: the pictures that they were captured on, `(B, 1, H, W)` in [0, 1].

    Returns:
        One row per layer; of blocks, the column "does" says what each does. "edges", "texture" and "light" are
        correlations of the layer's best channel with the
        magnitude of the Sobel gradient, with the local contrast (standard deviation in a window of an eighth of the
        width) and with the brightness. "reach" is the correlation of the maps with themselves an eighth of the width
        away: near 1 for maps that mark regions, near 0 for maps that mark lines.
    """
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])[None, None] / 8
    padded = nn.functional.pad(gray, (1, 1, 1, 1), mode="replicate")
    edges = torch.hypot(nn.functional.conv2d(padded, kernel), nn.functional.conv2d(padded, kernel.mT))
    window = 2 * (gray.shape[-1] // 16) + 1

    def local_mean(x: Tensor) -> Tensor:
        return nn.functional.avg_pool2d(x, window, 1, window // 2, count_include_pad=False)

    texture = (local_mean(gray.square()) - local_mean(gray).square()).clamp(min=0).sqrt()
    rows, by_block = {}, any(activation.does for activation in activations.values())
    for name, activation in activations.items():
        maps = activation.maps
        rows[name] = {
            "type": activation.kind,
            **({"does": activation.does} if by_block else {}),
            **dict(zip(("channels", "height", "width"), maps.shape[1:], strict=True)),
            "dead": len(dead_channels(maps)),
            "edges": _best_correlation(maps, edges),
            "texture": _best_correlation(maps, texture),
            "light": _best_correlation(maps, gray),
            "reach": _shifted_correlation(maps),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("layer")


def shown_layers(summary: pd.DataFrame) -> pd.DataFrame:
    """A layer summary as a page shows it: channels, height and width in one column, correlations with two digits."""
    shape = [f"{row.channels} x {row.height} x {row.width}" for row in summary.itertuples()]
    shown = summary.drop(columns=["channels", "height", "width"]).round(2)
    shown.insert(2 if "does" in shown else 1, "maps", shape)
    return shown


def rectified_layers(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows of a layer summary that are behind a nonlinearity (ReLU, GELU, SiLU, ...), or all if there is none."""
    rectified = summary[summary["type"].str.contains("LU")]
    return rectified if len(rectified) else summary


def layers_to_read(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows of a layer summary that say what a network has made of the picture: all blocks, or `rectified_layers`.

    A block may end linear, as those of EfficientNet do: what it hands on is its result, rectified or not.
    """
    return summary if "does" in summary else rectified_layers(summary)


def count_rows(summary: pd.DataFrame, pictures: int) -> pd.DataFrame:
    """The numbers of channels and of dead channels of each layer, counted on so many pictures, as rows of results."""
    return rows_of(
        Method(layer).row(metric, pictures, int(count))
        for layer, counts in summary[["channels", "dead"]].iterrows()
        for metric, count in counts.items()
    )


def similarity(first: dict[str, Activation], second: dict[str, Activation]) -> dict[str, float]:
    """The cosine similarity of two networks' maps by layer, for the layers that have the same shape in both.

    The activations must be those of the same pictures.
    """
    return {
        name: float(nn.functional.cosine_similarity(a.maps.flatten(), second[name].maps.flatten(), dim=0))
        for name, a in first.items()
        if name in second and a.maps.shape == second[name].maps.shape
    }
