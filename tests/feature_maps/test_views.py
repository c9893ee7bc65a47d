"""Every view can be drawn without a browser for every kind of network, and its settings survive JSON."""

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from lib.color.spaces import gray_to_rgb
from lib.data.photographs import Photograph, photographs_of
from lib.feature_maps import views
from lib.feature_maps.interventions import channel_effects
from lib.feature_maps.study import Study
from lib.feature_maps.views import BY_EFFECT, KINDS, View, draw, draw_colors, figure_of, page_count, rank_layer
from lib.losses.vgg_features import GrayFeatures, vgg11_features
from lib.networks.registry import build_network


@pytest.fixture(scope="module")
def study(pairs, kept_network):
    networks = {
        "kept": kept_network,
        "wide": build_network("ColorizationNet", 1, width=10),
        "VGG11": GrayFeatures(vgg11_features()),
        "shuffled": nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4, 12, 3, padding=1), nn.PixelShuffle(2)),
        "copy": gray_to_rgb,
        "flat": nn.Upsample(scale_factor=1),
    }
    return Study(networks, photographs_of(pairs.split("test", 3)))


@pytest.fixture
def view(study):
    return View("channels", "kept", next(iter(study.photographs)), "encoder.1.2", against="wide")


def titles(monkeypatch):
    """A list to which the title and the labels of every sheet are appended when it is drawn."""
    written, sheet = [], views.sheet

    def record(pictures, labels, title="", **options):
        written.append((title, list(labels)))
        return sheet(pictures, labels, title, **options)

    monkeypatch.setattr(views, "sheet", record)
    return written


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", KINDS)
def test_every_view_can_be_drawn(study, view, kind):
    picture = draw(study, replace(view, kind=kind))
    assert picture.dtype == np.uint8 and picture.ndim == 3 and picture.std() > 5


def test_a_figure_has_the_pixels_of_the_view(study, view, tmp_path):
    figure_of(study, view).savefig(tmp_path / "view.png")
    with Image.open(tmp_path / "view.png") as saved:
        np.testing.assert_array_equal(np.asarray(saved.convert("RGB")), draw(study, view))


@pytest.mark.parametrize(
    ("change", "differs"),
    [({"ranking": "index"}, True), ({"ranking": BY_EFFECT}, True), ({"shared": True}, True), ({"channel": 1}, False)],
)
def test_the_grid_depends_on_its_settings(study, view, change, differs):
    before, after = draw(study, view), draw(study, replace(view, **change))
    assert (before.shape != after.shape or (before != after).any()) == differs


def test_the_grid_is_labeled_with_its_settings(study, view, monkeypatch):
    written = titles(monkeypatch)
    draw(study, replace(view, network="wide", layer="encoder.2.0", page=2, ranking="mean"))
    title, labels = written[0]
    assert f"wide · {view.picture} · encoder.2.0 · Conv2d · 40 x 4 x 4" in title and "page 2 of 2" in title
    assert "by mean" in title and "0 dead on 3 photographs" in title and len(labels) == 8
    draw(study, replace(view, ranking=BY_EFFECT))
    order = rank_layer(study, replace(view, ranking=BY_EFFECT))
    moved = channel_effects(study.network("kept"), study.photograph(view.picture).gray, view.layer, 4)["moved"]
    assert order == moved.sort_values(ascending=False, kind="stable").index.tolist()
    for label, channel in zip(written[1][1], order, strict=True):
        assert label.startswith(f"{channel} [") and label.endswith(f"] Δ {moved[channel]:.2f}")


def test_switching_off_reports_the_change_of_color(study, view, monkeypatch):
    written = titles(monkeypatch)
    draw(study, replace(view, kind="switch off", channel=2))
    moved = study.effects("kept", view.picture, view.layer).loc[2, "moved"]
    assert f"encoder.1.2:2 off\nCb and Cr move by {moved:.2f} of 255 on average" in written[0][0]
    draw(study, replace(view, kind="switch off", channel=2, factor=1.0))
    assert "encoder.1.2:2 times 1\nCb and Cr move by 0.00 of 255 on average, 0.0 at most" in written[1][0]


