"""What notebook 02 concludes about the paper's network."""

import pandas as pd

from lib.evaluation.bootstrap import difference
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.rows import values_of


def compared_with_a_gray_copy(scores: pd.DataFrame, rows: pd.DataFrame, network: Method) -> str:
    """The scores of the network and of a gray copy, and their difference in PSNR.

    Args:
        scores: what `evaluate` returns.
        rows: what `summarize` returns for `scores`.
        network: a method among them.
    """
    value = values_of(rows)
    gain, low, high = difference(scores, network, GRAY_COPY, "psnr")
    return (
        f"The network of most pairs and epochs ({network}) scores {value.loc[network, 'psnr']:.2f} dB and SSIM "
        f"{value.loc[network, 'ssim']:.3f}; a gray copy {value.loc[GRAY_COPY, 'psnr']:.2f} dB and "
        f"{value.loc[GRAY_COPY, 'ssim']:.3f}. Its gain in PSNR over the gray copy is {gain:+.2f} dB "
        f"[{low:+.2f}, {high:+.2f}]."
    )


def fall_of_the_loss(history: pd.DataFrame, early: int, pairs: int) -> str:
    """How much of its fall the training loss has made after the epoch `early`. `history` has one row per epoch."""
    first, lowest = history["loss"].iloc[0], history["loss"].min()
    if first == lowest:
        return f"The training loss ({pairs:,} pairs) never fell below that of the first epoch."
    fallen = (first - history["loss"].iloc[early - 1]) / (first - lowest)
    return (
        f"After {early} of {len(history)} epochs the training loss ({pairs:,} pairs) has made {100 * fallen:.0f}% of "
        "its fall."
    )


def colors_of(rows: pd.DataFrame, network: Method) -> str:
    """How colorful the network's outputs are, and what R² says over RGB and over chroma. `rows` as in `summarize`."""
    value = values_of(rows)
    own, copy = value.loc[network], value.loc[GRAY_COPY]
    return (
        f"The colorfulness of its outputs is {own['colorfulness_ratio']:.2f} of the truth's; R² is "
        f"{own['r2_rgb']:.3f} over RGB (gray copy {copy['r2_rgb']:.3f}) and {own['r2_chroma']:.3f} over chroma "
        f"(gray copy {copy['r2_chroma']:.3f})."
    )
