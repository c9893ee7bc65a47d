"""Pictures of what our network makes of photographs."""

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from lib.color.spaces import to_uint8
from lib.colorize.views import ambiguity_map, colorizer_view, hints_table, marked, sample_table, vividness_table
from lib.data.sources import sample_photographs
from lib.networks.storage import load_network


@pytest.fixture(scope="module")
def loud(loud_weights):
    return load_network(loud_weights)


@pytest.fixture
def grays(pairs):
    return list(pairs.gray[:3])


def test_one_column_per_setting_and_the_gray_input_first(loud, grays):
    columns = vividness_table(loud, grays, (0.0, 0.5, 1.0))
    assert list(columns) == ["gray", "safest", "vividness 0.5", "vividness 1"]
    assert columns["gray"] == grays
    safest, _, vivid = (np.stack(columns[name]) for name in list(columns)[1:])
    assert safest.shape == (3, *grays[0].shape, 3)
    assert (safest != vivid).any()
    chroma = [np.ptp(pictures.astype(int), axis=-1).mean() for pictures in (safest, vivid)]
    assert chroma[0] < chroma[1]


def test_the_network_sees_each_picture_once(loud, grays, monkeypatch):
    seen, look_at = [], loud.look_at
    monkeypatch.setattr(loud, "look_at", lambda gray: seen.append(gray) or look_at(gray))
    vividness_table(loud, grays, (0.0, 0.25, 0.5))
    assert len(seen) == len(grays)


def test_a_vividness_is_what_the_network_paints_at_it(loud, pairs):
    tensors = pairs.tensors(slice(0, 2))[0]
    loud.vividness = 0.5
    expected = to_uint8(loud(tensors).detach())
    loud.vividness = 0.0
    found = np.stack(vividness_table(loud, list(pairs.gray[:2]), (0.5,))["vividness 0.5"])
    assert abs(found.astype(int) - expected).max() <= 3  # `paint` rounds so that the luma stays


def test_samples_are_shown_between_gray_and_truth(loud):
    photographs = {name: sample_photographs()[name] for name in ("coffee", "rocket")}
    columns = sample_table(loud, photographs, 0.5, longer_side=60)
    assert list(columns) == ["gray", "safest", "vividness 0.5", "ambiguity", "truth"]
    assert [picture.shape for picture in columns["gray"]] == [(40, 60), (40, 60)]
    assert all(picture.shape == (40, 60, 3) for name in list(columns)[1:] for picture in columns[name])
    assert list(sample_table(loud, photographs, 0.0, 60)) == ["gray", "safest", "vividness 0", "ambiguity", "truth"]


def test_ambiguity_is_dark_where_a_color_is_certain(loud, grays):
    distribution = loud.look_at(grays[0])
    flat = distribution.log_probabilities * 0 - np.log(distribution.log_probabilities.shape[1])
    unsure = ambiguity_map(type(distribution)(flat, distribution.mixing, distribution.frequency), (32, 32))
    assert unsure.mean() > ambiguity_map(distribution, (32, 32)).mean() + 20


@pytest.mark.parametrize(("view", "pictures"), [("colors", 2), ("three versions", 3), ("ambiguity", 3)])
def test_views(loud, grays, view, pictures):
    found = colorizer_view(view, loud.look_at(grays[0]), grays[0], 0.5)
    assert len(found) == pictures


def test_hints_have_a_column_for_each_number_and_a_row_for_each_way(loud):
    photograph = Image.fromarray(data.coffee()).resize((96, 64))
    given = []

    def gray_again(seen, cells, chroma):
        return torch.zeros(2, *seen.luma.shape)

    def remembered(seen, cells, chroma):
        given.append((len(cells), chroma.shape))
        return torch.full((2, *seen.luma.shape), 0.1)

    table = hints_table(loud, photograph, {"one": gray_again, "other": remembered}, (0, 1, 3))
    assert list(table) == ["gray", "no hints", "1 hint", "3 hints", "truth"]
    assert all(len(column) == 2 for column in table.values())
    assert given == [(0, (2, 0)), (1, (2, 1)), (3, (2, 3))]
    gray = np.repeat(table["gray"][0][..., None], 3, -1)
    assert np.array_equal(table["no hints"][0], gray) and (table["no hints"][1] != gray).any()
    changed = [(table[name][0] != gray).any(-1).sum() for name in ("1 hint", "3 hints")]
    assert 0 < changed[0] < changed[1] < gray[..., 0].size / 4  # rings
    assert np.array_equal(table["truth"][1], np.asarray(photograph))


def test_a_ring_is_around_the_middle_of_its_cell():
    picture = np.full((72, 144, 3), 128, np.uint8)
    rows, columns = np.nonzero((marked(picture, [5], (2, 4)) != 128).any(-1))
    assert (rows.mean(), columns.mean()) == pytest.approx((54, 54), abs=0.5) and np.ptp(rows) == np.ptp(columns)
    assert not (picture != 128).any()
