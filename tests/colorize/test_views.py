"""Pictures of what our network makes of photographs."""

import numpy as np
import pytest

from lib.color.spaces import to_uint8
from lib.colorize.views import ambiguity_map, colorizer_view, sample_table, vividness_table
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
