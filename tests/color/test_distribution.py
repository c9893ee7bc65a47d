"""Chroma as a distribution: targets, mixing, the vividness, the versions."""

import math
from dataclasses import replace

import pytest
import torch
from pictures_by_hand import random_chroma
from torch.nn import functional as F

from lib.color import distribution as chromas
from lib.color import spaces
from lib.color.composition import join
from lib.color.distribution import AXIS, COLORS, ChromaDistribution, mix, soft_targets

K = len(COLORS)
GREEN, PURPLE = (-0.18, -0.18), (0.18, 0.18)
ORANGE, BLUE = (-0.18, 0.18), (0.18, -0.18)
GRAY = (0.0, 0.0)


def number_of(value):
    """The index in `COLORS` of one of its colors."""
    return int((COLORS - torch.tensor(value)).abs().sum(1).argmin())


def cell(odds, rest=0.0):
    """Log probabilities `(K,)` of one cell: colors by their odds; all others share the probability `rest`."""
    probabilities = torch.full((K,), rest / K)
    for value, share in odds.items():
        probabilities[number_of(value)] += share
    return (probabilities / probabilities.sum()).clamp(min=1e-40).log()


def distribution(*cells, frequency=None):
    """A row of cells, each mixed of itself alone: both its pixels in a row have its own chroma."""
    mixing = torch.zeros(1, 9, 4, 1, len(cells))
    mixing[:, 4] = 50.0
    even = torch.full((K,), 1 / K)
    return ChromaDistribution(
        torch.stack(cells, -1)[None, :, None], mixing.flatten(1, 2), even if frequency is None else frequency
    )


def colors_of(chroma):
    """CbCr `(cells, 2)` of such a row."""
    return chroma[0, :, 0, ::2].T


CHROMA = {
    "within the grid": random_chroma(2, 2, 6, 8, largest=0.4),
    "on the grid": COLORS.T.reshape(1, 2, 13, 13),
    "on its border": torch.stack([AXIS, AXIS.sign() * 0.4])[None, :, None],
    "gray": torch.zeros(1, 2, 2, 2),
}


@pytest.mark.parametrize("name", [*CHROMA, "photographs"])
def test_the_mean_of_a_soft_target_is_the_true_chroma(photographs, name):
    chroma = CHROMA.get(name, photographs)
    indices, weights = soft_targets(chroma)
    assert weights.min() >= 0
    torch.testing.assert_close(weights.sum(1), torch.ones_like(weights[:, 0]), atol=1e-6, rtol=0)
    mean = torch.einsum("bnhwc,bnhw->bchw", COLORS[indices], weights)
    torch.testing.assert_close(mean, chroma, atol=1e-7, rtol=0)


def test_soft_targets_are_the_four_colors_around():
    chroma = CHROMA["within the grid"]
    around = COLORS[soft_targets(chroma)[0]]  # (B, 4, h, w, 2)
    low, high = around.amin(1).movedim(-1, 1), around.amax(1).movedim(-1, 1)
    assert (low <= chroma).all() and (chroma <= high).all()
    between = (low[..., None] < AXIS - 1e-6) & (high[..., None] > AXIS + 1e-6)
    assert not between.any()  # no color of the grid is nearer
    assert len({tuple(four) for four in around[0, :, 0, 0].tolist()}) == 4


def test_chroma_beyond_the_grid_counts_as_its_border():
    for value in (0.45, 0.5, -0.5):
        beyond = torch.tensor([value, 0.1]).view(1, 2, 1, 1)
        indices, weights = soft_targets(beyond)
        mean = (COLORS[indices[0, :, 0, 0]] * weights[0, :, 0, 0, None]).sum(0)
        torch.testing.assert_close(mean, torch.tensor([math.copysign(0.4, value), 0.1]), atol=1e-7, rtol=0)


def dense_targets(chroma):
    """Soft targets of every pixel over all colors, `(B, K, h, w)`."""
    indices, weights = soft_targets(chroma)
    return (F.one_hot(indices, K) * weights[..., None]).sum(1).movedim(-1, 1)


