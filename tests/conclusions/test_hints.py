"""Notebook 07's conclusions."""

import pandas as pd
from claims_by_hand import method

from lib.conclusions.hints import (
    against_levin_in_words,
    methods_in_words,
    places_in_words,
    saved_hints_in_words,
)
from lib.evaluation.names import Method
from lib.evaluation.rows import rows_of


def rows(**gains):
    """Rows of gains by identifier: (hints, value) pairs, in random places."""
    return rows_of(
        Method(name, {"hints": hints, "places": "random"}).row("hinted_gain", 40, value, value - 1, value + 1)
        for name, line in gains.items()
        for hints, value in line
    )


ROWS = rows(levin=[(0, 0.0), (1, 0.9), (5, 3.0), (50, 7.0)], posterior=[(0, 1.5), (1, 2.8), (5, 7.1)])


def hinted(name, hints, psnr, places="random"):
    return method(Method(name, {"hints": hints, "places": places}), psnr)


def test_every_method_is_said_with_its_interval():
    assert methods_in_words(ROWS, 1) == (
        "With 1 hint in random places, gain over the gray copy on 40 pictures: Levin alone +0.90 dB [-0.10, +1.90]; "
        "posterior +2.80 dB [+1.80, +3.80]."
    )


def test_hints_that_are_saved_are_counted():
    words = saved_hints_in_words(ROWS, [1, 5])
    assert words.endswith("of the numbers tried: 5 for 1, more than 50 for 5 of the posterior's.")


def test_the_lead_over_levin_is_said_from_least_to_most():
    scores = pd.concat(
        [hinted("levin", 1, 22), hinted("posterior", 1, 24), hinted("levin", 5, 25), hinted("posterior", 5, 24.5)]
    )
    assert against_levin_in_words(scores, [1, 5]) == (
        "The posterior against Levin alone, with the same hints: -0.50 dB [-0.50, -0.50] with 5 hints to +2.00 dB "
        "[+2.00, +2.00] with 1 hint; the interval is above zero for 1 of 2 numbers of hints."
    )
    assert "same hints: +2.00 dB [+2.00, +2.00] with 1 hint; the interval is above zero for 1 of 1 number of" in (
        against_levin_in_words(scores, [1])
    )


def test_places_are_compared_with_random_ones():
    scores = pd.concat(
        [hinted("posterior", 5, 24), hinted("posterior", 5, 24.7, "greedy"), hinted("posterior", 5, 23, "uncertain")]
    )
    assert places_in_words(scores, ["uncertain", "greedy"], 5) == (
        "5 hints against as many in random places: uncertain places -1.00 dB [-1.00, -1.00], greedy places +0.70 dB "
        "[+0.70, +0.70]."
    )
