"""The colors of a film: they flicker less than frame by frame, cross no cut, and need a bounded part of the film."""

import cv2
import numpy as np
import pytest
from skimage import data

from lib.classical.flow import warp
from lib.colorize import shot_colors, video
from lib.colorize.video import colors_of_film
from lib.data.scenes.films import Events, make_film, rendered_film
from lib.networks.chroma_net import ChromaNet
from lib.networks.pretrained import load_colorizer


@pytest.fixture(scope="module")
def bundled():
    return load_colorizer(device="cpu")


@pytest.fixture(scope="module")
def film():
    """Coffee and cat, each with a thing that passes in front."""
    return make_film([data.coffee(), data.chelsea()], (96, 128), 16, seed=7, events=Events(grain=2))


def chromas(colored):
    return np.stack([frame.chroma.numpy() for frame in colored])


def enlarged(chroma, size):
    planes = chroma.reshape(-1, *chroma.shape[-2:])
    return np.stack([cv2.resize(plane, size[::-1]) for plane in planes]).reshape(*chroma.shape[:2], *size)


def flicker(film, chroma):
    """The squared change of color of a thing from frame to frame, over its mean squared chroma."""
    chroma, changes = enlarged(chroma, film.luma.shape[1:]), []
    for frame in set(range(1, len(chroma))) - set(film.begins):
        flow, is_seen = film.motion(frame, frame - 1)
        changes.append(((chroma[frame] - warp(chroma[frame - 1], flow)) ** 2)[:, is_seen].mean())
    return np.mean(changes) / (chroma**2).mean()


def test_a_film_flickers_less_than_its_frames_and_is_as_true(film, bundled):
    alone = np.stack([bundled.look_at(luma).chroma(0.5)[0].numpy() for luma in film.luma])
    whole = list(colors_of_film(film.luma, bundled))
    assert [number for number, frame in enumerate(whole) if frame.begins] == list(film.begins)
    assert flicker(film, chromas(whole)) < flicker(film, alone) / 4
    errors = [((enlarged(c, film.luma.shape[1:]) - film.chroma) ** 2).mean() for c in (chromas(whole), alone)]
    assert errors[0] < errors[1]
    preview = chromas(colors_of_film(film.luma, bundled, is_preview=True))
    assert flicker(film, chromas(whole)) < flicker(film, preview) < flicker(film, alone)


def test_no_color_crosses_a_cut(film, bundled):
    alone = chromas(colors_of_film(film.luma[16:], bundled))
    np.testing.assert_allclose(chromas(colors_of_film(film.luma, bundled))[16:], alone, atol=1e-4)


def test_vividness(film, bundled):
    safe, vivid = (chromas(colors_of_film(film.luma[:6], bundled, vividness)) for vividness in (0, 1))
    assert 1.5 * np.abs(safe).mean() < np.abs(vivid).mean()


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_every_frame_has_its_colors(film, network, count):
    colored = list(colors_of_film(film.luma[:count], network))
    assert [frame.begins for frame in colored] == [True, False, False, False, False][:count]
    assert len({frame.chroma.shape for frame in colored}) <= 1


def test_a_long_shot_goes_through_in_parts(network, monkeypatch):
    """Of a film without end a bounded number of frames is taken, and the parts hang together."""
    luma = rendered_film(1, side=64, count=40, events=Events(thing=False)).luma
    whole = chromas(colors_of_film(luma, network))
    monkeypatch.setattr(video, "BLOCK", 8)
    monkeypatch.setattr(shot_colors, "AROUND", 8)
    monkeypatch.setattr(video, "AROUND", 8)
    monkeypatch.setattr(shot_colors, "REMEMBERED", 6)
    taken, ahead, parts = [], [], []
    for frame in colors_of_film((taken.append(1) or frame for frame in luma), network):
        parts.append(frame)
        ahead.append(len(taken) - len(parts))
    assert len(parts) == 40 and [frame.begins for frame in parts] == [True] + 39 * [False]
    assert 8 <= max(ahead) <= 8 + 8 + 12 + 2
    steps = np.abs(np.diff(chromas(parts), axis=0)).mean((1, 2, 3))
    assert steps[[7, 15, 23]].max() < 0.15 * np.abs(whole).mean()  # twice as much if nothing were carried across
    assert np.abs(chromas(parts) - whole).mean() < 0.2 * np.abs(whole).mean()


def test_a_preview_looks_at_no_frame_ahead(film, network):
    taken = []
    for number, _ in enumerate(colors_of_film((taken.append(1) or f for f in film.luma), network, is_preview=True), 1):
        assert len(taken) == number


def test_a_flash_leaves_the_colors_as_they_are(film, network):
    luma = film.luma[:12].copy()
    luma[5] = 250
    colored = list(colors_of_film(luma, network))
    assert not any(frame.begins for frame in colored[1:])
    np.testing.assert_array_equal(colored[5].chroma, colored[4].chroma)
    whole = chromas(colors_of_film(film.luma[:12], network))
    assert np.abs(chromas(colored) - whole).mean() < 0.1 * np.abs(whole).mean()


def test_a_network_with_a_plain_encoder(film):
    network = ChromaNet(width=4, side=64).eval()
    assert len(list(colors_of_film(film.luma[:4], network))) == 4


def test_a_film_of_tiny_frames_is_refused(network):
    with pytest.raises(ValueError, match="8 x 8 px is too small"):
        list(colors_of_film(np.zeros((3, 8, 8), np.uint8), network))
