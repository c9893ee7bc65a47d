"""How methods do on photographs of another source than the run's: gain over the gray copy, share worse than it."""

import pandas as pd

from lib.evaluation.bootstrap import difference
from lib.evaluation.names import GRAY_COPY
from lib.evaluation.rows import methods_of, rows_of
from lib.evaluation.vividness import gains_by_picture


def rows_of_judge(scores: pd.DataFrame) -> pd.DataFrame:
    """Rows of the metrics `names.OF_JUDGE` for every method but the gray copy.

    Args:
        scores: what `evaluate` returns for the judge's photographs, with the gray copy among the methods.
    """
    rows = []
    for method in methods_of(scores):
        if method != GRAY_COPY:
            gains = gains_by_picture(scores, method)
            rows.append(method.row("judge_gain", len(gains), *difference(scores, method, GRAY_COPY, "psnr")))
            rows.append(method.row("judge_worse", len(gains), float((gains < 0).mean())))
    return rows_of(rows)
