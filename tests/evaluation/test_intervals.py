"""Few values: Student's interval, compared with scipy's own, and the verdict that it gives."""

import numpy as np
import pytest
from scipy import stats

from lib.evaluation.intervals import mean_interval, verdict


def test_mean_interval_is_students():
    values = [1.0, 2.0, 4.0]
    expected = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    assert mean_interval(values) == pytest.approx((7 / 3, *expected))
    assert mean_interval([1.5]) == (1.5, -np.inf, np.inf)


@pytest.mark.parametrize(
    ("interval", "said"),
    [((0.1, 0.2), "supported"), ((-0.2, -0.1), "not supported"), ((-0.1, 0.1), "cannot tell"), ((0, 1), "cannot tell"),
     ((-np.inf, np.inf), "cannot tell"), ((np.nan, np.nan), "cannot tell")],
)  # fmt: skip
def test_verdicts(interval, said):
    assert verdict(*interval) == said
