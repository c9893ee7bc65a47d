"""The browser's callbacks, driven without a browser."""

import datetime
import io
import json
import time

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from lib.color.spaces import gray_to_rgb
from lib.data.photographs import Photograph, photographs_of
from lib.feature_maps import study as studies
from lib.feature_maps.activations import capture
from lib.feature_maps.study import Study
from lib.feature_maps.views import BY_EFFECT, KINDS, View, draw
from lib.losses.vgg_features import GrayFeatures, vgg11_features
from lib.networks.registry import build_network
from lib.widgets import feature_maps as browsers
from lib.widgets.feature_maps import FeatureMapBrowser


class Broken(nn.Module):
    def forward(self, gray):
        raise RuntimeError("needs <64> px\nand a second line")


@pytest.fixture(scope="module")
def networks(kept_network, tmp_path_factory):
    """Networks at hand and in files, two that fail, one that gives no colors, and a function."""
    seeds = ((0, 2), (1, 2), (2, 10))
    made = {f"seed {seed}": build_network("ColorizationNet", seed, width=width) for seed, width in seeds}
    torn = tmp_path_factory.mktemp("torn") / "network.safetensors"
    torn.write_bytes(b"torn")
    made |= {"kept": kept_network, "torn": torn, "broken": Broken(), "gray copy": gray_to_rgb}
    return made | {"VGG11": GrayFeatures(vgg11_features())}


@pytest.fixture
def study(networks, pairs):
    return Study(networks, photographs_of(pairs.split("test", 3)))


@pytest.fixture
def view(study):
    return View("channels", "seed 0", next(iter(study.photographs)), "encoder.2.0", against="seed 1")


@pytest.fixture
def browser(study, view, tmp_path):
    return FeatureMapBrowser(study, view, tmp_path)


def picture(browser):
    assert not browser.message.value
    return np.asarray(Image.open(io.BytesIO(browser.maps.value)))


def said(browser):
    return browser.message.value.removeprefix("<b>").removesuffix("</b>")


def a_file(name, content):
    when = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    content = {"size": len(content), "content": memoryview(content)}
    return ({"name": name, "type": "image/png", "last_modified": when, **content},)


@pytest.mark.parametrize(
    ("kind", "control", "value"),
    [
        ("channels", "network", "seed 1"),
        ("channels", "picture", 2),
        ("channels", "layer", "decoder.0.2"),
        ("channels", "ranking", "index"),
        ("channels", "ranking", BY_EFFECT),
        ("channels", "shared", True),
        ("one channel", "channel", 3),
        ("switch off", "channel", 3),
        ("switch off", "factor", 2.0),
        ("compare", "against", "seed 2"),
        ("compare", "against_layer", "encoder.1.0"),
        ("training", "channel", 5),
        *(("channels", "kind", kind) for kind in KINDS[1:]),
    ],
)
def test_every_choice_draws_another_picture_and_back(browser, kind, control, value):
    browser.network.value, browser.kind.value = "kept", kind
    before, widget = picture(browser), getattr(browser, control)
    old, widget.value = widget.value, list(widget.options)[value] if control == "picture" else value
    after = picture(browser)
    assert before.shape != after.shape or (before != after).any()
    widget.value = old
    np.testing.assert_array_equal(picture(browser), before)


@pytest.mark.parametrize("kind", KINDS)
def test_the_browser_shows_what_the_headless_cell_draws(browser, study, view, kind):
    browser.network.value = "kept"
    browser.kind.value = kind
    np.testing.assert_array_equal(picture(browser), draw(study, browser.view))
    assert browser.view.kind == kind and browser.view.against == "seed 1"


def test_only_what_the_view_has_a_use_for_is_shown(browser):
    assert browser.channel.layout.display == "none" and browser.ranking.layout.display is None
    browser.kind.value = "switch off"
    assert browser.channel.layout.display is None and browser.ranking.layout.display == "none"


def test_pages_and_channels_are_those_of_the_layer(browser):
    browser.network.value = "seed 2"  # encoder.2.0 has 40 channels
    assert browser.page.max == 2 and browser.channel.max == 39
    browser.page.value = 9  # the widget itself stays on the last
    assert browser.page.value == browser.view.page == 2
    browser.layer.value = "decoder.2.1"  # three channels: one page
    assert browser.page.value == browser.page.max == 1 and browser.channel.max == 2
    picture(browser)


