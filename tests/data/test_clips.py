"""What a film is, and what its luma is like."""

import os
from fractions import Fraction

import films_by_hand as films
import numpy as np
import pytest

from lib.data import formats
from lib.data.clips import FilmError, chroma_of, upright_luma
from lib.data.clips_reading import open_clip


def frames(path):
    return list(open_clip(path).reader().frames())


@pytest.mark.parametrize(
    ("pixel_format", "depth", "sharing", "is_full"),
    [
        ("yuv420p", 8, (2, 2), False),
        ("yuv422p", 8, (2, 1), False),
        ("yuv444p", 8, (1, 1), False),
        ("yuv420p10le", 10, (2, 2), False),
        ("yuva420p", 8, (2, 2), False),
        ("gray", 8, (2, 2), True),
        ("gray10le", 10, (2, 2), True),
    ],
)
def test_luma_is_read_as_it_is_stored(tmp_path, pixel_format, depth, sharing, is_full):
    path = films.make_film(tmp_path / "film.mkv", pixel_format=pixel_format)
    clip, read = open_clip(path), frames(path)
    layout = clip.look.layout
    assert (layout.depth, (layout.columns, layout.rows), layout.is_full_range) == (depth, sharing, is_full)
    assert clip.look.has_alpha == (pixel_format == "yuva420p")
    assert len(read) == films.COUNT
    for frame, planes in zip(read, films.planes(path), strict=True):
        assert frame.luma.dtype == layout.dtype and np.array_equal(frame.luma, planes[0])


def test_colors_without_luma_are_converted(tmp_path):
    """RGB has no luma of its own: it is BT.601 in the limited range."""
    path = films.make_film(tmp_path / "film.mov", codec="qtrle", pixel_format="rgb24")
    clip = open_clip(path)
    assert not clip.look.layout.is_full_range and (clip.look.layout.columns, clip.look.colorspace) == (1, 6)
    with films.av.open(str(path)) as container:
        rgb = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)][3]
    expected = 16 + rgb.astype(float) @ (0.299, 0.587, 0.114) * 219 / 255
    assert np.abs(frames(path)[3].luma - expected).max() <= 1.5


def test_chroma_is_read_as_it_is_stored_or_converted(tmp_path):
    path = films.make_film(tmp_path / "film.mkv", tags=(1, 2), tones=lambda number: "color")
    look = open_clip(path).look
    with films.av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    stored = films.planes(path)[0][1:]
    for found in (chroma_of(frame, look, "yuv420p"), chroma_of(frame.reformat(format="nv12"), look, "yuv420p")):
        assert all(np.array_equal(a, b) for a, b in zip(found, stored, strict=True))
    deep = chroma_of(frame, look, "yuv420p10le")
    assert all(np.abs(a / 1023 - b / 255).max() < 0.003 for a, b in zip(deep, stored, strict=True))
    assert chroma_of(frame.reformat(format="gray"), look, "yuv420p") is None
    wide = films.av.VideoFrame(64, 48, "yuvj422p")  # says its range by its name alone
    for plane, values in zip(
        wide.planes, (films.luma(0), *(np.full((48, 32), level) for level in (30, 220))), strict=True
    ):
        np.frombuffer(plane, np.uint8).reshape(48, -1)[:, : values.shape[1]] = values
    assert [int(np.median(plane)) for plane in chroma_of(wide, look, "yuv420p")] == [30, 220]
    assert frames(path)[0].chroma is None


@pytest.mark.parametrize("tags", [(1, 1), (5, 1), (1, 2), (6, 2)])
def test_matrix_and_range_are_those_of_the_film(tmp_path, tags):
    look = open_clip(films.make_film(tmp_path / "film.mkv", tags=tags)).look
    assert (look.colorspace, look.layout.is_full_range) == (tags[0], tags[1] == 2)
    assert look.layout.weights == ((0.2126, 0.0722) if tags[0] == 1 else (0.299, 0.114))


