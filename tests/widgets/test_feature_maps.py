"""The callbacks of the feature-map widget, without a web browser."""

import datetime
import io
import json
import time
from dataclasses import asdict

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
    """Networks in memory and in files, two that fail, one that gives no colors, and a function."""
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


def message(browser):
    return browser.message.value.removeprefix("<b>").removesuffix("</b>")


def uploaded(name, content):
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
def test_every_choice_changes_the_picture_and_can_be_undone(browser, kind, control, value):
    browser.network.value, browser.kind.value = "kept", kind
    before, widget = picture(browser), getattr(browser, control)
    old, widget.value = widget.value, list(widget.options)[value] if control == "picture" else value
    after = picture(browser)
    assert before.shape != after.shape or (before != after).any()
    widget.value = old
    np.testing.assert_array_equal(picture(browser), before)


@pytest.mark.parametrize("kind", KINDS)
def test_the_browser_shows_what_draw_returns(browser, study, view, kind):
    browser.network.value = "kept"
    browser.kind.value = kind
    np.testing.assert_array_equal(picture(browser), draw(study, browser.view))
    assert browser.view.kind == kind and browser.view.against == "seed 1"


def test_only_the_controls_that_the_view_uses_are_shown(browser):
    assert browser.channel.layout.display == "none" and browser.ranking.layout.display is None
    browser.kind.value = "switch off"
    assert browser.channel.layout.display is None and browser.ranking.layout.display == "none"


def test_pages_and_channels_are_limited_to_the_layers(browser):
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


def test_activations_are_computed_once_per_picture_and_network(browser, networks, monkeypatch):
    calls = []
    monkeypatch.setattr(studies, "capture", lambda network, *rest: calls.append(network) or capture(network, *rest))
    browser.layer.value, browser.ranking.value, browser.shared.value = "encoder.0.0", "mean", True
    browser.kind.value, browser.channel.value, browser.factor.value = "switch off", 1, 0.5
    assert not calls
    browser.picture.value = browser.picture.options[1]
    browser.channel.value = 0
    assert calls == [networks["seed 0"]]


def test_the_effects_report_progress(browser):
    notes = []
    browser.note.observe(lambda change: notes.append(change["new"]), "value")
    browser.ranking.value = BY_EFFECT
    assert "effect on color: 8 of 8 channels" in notes and not browser.note.value


@pytest.mark.parametrize("name", ["broken", "torn"])
def test_a_failing_choice_gives_one_line_and_the_browser_stays_usable(browser, name):
    before = picture(browser)
    browser.network.value = name
    line = message(browser)
    assert ("needs &lt;64&gt; px" in line or "is no whole safetensors file" in line) and "<br>" not in line
    assert not browser.maps.value and not browser.colors.value and not browser.layer.options
    browser.picture.value = browser.picture.options[1]
    assert browser.message.value
    browser.network.value, browser.picture.value = "seed 0", browser.picture.options[0]
    browser.layer.value = "encoder.2.0"
    np.testing.assert_array_equal(picture(browser), before)


def test_the_first_view_may_fail(study, view, tmp_path):
    for wrong in ({"network": "broken"}, {"network": "nobody"}, {"layer": "conv9"}):
        browser = FeatureMapBrowser(study, View(**asdict(view) | wrong), tmp_path)
        assert browser.message.value and "<br>" not in browser.message.value
        browser.network.value = "seed 1"
        picture(browser)


def test_a_method_without_layers_shows_its_colors_and_a_message(browser):
    before = browser.colors.value
    browser.network.value = "gray copy"
    assert message(browser) == "gray copy is not a network: it has no layers to show"
    assert browser.colors.value not in (before, b"") and not browser.maps.value
    browser.network.value = "seed 0"
    assert browser.colors.value == before
    picture(browser)


