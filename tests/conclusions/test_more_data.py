"""What is concluded from more and more varied data: measured and extrapolated numbers never pass for each other."""

import numpy as np

from lib.conclusions.more_data import (
    growth_in_words,
    left_out_in_words,
    seeds_in_words,
    variety_in_words,
    worth_in_words,
)
from lib.evaluation.growth import fit
from lib.evaluation.more_data import Curve
from lib.evaluation.names import Method

NETWORK = Method("cnn")
PAIRS = np.array([250.0, 500, 1000, 2000, 4000, 20_000])


def curve(gain, seeds=2, pictures=20):
    means = gain(PAIRS / 1000)
    return Curve(PAIRS, np.zeros((seeds, pictures, len(PAIRS))) + means)


def test_growth_names_the_law_and_what_is_extrapolated():
    line = curve(lambda n: 1 + 0.5 * np.log10(n))
    sentence = growth_in_words(NETWORK, "all", "the sea", line, fit(PAIRS, line.resampled()))
    assert "from 250 to 20,000 pictures the gain over gray goes from +0.70 dB [+0.70, +0.70] to +1.65 dB" in sentence
    assert "Fitted: +0.50 dB [+0.50, +0.50] for ten times the pictures (error at a point left out" in sentence
    assert sentence.endswith(
        "Extrapolated, not measured: +2.15 dB [+2.15, +2.15] for 10 times the pictures, +2.65 dB [+2.65, +2.65] for "
        "100 times the pictures."
    )
    bent = curve(lambda n: 2 - 0.7 * n**-0.8)
    sentence = growth_in_words(NETWORK, "all", "the sea", bent, fit(PAIRS, bent.resampled()))
    assert "Fitted: 2.0" in sentence and " - 0.7" in sentence and " dB at most (" in sentence
    falling = curve(lambda n: 1 + 0.7 * n**-0.8)
    sentence = growth_in_words(NETWORK, "all", "the sea", falling, fit(PAIRS, falling.resampled()))
    assert " + 0.7" in sentence and " dB at least (" in sentence


def test_few_pictures_have_no_interval_anywhere():
    few = curve(lambda n: 1 + 0.5 * np.log10(n), pictures=3)
    grown = growth_in_words(NETWORK, "all", "the sea", few, fit(PAIRS, few.resampled()))
    assert "too few for an interval" in grown and "[" not in grown
    worth = worth_in_words(NETWORK, 1000, "sea", "all", {"a": ((1234.0, 980.0, np.inf), few)})
    assert worth.endswith("are worth, of all, 1,200 on a (3 pictures: too few for an interval).")


def test_too_few_numbers_of_pictures_have_no_law():
    two = Curve(PAIRS[:2], np.zeros((1, 4, 2)))
    sentence = growth_in_words(NETWORK, "all", "the sea", two, fit(two.pairs, two.resampled()))
    assert "(4 pictures: too few for an interval); 2 numbers of pictures: too few for a fit." in sentence


def test_what_pictures_are_worth_may_lie_beyond_what_was_trained():
    line = curve(lambda n: n)
    found = {"a": ((0, 0, 0), line), "b": ((np.inf,) * 3, line), "c": ((1234.0, 980.0, np.inf), line)}
    assert worth_in_words(NETWORK, 1000, "sea", "all", found) == (
        "CNN: 1,000 pictures of sea are worth, of all, fewer than 250 [below 250, below 250] on a; more than all "
        "20,000 [above 20,000, above 20,000] on b; 1,200 [980, above 20,000] on c."
    )


def test_variety_is_a_paired_difference():
    varied, first = np.full((2, 30), 2.0) + np.arange(30), np.full((2, 30), 1.5) + np.arange(30)
    sentence = variety_in_words(NETWORK, 4000, "sea", "all", {"a": (varied, first)})
    assert sentence == "CNN: 4,000 pictures of all instead of sea: +0.50 dB [+0.50, +0.50] on a."


def test_one_seed_has_no_spread():
    assert "the spread over seeds is not known" in seeds_in_words(NETWORK, "a", curve(lambda n: n, seeds=1))
    assert seeds_in_words(NETWORK, "a", curve(lambda n: n)).startswith(
        "CNN, 2 seeds on 20,000 pictures, on a: +20.00 dB"
    )


def test_numbers_that_a_kind_does_not_have_are_said():
    assert left_out_in_words([250, 0], {"sea": 300}) == ""
    assert left_out_in_words([4000, 250, 0, 2000], {"sea": 300, "all": 4000}) == (
        "sea has 300 training pictures, so 2,000, 4,000 are left out"
    )
