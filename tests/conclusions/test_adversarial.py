"""Notebook 09's conclusions: the verdict follows from the intervals, and what cannot be compared is said."""

import numpy as np
import pandas as pd
import pytest

from lib.conclusions.adversarial import (
    balance_in_words,
    blotches_in_words,
    detector_in_words,
    frontier_in_words,
    kernel_distance_in_words,
    spread_in_words,
    verdict_of,
)
from lib.evaluation.frontier import CONSTANT, SLIDER, Compared
from lib.evaluation.names import GRAY_COPY, TRUTH, Method
from lib.evaluation.rows import rows_of

OURS = Method("chroma_adversarial")
SLID, TIMES = (Method(name, {"judged": OURS.name}) for name in (SLIDER, CONSTANT))
COUNT = 20


def _compared(gains=(0.1, 0.2), nearer=(0.0, 0.0), settings=(0.42, 1.31), count=COUNT):
    """A colorizer that scores so much more dB than its controls on every picture, and is nearer to the truth by so."""
    levels = {GRAY_COPY: 23.0, OURS: 25.0, SLID: 25.0 - gains[0], TIMES: 25.0 - gains[1]}
    noise = np.linspace(-1, 1, count)
    tables = [
        pd.DataFrame({"method": m.name, "settings": m.settings_text, "label": m.label, "psnr": level + noise,
                      "name": [f"p{i}" for i in range(count)], "mse": 0.01, "ssim": 0.9, "ciede2000": 5.0,
                      "colorfulness": 0.0 if m == GRAY_COPY else 25.0, "colorfulness_truth": 30.0, "pixels": 4.0,
                      **{f"{space}_{part}": 1.0 for space in ("rgb", "chroma")
                         for part in ("error", "sum0", "sum1", "sum2", "square0", "square1", "square2")}})
        for m, level in levels.items()
    ]  # fmt: skip
    share = {TRUTH: 0.5, OURS: 0.3, SLID: 0.3 - nearer[0], TIMES: 0.3 - nearer[1]}
    histograms = {Method.of(m): np.tile([first, 1 - first], (count, 1)) for m, first in share.items()}
    controls = zip((SLID, TIMES), settings, strict=True)
    found = [(OURS, control, setting, 25.0, 10.0, 24.0) for control, setting in controls]
    columns = ["judged", "control", "setting", "colorfulness", "least", "most"]
    return Compared(pd.concat(tables), pd.DataFrame(found, columns=columns), histograms)


def test_the_sentence_gives_both_controls_and_the_distance():
    assert frontier_in_words(_compared(nearer=(0.02, 0.04)), OURS) == (
        "ours + critic, at a colorfulness of 0.83 of the truth's, scores +0.10 dB [+0.10, +0.10] over vividness "
        "0.42 and +0.20 dB [+0.20, +0.20] over chroma times 1.31; the distance of its colors from the true ones is "
        "0.200 against 0.220 (-0.020 [-0.020, -0.020]) and 0.240 (-0.040 [-0.040, -0.040]): above the frontier."
    )


@pytest.mark.parametrize(
    ("gains", "nearer", "verdict"),
    [
        ((0.1, 0.2), (0.0, 0.0), "above the frontier"),
        ((0.1, -0.2), (0.0, 0.0), "no gain"),  # below one of the controls
        ((0.1, 0.0), (0.0, 0.0), "no gain"),
        ((0.0, 0.0), (0.02, 0.02), "above the frontier"),
        ((0.1, 0.1), (-0.02, 0.0), "no gain"),  # farther from the true colors
        ((0.001, 0.001), (0.0, 0.0), "no gain"),  # as much as a control differs from itself
    ],
)
def test_the_verdict_needs_all_controls_and_no_loss(gains, nearer, verdict):
    assert verdict_of(_compared(gains, nearer), OURS) == verdict
    assert frontier_in_words(_compared(gains, nearer), OURS).endswith(f": {verdict}.")


def test_few_pictures_cannot_tell():
    sentence = frontier_in_words(_compared(count=3), OURS)
    assert sentence.endswith("(3 pictures: too few for an interval): cannot tell.") and "[" not in sentence


def test_what_cannot_be_as_colorful_is_said():
    sentence = frontier_in_words(_compared(settings=(np.nan, 1.31)), OURS)
    assert "the vividness setting cannot be as colorful (it reaches 10.0 to 24.0, ours + critic has 25.0)" in sentence
    assert "over vividness" not in sentence and "chroma times 1.31" in sentence
    assert frontier_in_words(_compared(settings=(np.nan, np.nan)), OURS).endswith("no gain can be measured.")
    assert verdict_of(_compared(settings=(np.nan, np.nan)), OURS) == "no gain"


def test_accuracies_with_their_range():
    rows = [("chroma_adversarial", "{}", OURS.label, seed, value) for seed, value in enumerate((0.5, 0.6, 0.7))]
    rows += [("gray_copy", "{}", "gray copy", seed, np.nan) for seed in range(3)]
    table = pd.DataFrame(rows, columns=["method", "settings", "label", "seed", "accuracy"])
    assert detector_in_words(table) == (
        "A fresh classifier tells painted colors from true ones with an accuracy of: ours + critic 60% (50% to "
        "70%); gray copy not measured; 50% is chance (mean and range over 3 seeds)."
    )


def test_other_measures_by_method():
    values = {"color_spread": 0.4, "color_correlation": -0.1, "blotches": 1.5, "vgg_kernel_distance": 21.04}
    rows = [OURS.row(metric, COUNT, value, value - 0.1, value + 0.1) for metric, value in values.items()]
    rows += [GRAY_COPY.row(metric, COUNT, np.nan, np.nan, np.nan) for metric in values]
    rows = rows_of([*rows, Method(TRUTH).row("color_cast", COUNT, 3.0)])
    assert spread_in_words(rows).endswith(
        "ours + critic 0.40, correlation with the truth's -0.10; gray copy not defined."
    )
    assert blotches_in_words(rows).endswith("ours + critic 1.50 [1.40, 1.60]; gray copy not defined.")
    casts = [OURS.row("color_cast", COUNT, 17.2), GRAY_COPY.row("color_cast", COUNT, 0.0)]
    assert balance_in_words(pd.concat([rows, rows_of(casts)], ignore_index=True)) == (
        "Mean chroma of all pictures (of 255; the truth's is 3.0) and color edges without luma edges (ratio to the "
        "truth's): ours + critic 17.2 and 1.50; gray copy 0.0 and not defined."
    )
    assert kernel_distance_in_words(rows, "bundled") == (
        "Kernel distance of VGG features x 1000 (weights: bundled; no KID): ours + critic 21.0 [20.9, 21.1]; "
        "gray copy not defined."
    )
