"""Notebook 03's conclusions."""

import pandas as pd
import pytest

from lib.color.spaces import gray_to_rgb
from lib.conclusions import perceptual
from lib.evaluation.evaluate import evaluate
from lib.evaluation.names import Method
from lib.losses.vgg_features import vgg11_features

WITH = Method("cnn_perceptual", {"pairs": 2000, "epochs": 9, "perceptual_weight": 0.05})
WITHOUT = Method("cnn", {"pairs": 2000, "epochs": 9})


def test_the_printed_loss_is_judged_to_the_bit():
    assert "changes no gradient, to the bit" in perceptual.effect_of_the_printed_loss(0.0)
    assert perceptual.effect_of_the_printed_loss(1e-9) == (
        "As printed, the perceptual loss changes gradients, by up to 1e-09."
    )


def test_the_corrected_loss_is_compared_with_the_same_network_without_it(pairs):
    methods = {WITH: gray_to_rgb, WITHOUT: lambda gray: (gray_to_rgb(gray) - 0.1).clamp(0, 1)}
    scores = evaluate(methods, pairs.split("test"), vgg11_features())
    sentence = perceptual.effect_of_the_corrected_loss(scores, WITH, WITHOUT, "bundled")
    assert sentence.startswith(
        "Corrected, with weight 0.05 and bundled VGG weights, it moves the network trained on 2,000 pairs by +"
    )
    own, other = (scores[scores["method"] == one.name]["psnr"].to_numpy() for one in (WITH, WITHOUT))
    assert f" {(own - other).mean():+.3f} [" in sentence and sentence.count("; ") == 3
    assert sentence.endswith("] colorfulness ratio.")


def test_accumulation():
    table = pd.DataFrame(
        {
            "gradient differs by (%)": [7e-5, 2e-4, 8.04],
            "MB kept, whole batch": [15.5, 20.0, 20.0],
            "MB kept, half batch": [7.7, 10.0, 10.0],
        },
        index=["none", "group", "batch"],
    )
    assert perceptual.effect_of_accumulation(table) == (
        "Accumulating two half batches changes the whole batch's gradient by less than 0.01% without norm, less than "
        "0.01% with group norm and 8% with batch norm, and keeps 7.7 MB instead of 15.5 MB."
    )


@pytest.mark.parametrize(("seconds", "times"), [(58.6, "2.0"), (28.8, "1.0")])
def test_the_price(seconds, times):
    assert f"takes {times} times as long" in perceptual.price_of_the_corrected_loss(seconds, 28.8)
