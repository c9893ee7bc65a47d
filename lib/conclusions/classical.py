"""What notebook 01 concludes about filters and color maps."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lib.conclusions.gains import difference_in_words
from lib.evaluation.names import GRAY_COPY, INTENSITY_MAP, PAPER, Method
from lib.evaluation.rows import values_of

OPENCV_OF_PAPER = tuple(map(Method, ("opencv_jet", "opencv_turbo", "opencv_viridis", "opencv_hot")))
# The method of the paper's Table I that each of ours is an instance of.
_IN_TABLE_I = {
    "intensity_rules": "intensity-based mapping",
    "gradient_hand_made": "custom color mapping",
    "gradient_fitted": "custom color mapping",
    **{method.name: "OpenCV color mapping" for method in OPENCV_OF_PAPER},
}


def reported(paper: pd.DataFrame, metric: str) -> dict[str, float]:
    """What the paper's Table I gives for our methods, by their identifier. `paper`: what `paper_rows` returns."""
    printed = values_of(paper)[metric]
    return {name: float(printed[Method(PAPER, {"method": row})]) for name, row in _IN_TABLE_I.items()}


def best_in_words(scores: pd.DataFrame, rows: pd.DataFrame, methods: Sequence[Method]) -> str:
    """The best of the methods by PSNR, compared with the gray copy on the same pictures.

    Args:
        scores: what `evaluate` returns, of the methods and the gray copy.
        rows: what `summarize` returns for them.
        methods: those that compete.
    """
    psnr = values_of(rows)["psnr"]
    best, copy = psnr[list(methods)].idxmax(), psnr[GRAY_COPY]
    below = int((psnr[list(methods)] < copy).sum())
    return (
        f"The best classical method by PSNR, {best}, scores {psnr[best]:.2f} dB; the gray copy {copy:.2f} dB. The "
        f"difference is {difference_in_words(scores, best, GRAY_COPY)}. Below the gray copy: {below} of {len(methods)} "
        "methods."
    )


def opencv_in_words(rows: pd.DataFrame, paper: pd.DataFrame) -> str:
    """The four OpenCV maps that the paper names, beside what its Table I reports for them."""
    psnr = values_of(rows).loc[list(OPENCV_OF_PAPER), "psnr"]
    printed = reported(paper, "psnr")[OPENCV_OF_PAPER[0].name]
    return (
        f"The four OpenCV maps that the paper names score {psnr.min():.1f} to {psnr.max():.1f} dB here; its Table I "
        f"says {printed:.1f} dB."
    )


def ceiling_in_words(scores: pd.DataFrame) -> str:
    """How much the best map from intensity alone gains over the gray copy."""
    gain = difference_in_words(scores, INTENSITY_MAP, GRAY_COPY, " over the gray copy")
    return f"All that intensity alone can know of color is worth {gain}."


def times_in_words(seconds: Mapping[Method, float], pixels: int) -> str:
    """The slowest method and the median, where each took so many seconds for a picture of so many pixels."""
    slowest = max(seconds, key=seconds.get)
    return (
        f"On {pixels / 1e6:.3g} megapixels the slowest method ({slowest}) takes {seconds[slowest]:.2f} s, the median "
        f"{np.median(list(seconds.values())):.2f} s."
    )