@pytest.mark.parametrize("depth", ["yuv420p", "yuv420p10le"])
@pytest.mark.parametrize("tags", [(1, 1), (1, 2)])
def test_the_network_sees_the_full_range(tmp_path, depth, tags):
    path = films.make_film(tmp_path / "film.mkv", tags=tags, pixel_format=depth)
    clip = open_clip(path)
    for number, frame in enumerate(frames(path)):
        seen = upright_luma(frame.luma, clip.look)
        assert seen.dtype == np.uint8 and seen.flags.c_contiguous
        assert np.abs(seen.astype(int) - films.luma(number, levels=(0, 255))).max() <= 1


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (180, 2), (270, 3)])
def test_a_turned_film_is_seen_upright(tmp_path, degrees, turns):
    path = films.make_film(tmp_path / "film.mp4", codec="libx264", turn=degrees)
    clip, frame = open_clip(path), frames(path)[2]
    full = clip.look.layout.full_range(frame.luma)
    assert frame.luma.shape == (48, 64)
    assert np.array_equal(upright_luma(frame.luma, clip.look), np.rot90(full, turns))


def test_times_of_a_variable_rate(tmp_path):
    times = [0, 40, 55, 200, *range(300, 460, 10)]
    path = films.make_film(tmp_path / "film.mkv", times=times)
    assert [frame.time for frame in frames(path)] == times
    assert open_clip(path).time_base == Fraction(1, 1000)


@pytest.mark.parametrize(("name", "codec"), [("film.mkv", "ffv1"), ("film.mp4", "libx264"), ("film.ts", "libx264")])
def test_frames_from_a_time_on(tmp_path, name, codec):
    """A seek leads to a key frame, and what lies before the time is left out."""
    path = films.make_film(tmp_path / name, codec=codec, sound=None, options={"g": "6"} if codec == "libx264" else {})
    clip, all_frames = open_clip(path), frames(path)
    for first in (0, 1, 7, 13, 19):
        later = list(clip.reader().frames(all_frames[first].time))
        assert [frame.time for frame in later] == [frame.time for frame in all_frames[first:]]
        assert all(np.array_equal(a.luma, b.luma) for a, b in zip(later, all_frames[first:], strict=True))


def test_a_part(tmp_path):
    path = films.make_film(tmp_path / "film.mkv")
    clip = open_clip(path, 0.1, 0.4)
    assert [frame.time for frame in clip.reader().frames()] == [120, 160, 200, 240, 280, 320, 360]
    assert clip.at(120) == pytest.approx(0.12)  # in the film, as --from and --still count
    with pytest.raises(FilmError, match=r"has 0\.9 s, and --from 3 is not before its end"):
        open_clip(path, 3.0)


def broken_files(folder):
    """Files that are no films, each with what is said of it."""
    sound = folder / "sound.mp3"
    films.make_sound(sound)
    good = films.make_film(folder / "good.mp4", codec="libx264").read_bytes()
    files = {
        "text.mp4": (b"no film\n" * 99, "not readable as a film"),
        "empty.mp4": (b"", "the file is empty"),
        "cut.mp4": (good[: len(good) * 2 // 3], "not readable as a film"),
        "song.mp4": (sound.read_bytes(), "there is no film in it, only audio"),
    }
    for name, (content, _) in files.items():
        (folder / name).write_bytes(content)
    films.make_film(folder / "none.mkv", times=[])
    (folder / "folder.mp4").mkdir()
    reasons = {name: reason for name, (_, reason) in files.items()}
    reasons |= {"none.mkv": "none of its frames can be read", "sound.mp3": "there is no film in it"}
    return reasons | {"folder.mp4": "it is a folder", "nowhere.mp4": "no such film"}


def test_what_is_no_film_is_one_sentence(tmp_path):
    for name, reason in broken_files(tmp_path).items():
        with pytest.raises(FilmError) as raised:
            open_clip(tmp_path / name)
        assert str(raised.value).startswith(f"{tmp_path / name}: ") and reason in str(raised.value)
        assert "\n" not in str(raised.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_film_that_may_not_be_read(tmp_path):
    path = films.make_film(tmp_path / "film.mkv")
    path.chmod(0)
    with pytest.raises(FilmError, match="check its permissions"):
        open_clip(path)


def test_without_pyav_one_sentence_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    (tmp_path / "film.mp4").touch()
    with pytest.raises(FilmError, match=r"films need PyAV; `.*pip install.*` installs it"):
        open_clip(tmp_path / "film.mp4")