def test_cross_entropy_is_that_of_the_pixels_in_each_cell():
    chroma, logits = random_chroma(2, 2, 6, 8), 3 * torch.randn(2, K, 3, 4, generator=torch.Generator().manual_seed(1))
    targets = F.avg_pool2d(dense_targets(chroma), 2)
    expected = -(targets * logits.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(chromas.cross_entropy(logits, chroma), expected)
    right = chromas.cross_entropy((targets + 1e-9).log(), chroma)
    assert right < chromas.cross_entropy(torch.zeros_like(logits), chroma)  # = log K
    torch.testing.assert_close(right, -(targets * (targets + 1e-9).log()).sum(1).mean(), atol=1e-4, rtol=0)


def test_the_mean_of_a_certain_color_is_that_color():
    indices = torch.randint(0, K, (2, 3, 5), generator=torch.Generator().manual_seed(0))
    certain = F.one_hot(indices, K).movedim(-1, 1).float()
    torch.testing.assert_close(chromas.expected(certain), COLORS[indices].movedim(-1, 1))


def test_frequencies_are_the_histogram(photographs):
    indices = torch.randint(0, K, (2, 9, 7), generator=torch.Generator().manual_seed(0))
    expected = torch.bincount(indices.flatten(), minlength=K) / indices.numel()
    torch.testing.assert_close(chromas.frequencies(COLORS[indices].movedim(-1, 1)), expected, atol=1e-6, rtol=0)
    found = chromas.frequencies(photographs)
    assert found.sum().item() == pytest.approx(1, abs=1e-6) and found.argmax() == number_of(GRAY)
    torch.testing.assert_close(found @ COLORS, photographs.mean((0, 2, 3)), atol=1e-6, rtol=0)


def doubled(chroma):
    """Each cell as four equal pixels."""
    return chroma.repeat_interleave(2, -2).repeat_interleave(2, -1)


def test_equal_weights_are_the_mean_of_nine_cells():
    chroma = random_chroma(2, 2, 4, 5)
    means = F.avg_pool2d(F.pad(chroma, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    torch.testing.assert_close(mix(chroma, torch.zeros(2, 36, 4, 5)), doubled(means))
    constant = torch.tensor([0.1, -0.2]).view(1, 2, 1, 1).expand(1, 2, 3, 3)
    torch.testing.assert_close(mix(constant, torch.randn(1, 36, 3, 3)), constant.repeat(1, 1, 2, 2))


@pytest.mark.parametrize("pixel", range(4), ids=["upper left", "upper right", "lower left", "lower right"])
def test_one_weight_picks_its_neighbor(pixel):
    chroma = random_chroma(1, 2, 4, 5)
    around = F.pad(chroma, (1, 1, 1, 1), mode="replicate")
    for neighbor in range(9):  # row by row, 4 is the cell itself
        weights = torch.zeros(1, 9, 4, 4, 5)  # by neighbor and pixel
        weights[:, 4, [p for p in range(4) if p != pixel]] = 100.0
        weights[:, neighbor, pixel] = 100.0
        mixed = mix(chroma, weights.flatten(1, 2))
        row, column = divmod(neighbor, 3)
        expected = doubled(chroma)
        expected[:, :, pixel // 2 :: 2, pixel % 2 :: 2] = around[:, :, row : row + 4, column : column + 5]
        torch.testing.assert_close(mixed, expected)


def test_mixed_chroma_stays_within_its_neighbors():
    chroma, logits = random_chroma(2, 2, 6, 7), 4 * torch.randn(2, 36, 6, 7, generator=torch.Generator().manual_seed(2))
    mixed = F.pixel_unshuffle(mix(chroma, logits), 2).view(2, 2, 4, 6, 7)
    highest, lowest = F.max_pool2d(chroma, 3, 1, 1).unsqueeze(2), -F.max_pool2d(-chroma, 3, 1, 1).unsqueeze(2)
    assert (mixed <= highest + 1e-6).all() and (mixed >= lowest - 1e-6).all()
    assert mixed.std(2).min() > 0  # each of the four pixels has weights of its own


@pytest.fixture
def some():
    """A distribution of no particular kind, over 2 pictures of 3 x 4 cells."""
    generator = torch.Generator().manual_seed(0)
    logits, mixing = 3 * torch.randn(2, K, 3, 4, generator=generator), torch.randn(2, 36, 3, 4, generator=generator)
    return ChromaDistribution(logits.log_softmax(1), mixing, torch.rand(K, generator=generator).softmax(0))


def test_the_safest_chroma_is_the_mean_where_no_color_is_rarer(some):
    some = replace(some, frequency=torch.full((K,), 1 / K))
    means = torch.einsum("bkhw,kc->bchw", some.log_probabilities.exp(), COLORS)
    expected = chromas.SATURATION[0] * mix(means, some.mixing)
    torch.testing.assert_close(some.chroma(0), expected, atol=1e-6, rtol=0)
    assert some.chroma().shape == (2, 2, 6, 8)


def test_the_vividness_leads_from_the_mean_to_stronger_likely_colors():
    undecided = distribution(cell({ORANGE: 0.6, BLUE: 0.4}), cell({GRAY: 0.3, PURPLE: 0.7}), cell({GREEN: 1}))
    settings = [undecided.chroma(v / 4) for v in range(5)]
    saturation = torch.stack([colors_of(chroma).norm(dim=1) for chroma in settings])  # (5, cells)
    assert (saturation.diff(dim=0)[:, :2] > 0.003).all()
    safest, strongest = chromas.SATURATION
    stronger = 1 + torch.arange(5) / 4 * (strongest / safest - 1)
    torch.testing.assert_close(saturation[:, 2], saturation[0, 2] * stronger)  # what is certain keeps its hue
    # At 1 the odds of two equally frequent colors are taken to the power 1 / the temperature.
    odds = (0.6 / 0.4) ** (1 / chromas.TEMPERATURE[1])
    expected = chromas.SATURATION[1] * (odds * torch.tensor(ORANGE) + torch.tensor(BLUE)) / (odds + 1)
    torch.testing.assert_close(colors_of(settings[4])[0], expected, atol=1e-5, rtol=0)
    safest, vivid = (spaces.colorfulness(join(torch.full((1, 1, 2, 4), 0.5), settings[v][..., :4])) for v in (0, 4))
    assert vivid > 1.15 * safest


def test_the_vividness_favors_rare_colors():
    frequency = torch.full((K,), 0.1 / (K - 1))
    frequency[number_of(GRAY)] = 0.9
    even = cell({GRAY: 0.5, PURPLE: 0.5})
    found = [distribution(even, frequency=frequency).chroma(v).mean() for v in (0, 0.5, 1)]
    assert found[0] < found[1] < found[2] and found[0] < 0.09 < found[2]  # the mean is between
    strong = 0.09 * chromas.SATURATION[1]
    assert distribution(even).chroma(1).mean().item() == pytest.approx(strong, abs=1e-6)  # none is rarer


@pytest.mark.parametrize("vividness", [-0.1, 1.1, float("nan")])
def test_the_vividness_has_two_ends(some, vividness):
    for ask in (some.chroma, lambda v: some.versions(2, v)):
        with pytest.raises(ValueError, match=f"vividness is {vividness}; it must lie between 0 and 1"):
            ask(vividness)


def test_ambiguity_in_bits():
    found = distribution(cell({GREEN: 1}), cell({GREEN: 0.5, BLUE: 0.5}), cell({}, rest=1)).ambiguity()
    assert found.shape == (1, 1, 1, 3)
    assert found.flatten().tolist() == pytest.approx([0, 1, math.log2(K)], abs=1e-4)


def test_variance_is_the_mean_square_distance_from_the_mean():
    even = distribution(cell({GREEN: 1}), cell({GRAY: 0.5, (0.4, 0.0): 0.5}), cell({ORANGE: 0.25, BLUE: 0.75}))
    distance = math.hypot(0.36, 0.36)
    expected = [0, 0.2**2, 0.25 * 0.75 * distance**2]
    assert even.variance().shape == (1, 1, 1, 3)
    assert even.variance().flatten().tolist() == pytest.approx(expected, abs=1e-6)


AXES = {
    "orange or blue": (ORANGE, BLUE),
    "purple or green": (PURPLE, GREEN),
    "red or cyan": ((0.0, 0.18), (0.0, -0.18)),
    "blue or yellow": ((0.18, 0.0), (-0.18, 0.0)),
}


def moves(found):
    """How far each version's cells `(versions - 1, cells, 2)` lie from those of the first."""
    return torch.stack([colors_of(version) for version in found[1:]]) - colors_of(found[0])


@pytest.mark.parametrize("name", AXES)
@pytest.mark.parametrize("rest", [0.0, 1e-6])
def test_versions_lean_both_ways_between_the_colors_in_question(name, rest):
    one, other = AXES[name]
    both = distribution(*2 * [cell({one: 0.5, other: 0.5}, rest)])
    (warmer, _), (cooler, _) = moves(both.versions(3))
    axis = torch.tensor(one) / math.hypot(*one)
    for move in (warmer, cooler):
        assert 0.1 < move.norm() < math.hypot(*one)  # between the mean and the color itself
        assert (move @ axis).abs() > 0.999 * move.norm()
    assert warmer @ cooler < 0
    if name != "purple or green":  # neither of which is the warmer
        assert warmer[1] - warmer[0] > 0.1 > cooler[1] - cooler[0]


def test_the_first_version_is_the_plain_one(some):
    for vividness in (0, 0.7):
        assert torch.equal(some.versions(5, vividness)[0], some.chroma(vividness))


def test_the_vividness_turns_every_version():
    undecided = distribution(cell({ORANGE: 0.3, BLUE: 0.3, (-0.18, 0.0): 0.4}), cell({PURPLE: 0.5, GREEN: 0.5}))
    for safe, vivid in zip(undecided.versions(5), undecided.versions(5, 1.0), strict=True):
        assert (vivid - safe).abs().max() > 0.005


def test_versions_are_the_same_however_many_are_asked_for(some):
    nine = some.versions(9, 0.3)
    assert len(nine) == 9
    for count in (1, 2, 6):
        fewer = some.versions(count, 0.3)
        assert len(fewer) == count and all(torch.equal(a, b) for a, b in zip(fewer, nine, strict=False))
    distances = torch.cdist(torch.stack(nine).flatten(1), torch.stack(nine).flatten(1))
    assert (distances + torch.eye(9)).min() > 0.1  # no two are the same


def test_a_certain_cell_hardly_moves_and_the_undecided_ones_move_together():
    certain = [cell({color: 1}, rest=1e-5) for color in (PURPLE, GREEN, (0.03, -0.12))]  # they vary, but are sure of it
    undecided = [cell({(-0.07, 0.07): p, (0.07, -0.07): 1 - p}, rest=1e-5) for p in (0.3, 0.5, 0.7)]
    found = moves(distribution(*certain, *undecided).versions(9))
    assert found[:, :3].norm(dim=-1).max() < 0.002
    assert found[:2, 3:].norm(dim=-1).min() > 0.05  # warmer, cooler
    same = (found[:2, 3:] @ found[:2, 4:5].mT).squeeze(-1)
    assert (same > 0).all()


def test_versions_are_made_of_probable_colors_only():
    """What has one chance in a million must not win because it lies far out."""
    odds = {GRAY: 0.5, (-0.03, 0.03): 0.5}
    found = torch.stack([colors_of(v) for v in distribution(*3 * [cell(odds, rest=1e-6)]).versions(9)])
    assert found.min() > -0.031 and found.max() < 0.031


def test_a_gray_picture_has_only_gray_versions():
    found = torch.stack(distribution(*3 * [cell({GRAY: 1}, rest=1e-4)]).versions(9))
    assert torch.isfinite(found).all() and found.abs().max() < 0.002


def test_each_picture_leans_its_own_way(some):
    together = some.versions(4, 0.5)
    for index in (0, 1):
        alone = ChromaDistribution(some.log_probabilities[[index]], some.mixing[[index]], some.frequency)
        for one, all_ in zip(alone.versions(4, 0.5), together, strict=True):
            torch.testing.assert_close(one, all_[[index]], atol=1e-4, rtol=0)


@pytest.mark.parametrize("count", [0, -1, 10])
def test_there_are_one_to_nine_versions(some, count):
    with pytest.raises(ValueError, match=f"{count} versions were asked for; there can be 1 to 9"):
        some.versions(count)
