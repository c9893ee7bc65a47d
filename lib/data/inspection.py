"""Checks of a data set: its samples in numbers, what intensity tells about color, and near-duplicates across splits."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from lib.color import spaces
from lib.common.correlation import unit_rows
from lib.data.pairs import PIECE, Pairs


def sample_table(pairs: Pairs) -> pd.DataFrame:
    """Shape, type, range and channel means of both sides of every pair, one row per picture, to check them."""
    rows = []
    for index, name in enumerate(pairs.names):
        for side, picture in (("gray", pairs.gray[index]), ("color", pairs.color[index])):
            means = " ".join(f"{mean:.1f}" for mean in np.atleast_1d(picture.mean((0, 1))))
            shape, span = " x ".join(map(str, picture.shape)), f"{picture.min()} to {picture.max()}"
            rows.append((name, side, shape, str(picture.dtype), span, means, pairs.splits[index]))
    columns = ["name", "side", "shape (H x W x C)", "type", "range", "mean by channel", "split"]
    return pd.DataFrame(rows, columns=columns).set_index(["name", "side"])


def planes_of(color: Tensor) -> dict[str, Tensor]:
    """Pictures `(B, 3, H, W)` in [0, 1] and what they are made of, by name, each `(B, 3, H, W)` in [0, 1].

    "Y" is the luma. "Cb" and "Cr" show one plane of chroma alone, at half the light, in its own color: Cb from yellow
    to blue, Cr from cyan to red, with gray where it is zero.
    """
    y, cb, cr = spaces.rgb_to_ycbcr(color).split(1, dim=1)
    half, none = torch.full_like(y, 0.5), torch.zeros_like(y)
    planes = {"color": (y, cb, cr), "Y": (y, none, none), "Cb": (half, cb, none), "Cr": (half, none, cr)}
    return {name: spaces.ycbcr_to_rgb(torch.cat(parts, 1)).clamp(0, 1) for name, parts in planes.items()}


def chroma_by_level(gray: Tensor, color: Tensor) -> pd.DataFrame:
    """What each gray level tells about the chroma (Cb, Cr) of its pixels, in units of 0..255.

    Args:
        gray: `(B, 1, H, W)` in [0, 1].
        color: `(B, 3, H, W)` in [0, 1].

    Returns:
        One row per gray level 0 to 255. "pixels" counts them. "mean" is the length of their mean chroma, which is all
        that a map from intensity to color can paint. "spread" is the root mean square distance of their chroma from
        that mean, which no such map can know. Both are 0 where there are no pixels.
    """
    levels = (255 * gray).round().int().flatten().numpy()
    chroma = 255 * spaces.rgb_to_ycbcr(color)[:, 1:].transpose(0, 1).flatten(1).numpy()  # (2, B H W)

    def level_means(values: np.ndarray) -> np.ndarray:
        return np.bincount(levels, values, minlength=256) / np.maximum(pixels, 1)

    pixels = np.bincount(levels, minlength=256)
    mean_square = sum(level_means(side) ** 2 for side in chroma)  # the squared length of the mean
    variance = level_means((chroma**2).sum(0)) - mean_square
    table = {"pixels": pixels, "mean": np.sqrt(mean_square), "spread": np.sqrt(np.maximum(variance, 0))}
    return pd.DataFrame(table).rename_axis("level")


def near_duplicates(pairs: Pairs, threshold: float = 0.995, side: int = 16) -> pd.DataFrame:
    """Pictures that occur in two splits almost unchanged: a test on them would measure what was learned by heart.

    Args:
        pairs: the data set.
        threshold: the similarity from which on two pictures count as the same, at most 1.
        side: similarity is the correlation of gray thumbnails of `side` x `side` px, as they are or mirrored.

    Returns:
        Columns name, split, other, other_split, similarity; the most similar first.
    """
    pieces = (pairs.gray[start : start + PIECE, ..., None] for start in range(0, len(pairs), PIECE))
    thumbs = torch.cat([F.interpolate(spaces.to_tensor(x), size=(side, side), mode="area") for x in pieces])
    straight, mirrored = unit_rows(thumbs.flatten(1)), unit_rows(thumbs.flip(-1).flatten(1))
    rows = []
    for start in range(0, len(pairs), 1024):
        block = straight[start : start + 1024]
        similarity = torch.maximum(block @ straight.T, block @ mirrored.T)  # (1024, N)
        for i, j in (similarity > threshold).nonzero().tolist():
            a, b = start + i, j
            if a < b and pairs.splits[a] != pairs.splits[b]:
                rows.append((pairs.names[a], pairs.splits[a], pairs.names[b], pairs.splits[b], float(similarity[i, j])))
    columns = ["name", "split", "other", "other_split", "similarity"]
    return pd.DataFrame(rows, columns=columns).sort_values("similarity", ascending=False, ignore_index=True)
