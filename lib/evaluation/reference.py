"""How much a reference picture gains: each picture is colored with one of the same kind, and with one of another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from lib.color.spaces import rgb_to_ycbcr
from lib.common.progress import progress
from lib.data.pairs import Pairs
from lib.evaluation.bootstrap import difference
from lib.evaluation.hinting import Cells, generator_of, scores_of_chroma
from lib.evaluation.names import Method
from lib.evaluation.rows import methods_of, of_method, rows_of
from lib.evaluation.vividness import kinds_of

SAME, OTHER, ANY = "the same kind", "another kind", "any kind"
SCENE = "the same scene"
ROUNDING = 1e-4  # dB; equal pictures may differ by as much
AUTOMATIC = "automatic"  # the method that looks at no reference

Transfer = Callable[[Cells, Cells, Tensor], Tensor]  # a picture, a reference and its chroma (2, h', w') -> (2, h, w)


def draw_references(pictures: Pairs, training: Pairs, seed: int = 0) -> dict[str, list[int]]:
    """A reference from `training` for each of the pictures, drawn at random: their positions, by kind of reference.

    Where the names hold kinds of picture (see `kinds_of`), and the training pictures have them all, one of the `SAME`
    kind and one of `OTHER`; else one of `ANY`. They depend on the picture's name and the seed.
    """
    kinds = kinds_of([*pictures.names, *training.names])
    ours, theirs = np.array(kinds[: len(pictures)]), np.array(kinds[len(pictures) :])
    are_known = len(set(theirs)) > 1 and set(ours) <= set(theirs)
    drawn: dict[str, list[int]] = {}
    for number, name in enumerate(pictures.names):
        generator = generator_of("reference", name, str(seed))
        choices = {ANY: np.arange(len(training))}
        if are_known:
            choices = {SAME: np.flatnonzero(theirs == ours[number]), OTHER: np.flatnonzero(theirs != ours[number])}
        for kind, found in choices.items():
            drawn.setdefault(kind, []).append(int(generator.choice(found)))
    return drawn


def in_halves(pairs: Pairs) -> tuple[Pairs, Pairs]:
    """The right halves of pictures and their left halves: a picture, and as its reference one of the same scene."""
    everything, middle = list(range(len(pairs))), pairs.size // 2
    gray, color = pairs.gray[everything], pairs.color[everything]
    right, left = slice(middle, None), slice(0, middle)
    return tuple(replace(pairs, gray=gray[:, :, side], color=color[:, :, side]) for side in (right, left))


@torch.inference_mode()
def measure_references(
    pictures: Pairs,
    training: Pairs,
    references: Mapping[str, Sequence[int]],
    look: Callable[[Tensor], Cells],
    automatic: Callable[[Cells], Tensor],
    methods: Mapping[str, Transfer],
) -> pd.DataFrame:
    """The metrics of every picture by every method with every kind of reference, as `evaluate` gives them without.

    Args:
        pictures: what is colored.
        training: holds the references.
        references: for each picture the position of its reference in `training`, by kind of reference.
        look: what is computed once of a gray picture `(1, 1, H, W)`.
        automatic: the chroma without a reference, `(2, h, w)`; measured as well.
        methods: what colors a picture by a reference, by identifier.

    Returns:
        One row per method, kind of reference and picture; the setting is `reference`.
    """
    tables = []
    with progress("references", len(pictures)) as tick:
        for number, name in enumerate(pictures.names):
            gray, truth = pictures.tensors(slice(number, number + 1))
            seen = look(gray)
            asked, painted = [Method(AUTOMATIC)], [automatic(seen).cpu()]
            for kind, positions in references.items():
                other_gray, other = training.tensors([positions[number]])
                other_seen = look(other_gray)
                chroma = F.interpolate(rgb_to_ycbcr(other)[:, 1:], other_seen.luma.shape, mode="area")[0]
                for identifier, transfer in methods.items():
                    asked.append(Method(identifier, {"reference": kind}))
                    painted.append(transfer(seen, other_seen, chroma.to(other_seen.luma)).cpu())
            tables.append(scores_of_chroma(gray, torch.stack(painted), truth, asked).assign(name=name))
            tick(1)
    return pd.concat(tables, ignore_index=True)


def gains_by_reference(scores: pd.DataFrame) -> pd.DataFrame:
    """The gain over the automatic picture (dB, mean of images) of each method with a reference, and its 95% interval.

    Args:
        scores: what `measure_references` returns.

    Returns:
        Rows of the metric `reference_gain`, see `names.ROW`.
    """
    count = len(of_method(scores, AUTOMATIC))
    referred = [method for method in methods_of(scores) if "reference" in method.settings]
    return rows_of([m.row("reference_gain", count, *difference(scores, m, AUTOMATIC, "psnr")) for m in referred])


def share_harmed(scores: pd.DataFrame, method: Method) -> float:
    """The share of pictures that a method makes worse than the automatic one, in [0, 1]."""
    ours, plain = (of_method(scores, one).set_index("name")["psnr"] for one in (method, Method(AUTOMATIC)))
    return float((ours < plain[ours.index] - ROUNDING).mean())
