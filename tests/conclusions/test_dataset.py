"""Notebook 00's conclusions."""

import numpy as np
import pandas as pd

from lib.conclusions.dataset import controls_in_words, duplicates_in_words, nearly_gray_in_words, spread_in_words
from lib.evaluation.names import GRAY_COPY, INTENSITY_MAP
from lib.evaluation.rows import rows_of


def test_the_controls_are_compared():
    rows = rows_of([GRAY_COPY.row("psnr", 5, 23.0, 22.5, 23.5), INTENSITY_MAP.row("psnr", 5, 23.4, 23.0, 23.8)])
    assert controls_in_words(rows, 5) == (
        "A gray copy scores 23.00 dB [22.50, 23.50] on 5 test pictures; the best map from intensity alone 23.40 dB, "
        "+0.40 dB."
    )


def test_nearly_gray_pictures_are_those_below_the_threshold():
    assert nearly_gray_in_words(np.array([2.0, 6.0, 40.0, 52.0]), 6) == (
        "25% of the test pictures are nearly gray (colorfulness below 6); mean colorfulness is 25."
    )


def test_levels_count_as_often_as_they_occur():
    levels = pd.DataFrame({"pixels": [3, 1, 0], "mean": [4.0, 8.0, 99.0], "spread": [20.0, 40.0, 99.0]})
    assert spread_in_words(levels) == (
        "On average a gray level's mean color is 5 of 255 from gray, and the colors of its pixels spread by 25 around "
        "it."
    )


def test_duplicates_are_counted():
    assert duplicates_in_words(pd.DataFrame({"name": ["a", "b"]}), 0.99) == (
        "Pairs of pictures in different splits whose luma thumbnails correlate above 0.99: 2."
    )