def test_a_network_compared_with_itself_matches_each_channel_to_itself(study, view, monkeypatch):
    written = titles(monkeypatch)
    same = replace(view, kind="compare", network="wide", against="wide", layer="encoder.2.0", ranking="index")
    draw(study, same)
    assert written[0][1][:4:2] == [label for label in written[0][1][:4:2] if label[0] in "01"]
    assert [label.split(",")[0] for label in written[0][1][1:6:2]] == ["↔ 0", "↔ 1", "↔ 2"]
    assert "40 pairs" in written[0][0] and "median 1.00" in written[0][0] and page_count(study, same) == 3


def test_layers_of_different_name_and_size_can_be_compared(study, view, monkeypatch):
    written = titles(monkeypatch)
    draw(study, replace(view, kind="compare", against="VGG11", against_layer="features.3"))
    assert "kept, encoder.1.2 · right VGG11, features.3" in written[0][0] and "4 pairs" in written[0][0]


def test_one_channel_of_a_network_without_colors_is_shown(study, view, monkeypatch):
    written = titles(monkeypatch)
    draw(study, replace(view, kind="one channel", network="VGG11", layer="features.3"))
    assert "VGG11 gives features and no colors" in written[0][0] and len(written[0][1]) == 5
    draw(study, replace(view, kind="one channel"))
    assert len(written[1][1]) == 6


def test_kernels_with_any_number_of_inputs(study, view, monkeypatch):
    written = titles(monkeypatch)
    for network in ("kept", "VGG11", "shuffled"):
        draw(study, replace(view, kind="kernels", network=network))
    assert "2 kernels" in written[0][0] and "64 kernels" in written[1][0] and "mid-gray is 0" in written[1][0]
    assert "each is the sum over its 4 inputs" in written[2][0] and len(written[2][1]) == 12


def test_epochs_are_in_order_and_the_chosen_channel_is_first(study, view, monkeypatch):
    written = titles(monkeypatch)
    draw(study, replace(view, kind="training", channel=3))
    assert written[0][1][:2] == ["3, epoch 1", "3, epoch 2"] and len(written[0][1]) == 8


def test_every_view_of_a_photograph_of_another_shape(study, view):
    name = study.add(Photograph("wide one", torch.rand(1, 1, 20, 50), torch.rand(1, 3, 20, 50)))
    for kind in KINDS:
        draw(study, replace(view, kind=kind, picture=name))
    assert draw_colors(study, "kept", name).shape[1] > 3 * 160


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"layer": "conv9"}, "kept: no layer is called 'conv9'"),
        ({"kind": "compare", "against": "shuffled"}, r"shuffled: no layer is called 'encoder.1.2'; there are 0, 1"),
        ({"kind": "compare", "against": ""}, "choose a network to compare with"),
        ({"kind": "switch off", "channel": 4}, "encoder.1.2 has the channels 0 to 3, not 4"),
        ({"kind": "switch off", "network": "VGG11", "layer": "features.0"}, "VGG11 gives features and no colors"),
        ({"kind": "kernels", "network": "flat"}, "flat has no convolution"),
        ({"kind": "training", "network": "wide"}, "no epochs of wide were saved"),
        ({"network": "copy"}, "copy is not a network"),
        ({"page": 2}, "page is 2; this layer has 1"),
        ({"kind": "movie"}, "a view is one of channels, one channel, .*, not 'movie'"),
        ({"ranking": "max"}, "ranking is one of index, .*, not 'max'"),
    ],
)
def test_errors_are_one_line(study, view, change, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        draw(study, replace(view, **change))
    assert "\n" not in str(caught.value)


def test_settings_survive_json(view):
    chosen = replace(view, kind="switch off", channel=3, factor=0.5)
    assert View.from_json(asdict(chosen)) == chosen
    assert View.from_json(asdict(chosen) | {"factor": 2}).factor == 2  # JSON may store 2.0 as 2
    for change, sentence in (
        ({"color": 1}, "missing or unknown: 'color'"),
        ({"page": "two"}, "page is 'two' in these settings; it must be of type int"),
        ({"kind": "movie"}, "a view is one of"),
    ):
        with pytest.raises(ValueError, match=sentence):
            View.from_json(asdict(chosen) | change)
    with pytest.raises(ValueError, match="missing or unknown: 'kind'"):
        View.from_json({})


def test_file_names_describe_the_view(view):
    stems = {replace(view, kind=kind, channel=3).stem for kind in KINDS}
    assert len(stems) == len(KINDS)
    assert replace(view, kind="switch off", channel=3).stem == f"switch-off-kept-{view.picture}-encoder.1.2-3-times-0"
    assert "/" not in replace(view, network="../a/b").stem
