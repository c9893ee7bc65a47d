"""What notebook 00 concludes about the pictures of a run."""

import pandas as pd

from lib.evaluation.names import GRAY_COPY, INTENSITY_MAP
from lib.evaluation.rows import values_of


def controls_in_words(rows: pd.DataFrame, pictures: int) -> str:
    """What the two controls score on so many test pictures. `rows` are what `summarize` returns for them."""
    psnr = rows[rows["metric"] == "psnr"].set_index("method")
    copy, best = psnr.loc[GRAY_COPY.name], values_of(rows).loc[INTENSITY_MAP, "psnr"]
    return (
        f"A gray copy scores {copy['value']:.2f} dB [{copy['low']:.2f}, {copy['high']:.2f}] on {pictures} test "
        f"pictures; the best map from intensity alone {best:.2f} dB, {best - copy['value']:+.2f} dB."
    )
