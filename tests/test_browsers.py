"""The browser's callbacks, driven without a browser."""

import datetime
import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from lib import browsers
from lib.activations import capture
from lib.browsers import ColorizerBrowser, FeatureMapBrowser, feature_map_figure, png_of
from lib.color import gray_to_rgb
from lib.networks import ChromaNet, build_network
from lib.sources import sample_photographs


class Broken(nn.Module):
    def forward(self, gray):
        raise RuntimeError("needs <64> px\nand a second line")


@pytest.fixture(scope="module")
def networks():
    made = {
        f"seed {seed}": build_network("ColorizationNet", seed, width=width) for seed, width in ((0, 2), (1, 2), (2, 10))
    }
    return made | {"broken": Broken()}


@pytest.fixture
def no_drawing(monkeypatch):
    """Figures take most of the time; not every test looks at them."""
    monkeypatch.setattr(browsers, "png_of", lambda figure: b"png")


@pytest.fixture
def browser(networks, pairs):
    return FeatureMapBrowser(networks, *pairs.tensors(slice(0, 3)), pairs.names[:3])


def picture(browser):
    assert not browser.message.value
    return np.asarray(Image.open(io.BytesIO(browser.maps.value)))


@pytest.mark.parametrize(
    ("control", "value"),
    [("network", "seed 1"), ("picture", 2), ("layer", "decoder.0.2"), ("ranking", "index"), ("shared", True)],
)
def test_every_choice_draws_another_figure_and_back(browser, control, value):
    before, old = picture(browser), getattr(browser, control).value
    getattr(browser, control).value = value
    after = picture(browser)
    assert before.shape != after.shape or (before != after).any()
    getattr(browser, control).value = old
    np.testing.assert_array_equal(picture(browser), before)


def test_the_browser_shows_the_figure_of_the_headless_cell(browser, networks, pairs):
    browser.network.value, browser.layer.value, browser.picture.value = "seed 1", "encoder.2.0", 1
    browser.ranking.value = "mean"
    activation = capture(networks["seed 1"], pairs.tensors(slice(0, 3))[0])["encoder.2.0"]
    headless = Image.open(io.BytesIO(png_of(feature_map_figure(activation, 1, "mean"))))
    np.testing.assert_array_equal(picture(browser), np.asarray(headless))


def test_the_pages_are_those_of_the_layer(browser, no_drawing, monkeypatch):
    pages = []
    monkeypatch.setattr(
        browsers, "feature_map_figure", lambda _map, _picture, _ranking, page, _shared: pages.append(page)
    )
    browser.network.value = "seed 2"
    browser.layer.value = "encoder.2.0"  # 40 channels
    assert browser.page.max == 2 and pages[-1] == 1
    browser.page.value = 2
    assert pages[-1] == 2
    browser.page.value = 9  # the widget itself stays on the last
    assert browser.page.value == pages[-1] == 2
    browser.layer.value = "decoder.2.1"  # three channels: one page
    assert browser.page.value == browser.page.max == pages[-1] == 1
    assert not browser.message.value


def test_the_layer_stays_when_the_network_changes(browser, no_drawing):
    browser.layer.value = "decoder.0.2"
    browser.network.value = "seed 2"
    assert browser.layer.value == "decoder.0.2"
    assert "decoder.0.2 · ReLU · 20 x 8 x 8" in dict(browser.layer.options)


def test_a_failing_choice_is_said_in_one_line_and_the_browser_goes_on(browser):
    before = picture(browser)
    browser.network.value = "broken"
    assert browser.message.value == "<b>needs &lt;64&gt; px</b>"
    browser.picture.value = 1
    assert browser.message.value == "<b>needs &lt;64&gt; px</b>"
    browser.network.value, browser.picture.value = "seed 0", 0
    np.testing.assert_array_equal(picture(browser), before)


def test_a_browser_may_begin_with_a_failure(networks, pairs):
    browser = FeatureMapBrowser({"broken": Broken()} | networks, *pairs.tensors([0]), pairs.names[:1])
    assert browser.message.value == "<b>needs &lt;64&gt; px</b>"
    browser.network.value = "seed 0"
    picture(browser)


