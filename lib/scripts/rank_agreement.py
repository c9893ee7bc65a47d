"""How alike two measures of distance rank changes of photographs."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from lib.losses.vgg_features import normalize
from lib.scripts.picture_changes import COLOR_CHANGES, OTHER_CHANGES, crop

SCORED_SIZE = 96
SCORED_PHOTOGRAPHS = 120
RESAMPLES = 1000


def _rank_correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Spearman's, of each row of `a` with that row of `b`: `(R, N)` twice to `(R,)`."""
    return pd.DataFrame(a.T).corrwith(pd.DataFrame(b.T), method="spearman").to_numpy()


def rank_agreement(own: np.ndarray, wanted: np.ndarray, seed: int = 0) -> dict[str, list[float]]:
    """How alike two measures rank changes: `[value, low, high]` a group, 95% bootstrap over photographs.

    Both are `(photographs, changes)`, the columns in the order of COLOR_CHANGES and then OTHER_CHANGES.
    """
    samples = np.random.default_rng(seed).integers(0, len(own), (RESAMPLES, len(own)))
    samples = np.concatenate([np.arange(len(own))[None], samples])  # the first "sample" is the data itself
    colors = slice(0, len(COLOR_CHANGES))
    columns = {"all pairs": slice(None), "color changes": colors}
    columns |= {name: slice(i, i + 1) for i, name in enumerate(COLOR_CHANGES | OTHER_CHANGES)}
    scores = {}
    for group, chosen in columns.items():
        drawn = [distances[:, chosen][samples].reshape(len(samples), -1) for distances in (own, wanted)]
        scores[group] = _rank_correlation(*drawn)
    for group, chosen in (("within a photograph", slice(None)), ("within a photograph, color changes", colors)):
        scores[group] = _rank_correlation(own[:, chosen], wanted[:, chosen])[samples].mean(1)
    return {
        group: [round(float(v), 4) for v in (values[0], *np.quantile(values[1:], [0.025, 0.975]))]
        for group, values in scores.items()
    }


@torch.no_grad()
def score(teacher: nn.Module, networks: Mapping[str, nn.Module], photographs: list[Path], seed: int) -> dict[str, dict]:
    """Rank agreement with the teacher on held-out photographs, by name: of each network's features, and of the pixels.

    The squared error of the pixels, "pixel MSE", is a control.
    """
    chosen = np.random.default_rng(seed).permutation(len(photographs))[:SCORED_PHOTOGRAPHS]
    truths = torch.stack([crop(photographs[i], SCORED_SIZE) for i in sorted(chosen)])
    changes = (COLOR_CHANGES | OTHER_CHANGES).values()
    pictures = torch.stack([truths, *(change(truths) for change in changes)], dim=1)
    maps = {n: lambda rgb, net=net: net(normalize(rgb)) for n, net in {"teacher": teacher, **networks}.items()}
    maps["pixel MSE"] = lambda rgb: rgb
    distances = {name: [] for name in maps}
    for row in pictures.unbind():  # a photograph and its changed copies, (1 + changes, 3, H, W)
        row = row.contiguous(memory_format=torch.channels_last)
        for name, features in maps.items():
            truth, changed = features(row).split([1, len(changes)])
            distances[name].append((changed - truth).square().mean((1, 2, 3)).numpy())
    tables = {name: np.stack(rows) for name, rows in distances.items()}
    wanted = tables.pop("teacher")
    return {name: rank_agreement(own, wanted, seed) for name, own in tables.items()}