def test_the_layer_stays_when_the_network_changes(browser):
    browser.layer.value = "decoder.0.2"
    browser.network.value = "seed 2"
    assert browser.layer.value == "decoder.0.2"
    assert "decoder.0.2 · ReLU · 20 x 8 x 8" in dict(browser.layer.options)


def test_activations_are_computed_once_a_picture_and_a_network(browser, networks, monkeypatch):
    calls = []
    monkeypatch.setattr(studies, "capture", lambda network, gray: calls.append(network) or capture(network, gray))
    browser.layer.value, browser.ranking.value, browser.shared.value = "encoder.0.0", "mean", True
    browser.kind.value, browser.channel.value, browser.factor.value = "switch off", 1, 0.5
    assert not calls
    browser.picture.value = browser.picture.options[1]
    browser.channel.value = 0
    assert calls == [networks["seed 0"]]


def test_the_effects_tell_how_far_they_are(browser):
    told = []
    browser.note.observe(lambda change: told.append(change["new"]), "value")
    browser.ranking.value = BY_EFFECT
    assert "effect on color: 8 of 8 channels" in told and not browser.note.value


@pytest.mark.parametrize("name", ["broken", "torn"])
def test_a_failing_choice_is_said_in_one_line_and_the_browser_goes_on(browser, name):
    before = picture(browser)
    browser.network.value = name
    line = said(browser)
    assert ("needs &lt;64&gt; px" in line or "is no whole safetensors file" in line) and "<br>" not in line
    assert not browser.maps.value and not browser.colors.value and not browser.layer.options
    browser.picture.value = browser.picture.options[1]
    assert browser.message.value
    browser.network.value, browser.picture.value = "seed 0", browser.picture.options[0]
    browser.layer.value = "encoder.2.0"
    np.testing.assert_array_equal(picture(browser), before)


def test_a_browser_may_begin_with_a_failure(study, view, tmp_path):
    for wrong in ({"network": "broken"}, {"network": "nobody"}, {"layer": "conv9"}):
        browser = FeatureMapBrowser(study, View(**view.as_json() | wrong), tmp_path)
        assert browser.message.value and "<br>" not in browser.message.value
        browser.network.value = "seed 1"
        picture(browser)


def test_a_method_without_layers_shows_its_colors_and_says_so(browser):
    before = browser.colors.value
    browser.network.value = "gray copy"
    assert said(browser) == "gray copy is no network: there are no layers to show"
    assert browser.colors.value not in (before, b"") and not browser.maps.value
    browser.network.value = "seed 0"
    assert browser.colors.value == before
    picture(browser)


def test_features_have_maps_and_no_colors(browser):
    browser.network.value = "VGG11"
    assert said(browser) == "VGG11 gives features and no colors"
    assert browser.maps.value and not browser.colors.value
    browser.kind.value = "switch off"
    assert said(browser) == "VGG11 gives features and no colors" and not browser.maps.value


def test_a_comparison_with_a_network_without_the_layer(browser):
    browser.kind.value, browser.against.value = "compare", "VGG11"
    assert said(browser).startswith("VGG11: no layer is called &#x27;encoder.2.0&#x27;; there are features.0")
    browser.against_layer.value = "features.3"
    picture(browser)
    browser.against.value = ""
    assert said(browser) == "choose a network to compare with"


def test_uploads_are_shown_in_their_own_shape(browser, photograph):
    content = io.BytesIO()
    photograph.save(content, "PNG")
    browser.upload.value = a_file("mine.png", content.getvalue())
    assert browser.picture.value == "mine.png" and browser.picture.options[-1] == "mine.png"
    before = picture(browser)
    assert "encoder.0.0 · Conv2d · 2 x 16 x 24" in dict(browser.layer.options)
    browser.upload.value = a_file("notes.txt", b"no picture")
    assert said(browser) == "notes.txt: not readable as a picture (no format that is known); replace or remove it"
    assert browser.picture.value == "mine.png"
    browser.shared.value = True
    browser.shared.value = False
    np.testing.assert_array_equal(picture(browser), before)