def test_a_method_without_layers_shows_its_colours_and_says_so(networks, pairs):
    browser = FeatureMapBrowser(networks | {"gray copy": gray_to_rgb}, *pairs.tensors(slice(0, 2)), pairs.names[:2])
    before = browser.colors.value
    browser.network.value = "gray copy"
    assert browser.message.value == "<b>gray copy is no network: there are no layers to show</b>"
    assert browser.colors.value not in (before, b"") and not browser.maps.value
    browser.network.value = "seed 0"
    assert browser.colors.value == before
    picture(browser)


def test_colours_that_fail_are_said_beside_maps_that_do_not(networks, pairs):
    half = nn.Sequential(nn.Conv2d(1, 3, 3, stride=2, padding=1))
    browser = FeatureMapBrowser({"half": half}, *pairs.tensors(slice(0, 2)), pairs.names[:2])
    for chosen in (0, 1):
        browser.picture.value = chosen
        assert browser.message.value.startswith("<b>half returned (1, 3, 16, 16)")
        assert browser.maps.value and not browser.colors.value


def test_a_figure_that_fails_is_said(browser, monkeypatch):
    def fail(*_):
        raise ValueError

    with monkeypatch.context() as patch:
        patch.setattr(browsers, "feature_map_figure", fail)
        browser.shared.value = True
        assert browser.message.value == "<b>ValueError</b>"
    browser.shared.value = False
    picture(browser)


def test_activations_are_computed_once_a_network(networks, pairs, monkeypatch, no_drawing):
    calls = []

    def counted(network, gray):
        calls.append(network)
        return capture(network, gray)

    monkeypatch.setattr(browsers, "capture", counted)
    browser = FeatureMapBrowser(networks, *pairs.tensors(slice(0, 2)), pairs.names[:2])
    browser.picture.value, browser.ranking.value = 1, "mean"
    browser.network.value = "seed 1"
    browser.network.value = "seed 0"
    assert calls == [networks["seed 0"], networks["seed 1"]]


def test_the_title_tells_what_is_shown():
    activation = capture(build_network("ColorizationNet", width=8), torch.zeros(1, 1, 16, 16))["encoder.1.2"]
    title = feature_map_figure(activation, ranking="mean", shared=True).get_suptitle()
    assert title.startswith("encoder.1.2 · ReLU · 16 x 4 x 4 · by mean · page 1 of 1 · ")
    assert "one scale" in title


@pytest.fixture
def colorizer_browser():
    network = build_network("ChromaNet", 0, width=4, side=32).eval()
    with torch.no_grad():
        network.colors.weight.mul_(200)  # an untrained network has no opinions to show
    return ColorizerBrowser(network, sample_photographs())


def shown(browser):
    assert not browser.message.value
    return np.asarray(Image.open(io.BytesIO(browser.shown.value)))


@pytest.mark.parametrize(
    ("control", "value"),
    [("photograph", "coffee"), ("vividness", 0.9), ("view", "three versions"), ("view", "ambiguity")],
)
def test_every_choice_of_the_colorizer_shows(colorizer_browser, control, value):
    before = shown(colorizer_browser)
    getattr(colorizer_browser, control).value = value
    after = shown(colorizer_browser)
    assert before.shape != after.shape or (before != after).any()


def test_the_knob_does_not_ask_the_network_again(colorizer_browser, monkeypatch):
    monkeypatch.setattr(ChromaNet, "distribution", lambda *_: pytest.fail("asked again"))
    colorizer_browser.vividness.value = 0.1
    colorizer_browser.view.value = "three versions"
    assert shown(colorizer_browser).std() > 10


def uploaded(name, content):
    return ({"name": name, "type": "image/png", "size": len(content), "content": memoryview(content),
             "last_modified": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)},)  # fmt: skip


def test_an_upload_is_shown_and_an_unreadable_one_is_said_in_a_line(colorizer_browser, photograph):
    buffer = io.BytesIO()
    photograph.save(buffer, format="png")
    colorizer_browser.upload.value = uploaded("mine.png", buffer.getvalue())
    assert colorizer_browser.photograph.value == "mine.png" and shown(colorizer_browser).std() > 10
    colorizer_browser.upload.value = uploaded("broken.png", b"no picture")
    assert colorizer_browser.message.value == "<b>broken.png: not readable as a picture; choose another</b>"
    assert colorizer_browser.shown.value == b""
    colorizer_browser.photograph.value = "mine.png"
    assert shown(colorizer_browser).std() > 10
