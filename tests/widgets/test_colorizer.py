"""The callbacks of the colorizer widget, without a web browser."""

import datetime
import io

import numpy as np
import pytest
import torch
from PIL import Image

from lib.data.sources import sample_photographs
from lib.networks.chroma_net import ChromaNet
from lib.networks.registry import build_network
from lib.widgets.colorizer import ColorizerBrowser


@pytest.fixture
def colorizer_browser():
    network = build_network("ChromaNet", 0, width=4, side=32).eval()
    with torch.no_grad():
        network.colors.weight.mul_(200)  # an untrained network predicts nearly uniform distributions
    return ColorizerBrowser(network, sample_photographs())


def shown(browser):
    assert not browser.message.value
    return np.asarray(Image.open(io.BytesIO(browser.shown.value)))


@pytest.mark.parametrize(
    ("control", "value"),
    [("photograph", "rocket"), ("vividness", 0.9), ("view", "three versions"), ("view", "ambiguity")],
)
def test_every_choice_changes_the_picture(colorizer_browser, control, value):
    before = shown(colorizer_browser)
    getattr(colorizer_browser, control).value = value
    after = shown(colorizer_browser)
    assert before.shape != after.shape or (before != after).any()


def test_the_vividness_does_not_run_the_network_again(colorizer_browser, monkeypatch):
    monkeypatch.setattr(ChromaNet, "distribution", lambda *_: pytest.fail("the network ran again"))
    colorizer_browser.vividness.value = 0.1
    colorizer_browser.view.value = "three versions"
    assert shown(colorizer_browser).std() > 10


def uploaded(name, content):
    return ({"name": name, "type": "image/png", "size": len(content), "content": memoryview(content),
             "last_modified": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)},)  # fmt: skip


def png(picture):
    buffer = io.BytesIO()
    picture.save(buffer, format="png")
    return buffer.getvalue()


def test_an_upload_is_shown_and_an_unreadable_one_changes_only_the_message(colorizer_browser, photograph):
    colorizer_browser.upload.value = uploaded("mine.png", png(photograph))
    assert colorizer_browser.photograph.value == "mine.png"
    before = shown(colorizer_browser)
    colorizer_browser.upload.value = uploaded("broken.png", b"no picture")
    sentence = "broken.png: not readable as a picture (no format that is known); replace or remove it"
    assert colorizer_browser.message.value == f"<b>{sentence}</b>"
    assert colorizer_browser.photograph.value == "mine.png"
    assert "broken.png" not in colorizer_browser.photograph.options
    colorizer_browser.photograph.value = "rocket"
    colorizer_browser.photograph.value = "mine.png"
    assert (shown(colorizer_browser) == before).all()


def test_another_upload_of_the_same_name_is_another_photograph(colorizer_browser, photograph):
    colorizer_browser.upload.value = uploaded("mine.png", png(photograph))
    first = shown(colorizer_browser)
    colorizer_browser.upload.value = uploaded("mine.png", png(photograph.rotate(180)))
    assert colorizer_browser.photograph.value == "mine.png (2)"
    assert (shown(colorizer_browser) != first).any()


def test_a_photograph_that_is_too_small_is_named_and_never_shown_as_another(colorizer_browser, photograph):
    colorizer_browser.upload.value = uploaded("small.png", png(photograph.resize((10, 8))))
    sentence = colorizer_browser.message.value
    assert "small.png: a picture of" in sentence
    colorizer_browser.vividness.value = 0.1
    assert colorizer_browser.message.value == sentence and colorizer_browser.shown.value == b""


def test_the_file_dialog_offers_what_can_be_read(colorizer_browser):
    assert {"image/*", ".tga", ".tif"} <= set(colorizer_browser.upload.accept.split(","))
