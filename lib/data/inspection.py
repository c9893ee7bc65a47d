"""What notebook 00 looks at: a sample printed in full, near-duplicates across splits."""

import numpy as np
import pandas as pd
import torch

from lib.color import spaces
from lib.common.correlation import unit_rows
from lib.data.pairs import PIECE, Pairs


def sample_table(pairs: Pairs) -> pd.DataFrame:
    """What one wants to know of samples when something is off: shape, type, range and means of both sides, by name."""
    rows = []
    for index, name in enumerate(pairs.names):
        for side, picture in (("gray", pairs.gray[index]), ("color", pairs.color[index])):
            means = " ".join(f"{mean:.1f}" for mean in np.atleast_1d(picture.mean((0, 1))))
            shape, span = " x ".join(map(str, picture.shape)), f"{picture.min()} to {picture.max()}"
            rows.append((name, side, shape, str(picture.dtype), span, means, pairs.splits[index]))
    columns = ["name", "side", "shape (H x W x C)", "type", "range", "mean by channel", "split"]
    return pd.DataFrame(rows, columns=columns).set_index(["name", "side"])


def near_duplicates(pairs: Pairs, threshold: float = 0.995, side: int = 16) -> pd.DataFrame:
    """Pictures that stand in two splits almost unchanged, as rows (name, split, other, other_split, similarity).

    Similarity is the correlation of luma thumbnails of `side` x `side` pixels, as they are or mirrored.
    """
    pieces = (pairs.gray[start : start + PIECE, ..., None] for start in range(0, len(pairs), PIECE))
    thumbs = torch.cat(
        [torch.nn.functional.interpolate(spaces.to_tensor(x), size=(side, side), mode="area") for x in pieces]
    )

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
