"""Hints on one frame of a film: they hold in the whole shot, for what they are on, and in no other shot."""

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from lib.color.spaces import rgb_to_ycbcr
from lib.colorize.guides import Guide
from lib.colorize.video import colors_of_film
from lib.data.hints import Hint, Hints, HintsError
from lib.data.scenes.films import Events, make_film
from lib.networks.pretrained import load_colorizer

BLUE = (60, 90, 200)
HINTED = 10  # the frame


@pytest.fixture(scope="module")
def bundled():
    return load_colorizer(device="cpu")


@pytest.fixture(scope="module")
def film():
    """A cup of coffee, then a cat; the camera moves."""
    return make_film([data.coffee(), data.chelsea()], (96, 128), 16, seed=3, events=Events(thing=False))


@pytest.fixture(scope="module")
def plain(film, bundled):
    return chromas(film, bundled)


def chromas(film, network, guides=None, first_shot=0):
    colored = colors_of_film(film.luma, network, guides=guides or {}, first_shot=first_shot)
    return np.stack([frame.chroma.numpy() for frame in colored])


def guide_of(film, network, frame=HINTED, *places):
    gray = Image.fromarray(film.luma[frame])
    hints = [Hint((place,), 0.03, BLUE) for place in places]
    return Guide.of(network, [(gray, Hints.on("film.mp4-0.4s.png", gray, hints))], 0.5)


def chroma_at(chroma, place):
    x, y = place
    return chroma[:, int(y * chroma.shape[1]), int(x * chroma.shape[2])]


def test_a_hint_holds_in_the_whole_shot_and_in_no_other(film, bundled, plain):
    place = (0.5, 0.5)
    hinted = chromas(film, bundled, {0: guide_of(film, bundled, HINTED, place)})
    asked = rgb_to_ycbcr(torch.tensor(BLUE).view(1, 3, 1, 1) / 255)[0, 1:, 0, 0].numpy()
    height, width = film.luma.shape[1:]
    for frame in range(16):
        x, y = (int(part * side) for part, side in zip(place, (width, height), strict=True))
        flow, _ = film.motion(HINTED, frame)
        moved = ((x + flow[y, x, 0]) / width, (y + flow[y, x, 1]) / height)
        missing = np.linalg.norm(chroma_at(hinted[frame], moved) - asked)
        assert missing < 0.5 * np.linalg.norm(chroma_at(plain[frame], moved) - asked)
    np.testing.assert_array_equal(hinted[16:], plain[16:])


def test_a_shot_is_found_by_its_number(film, bundled, plain):
    guide = guide_of(film, bundled, 20, (0.5, 0.5))
    hinted = chromas(film, bundled, {8: guide}, first_shot=7)
    np.testing.assert_array_equal(hinted[:16], plain[:16])
    assert np.abs(hinted[16:] - plain[16:]).mean() > 0.01


def test_hints_on_two_frames_that_say_the_same_count_once(film, bundled):
    gray = [Image.fromarray(film.luma[frame]) for frame in (0, 0)]
    hints = Hints.on("film.mp4-0s.png", gray[0], [Hint(((0.5, 0.5),), 0.03, BLUE)])
    once, twice = (
        chromas(film, bundled, {0: Guide.of(bundled, [(g, hints) for g in some], 0.5)}) for some in (gray[:1], gray)
    )
    assert np.abs(once - twice).max() < 0.02


def test_hints_on_another_picture_are_refused(film, bundled):
    gray = Image.fromarray(film.luma[0])
    hints = Hints.on("x.png", Image.fromarray(data.rocket()).convert("L"), [Hint(((0.5, 0.5),), 0.1, BLUE)])
    with pytest.raises(HintsError, match="another picture"):
        Guide.of(bundled, [(gray, hints)], 0.5)
