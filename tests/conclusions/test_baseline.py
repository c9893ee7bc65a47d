"""Notebook 02's conclusions."""

import pandas as pd
import pytest

from lib.color.spaces import gray_to_rgb
from lib.conclusions.baseline import colors_of, compared_with_a_gray_copy, fall_of_the_loss
from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.rows import rows_of

CNN = Method("cnn", {"pairs": 400, "epochs": 9})


@pytest.fixture(scope="module")
def scores(pairs):
    """A gray copy, and one that is 0.1 darker: its error is larger by about 0.01."""
    return evaluate(
        {GRAY_COPY: gray_to_rgb, CNN: lambda gray: (gray_to_rgb(gray) - 0.1).clamp(0, 1)}, pairs.split("test")
    )


def test_the_network_is_compared_with_doing_nothing(scores):
    sentence = compared_with_a_gray_copy(scores, summarize(scores), CNN)
    own, copy = (scores[scores["method"] == one.name]["psnr"].to_numpy() for one in (CNN, GRAY_COPY))
    assert sentence.startswith(
        f"The network of most pairs and epochs (CNN, 400 pairs, 9 epochs) scores {own.mean():.2f} dB and SSIM 0."
    )
    assert f"a gray copy {copy.mean():.2f} dB" in sentence
    assert f"Its gain in PSNR over the gray copy is {(own - copy).mean():+.2f} dB [" in sentence


@pytest.mark.parametrize(
    ("losses", "sentence"),
    [
        ([5.0, 3.0, 2.0, 1.0], "After 3 of 4 epochs the training loss (1,000 pairs) has made 75% of its fall."),
        ([5.0, 1.0, 3.0, 2.0], "After 3 of 4 epochs the training loss (1,000 pairs) has made 50% of its fall."),
        ([1.0, 2.0, 3.0, 4.0], "The training loss (1,000 pairs) never fell below that of the first epoch."),
    ],
)
def test_the_fall_of_the_loss(losses, sentence):
    assert fall_of_the_loss(pd.DataFrame({"loss": losses}), 3, 1000) == sentence


def test_colors():
    values = {"colorfulness_ratio": (0.56, 0.0), "r2_rgb": (0.793, 0.86), "r2_chroma": (0.246, -0.009)}
    rows = [method.row(m, 5, v[i]) for i, method in enumerate((CNN, GRAY_COPY)) for m, v in values.items()]
    assert colors_of(rows_of(rows), CNN) == (
        "The colorfulness of its outputs is 0.56 of the truth's; R² is 0.793 over RGB (gray copy 0.860) and 0.246 over "
        "chroma (gray copy -0.009)."
    )
