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


def test_an_upload_is_shown_and_an_unreadable_one_gives_a_message(colorizer_browser, photograph):
    buffer = io.BytesIO()
    photograph.save(buffer, format="png")
    colorizer_browser.upload.value = uploaded("mine.png", buffer.getvalue())
    assert colorizer_browser.photograph.value == "mine.png" and shown(colorizer_browser).std() > 10
    colorizer_browser.upload.value = uploaded("broken.png", b"no picture")
    sentence = "broken.png: not readable as a picture (no format that is known); replace or remove it"
    assert colorizer_browser.message.value == f"<b>{sentence}</b>"
    assert colorizer_browser.shown.value == b""
    colorizer_browser.photograph.value = "mine.png"
    assert shown(colorizer_browser).std() > 10
