"""Notebook 06's conclusions."""

import pandas as pd
import pytest

from lib.color.spaces import gray_to_rgb
from lib.conclusions.better_colorizer import (
    calibration_in_words,
    failures_in_words,
    gain_in_words,
    kept_luma_in_words,
    vividness_in_words,
)
from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.rows import rows_of, values_of
from lib.evaluation.vividness import SCALED, VIVIDNESS

CNN, KEPT = Method("cnn", {"pairs": 4, "epochs": 2}), Method("cnn_luma_kept", {"pairs": 4, "epochs": 2})
COLUMNS = ["kind", "setting", "gain", "colorfulness_ratio", "distance"]


def test_the_kept_luma_is_compared():
    scores = ((GRAY_COPY, 23.0, 0.0), (CNN, 20.0, 0.5), (KEPT, 23.5, 0.4))
    rows = [m.row("psnr", 5, psnr) for m, psnr, _ in scores] + [m.row("colorfulness_ratio", 5, c) for m, _, c in scores]
    assert kept_luma_in_words(rows_of(rows), CNN, KEPT) == (
        "The paper's network scores -3.00 dB against the gray copy; with the given luma kept, the same colors score "
        "+0.50 dB."
    )


def test_the_gain_has_its_interval_and_its_share_of_pictures(pairs):
    ours = Method("chroma_net")
    darkened = {GRAY_COPY: gray_to_rgb, ours: lambda gray: gray_to_rgb(gray) * 0.5}
    scores = evaluate(darkened, pairs.split("test"))
    rows = summarize(scores)
    gain = values_of(rows)["psnr"].diff()[ours]
    words = gain_in_words(scores, rows, ours)
    assert words.startswith(f"ours, trained here: {gain:+.2f} dB [-") and gain < -1
    assert words.endswith("0.00 of the truth's colorfulness; better than gray on 0% of the pictures.")


@pytest.mark.parametrize(
    ("most", "at", "gains", "distances"),
    [
        (1.3, "0.95", "+1.12 dB against the gray copy, the control +1.00 dB", "0.325 with vividness, 0.450 with"),
        (0.8, "0.80", "+1.50 dB against the gray copy, the control +0.00 dB", "0.400 with vividness, 0.400 with"),
    ],
)
def test_vividness_is_compared_with_its_control_at_one_colorfulness(most, at, gains, distances):
    rows = [(VIVIDNESS, 0.0, 2.0, 0.6, 0.5), (VIVIDNESS, 1.0, 1.0, 1.0, 0.3), (SCALED, 2.0, 0.0, most, 0.4)]
    words = vividness_in_words(pd.DataFrame(rows, columns=COLUMNS))
    assert words.startswith(f"At {at} of the truth's colorfulness vividness scores {gains}")
    assert distances in words


def test_ambiguity_and_error_are_compared():
    groups = pd.DataFrame({"ambiguity": [1.0, 2.0, 3.0], "expected": [5.0, 12.0, 30.0], "error": [5.0, 10.0, 20.0]})
    assert calibration_in_words(groups) == (
        "The error in the most ambiguous of 3 groups of cells is 4.0 times that in the least (rank correlation over "
        "the groups 1.00); expected and measured error differ by 23% on average."
    )


def test_failures_are_counted():
    gains = pd.Series([1.0, -0.5, -6.54, 0.0])
    assert failures_in_words(gains) == (
        "Below the gray copy: 2 of 4 pictures. The worst one scores -6.5 dB against it."
    )
