"""Notebook 08's conclusions."""

import numpy as np
import pandas as pd

from lib.conclusions.films import (
    control_in_words,
    flicker_in_words,
    shots_in_words,
    speed_in_words,
    trade_in_words,
)
from lib.evaluation.names import TRUTH, Method

OURS, ALONE = Method("consistent"), Method("frame_by_frame")


def films(method, warping, drift, gains):
    columns = {"film_warping": warping, "film_drift": drift, "film_gain": gains}
    head = {"method": method.name, "settings": method.settings_text, "label": method.label}
    return pd.DataFrame(columns).assign(**head, name=[f"film {i}" for i in range(len(gains))])


SCORES = pd.concat([
    films(OURS, 1.5, 8.0, np.linspace(1.0, 2.0, 6)),
    films(ALONE, 6.0, 20.0, np.linspace(0.9, 1.9, 6)),
    films(Method(TRUTH), 0.02, 0.02, np.full(6, np.nan)),
])  # fmt: skip


def test_steadiness_and_its_price_in_one_sentence():
    assert flicker_in_words(SCORES, OURS, ALONE) == (
        "On 6 films, ours, consistent against frame by frame: warping error 1.5% instead of 6% (of the film's chroma; "
        "the truth's 0.02%), drift over 30 frames 8% instead of 20%, chroma PSNR +0.10 dB [+0.10, +0.10]."
    )


def test_films_that_are_too_few_or_too_short_are_said():
    short = SCORES[SCORES["name"] < "film 2"].assign(film_drift=np.nan)
    words = flicker_in_words(short, OURS, ALONE)
    assert "on 2 films (2 pictures: too few" not in words and "2 films: too few for an interval" in words
    assert "drift over 30 frames not defined, chroma PSNR +0.10 dB." in words


def test_the_curve_names_its_steadiest_and_its_best_weight():
    curve = pd.DataFrame({"weight": [0.0, 0.8, 0.95], "gain": [0.9, 1.1, 1.0], "warping": [6.0, 2.0, 1.5]})
    assert trade_in_words(curve) == (
        "Mixed along the flow, from weight 0 to 0.95, which flickers least, the warping error goes from 6% to 1.5% of "
        "the chroma and the gain over gray from +0.90 to +1.00 dB; it is largest at weight 0.8, +1.10 dB."
    )
    assert trade_in_words(curve.assign(warping=np.nan)).startswith("Some films are gray")


def test_a_control_is_said_with_all_that_it_does():
    words = control_in_words(SCORES, ALONE)
    assert words.startswith(
        "Beside it, frame by frame: warping error 6% (of its chroma), drift over 30 frames 20%, gain over gray"
    )
    assert "+1.40 dB [+1." in words


def test_cuts_are_counted_and_false_ones_named():
    assert shots_in_words([24, 48], [24, 48], 72) == (
        "In a film of 72 frames with a flash and a fade, 2 of 2 cuts were found, and no false one."
    )
    assert "1 of 2 cuts were found, and 2 false ones (at frame 9, 30)." in shots_in_words([30, 24, 9], [24, 48], 72)


def test_the_time_of_each_part():
    words = speed_in_words({"network": 0.4, "flow": 0.1, "all": 1.0}, 20, (160, 284))
    assert words == (
        "A frame of 284 x 160 px: network 20.0 ms, flow 5.0 ms. The whole, all: 20 frames per second on this machine."
    )
