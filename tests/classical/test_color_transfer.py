"""Colors taken from another picture by statistics, and place by place."""

import pytest
import torch

from lib.classical.color_transfer import local_deviation, match_moments, match_places


def random(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_moments_become_those_of_the_reference():
    found = match_moments(random(2, 6, 8), 0.1 + 0.3 * random(2, 9, 5, seed=1))
    reference = 0.1 + 0.3 * random(2, 9, 5, seed=1)
    assert found.shape == (2, 6, 8)
    assert torch.allclose(found.mean((1, 2)), reference.mean((1, 2)), atol=1e-6)
    assert torch.allclose(found.std((1, 2), correction=0), reference.std((1, 2), correction=0), atol=1e-6)
    assert torch.allclose(match_moments(reference, reference), reference, atol=1e-6)


def test_a_flat_picture_takes_the_mean():
    reference = random(2, 4, 4)
    found = match_moments(torch.zeros(2, 3, 3), reference)
    assert torch.allclose(found, reference.mean((1, 2), keepdim=True).expand(2, 3, 3), atol=1e-6)


def test_each_place_takes_the_color_of_the_most_similar_one():
    luma, chroma = random(12, 10), random(2, 12, 10, seed=1)
    assert torch.equal(match_places(luma, luma, chroma), chroma)  # of itself: every place finds itself
    brighter = 0.2 + 0.5 * luma  # its mean and deviation are those of the reference, once matched
    found = match_places(brighter, luma, chroma)
    assert (found == chroma).float().mean() > 0.99
    assert match_places(random(3, 4), luma, chroma).shape == (2, 3, 4)


def test_texture_tells_places_of_one_luma_apart():
    luma = torch.full((9, 18), 0.5)
    luma[:, :9] += 0.2 * (2 * (torch.arange(81).view(9, 9) % 2) - 1)  # a checkerboard beside a plain half
    luma[4, 4] = 0.5  # in the middle of the board the luma is that of the plain half
    chroma = torch.zeros(2, 9, 18)
    chroma[0, :, :9] = 0.3
    assert match_places(luma, luma, chroma)[0, 4, 4] == pytest.approx(0.3)


def test_the_deviation_is_that_of_a_window():
    luma = random(9, 9)
    found = local_deviation(luma)
    assert found[4, 4] == pytest.approx(float(luma[2:7, 2:7].std(correction=0)), rel=1e-4)
    assert local_deviation(torch.full((4, 4), 0.7)).abs().max() < 1e-3
