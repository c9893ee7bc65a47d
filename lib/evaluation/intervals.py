"""A mean over few values, such as seeds, with its t-interval and verdict; `bootstrap.py` has those over pictures."""

import numpy as np


def mean_interval(values: list[float]) -> tuple[float, float, float]:
    """Mean and 95% t-interval of a few independent values, such as the seeds of an experiment.

    One value has no interval: its ends are infinite.

    Returns:
        Mean, low end, high end.

    >>> [round(value, 2) for value in mean_interval([1.0, 2.0, 3.0])]
    [2.0, -0.48, 4.48]
    """
    from scipy import stats

    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, -np.inf, np.inf
    half = float(stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return mean, mean - half, mean + half


def with_interval(interval: tuple[float, float, float], form: str, unit: str = "") -> str:
    """A value in a format with the ends of its interval, or alone where it has none.

    >>> with_interval((1.371, 0.549, 2.1), "+.2f", " dB"), with_interval((1.371, np.nan, np.nan), "+.2f")
    ('+1.37 dB [+0.55, +2.10]', '+1.37')
    """
    value, low, high = interval
    ends = f" [{low:{form}}, {high:{form}}]" if np.isfinite([low, high]).all() else ""
    return f"{value:{form}}{unit}{ends}"


def verdict(low: float, high: float) -> str:
    """The verdict on a claim that a difference is positive, from the interval of that difference.

    >>> verdict(0.1, 0.3), verdict(-0.1, 0.3)
    ('supported', 'cannot tell')
    """
    return "supported" if low > 0 else "not supported" if high < 0 else "cannot tell"  # also where an end is NaN
