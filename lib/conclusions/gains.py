"""Differences between two methods in words, and what is said where a score is not defined."""

import numpy as np
import pandas as pd

from lib.evaluation.bootstrap import difference
from lib.evaluation.intervals import with_interval
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.rows import of_method
from lib.evaluation.size import too_few


def difference_in_words(scores: pd.DataFrame, method: Method | str, reference: Method | str, then: str = "") -> str:
    """`+1.37 dB [+0.55, +2.10]`: the paired difference in PSNR and its bootstrap 95% interval.

    Where the pictures are too few for an interval, their number follows at the end.

    Args:
        scores: what `evaluate` returns.
        method: what is compared.
        reference: what it is compared with.
        then: how the sentence goes on.
    """
    gain = with_interval(difference(scores, method, reference, "psnr"), "+z.2f", " dB")
    return f"{gain}{then}{too_few(len(of_method(scores, method)))}"


def against_the_gray_copy(scores: pd.DataFrame, method: Method | str) -> str:
    """`+1.37 dB [+0.55, +2.10] against the gray copy`: the paired difference in PSNR.

    `scores` are what `evaluate` returns, of the method and the gray copy.
    """
    return difference_in_words(scores, method, GRAY_COPY, " against the gray copy")


def of_the_truths_color(ratio: float) -> str:
    """`0.75 of the truth's colorfulness`, or that the truths have none."""
    if np.isfinite(ratio):
        return f"{ratio:.2f} of the truth's colorfulness"
    return "no ratio of colorfulness, because the truths have no color"
