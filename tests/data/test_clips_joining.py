"""Pieces of a film become one, with what else its source has."""

from contextlib import contextmanager
from fractions import Fraction

import films_by_hand as films
import numpy as np
import pytest

from lib.data import clips, clips_joining
from lib.data.clips_joining import join
from lib.data.clips_reading import open_clip
from lib.data.clips_writing import Encoding, Piece

COUNT = 6


def pieces_of(clip, encoding, folder, times, most=2):
    """Gray frames at these times, in pieces of a few."""
    found = []
    luma = np.full((clip.look.height, clip.look.width), 90, np.uint8)
    gray = np.full((clip.look.height // 2, clip.look.width // 2), 128, np.uint8)
    for first in range(0, len(times), most):
        path = folder / f"{first}.nut"
        piece = Piece(path, encoding)
        for time in times[first : first + most]:
            piece.add(time, luma, (gray, gray))
        piece.close()
        found.append((path, times[first]))
    return found


def joined(tmp_path, source, times, suffix=".mp4", part=(None, None), shift=None):
    clip = open_clip(source, *part)
    encoding = Encoding(clip.look, clip.time_base, clip.rate, suffix == ".mkv")
    target = tmp_path / f"joined{suffix}"
    left_out = join(
        target, encoding, pieces_of(clip, encoding, tmp_path, times), clip, clip.start if shift is None else shift
    )
    return target, left_out


def lengths(path):
    with films.av.open(str(path)) as container:
        return [packet.duration * packet.time_base for packet in container.demux(video=0) if packet.size]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_pieces_follow_each_other_without_a_gap(tmp_path, suffix):
    source = films.make_film(tmp_path / "film.mkv", sound=None)
    times = [0, 40, 55, 200, 240]
    target, left_out = joined(tmp_path, source, times, suffix)
    assert films.times(target) == [Fraction(time, 1000) for time in times] and left_out == []
    if suffix == ".mp4":
        assert lengths(target) == [Fraction(ms, 1000) for ms in (40, 15, 145, 40, 40)]


def test_without_a_source_there_are_pictures_only(tmp_path):
    clip = open_clip(films.make_film(tmp_path / "film.mkv"))
    encoding = Encoding(clip.look, clip.time_base, clip.rate, False)
    assert join(tmp_path / "out.mp4", encoding, pieces_of(clip, encoding, tmp_path, [0, 40]), None) == []
    with films.av.open(str(tmp_path / "out.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video"]


class Changed:
    """A container some of whose packets have other times.

    Args:
        change: from the number of a packet of sound to its times (pts, dts); None for as they are.
    """

    def __init__(self, container, change):
        self._container, self._change = container, change

    def __getattr__(self, name):
        return getattr(self._container, name)

    def demux(self, streams):
        for number, packet in enumerate(self._container.demux(streams)):
            times = self._change(number) if packet.size else None
            if times:
                packet.pts, packet.dts = times
            yield packet


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ([(0, 0), (64, 64), (64, 64), (64, 64), (200, 200)], [0, 64, 65, 66, 200]),
        ([(0, 0), (64, 64), (128, 128), (90, 90), (300, 300)], [0, 64, 128, 129, 300]),
        ([(0, 0), (60, 64), (128, None), (None, 190), (300, 300)], [0, 64, 128, 190, 300]),
    ],
)
def test_times_of_sound_that_do_not_increase_are_made_to(tmp_path, monkeypatch, suffix, stored, expected):
    """No packet is lost, and the pictures keep their times."""
    source = films.make_film(tmp_path / "film.mkv", sound="flac")

    def change(number):
        return stored[number] if number < len(stored) else (1000 + number, 1000 + number)

    @contextmanager
    def opened(path):
        with clips.opened(path) as container:
            yield Changed(container, change) if path == source else container

    monkeypatch.setattr(clips_joining, "opened", opened)
    times = [40 * number for number in range(COUNT)]
    target, _ = joined(tmp_path, source, times, suffix)
    before, after = films.packets(source), films.packets(target)
    assert [content for _, content in after] == [content for _, content in before]
    assert [round(1000 * time) for time, _ in after][: len(expected)] == expected
    assert films.times(target) == [Fraction(time, 1000) for time in times]
