"""Notebook 00's conclusions."""

from lib.conclusions.dataset import controls_in_words
from lib.evaluation.names import GRAY_COPY, INTENSITY_MAP
from lib.evaluation.rows import rows_of


def test_the_controls_are_compared():
    rows = rows_of([GRAY_COPY.row("psnr", 5, 23.0, 22.5, 23.5), INTENSITY_MAP.row("psnr", 5, 23.4, 23.0, 23.8)])
    assert controls_in_words(rows, 5) == (
        "A gray copy scores 23.00 dB [22.50, 23.50] on 5 test pictures; the best map from intensity alone 23.40 dB, "
        "+0.40 dB."
    )
