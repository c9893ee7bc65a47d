"""Where hints are set: what is chosen one by one is what is defined."""

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from lib.colorize.hints import Evidence, Seen, usefulness_of_one_hint
from lib.colorize.places import most_telling, most_uncertain
from lib.networks.pretrained import load_colorizer


@pytest.fixture(scope="module")
def seen():
    gray = Image.fromarray(data.rocket()).convert("L").resize((240, 160))
    return Seen.of(load_colorizer(device="cpu"), torch.from_numpy(np.array(gray))[None, None] / 255)


def open_after(seen, cells):
    """The variance of each cell that hints leave, by definition."""
    everywhere = torch.arange(seen.luma.numel())
    among, across = (seen.covariance(one, cells).double() for one in (cells, everywhere))
    among.diagonal().add_(seen.covariances.noise)
    return seen.variance.flatten() - (across * torch.linalg.solve(among, across.T).T).sum(1)


def test_each_telling_place_is_where_one_more_hint_tells_most(seen):
    chosen = most_telling(seen, 4)
    for count in range(4):
        cells = chosen[:count]
        told = usefulness_of_one_hint(seen, Evidence(cells, torch.zeros(2, count)))
        assert told.flatten()[chosen[count]] == pytest.approx(float(told.max()), rel=1e-4)


def test_each_uncertain_place_has_most_variance_left(seen):
    chosen = most_uncertain(seen, 4)
    assert chosen[0] == seen.variance.argmax() and len(chosen.unique()) == 4
    for count in range(1, 4):
        left = open_after(seen, chosen[:count])
        assert left[chosen[count]] == pytest.approx(float(left.max()), rel=1e-4)


def test_telling_places_leave_less_open_than_uncertain_ones(seen):
    telling, uncertain = (open_after(seen, choose(seen, 5)).sum() for choose in (most_telling, most_uncertain))
    assert telling < uncertain < seen.variance.sum()


def test_fewer_places_begin_more_of_them(seen):
    assert torch.equal(most_telling(seen, 2), most_telling(seen, 3)[:2]) and not len(most_telling(seen, 0))