def test_a_picture_too_small_for_a_network_is_one_line(browser):
    content = io.BytesIO()
    Image.new("RGB", (5, 3)).save(content, "PNG")
    browser.upload.value = a_file("small.png", content.getvalue())
    assert said(browser) == "pictures of 3 x 5 px are too small for this network; it needs 8 px"
    browser.picture.value = browser.picture.options[0]
    picture(browser)


def test_addresses_open_layer_and_channel(browser):
    browser.address.value = "encoder.1.0:3"
    browser.open_button.click()
    assert (browser.layer.value, browser.channel.value, browser.kind.value) == ("encoder.1.0", 3, "one channel")
    browser.kind.value = "switch off"
    browser.open("encoder.0.0:1")
    assert browser.kind.value == "switch off" and browser.address.value == "encoder.0.0:1"
    for wrong, sentence in (
        ("conv9:3", "no layer is called"),
        ("encoder.0.0:9", "encoder.0.0 has the channels 0 to 1, not 9"),
        ("encoder.0.0", "is no address"),
        ("nothing.json", "no such file"),
    ):
        browser.open(wrong)
        assert sentence in said(browser)
        assert browser.view.address == "encoder.0.0:1"


def test_what_is_saved_opens_again(browser, tmp_path):
    browser.kind.value, browser.channel.value, browser.factor.value = "switch off", 3, 0.5
    shown, view = browser.maps.value, browser.view
    browser.save_button.click()
    (file,) = tmp_path.glob("*.png")
    assert file.stem == view.stem and file.read_bytes() == shown and file.name in browser.note.value
    assert json.loads(file.with_suffix(".json").read_text())["factor"] == 0.5
    browser.network.value, browser.kind.value, browser.layer.value = "seed 2", "channels", "decoder.1.0"
    browser.open(file.with_suffix(".json").name)
    assert browser.view == view and browser.maps.value == shown and not browser.message.value


def test_settings_that_fit_nothing_here_change_nothing(browser, view, tmp_path):
    before = picture(browser)
    for change, sentence in (
        ({"network": "nobody"}, "no network is called"),
        ({"against": "nobody"}, "no network is called"),
        ({"picture": "gone.png"}, "no photograph is called"),
        ({"ranking": "max"}, "ranking is one of"),
    ):
        (tmp_path / "a.json").write_text(json.dumps(view.as_json() | change))
        browser.open("a.json")
        assert sentence in said(browser)
        browser.shared.value = not browser.shared.value
        browser.shared.value = False
        np.testing.assert_array_equal(picture(browser), before)
    (tmp_path / "a.json").write_text("{")
    browser.open("a.json")
    assert "not readable as JSON" in said(browser)


def test_nothing_shown_is_nothing_saved(browser, tmp_path):
    browser.network.value = "broken"
    browser.save_button.click()
    assert said(browser) == "nothing is shown that could be saved" and not list(tmp_path.iterdir())


def test_a_view_that_fails_is_said(browser, monkeypatch):
    def fail(*_):
        raise ValueError

    with monkeypatch.context() as patch:
        patch.setattr(browsers, "draw", fail)
        browser.shared.value = True
        assert said(browser) == "ValueError"
    browser.shared.value = False
    picture(browser)


def test_another_layer_is_drawn_while_one_waits(tmp_path):
    """128 px, 64 to 256 channels: less than 0.1 s of one slow core a switch; 32 matplotlib axes took 2.6 s of it.

    Processor time, because the machine may be busy with something else; twice the 0.2 s that a reader should wait.
    """
    gray = torch.rand(1, 1, 128, 128)
    study = Study({"n": build_network("ColorizationNet", 0)}, [Photograph("p", gray, gray_to_rgb(gray))])
    browser = FeatureMapBrowser(study, View("channels", "n", "p", "encoder.0.0"), tmp_path)
    for layer in ("encoder.0.2", "encoder.2.2", "decoder.1.2"):
        started = time.process_time()
        browser.layer.value = layer
        assert time.process_time() - started < 0.4 and picture(browser).size
