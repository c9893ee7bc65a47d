"""Hints spread by luma alone, and the nearest hint."""

import numpy as np
import pytest
import torch

from lib.classical.levin import nearest_hint, neighbor_weights, spread_by_luma

RED, BLUE = torch.tensor([-0.1, 0.3]), torch.tensor([0.3, -0.1])
BOTH_WAYS = (spread_by_luma, nearest_hint)


def hints(*given):
    """Cells and chroma of (cell, color) pairs."""
    cells = torch.tensor([cell for cell, _ in given], dtype=torch.long)
    return cells, torch.stack([color for _, color in given], 1) if given else torch.empty(2, 0)


def textured(height=12, width=16):
    return torch.rand(height, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("spread", BOTH_WAYS)
def test_hints_are_kept_and_no_color_beyond_theirs_arises(spread):
    cells, chroma = hints((5, RED), (100, BLUE), (191, torch.zeros(2)))
    found = spread(textured(), cells, chroma)
    assert found.shape == (2, 12, 16) and found.dtype == torch.float32
    assert torch.allclose(found.flatten(1)[:, cells], chroma, atol=1e-6)
    for side, own in zip(found, chroma, strict=True):
        assert own.min() - 1e-6 <= side.min() and side.max() <= own.max() + 1e-6


@pytest.mark.parametrize("spread", BOTH_WAYS)
@pytest.mark.parametrize("luma", [torch.full((6, 9), 0.5), textured(6, 9)])
def test_one_hint_colors_everything(spread, luma):
    found = spread(luma, *hints((20, RED)))
    assert torch.allclose(found, RED[:, None, None].expand_as(found), atol=1e-6)


@pytest.mark.parametrize("spread", BOTH_WAYS)
def test_no_hints_give_gray(spread):
    assert torch.equal(spread(textured(), *hints()), torch.zeros(2, 12, 16))


@pytest.mark.parametrize("spread", BOTH_WAYS)
def test_hints_in_one_cell_average(spread):
    found = spread(textured(), *hints((7, RED), (7, BLUE), (7, BLUE)))
    assert torch.allclose(found[:, 0, 7], (RED + 2 * BLUE) / 3, atol=1e-6)


@pytest.mark.parametrize("spread", BOTH_WAYS)
def test_hints_everywhere_are_the_result(spread):
    chroma = torch.rand(2, 12, generator=torch.Generator().manual_seed(1)) - 0.5
    assert torch.allclose(spread(torch.rand(3, 4), torch.arange(12), chroma).flatten(1), chroma, atol=1e-6)


def test_an_edge_of_luma_stops_a_color_and_the_nearest_hint_does_not_see_it():
    luma = torch.full((16, 16), 0.2)
    luma[:, 10:] = 0.8  # the edge is not midway between the hints
    given = hints((8 * 16 + 1, RED), (8 * 16 + 14, BLUE))
    found = spread_by_luma(luma, *given)
    assert (found[:, :, :10] - RED[:, None, None]).abs().max() < 0.02
    assert (found[:, :, 10:] - BLUE[:, None, None]).abs().max() < 0.02
    assert torch.equal(nearest_hint(luma, *given)[:, 8, 9], BLUE)


def test_two_hints_blend_where_the_luma_is_flat():
    row = spread_by_luma(torch.full((1, 11), 0.5), *hints((0, RED), (10, BLUE)))[:, 0]
    assert torch.allclose(row, torch.lerp(RED[:, None], BLUE[:, None], torch.linspace(0, 1, 11)), atol=1e-5)


def test_weights_are_those_of_the_equation():
    luma = textured(5, 6).double().numpy()
    weights = neighbor_weights(luma).toarray()
    assert np.allclose(weights.sum(1), 1) and not weights.diagonal().any()
    # Cell (0, 2), on the border: five neighbors.
    window = luma[0:2, 1:4]
    apart = (window - luma[0, 2]) ** 2
    by_hand = np.exp(-apart / (0.6 * window.var()))
    by_hand[0, 1] = 0
    assert np.allclose(weights[2].reshape(5, 6)[0:2, 1:4], by_hand / by_hand.sum())
    assert np.count_nonzero(weights[2]) == 5


@pytest.mark.parametrize("spread", BOTH_WAYS)
@pytest.mark.parametrize(
    ("cells", "chroma", "sentence"),
    [
        ([12], torch.zeros(2, 1), "a hint lies in cell 12; the picture has the cells 0 to 11"),
        ([-1], torch.zeros(2, 1), "a hint lies in cell -1"),
        ([1, 2], torch.zeros(2, 1), r"hints in \(2,\) cells cannot have chroma \(2, 1\)"),
    ],
)
def test_hints_that_cannot_be(spread, cells, chroma, sentence):
    with pytest.raises(ValueError, match=sentence):
        spread(torch.rand(3, 4), torch.tensor(cells), chroma)
