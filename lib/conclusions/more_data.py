"""What notebook 10 concludes about more and more varied data: growth, its extrapolation, and what variety is worth."""

from collections.abc import Mapping, Sequence

import numpy as np

from lib.evaluation.bootstrap import mean_over
from lib.evaluation.growth import LINE, SATURATING, UNIT, Growth
from lib.evaluation.intervals import mean_interval, with_interval
from lib.evaluation.more_data import Curve
from lib.evaluation.names import Method
from lib.evaluation.size import counted, too_few

Worth = tuple[tuple[float, float, float], Curve]  # what `worth_of` returns, and the curve of the varied pictures
TIMES = (10, 100)  # how many times the largest number of training pictures the fit is asked about


def growth_in_words(network: Method, data: str, tests: str, curve: Curve, growth: Growth | None) -> str:
    """How the gain grows with the number of pictures, the law that was fitted, and its extrapolation, named as such.

    Args:
        network: what was trained.
        data: on what.
        tests: the test pictures, in words.
        curve: the measured gains.
        growth: the law; None where there were too few points.
    """
    first, last = curve.intervals()[[0, -1]]
    few = too_few(curve.gains.shape[1])
    head = (
        f"{network}, trained on {data}, on {tests}: from {curve.pairs[0]:,.0f} to {curve.pairs[-1]:,.0f} pictures the "
        f"gain over gray goes from {with_interval(tuple(first), '+z.2f', ' dB')} to "
        f"{with_interval(tuple(last), '+z.2f', ' dB')}{few}"
    )
    if growth is None:
        return f"{head}; {counted(len(curve.pairs), 'number')} of pictures: too few for a fit."
    ahead = ", ".join(
        f"{_enough(growth.at(times * curve.pairs[-1]), few)} for {times} times the pictures" for times in TIMES
    )
    return f"{head}. {_law_in_words(growth, few)} Extrapolated, not measured: {ahead}."


def _enough(interval: Sequence[float], few: str) -> str:
    """A gain with its interval; without, where there are too few pictures."""
    value, low, high = interval
    return with_interval((value, np.nan, np.nan) if few else (value, low, high), "+z.2f", " dB")


def _law_in_words(growth: Growth, few: str) -> str:
    """The law with its numbers, and why it was chosen."""
    if growth.law == LINE:
        law = f"Fitted: {_enough(growth.slope(), few)} for ten times the pictures"
    else:
        a, b, c = (float(values[0]) for values in (growth.a, growth.b, growth.c))
        sign, limit = ("-", "most") if b > 0 else ("+", "least")  # a gain may fall with more pictures
        law = f"Fitted: {a:.2f} {sign} {abs(b):.2f} n^-{c:.2f} dB, n in {UNIT:,} pictures, so {a:.2f} dB at {limit}"
    if SATURATING not in growth.errors:
        return f"{law}."
    line, saturating = (growth.errors[name] for name in (LINE, SATURATING))
    return f"{law} (error at a point left out: line {line:.2f} dB, saturating law {saturating:.2f} dB)."


def worth_in_words(
    network: Method,
    pairs: float,
    first: str,
    varied: str,
    by_tests: Mapping[str, Worth],
) -> str:
    """How many varied pictures are worth so many of the first folder, on each set of test pictures.

    Args:
        network: what was trained.
        pairs: the number of the first folder's pictures.
        first, varied: what the kinds of training pictures are called.
        by_tests: what was found, by the test pictures in words.
    """
    parts = []
    for tests, (worths, curve) in by_tests.items():
        value = _number_in_words(worths[0], curve.pairs, ("fewer than", "more than all"))
        low, high = (_number_in_words(number, curve.pairs, ("below", "above")) for number in worths[1:])
        few = too_few(curve.gains.shape[1])
        parts.append(f"{value}{'' if few else f' [{low}, {high}]'} on {tests}{few}")
    return f"{network}: {pairs:,.0f} pictures of {first} are worth, of {varied}, {'; '.join(parts)}."


def _number_in_words(number: float, pairs: np.ndarray, beyond: tuple[str, str]) -> str:
    """A number of pictures to two digits, or in the words for both sides that it lies beyond those trained on."""
    if number == 0:
        return f"{beyond[0]} {pairs[0]:,.0f}"
    if not np.isfinite(number):
        return f"{beyond[1]} {pairs[-1]:,.0f}"
    return f"{float(f'{number:.2g}'):,.0f}"


def variety_in_words(
    network: Method, pairs: float, first: str, varied: str, by_tests: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> str:
    """What varied pictures bring instead of as many of the first folder, on each set of test pictures.

    Args:
        network: what was trained.
        pairs: the number of training pictures of each.
        first, varied: what the kinds of training pictures are called.
        by_tests: the gains `(S, N)` of the varied and of the first kind, by the test pictures in words.
    """
    parts = []
    for tests, (better, than) in by_tests.items():
        interval = mean_over((better - than).mean(0))
        parts.append(f"{with_interval(interval, '+z.2f', ' dB')} on {tests}{too_few(better.shape[1])}")
    return f"{network}: {pairs:,.0f} pictures of {varied} instead of {first}: {', '.join(parts)}."


def seeds_in_words(network: Method, tests: str, curve: Curve) -> str:
    """How far trainings that differ in their seed are apart, at the most pictures."""
    values = curve.by_seed[:, -1].tolist()
    if len(values) < 2:
        return "There is one training of each: the spread over seeds is not known."
    interval = with_interval(mean_interval(values), "+z.2f", " dB")
    return (
        f"{network}, {counted(len(values), 'seed')} on {curve.pairs[-1]:,.0f} pictures, on {tests}: {interval} "
        f"(interval over seeds), from {min(values):+z.2f} to {max(values):+z.2f} dB."
    )


def left_out_in_words(counts: Sequence[int], kinds: Mapping[str, int]) -> str:
    """Which numbers of pictures a kind does not have; "" where all were trained.

    Args:
        counts: the numbers that were asked for.
        kinds: the number of training pictures of each kind.
    """
    parts = []
    for kind, there in kinds.items():
        missing = [f"{count:,}" for count in sorted(counts) if count > there]
        if missing:
            parts.append(f"{kind} has {counted(there, 'training picture')}, so {', '.join(missing)} are left out")
    return "; ".join(parts)
