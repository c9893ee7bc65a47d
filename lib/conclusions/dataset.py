"""What notebook 00 concludes about the pictures of a run."""

import numpy as np
import pandas as pd

from lib.evaluation.intervals import with_interval
from lib.evaluation.names import GRAY_COPY, INTENSITY_MAP
from lib.evaluation.rows import values_of
from lib.evaluation.size import counted, too_few


def controls_in_words(rows: pd.DataFrame, pictures: int) -> str:
    """What the two controls score on so many test pictures. `rows` are what `summarize` returns for them."""
    psnr = rows[rows["metric"] == "psnr"].set_index("method")
    copy, best = psnr.loc[GRAY_COPY.name, ["value", "low", "high"]], values_of(rows).loc[INTENSITY_MAP, "psnr"]
    few = ", too few for an interval" if too_few(pictures) else ""
    return (
        f"A gray copy scores {with_interval(tuple(copy), '.2f', ' dB')} on {counted(pictures, 'test picture')}{few}; "
        f"the best map from intensity alone {best:.2f} dB, {best - copy['value']:+z.2f} dB."
    )


def nearly_gray_in_words(colorfulness: np.ndarray, threshold: float) -> str:
    """The share of the test pictures whose colorfulness is below the threshold, and the mean of all."""
    share = 100 * (colorfulness < threshold).mean()
    return (
        f"{share:.0f}% of the test pictures are nearly gray (colorfulness below {threshold:g}); mean colorfulness is "
        f"{colorfulness.mean():.0f}."
    )


def spread_in_words(levels: pd.DataFrame) -> str:
    """How far chroma lies from the mean of its gray level, over all pixels. `levels`: see `chroma_by_level`."""
    mean, spread = (np.average(levels[column], weights=levels["pixels"]) for column in ("mean", "spread"))
    return (
        f"On average a gray level's mean color is {mean:.0f} of 255 from gray, and the colors of its pixels spread by "
        f"{spread:.0f} around it."
    )


def duplicates_in_words(duplicates: pd.DataFrame, threshold: float) -> str:
    """How many pairs of pictures `near_duplicates` found above the threshold."""
    return (
        f"Pairs of pictures in different splits whose luma thumbnails correlate above {threshold:g}: {len(duplicates)}."
    )