def test_a_feature_network_shows_maps_and_no_colors(browser):
    browser.network.value = "VGG11"
    assert message(browser) == "VGG11 gives features and no colors"
    assert browser.maps.value and not browser.colors.value
    browser.kind.value = "switch off"
    assert message(browser) == "VGG11 gives features and no colors" and not browser.maps.value


def test_a_comparison_with_a_network_that_lacks_the_layer(browser):
    browser.kind.value, browser.against.value = "compare", "VGG11"
    assert message(browser).startswith("VGG11: no layer is called &#x27;encoder.2.0&#x27;; there are features.0")
    browser.against_layer.value = "features.3"
    picture(browser)
    browser.against.value = ""
    assert message(browser) == "choose a network to compare with"


def test_uploads_keep_their_aspect_ratio(browser, photograph):
    content = io.BytesIO()
    photograph.save(content, "PNG")
    browser.upload.value = uploaded("mine.png", content.getvalue())
    assert browser.picture.value == "mine.png" and browser.picture.options[-1] == "mine.png"
    before = picture(browser)
    assert "encoder.0.0 · Conv2d · 2 x 16 x 24" in dict(browser.layer.options)
    browser.upload.value = uploaded("notes.txt", b"no picture")
    assert message(browser) == "notes.txt: not readable as a picture (no format that is known); replace or remove it"
    assert browser.picture.value == "mine.png"
    browser.shared.value = True
    browser.shared.value = False
    np.testing.assert_array_equal(picture(browser), before)


def test_a_picture_too_small_for_a_network_gives_one_line(browser):
    content = io.BytesIO()
    Image.new("RGB", (5, 3)).save(content, "PNG")
    browser.upload.value = uploaded("small.png", content.getvalue())
    assert message(browser) == "pictures of 3 x 5 px are too small for this network; it needs 8 px"
    browser.picture.value = browser.picture.options[0]
    picture(browser)


def test_an_address_opens_its_layer_and_channel(browser):
    browser.address.value = "encoder.1.0:3"
    browser.open_button.click()
    assert (browser.layer.value, browser.channel.value, browser.kind.value) == ("encoder.1.0", 3, "one channel")
    browser.kind.value = "switch off"
    browser.open("encoder.0.0:1")
    assert browser.kind.value == "switch off" and browser.address.value == "encoder.0.0:1"
    for wrong, sentence in (
        ("conv9:3", "no layer is called"),
        ("encoder.0.0:9", "encoder.0.0 has the channels 0 to 1, not 9"),
        ("encoder.0.0", "is not an address"),
        ("nothing.json", "no such file"),
    ):
        browser.open(wrong)
        assert sentence in message(browser)
        assert browser.view.address == "encoder.0.0:1"


def test_an_address_leads_into_a_stage_of_a_large_encoder(study, view, tmp_path):
    study.networks["large"] = build_network("ChromaNet", 0, width=4, encoder="efficientnet-lite0")
    browser = FeatureMapBrowser(study, View(**asdict(view) | {"network": "large", "layer": "encoder.3"}), tmp_path)
    picture(browser)
    stages = [name for _, name in browser.layer.options]
    assert len(stages) == 13 and ("colors · Conv2d · 169 x 16 x 16", "colors") in browser.layer.options
    browser.open("encoder.3.1.depthwise:239")
    assert (browser.layer.value, browser.channel.value) == ("encoder.3.1.depthwise", 239)
    assert [name for _, name in browser.layer.options] == [*stages, "encoder.3.1.depthwise"]
    for kind in ("channels", "switch off"):
        browser.kind.value = kind
        picture(browser)
    browser.save_button.click()
    (file,) = tmp_path.glob("*.json")
    browser.network.value = "seed 1"
    assert "encoder.3.1.depthwise" not in [name for _, name in browser.layer.options]
    browser.open(file.name)
    assert browser.view.address == "encoder.3.1.depthwise:239" and browser.network.value == "large"
    picture(browser)
    for wrong, sentence in (
        ("encoder.9:0", "there are encoder.0, encoder.1, encoder.2, encoder.3, encoder.4, encoder.5, encoder.6, "
         "encoder.7, decoder.0, decoder.1, context, colors, mixing, and the parts of these"),
        ("encoder:0", "large: encoder has no feature maps"),
        ("encoder.3.1.depthwise:240", "encoder.3.1.depthwise has the channels 0 to 239, not 240"),
    ):  # fmt: skip
        browser.open(wrong)
        assert message(browser).endswith(sentence)


