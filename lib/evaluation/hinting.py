"""How much hints gain: true colors of some places of each picture are given, and what spreads them is measured."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from lib.color.composition import enlarge, join
from lib.color.spaces import rgb_to_ycbcr
from lib.common.progress import progress
from lib.data.pairs import Pairs
from lib.data.splits import sha256_of
from lib.evaluation.bootstrap import difference
from lib.evaluation.metrics import ciede2000, quick_metrics
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.rows import methods_of, of_method, rows_of

RANDOM = "random"  # the kind of places that need no look at the picture


class Cells(Protocol):
    """What a method looks at: whatever it needs, and the luma of the picture's cells, `(h, w)` in [0, 1]."""

    luma: Tensor


Spread = Callable[[Cells, Tensor, Tensor], Tensor]  # cells' numbers (k,) and their chroma (2, k) -> chroma (2, h, w)
Choose = Callable[[Cells, int], Tensor]  # how many hints -> the numbers of their cells; fewer are a beginning of more


def generator_of(*parts: str) -> np.random.Generator:
    """Random numbers that follow from texts alone, so that a picture gets the same ones in any company."""
    return np.random.default_rng(int(sha256_of(*parts)[:16], 16))


def random_places(luma: Tensor, count: int, name: str, seed: int) -> Tensor:
    """The numbers of `count` random cells, no two alike. They depend on the picture's name, its cells and the seed."""
    generator = generator_of("hints", name, str(seed))
    return torch.from_numpy(generator.permutation(luma.numel())[:count]).to(luma.device)


@torch.inference_mode()
def measure_hints(
    pairs: Pairs,
    look: Callable[[Tensor], Cells],
    methods: Mapping[str, Spread],
    counts: Sequence[int],
    *,
    places: Mapping[str, Choose | None] | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """The metrics of every picture with every number of hints, as `evaluate` gives them without hints.

    A hint is the true mean chroma of one cell. All methods get the same hints, and the luma is kept.

    Args:
        pairs: the pictures.
        look: what is computed once of each gray picture `(1, 1, H, W)`.
        methods: what spreads the hints, by identifier.
        counts: numbers of hints; those of fewer are among those of more.
        places: how the cells are chosen, by kind; None, which is all that is asked for by default, is at random.
        seed: of the random places.

    Returns:
        One row per method, kind of places, number of hints and picture; the settings are `hints` and `places`.
    """
    places, counts, tables = places or {RANDOM: None}, sorted(set(counts)), []
    with progress("hints", len(pairs)) as tick:
        for number, name in enumerate(pairs.names):
            gray, truth = pairs.tensors(slice(number, number + 1))
            seen = look(gray)
            small = F.interpolate(rgb_to_ycbcr(truth)[:, 1:], seen.luma.shape, mode="area")[0].to(seen.luma)
            asked, painted = [], []
            for kind, choose in places.items():
                most = min(counts[-1], seen.luma.numel())
                chosen = choose(seen, most) if choose else random_places(seen.luma, most, name, seed)
                for identifier, spread in methods.items():
                    for count in counts:
                        cells = chosen[:count]
                        asked.append(Method(identifier, {"hints": count, "places": kind}))
                        painted.append(spread(seen, cells, small.flatten(1)[:, cells]).cpu())
            tables.append(scores_of_chroma(gray, torch.stack(painted), truth, asked).assign(name=name))
            tick(1)
    return pd.concat(tables, ignore_index=True)


def scores_of_chroma(gray: Tensor, chroma: Tensor, truth: Tensor, methods: Sequence[Method]) -> pd.DataFrame:
    """The metrics of one picture with several small chromas, one row each.

    Args:
        gray: the picture's luma, `(1, 1, H, W)` in [0, 1], which is kept.
        chroma: Cb and Cr by each method, `(N, 2, h, w)`.
        truth: `(1, 3, H, W)` in [0, 1].
        methods: the N methods.
    """
    rgb = join(gray.expand(len(chroma), -1, -1, -1), enlarge(chroma, gray.shape[-2:]))
    rgb = (rgb * 255).round() / 255  # as in a file
    truth = truth.expand_as(rgb)
    table = quick_metrics(rgb, truth).assign(ciede2000=ciede2000(rgb, truth).numpy())
    heads = [{"method": m.name, "settings": m.settings_text, "label": m.label} for m in methods]
    return pd.concat([pd.DataFrame(heads), table], axis=1)


def gains_by_hints(scores: pd.DataFrame) -> pd.DataFrame:
    """The gain over the gray copy (dB, mean of images) of each method with hints, and its 95% interval.

    Args:
        scores: what `measure_hints` returns, with those of `evaluate` for the gray copy of the same pictures.

    Returns:
        Rows of the metric `hinted_gain`, see `names.ROW`.
    """
    hinted = [method for method in methods_of(scores) if "hints" in method.settings]
    count = len(of_method(scores, GRAY_COPY))
    return rows_of([m.row("hinted_gain", count, *difference(scores, m, GRAY_COPY, "psnr")) for m in hinted])


def lines_by_hints(rows: pd.DataFrame) -> dict[Method, pd.DataFrame]:
    """Rows of `gains_by_hints` as lines of a figure, one for each method and kind of places, by number of hints.

    Each has the columns `hints`, `value`, `low` and `high`, fewest hints first.
    """
    lines: dict[Method, list[dict]] = {}
    for row, method in zip(rows.to_dict("records"), methods_of(rows), strict=True):
        line = Method(method.name, {"places": method.settings["places"]})
        point = {"hints": method.settings["hints"]} | {name: row[name] for name in ("value", "low", "high")}
        lines.setdefault(line, []).append(point)
    return {line: pd.DataFrame(points).sort_values("hints", ignore_index=True) for line, points in lines.items()}
