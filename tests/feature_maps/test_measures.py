"""Measures of feature maps, on maps whose measures are known."""

import numpy as np
import pytest
import torch

from lib.feature_maps.activations import Activation
from lib.feature_maps.measures import (
    correlation,
    count_rows,
    dead_channels,
    display_range,
    energy,
    layer_summary,
    matched_channels,
    paginate,
    rank_channels,
    rectified_layers,
    shown_layers,
    similarity,
)


def test_channels_are_ranked_by_each_criterion():
    maps = torch.stack([torch.full((2, 2), 3.0), torch.tensor([[0.0, 9.0], [0.0, 0.0]]), torch.full((2, 2), 3.0)])
    assert rank_channels(maps, "index") == [0, 1, 2]
    assert rank_channels(maps, "mean") == [0, 2, 1]  # ties are sorted by number
    assert rank_channels(maps, "variance") == [1, 0, 2]
    assert rank_channels(maps, "effect on color", torch.tensor([0.1, 0.0, 0.2])) == [2, 0, 1]
    with pytest.raises(ValueError, match="ranking is one of index, mean, variance, effect on color, not 'max'"):
        rank_channels(maps, "max")


@pytest.mark.filterwarnings("error")
def test_maps_of_one_pixel_can_be_ranked():
    assert rank_channels(torch.tensor([1.0, 2.0]).reshape(2, 1, 1), "variance") == [0, 1]


def test_dead_channels_are_constant_on_every_picture():
    maps = torch.zeros(2, 4, 3, 3)
    maps[1, 1, 2, 2] = 1.0  # differs at one pixel of one picture
    maps[:, 2] = 5.0  # constant, but not zero
    maps[0, 3] = 1.0  # differs from picture to picture
    assert dead_channels(maps) == [0, 2]


def test_display_ranges_are_percentiles():
    maps = torch.stack([torch.arange(100.0).reshape(10, 10), torch.zeros(10, 10)])
    maps[1, 0, 0] = 1000.0  # one bright pixel
    low, high = display_range(maps)
    np.testing.assert_allclose(low, [np.percentile(maps[0], 1), 0], atol=1e-4)
    np.testing.assert_allclose(high, [np.percentile(maps[0], 99), np.percentile(maps[1], 99)], rtol=1e-4)
    low, high = display_range(maps, shared=True)
    np.testing.assert_allclose(low, [0, 0], atol=1e-6)
    np.testing.assert_allclose(high, 2 * [np.percentile(maps, 99)], rtol=1e-4)


def test_a_shared_range_of_large_maps_stays_within_quantiles_limit():
    low, high = display_range(torch.rand(32, 128, 130), shared=True)
    assert low.shape == high.shape == (32,) and high[0] == high[31]


def test_a_ranking_is_divided_into_pages():
    order = list(range(70))[::-1]
    assert paginate(order, 3, per_page=32) == ([5, 4, 3, 2, 1, 0], 3)
    assert paginate(order[:32], 1)[1] == 1
    for page in (0, 4):
        with pytest.raises(ValueError, match=f"page is {page}; this layer has 3"):
            paginate(order, page)


def test_channels_are_matched_by_correlation():
    maps = torch.rand(4, 6, 6, generator=torch.Generator().manual_seed(0))
    maps[3] = 1.0  # constant: it correlates with no channel
    partners = matched_channels(maps[:3], 2 * maps[[2, 3, 0, 1]] - 5)
    assert {i: j for i, (j, _) in partners.items()} == {0: 2, 1: 3, 2: 0}
    assert [r for _, r in partners.values()] == pytest.approx([1, 1, 1])
    assert len(matched_channels(maps, maps[:2])) == 2  # the second layer has only two channels
    blocks = maps[:3].repeat_interleave(2, 1).repeat_interleave(2, 2)  # at twice the size
    assert {i: j for i, (j, _) in matched_channels(maps[:3], blocks).items()} == {0: 0, 1: 1, 2: 2}
    assert matched_channels(maps[3:], maps[:1]) == {0: (0, 0.0)}


def test_correlation_of_opposite_and_constant_maps():
    maps = torch.rand(4, 4)
    assert correlation(maps, 3 - 2 * maps) == pytest.approx(-1)
    assert correlation(maps, torch.ones(4, 4)) == 0


def test_energy_is_high_where_a_layer_responds():
    maps = torch.zeros(2, 4, 4)
    maps[0, :2], maps[1, :2] = 3.0, -4.0
    strength = energy(maps, (8, 8))
    assert strength.shape == (8, 8) and strength.min() == 0 and strength.max() == 1
    assert strength[:3].min() == 1 and strength[5:].max() == 0
    assert energy(torch.zeros(2, 4, 4), (8, 8)).max() == 0


def test_the_summary_distinguishes_edges_from_light():
    gray = torch.zeros(2, 1, 16, 16)
    gray[..., 8:] = 0.8
    gray[1] = gray[1].mT.clone()
    edges = (gray - gray.roll(1, -1)).abs() + (gray - gray.roll(1, -2)).abs()
    edges[..., 0], edges[..., 0, :] = 0, 0
    activations = {
        "light": Activation("light", "Conv2d", torch.cat([gray, 0 * gray], 1)),
        "edges": Activation("edges", "ReLU", edges),
    }
    summary = layer_summary(activations, gray)
    assert summary.loc["light", ["type", "channels", "height", "width", "dead"]].tolist() == ["Conv2d", 2, 16, 16, 1]
    assert summary.loc["light", "light"] == pytest.approx(1) and summary.loc["light", "edges"] < 0.5
    assert summary.loc["edges", "edges"] > 0.6 > 0.5 > summary.loc["edges", "light"]
    assert summary.loc["edges", "texture"] > 0.6 > 0.5 > summary.loc["light", "texture"]
    assert summary.loc["light", "reach"] > 0.7 > 0.5 > summary.loc["edges", "reach"]


def test_similarity_covers_layers_of_equal_shape():
    one = {name: Activation(name, "x", torch.rand(1, 2, 3, 3) + 0.1) for name in ("a", "b", "only here")}
    other = {
        "a": Activation("a", "x", 2 * one["a"].maps),
        "b": Activation("b", "x", torch.rand(1, 4, 3, 3)),
    }
    assert similarity(one, other) == pytest.approx({"a": 1.0})


@pytest.fixture
def summary():
    maps = torch.stack([torch.zeros(4, 6), torch.rand(4, 6)])[None]
    activations = {name: Activation(name, kind, maps) for name, kind in (("a", "Conv2d"), ("b", "ReLU"))}
    return layer_summary(activations, torch.rand(1, 1, 8, 12))


def test_a_page_shows_layers_in_few_columns(summary):
    shown = shown_layers(summary)
    assert list(shown.columns) == ["type", "maps", "dead", "edges", "texture", "light", "reach"]
    assert shown.loc["b", "maps"] == "2 x 4 x 6" and shown.loc["b", "edges"] == round(summary.loc["b", "edges"], 2)


def test_layers_behind_a_nonlinearity_are_picked(summary):
    assert list(rectified_layers(summary).index) == ["b"]
    assert list(rectified_layers(summary.loc[["a"]]).index) == ["a"]  # a network without any shows all it has


def test_channels_are_counted_in_rows(summary):
    rows = count_rows(summary, 3)
    assert rows[["label", "metric", "n", "value"]].to_numpy().tolist() == [
        ["a", "channels", 3, 2], ["a", "dead", 3, 1], ["b", "channels", 3, 2], ["b", "dead", 3, 1],
    ]  # fmt: skip