def test_a_comparison_with_a_layer_inside_a_stage_opens_again(study, view, tmp_path):
    study.networks["large"] = build_network("ChromaNet", 0, width=4, encoder="efficientnet-lite0")
    settings = {"kind": "compare", "against": "large", "against_layer": "encoder.2.0.expand"}
    browser = FeatureMapBrowser(study, View(**asdict(view) | settings), tmp_path)
    picture(browser)
    assert browser.view.against_layer == "encoder.2.0.expand" and browser.layer.value == view.layer


def test_a_saved_view_opens_again(browser, tmp_path):
    browser.kind.value, browser.channel.value, browser.factor.value = "switch off", 3, 0.5
    shown, view = browser.maps.value, browser.view
    browser.save_button.click()
    (file,) = tmp_path.glob("*.png")
    assert file.stem == view.stem and file.read_bytes() == shown and file.name in browser.note.value
    assert json.loads(file.with_suffix(".json").read_text())["factor"] == 0.5
    browser.network.value, browser.kind.value, browser.layer.value = "seed 2", "channels", "decoder.1.0"
    browser.open(file.with_suffix(".json").name)
    assert browser.view == view and browser.maps.value == shown and not browser.message.value


def test_settings_with_unknown_names_change_nothing(browser, view, tmp_path):
    before = picture(browser)
    for change, sentence in (
        ({"network": "nobody"}, "no network is called"),
        ({"against": "nobody"}, "no network is called"),
        ({"picture": "gone.png"}, "no photograph is called"),
        ({"ranking": "max"}, "ranking is one of"),
    ):
        (tmp_path / "a.json").write_text(json.dumps(asdict(view) | change))
        browser.open("a.json")
        assert sentence in message(browser)
        browser.shared.value = not browser.shared.value
        browser.shared.value = False
        np.testing.assert_array_equal(picture(browser), before)
    (tmp_path / "a.json").write_text("{")
    browser.open("a.json")
    assert "not readable as JSON" in message(browser)


def test_without_a_picture_nothing_is_saved(browser, tmp_path):
    browser.network.value = "broken"
    browser.save_button.click()
    assert message(browser) == "there is no picture to save" and not list(tmp_path.iterdir())


def test_an_error_without_a_message_is_named_by_its_type(browser, monkeypatch):
    def fail(*_):
        raise ValueError

    with monkeypatch.context() as patch:
        patch.setattr(browsers, "draw", fail)
        browser.shared.value = True
        assert message(browser) == "ValueError"
    browser.shared.value = False
    picture(browser)


def test_another_layer_is_drawn_within_a_fraction_of_a_second(tmp_path):
    """At 128 px and 64 to 256 channels, one switch takes less than 0.1 s of one slow core.

    32 matplotlib axes would take 2.6 s. The test measures processor time, because other programs may be running. The
    limit is twice the 0.2 s that a reader should wait.
    """
    gray = torch.rand(1, 1, 128, 128)
    study = Study({"n": build_network("ColorizationNet", 0)}, [Photograph("p", gray, gray_to_rgb(gray))])
    browser = FeatureMapBrowser(study, View("channels", "n", "p", "encoder.0.0"), tmp_path)
    for layer in ("encoder.0.2", "encoder.2.2", "decoder.1.2"):
        started = time.process_time()
        browser.layer.value = layer
        assert time.process_time() - started < 0.4 and picture(browser).size
