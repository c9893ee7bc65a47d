"""Measures of realism: what the truth scores, and what rises or falls with what they are meant to find."""

import numpy as np
import pytest
import torch
from recolored import as_bytes, recolored

from lib.color import composition, spaces
from lib.evaluation.names import METRICS, NOT_OF_TEST, OF_REALISM, TRUTH, UNSHOWN, Method
from lib.evaluation.realism import (
    blotches,
    color_cast,
    color_correlation,
    color_spread,
    kernel_distance,
    painted,
    pooled_features,
    realism,
)
from lib.evaluation.rows import values_of
from lib.losses.vgg_features import vgg11_features

TRUE = Method(TRUTH)


@pytest.fixture(scope="module")
def tinted(truth):
    """All in one tint."""
    tint = torch.tensor([-0.06, 0.05]).reshape(1, 2, 1, 1)
    return recolored(truth, lambda chroma: tint.expand_as(chroma))


def test_the_truth_scores_what_it_should(truth):
    assert color_spread(truth, truth) == pytest.approx((1, 1, 1))
    assert color_correlation(truth, truth) == pytest.approx((1, 1, 1))
    assert blotches(truth, truth) == pytest.approx((1, 1, 1))
    features = pooled_features(truth, vgg11_features())
    assert features.shape == (60, 128) and kernel_distance(features, features) == pytest.approx((0, 0, 0), abs=1e-9)


def test_spread_and_correlation_agree_with_numpy(truth):
    half = recolored(truth, lambda chroma: 0.5 * chroma)
    half[::2] = truth[::2]
    own, true = (spaces.colorfulness(side.float() / 255).double().numpy() for side in (half, truth))
    assert color_spread(half, truth)[0] == pytest.approx(own.std() / true.std(), rel=1e-6)
    assert color_correlation(half, truth)[0] == pytest.approx(np.corrcoef(own, true)[0, 1], rel=1e-6)
    low, high = color_spread(half, truth)[1:]
    assert low < own.std() / true.std() < high


def test_a_collapse_to_one_tint_shows(truth, tinted, gray):
    assert color_spread(tinted, truth)[0] < 0.4 < 0.9 < color_spread(truth, truth)[0]
    assert abs(color_correlation(tinted, truth)[0]) < 0.5
    assert color_cast(tinted)[0] == pytest.approx(255 * np.hypot(0.06, 0.05), rel=0.15)  # some leave the gamut
    assert color_cast(gray)[0] == pytest.approx(0, abs=0.01) and color_spread(gray, truth)[0] < 0.01


def test_a_cast_is_the_length_of_the_mean_chroma():
    plain = composition.join(
        torch.full((6, 1, 8, 8), 0.5), torch.tensor([0.03, -0.04]).reshape(1, 2, 1, 1).expand(6, 2, 8, 8)
    )
    assert color_cast(as_bytes(plain)) == pytest.approx((255 * 0.05,) * 3, abs=0.4)


def test_blotches_rise_with_patches_of_red_and_with_chroma(truth, gray):
    patches = torch.zeros(1, 2, 32, 32)
    patches[:, 0, 8:18, 8:18], patches[:, 1, 8:18, 8:18] = -0.05, 0.2
    red = recolored(truth, lambda chroma: chroma + patches)
    twice = recolored(truth, lambda chroma: 2 * chroma)
    assert blotches(red, truth)[0] > 1.3 and blotches(twice, truth)[0] > 1.3
    assert blotches(gray, truth)[0] < 0.01


def test_blotches_are_not_where_the_luma_has_an_edge():
    """Half dark, half bright: chroma that changes with the luma is none, chroma that changes elsewhere is."""
    gray = torch.full((6, 1, 64, 64), 0.3)
    gray[..., 32:] = 0.7
    rising = torch.linspace(0, 0.1, 64).expand(6, 2, 64, 64).contiguous()
    truth = as_bytes(composition.join(gray, rising))
    at_the_edge, elsewhere = torch.zeros(6, 2, 64, 64), torch.zeros(6, 2, 64, 64)
    at_the_edge[..., 32:], elsewhere[..., 12:] = 0.1, 0.1
    values = [blotches(as_bytes(composition.join(gray, chroma)), truth)[0] for chroma in (at_the_edge, elsewhere)]
    assert values[0] == pytest.approx(0, abs=0.05) and values[1] > 0.8


def test_the_kernel_distance_grows_with_the_difference(truth, tinted, gray):
    features = vgg11_features()
    true, twice, of_tint, of_gray = (
        pooled_features(side, features) for side in (truth, recolored(truth, lambda chroma: 1.3 * chroma), tinted, gray)
    )
    near, far, farther = (kernel_distance(own, true) for own in (twice, of_tint, of_gray))
    assert near[0] < min(far[0], farther[0]) and far[1] < far[0] < far[2]


def test_the_kernel_distance_is_unbiased():
    """Over many draws of two samples of one distribution its mean is zero; also where pictures come in pairs."""
    generator = np.random.default_rng(0)
    draws = []
    for _ in range(200):
        shared = generator.normal(1, 0.3, (12, 4))
        draws.append(kernel_distance(shared[:, ::-1] * 1.0, shared)[0])  # the same distribution: columns are alike
    assert abs(np.mean(draws)) < 3 * np.std(draws) / np.sqrt(len(draws))
    two = np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([[2.0, 2.0], [0.0, 1.0]])
    own, true = (side / np.sqrt((two[1] ** 2).mean()) for side in two)
    k = lambda x, y: (x @ y / 2 + 1) ** 3  # noqa: E731
    by_hand = k(own[0], own[1]) + k(true[0], true[1]) - k(own[0], true[1]) - k(own[1], true[0])
    assert kernel_distance(*two)[0] == pytest.approx(by_hand)


def test_too_few_pictures_have_no_kernel_distance():
    assert np.isnan(kernel_distance(np.ones((1, 4)), np.ones((1, 4)))).all()
    assert np.isnan(kernel_distance(np.ones((6, 4)), np.ones((6, 4)))[1])


def test_the_table_has_every_measure_of_every_method(pairs):
    test = pairs.split("test")
    tint = torch.tensor([1, 0.9, 0.8]).reshape(3, 1, 1)
    methods = {"gray_copy": spaces.gray_to_rgb, Method("tinted"): lambda gray: gray * tint}
    pictures = painted(methods, test)
    assert list(pictures) == [TRUE, Method("gray_copy"), Method("tinted")]
    assert torch.equal(pictures[TRUE], as_bytes(test.tensors(slice(None))[1]))
    values = values_of(realism(pictures, vgg11_features()))
    assert set(values.columns) == set(OF_REALISM) - {"color_distance", "detector_accuracy"}
    assert values.loc[Method("tinted")].notna().all()
    assert values.loc[TRUE].notna().sum() == 1
    assert np.isnan(values.loc[Method("gray_copy"), "color_correlation"])


def test_measures_of_realism_do_not_rank_with_the_scores():
    assert set(OF_REALISM) <= set(METRICS) and set(OF_REALISM) <= set(UNSHOWN) and set(OF_REALISM) <= set(NOT_OF_TEST)
