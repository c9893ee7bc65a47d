"""A method's gain over the gray copy in words, as several notebooks conclude it."""

import pandas as pd

from lib.evaluation.bootstrap import difference
from lib.evaluation.names import GRAY_COPY, Method


def against_the_gray_copy(scores: pd.DataFrame, method: Method | str) -> str:
    """`+1.37 dB [+0.55, +2.10] against the gray copy`: the paired difference in PSNR, its bootstrap 95% interval.

    `scores` are what `evaluate` returns, of the method and the gray copy.
    """
    gain, low, high = difference(scores, method, GRAY_COPY, "psnr")
    return f"{gain:+.2f} dB [{low:+.2f}, {high:+.2f}] against the gray copy"
