"""Notebook 01's conclusions."""

import pandas as pd
import pytest

from lib.conclusions.classical import (
    OPENCV_OF_PAPER,
    best_in_words,
    ceiling_in_words,
    opencv_in_words,
    reported,
    times_in_words,
)
from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.methods import controls
from lib.evaluation.names import GRAY_COPY, INTENSITY_MAP, Method
from lib.evaluation.rows import rows_of, values_of
from lib.paper.claims import paper_rows

RULES, HOT, BONE = (Method(name) for name in ("intensity_rules", "opencv_hot", "opencv_bone"))


@pytest.fixture(scope="module")
def scores(pairs) -> pd.DataFrame:
    """Of the controls and of two methods: half the light, and far less of it."""
    methods = {RULES: lambda gray: gray.expand(-1, 3, -1, -1) / 2, HOT: lambda gray: gray.expand(-1, 3, -1, -1) / 9}
    return evaluate(controls(pairs) | methods, pairs.split("test"))


def test_the_best_method_is_compared_with_doing_nothing(scores):
    rows = summarize(scores)
    psnr = values_of(rows)["psnr"]
    sentence = best_in_words(scores, rows, [HOT, RULES])
    assert f"by PSNR, intensity rules, scores {psnr[RULES]:.2f} dB; the gray copy {psnr[GRAY_COPY]:.2f} dB" in sentence
    assert f"is {psnr[RULES] - psnr[GRAY_COPY]:+z.2f} dB [" in sentence and psnr[RULES] < psnr[GRAY_COPY]
    assert sentence.endswith("Below the gray copy: 2 of 2 methods.")


def test_what_intensity_is_worth_is_paired(scores):
    psnr = values_of(summarize(scores))["psnr"]
    gain = psnr[INTENSITY_MAP] - psnr[GRAY_COPY]
    assert ceiling_in_words(scores).startswith(f"All that intensity alone can know of color is worth {gain:+z.2f} dB [")


def test_each_method_has_the_score_of_its_row_in_table_i():
    psnr, ssim = (reported(paper_rows(), metric) for metric in ("psnr", "ssim"))
    assert psnr["gradient_hand_made"] == psnr["gradient_fitted"] == 18.5 and ssim["gradient_fitted"] == 0.62
    assert psnr["intensity_rules"] == psnr["opencv_hot"] == 19.3 and ssim["opencv_jet"] == 0.65
    assert "gray_copy" not in psnr and BONE.name not in psnr  # the paper names neither


def test_opencv_s_maps_are_compared_with_the_paper():
    values = (6.52, 7.53, 11.77, 8.4)
    measured = rows_of(m.row("psnr", 9, value) for m, value in zip(OPENCV_OF_PAPER, values, strict=True))
    assert opencv_in_words(measured, paper_rows()) == (
        "The four OpenCV maps that the paper names score 6.5 to 11.8 dB here; its Table I says 19.3 dB."
    )


def test_the_slowest_method_is_named():
    assert times_in_words({HOT: 0.02, RULES: 0.5, BONE: 0.03}, 12_000_000) == (
        "On 12 megapixels the slowest method (intensity rules) takes 0.50 s, the median 0.03 s."
    )
