"""Checks of a data set: its samples in numbers, and near-duplicates that stand in two splits."""

import numpy as np
import pandas as pd
import torch
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


def near_duplicates(pairs: Pairs, threshold: float = 0.995, side: int = 16) -> pd.DataFrame:
    """Pictures that stand in two splits almost unchanged, where a test would measure what was learned by heart.

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
