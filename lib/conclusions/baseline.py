"""What notebook 02 concludes about the paper's network."""

import numpy as np
import pandas as pd

from lib.conclusions.gains import difference_in_words
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
    return (
        f"The network of most pairs and epochs ({network}) scores {value.loc[network, 'psnr']:.2f} dB and SSIM "
        f"{value.loc[network, 'ssim']:.3f}; a gray copy {value.loc[GRAY_COPY, 'psnr']:.2f} dB and "
        f"{value.loc[GRAY_COPY, 'ssim']:.3f}. Its gain in PSNR over the gray copy is "
        f"{difference_in_words(scores, network, GRAY_COPY)}."
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
    ratio, r2 = own["colorfulness_ratio"], {"RGB": "r2_rgb", "chroma": "r2_chroma"}
    defined = {space: column for space, column in r2.items() if np.isfinite(own[column])}
    said = [f"{own[column]:.3f} over {space} (gray copy {copy[column]:.3f})" for space, column in defined.items()]
    sentences = [f"The colorfulness of its outputs is {ratio:.2f} of the truth's"] if np.isfinite(ratio) else []
    sentences += [f"R² is {' and '.join(said)}"] if said else []
    if "RGB" not in defined:
        sentences.append("R² is not defined: the truths do not vary")
    elif len(defined) < len(r2):
        sentences.append("the colorfulness ratio and R² over chroma are not defined: the truths have no color")
    text = "; ".join(sentences)
    return f"{text[0].upper()}{text[1:]}."
