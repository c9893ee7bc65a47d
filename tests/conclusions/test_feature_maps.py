"""Notebook 04's conclusions, from tables that are made by hand."""

import numpy as np
import pandas as pd
import pytest
import torch

from lib.conclusions.feature_maps import (
    knowledge_in_words,
    layers_in_words,
    loss_in_words,
    partners_in_words,
    similarity_in_words,
    sky_in_words,
    strongest_in_words,
    training_in_words,
)
from lib.feature_maps.color_cells import Cells
from lib.feature_maps.knowledge import Knowledge, Survey
from lib.feature_maps.without_channel import Loss


@pytest.fixture
def summary() -> pd.DataFrame:
    """Four layers behind a nonlinearity, the third with the smallest maps, and a convolution that beats them all."""
    columns = ["type", "channels", "height", "dead", "edges", "texture", "reach"]
    rows = {
        "first": ("ReLU", 4, 32, 0, 0.5, 0.2, 0.1),
        "second": ("GELU", 8, 16, 2, 0.3, 0.4, 0.2),
        "deepest": ("ReLU", 16, 8, 5, 0.2, 0.1, 0.8),
        "back": ("ReLU", 8, 16, 0, 0.9, 0.1, 0.1),
        "conv": ("Conv2d", 4, 32, 1, 0.99, 0.99, 0.99),
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def test_the_textbook_s_order_is_judged_down_to_the_smallest_maps(summary):
    order, dead = layers_in_words(summary)
    assert order.startswith("Down to the smallest maps, edges are followed best by first (0.50), texture by second")
    assert order.endswith("the maps of deepest reach farthest (0.80): the textbook's order, edges, textures, regions, "
                          "holds on these pictures.")  # fmt: skip
    assert dead == "Dead on these pictures: 7 of 36 channels behind a nonlinearity, most in deepest (5)."


@pytest.mark.parametrize("reach", [(0.9, 0.2, 0.8), (0.1, 0.9, 0.8)])
def test_another_order_is_not_the_textbook_s(summary, reach):
    summary.loc[["first", "second", "deepest"], "reach"] = reach
    summary.loc["deepest", "texture"] = 0.5
    assert "does not hold on these pictures" in layers_in_words(summary)[0]


def test_all_in_one_layer_is_no_order(summary):
    summary.loc["first", ["edges", "texture", "reach"]] = 0.95
    assert "does not hold on these pictures" in layers_in_words(summary)[0]


def test_no_dead_channel_names_no_layer(summary):
    summary["dead"] = 0
    assert layers_in_words(summary)[1] == "Dead on these pictures: 0 of 36 channels behind a nonlinearity."


def test_the_strongest_channel_and_half_of_the_work():
    effects = pd.DataFrame({"moved": [0.5, 3.0, 2.0, 0.5]}).rename_axis("channel")
    assert strongest_in_words(effects, "decoder.0", "lake") == (
        "In decoder.0, channel 1 moves the colors of lake most: by 3.00 of 255 on average. Half of what all 4 channels "
        "move, added up, is moved by 1 of them."
    )
    effects["moved"] = [2.0, 2.0, 2.0, 3.0]
    assert strongest_in_words(effects, "x", "y").endswith("is moved by 2 of them.")


def test_the_bluest_channel_is_counted_on_other_photographs():
    effects, other = (pd.DataFrame({"cb_above": values}) for values in ([-1.0, 6.31, 2.0], [3.0, 1.0, 2.0]))
    assert sky_in_words(effects, "lake", [effects, other, effects]) == (
        "In the upper third of lake, channel 1 adds most blue: 6.31 of 255 to Cb. It adds most blue there on 2 of the "
        "first 3 photographs."
    )
    assert sky_in_words(-effects.abs(), "lake", []) == "In the upper third of lake no channel of this layer adds blue."


def test_partners_that_keep_their_number_are_counted():
    partners = {0: (0, 0.9), 1: (3, 0.5), 2: (2, 0.1)}
    assert partners_in_words(partners, ("CNN", "ours"), "encoder.0.2", "lake") == (
        "Between CNN and ours, 2 of 3 matched channels of encoder.0.2 keep their number; the correlation of the "
        "partners' maps on lake is 0.50 in the median, 0.10 at least."
    )


def test_layers_that_both_networks_have_are_compared():
    (sentence,) = similarity_in_words({"a": 0.4, "b": 0.9, "c": 0.1}, pd.Index(["a", "b", "d"]))
    assert sentence == (
        "Channel by channel, a differs most: its maps' cosine similarity in the two networks is 0.40; b differs least, "
        "0.90."
    )
    assert similarity_in_words({"c": 0.1}, pd.Index(["a"])) == similarity_in_words({}, pd.Index(["a"])) == []


def test_a_map_is_compared_with_its_last_one():
    last = torch.tensor([[[0.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [3.0, 5.0]]])
    words = training_in_words({1: -last, 3: 2 * last + 1, 9: last}, 1, "encoder.0.2:1")
    assert words == "The map of encoder.0.2:1 correlates with its last one: -1.00 after epoch 1, 1.00 after epoch 3."
    assert training_in_words({9: last}, 1, "x:1").endswith("only one epoch was kept.")


def test_the_order_of_blocks_is_judged_down_to_the_last_of_the_smallest(summary):
    summary.insert(1, "does", "block")
    order, dead = layers_in_words(summary.drop(index=["back", "conv"]))
    assert "reach farthest (0.80)" in order and "holds on these pictures" in order
    assert dead == "Dead on these pictures: 7 of 28 channels that blocks hand on, most in deepest (5)."
    summary.loc["back", ["height", "reach"]] = 8, 0.9  # as small as the one before
    assert "the maps of back reach farthest" in layers_in_words(summary)[0]


def _known(auc, spread=0.02, pictures=9, channel=3, high=True, **others):
    resampled = np.array([auc, *np.linspace(auc - spread, auc + spread, 99)])
    return Knowledge(channel, high, auc, resampled, pictures, others)


CELLS = Cells("green", *3 * [torch.zeros(20, 4)], list(range(10)), list(range(10, 20)))


def _said(known, random=0.6, first=0.55, layer="encoder.2"):
    found = Survey({"encoder.0": _known(first), layer: known}, {layer: _known(random)}, _known(0.51))
    return knowledge_in_words(found, CELLS, layer)


def test_a_channel_knows_what_its_controls_do_not():
    known, controls, verdict = _said(_known(0.9, 0.05, blue=0.3, red=0.6))
    assert known == (
        "encoder.2:3 is higher where the truth is green (grass, leaves) than at other places of the same luma in 0.90 "
        "[0.85, 0.95] of the pairs, on 10 pictures on which it was not chosen, 9 of which have the color."
    )
    assert controls == (
        "Controls there, chosen likewise: the best channel of encoder.2 with random weights 0.60; the best of the "
        "first stage, encoder.0 0.55; the luma itself 0.51; chance 0.50."
    )
    assert verdict.endswith(
        "this channel knows green things, beyond brightness and beyond what untrained filters find."
    )
    assert "+0.30 [+0.27, +0.33] over the best channel of encoder.2 with random weights" in verdict
    assert _said(_known(0.9, high=False))[0].startswith("encoder.2:3 is lower where")


@pytest.mark.parametrize("controls", [{"random": 0.9}, {"first": 0.895}])
def test_a_channel_that_leads_one_control_only_knows_no_more(controls):
    assert _said(_known(0.9, 0.05), **controls)[2].endswith(
        "these pictures do not show that it knows more of green things than its controls."
    )


def test_a_channel_for_the_sky_is_called_one():
    assert _said(_known(0.8, 0.05, blue=0.1, red=0.6))[2].endswith(
        "it tells green things from others. But it tells blue ones (sky, water) more surely, on the other side (0.90): "
        "it is they that it knows."
    )
    assert "on the same side (0.85)" in _said(_known(0.8, 0.05, red=0.85))[2]


def test_few_pictures_show_nothing_and_no_color_asks_nothing():
    known, _, verdict = _said(_known(0.9, 0.05, pictures=4))
    assert "0.90 of the pairs" in known and known.endswith("have the color (4 pictures: too few for an interval).")
    assert verdict.endswith("these pictures do not show that it knows more of green things than its controls.")
    assert knowledge_in_words(None, CELLS, "") == [
        "The pictures have too little green (grass, leaves) beside other things of the same luma to ask what a channel "
        "knows."
    ]


def test_the_first_stage_is_no_control_of_itself():
    found = Survey({"encoder.0": _known(0.9)}, {"encoder.0": _known(0.6)}, _known(0.51))
    assert not any("first stage" in sentence for sentence in knowledge_in_words(found, CELLS, "encoder.0"))


def test_what_a_channel_s_absence_moves():
    assert loss_in_words(Loss(1.5, -0.25, 0.2, 8, 6), "green", "encoder.2:3") == (
        "Without encoder.2:3 the colors move by -1.50 of 255 toward green where the truth is green and by +0.25 "
        "elsewhere, mean of 6 pictures; without one of 8 other channels of the layer, drawn at random, by 0.20 there, "
        "up or down."
    )
    assert loss_in_words(Loss(0.0, 0.0, 0.0, 0, 1), "red", "x:0").endswith("by +0.00 elsewhere, mean of 1 picture.")
