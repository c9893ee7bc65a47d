"""Shots that are in color already keep their own colors, if asked."""

import films_by_hand as films
import numpy as np
import pytest
from colorize.test_films import Colors, colorize, interrupt

from lib.colorize.kept_colors import LOOKED_AT, Item, in_color, keep_colors
from lib.data.clips_reading import open_clip
from lib.data.clips_writing import Encoding

ZERO = np.zeros((2, 1, 1), np.float32)


def in_words(found):
    """One letter a frame: k for kept, n for new colors."""
    return "".join("k" if item.chroma is None else "n" for item in found)


def shots(*all_shots):
    """Items of shots, of which each is a text with a c for each frame that is in color."""
    time = 0
    for shot, letters in enumerate(all_shots):
        for number, letter in enumerate(letters):
            yield Item(time, ZERO, shot, number == 0, letter == "c")
            time += 1


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("c", "k"),
        ("-", "n"),
        (9 * "-" + "c", "k"),
        (10 * "-" + "c", "n"),
        (86 * "-" + 200 * "c", "k"),  # it fades in
        (87 * "-" + 200 * "c", "n"),  # what comes later does not change what is written by then
        (10 * "c" + 300 * "-", "k"),
        (9 * "c" + 300 * "-", "n"),
    ],
)
def test_a_shot_is_kept_as_a_whole(letters, expected):
    found = list(keep_colors(shots(letters)))
    assert in_words(found) == len(letters) * expected
    assert [item.time for item in found] == list(range(len(letters)))


def test_each_shot_is_decided_on_by_itself():
    assert in_words(keep_colors(shots("--", "cc", "-", 120 * "c", "--"))) == "nnkkn" + 120 * "k" + "nn"


def test_no_more_frames_wait_than_are_looked_at():
    taken = []
    found = keep_colors(taken.append(0) or item for item in shots(300 * "-"))
    next(found)
    assert len(taken) == LOOKED_AT


@pytest.mark.parametrize("is_lossless", [False, True])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p", "yuva420p", "yuv444p", "yuv422p10le"])
def test_gray_and_toned_frames_are_not_in_color(tmp_path, pixel_format, is_lossless):
    kinds = ["gray", "sepia", "color"]
    codec = "rawvideo" if pixel_format == "yuvj420p" else "ffv1"
    path = tmp_path / "film.nut"
    clip = open_clip(films.make_film(path, codec=codec, pixel_format=pixel_format, tones=lambda n: kinds[n % 3]))
    encoding = Encoding(clip.look, clip.time_base, clip.rate, is_lossless)
    frames = list(clip.reader(encoding.pixel_format).frames())
    assert [in_color(frame, clip.look, encoding.layout) for frame in frames] == [n % 3 == 2 for n in range(20)]


def tones(number):
    """Of three shots, the second is in color and the third toned."""
    return ("gray", "color", "sepia")[sum(number >= first for first in films.SCENES) - 1]


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le", "yuva420p"])
def test_kept_frames_are_the_films_to_the_bit(tmp_path, pixel_format):
    path = films.make_film(tmp_path / "film.mkv", pixel_format=pixel_format, tones=tones)
    outcome = colorize(path, tmp_path / "out.mkv", is_lossless=True, keeps_color=True)
    colorize(path, tmp_path / "all.mkv", is_lossless=True)
    assert outcome.kept == 6
    before, after, new = (films.planes(place) for place in (path, tmp_path / "out.mkv", tmp_path / "all.mkv"))
    for number in range(films.COUNT):
        source = before if tones(number) == "color" else new
        assert all(np.array_equal(a, b) for a, b in zip(source[number][:3], after[number], strict=True))
    assert not np.array_equal(before[9][1], new[9][1])


@pytest.mark.parametrize("tags", [(1, 1), (1, 2), (6, 1)])
@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv420p10le", "yuv420p"])
def test_kept_colors_in_another_layout(tmp_path, pixel_format, tags):
    """Matrix and range stay: the chroma is the film's, at another depth and size."""
    path = films.make_film(tmp_path / "film.mkv", pixel_format=pixel_format, tones=lambda number: "color", tags=tags)
    assert colorize(path, tmp_path / "out.mp4", keeps_color=True).kept == films.COUNT
    before, after = films.planes(path)[9], films.planes(tmp_path / "out.mp4")[9]
    for one, other in zip(before[1:], after[1:], strict=True):
        small = one / (4 if pixel_format.endswith("10le") else 1)
        size = len(small) // 24
        small = small.reshape(24, size, 32, size).mean((1, 3))
        assert np.abs(small - other).mean() < 3 and other.std() == pytest.approx(small.std(), rel=0.05)


def test_odd_sizes(tmp_path):
    path = films.make_film(tmp_path / "film.mkv", size=(75, 43), tones=lambda number: "color")
    for name in ("out.mp4", "out.mkv"):
        assert colorize(path, tmp_path / name, is_lossless=name == "out.mkv", keeps_color=True).kept == films.COUNT
        before, after = films.planes(path)[9][1], films.planes(tmp_path / name)[9][1]
        assert before.shape == after.shape == (22, 38) and np.abs(before.astype(int) - after).mean() < 1.5


def test_a_film_of_rgb_keeps_its_colors(tmp_path):
    path, (down, across) = tmp_path / "film.mov", np.mgrid[:48, :64]
    rgb = np.stack([4 * across, 5 * down, 250 - 4 * across], -1).astype(np.uint8)
    with films.av.open(str(path), "w") as container:
        stream = container.add_stream("qtrle", rate=25, width=64, height=48)
        stream.codec_context.pix_fmt = "rgb24"
        for frame in [films.av.VideoFrame.from_ndarray(rgb, "rgb24")] * 3:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert colorize(path, tmp_path / "out.mkv", is_lossless=True, keeps_color=True).kept == 3
    with films.av.open(str(tmp_path / "out.mkv")) as container:
        found = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(found.astype(int) - rgb).max() <= 4


def test_a_stopped_film_keeps_what_it_kept(tmp_path, monkeypatch):
    """Also in the middle of a shot, whose frames are looked at from its beginning again."""
    path, target = films.make_film(tmp_path / "film.mkv", tones=lambda n: "color" if 8 <= n < 10 else "gray"), tmp_path
    colorize(path, target / "whole.mkv", is_lossless=True, keeps_color=True)
    monkeypatch.setattr("lib.colorize.films._LONGEST_PIECE", 0.1)
    interrupt(path, target / "out.mkv", 19, 4, is_lossless=True, keeps_color=True)
    colors = Colors(cuts=[0, 6])
    outcome = colorize(path, target / "out.mkv", colors, is_lossless=True, keeps_color=True)
    assert outcome.kept == 6 and 0 < outcome.resumed < films.COUNT
    for a, b in zip(films.planes(target / "whole.mkv"), films.planes(target / "out.mkv"), strict=True):
        assert all(np.array_equal(one, other) for one, other in zip(a, b, strict=True))
