"""One film from file to file: what is written, and what a call leaves that was stopped."""

import queue
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import films_by_hand as films
import numpy as np
import pytest
import torch
from pictures_by_hand import written

from lib.colorize.film_work import WorkFolder
from lib.colorize.films import colorize_film
from lib.common.files import ROOT
from lib.data.clips import FilmError
from lib.data.clips_reading import open_clip

CHROMA = (0.06, -0.05)  # Cb and Cr


class Colored(NamedTuple):
    chroma: torch.Tensor
    begins: bool


class Colors:
    """A colorizer that gives every frame one color, and counts the frames that it is shown.

    Args:
        stop: called before the frame of this number is colored; `at` counts from the first frame that is shown.
    """

    def __init__(self, cuts=films.SCENES, at=None, stop=None):
        self.cuts, self.at, self.stop, self.seen, self.first_shot = cuts, at, stop, [], None

    def __call__(self, lumas, first_shot):
        self.first_shot = first_shot
        for number, luma in enumerate(lumas):
            if number == self.at:
                self.stop()
            self.seen.append(luma)
            chroma = torch.tensor(CHROMA)[:, None, None].expand(2, 12, 16)
            yield Colored(chroma, number in self.cuts)


def colorize(path, target, colors=None, **options):
    return colorize_film(open_clip(path), target, colors or Colors(), {"film": str(path)}, **options)


FORMATS = ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "gray", "gray10le", "yuva420p"]


@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("size", [films.SIZE, (75, 43)])
def test_luma_is_kept_to_the_bit(tmp_path, pixel_format, size):
    path = films.make_film(tmp_path / "film.mkv", pixel_format=pixel_format, size=size)
    outcome = colorize(path, tmp_path / "out.mkv", is_lossless=True)
    assert (outcome.count, outcome.resumed, outcome.damaged_at, outcome.left_out) == (films.COUNT, 0, None, [])
    before, after = films.planes(path), films.planes(tmp_path / "out.mkv")
    assert len(before) == len(after) == films.COUNT
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(before, after, strict=True))
    layout = open_clip(tmp_path / "out.mkv").look.layout
    assert layout == open_clip(path).look.layout
    middle = 2 ** (layout.depth - 1)
    for plane, value in zip(after[5][1:], CHROMA, strict=True):  # of most pixels: a few are too bright for it
        assert abs(np.median(plane) - middle - value * layout.chroma_span) <= 1


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4", "film.ts"])
@pytest.mark.parametrize("is_lossless", [False, True])
def test_sound_is_copied_packet_by_packet(tmp_path, name, is_lossless):
    codecs = {"codec": "ffv1", "sound": "flac"} if name == "film.mkv" else {"codec": "libx264", "sound": "mp2"}
    path = films.make_film(tmp_path / name, **codecs)
    target = tmp_path / ("out.mkv" if is_lossless else "out.mp4")
    colorize(path, target, is_lossless=is_lossless)
    before, after = films.packets(path), films.packets(target)
    assert [content for _, content in before] == [content for _, content in after] and before
    offset = films.times(path)[0] - before[0][0]  # sound keeps its distance from the pictures
    assert films.times(target)[0] - after[0][0] == pytest.approx(float(offset), abs=0.0011)


@pytest.mark.parametrize("is_lossless", [False, True])
def test_times_of_a_variable_rate_are_kept(tmp_path, is_lossless):
    times = [80, 120, 135, 300, *range(400, 560, 10)]
    path = films.make_film(tmp_path / "film.mkv", times=times)
    target = tmp_path / ("out.mkv" if is_lossless else "out.mp4")
    colorize(path, target, is_lossless=is_lossless)
    assert films.times(target) == films.times(path) == [Fraction(time, 1000) for time in times]


def test_fine_times_are_kept_in_mp4(tmp_path):
    times = [0, 3003, 6007, 9001, *range(12_000, 60_000, 3000)]
    path = films.make_film(tmp_path / "film.mp4", codec="libx264", times=times, time_base=Fraction(1, 90_000))
    colorize(path, tmp_path / "out.mp4")
    assert films.times(tmp_path / "out.mp4") == [Fraction(time, 90_000) for time in times]


@pytest.mark.parametrize("tags", [(1, 1), (5, 1), (1, 2), (6, 2)])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_matrix_and_range_are_written(tmp_path, tags, suffix):
    path = films.make_film(tmp_path / "film.mkv", tags=tags)
    colorize(path, tmp_path / f"out{suffix}", is_lossless=suffix == ".mkv")
    assert films.tags(tmp_path / f"out{suffix}") == tags


def test_h264_has_the_film_in_8_bits(tmp_path):
    path = films.make_film(tmp_path / "film.mkv", pixel_format="yuv420p10le")
    colorize(path, tmp_path / "out.mp4")
    with films.av.open(str(tmp_path / "out.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt, context.has_b_frames) == ("h264", "yuv420p", 0)
    before, after = films.planes(path), films.planes(tmp_path / "out.mp4")
    assert all(np.abs(a[0] / 4 - b[0]).mean() < 2 for a, b in zip(before, after, strict=True))


def test_odd_sizes_get_even_in_h264(tmp_path):
    """The last column and row are there twice."""
    path = films.make_film(tmp_path / "film.mkv", size=(75, 43))
    colorize(path, tmp_path / "out.mp4")
    before, after = films.planes(path)[4][0].astype(int), films.planes(tmp_path / "out.mp4")[4][0].astype(int)
    assert after.shape == (44, 76)
    assert np.abs(before - after[:43, :75]).mean() < 2 and np.abs(after[-1] - after[-2]).max() < 12


@pytest.mark.parametrize("degrees", [90, 180, 270])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_turned_film_stays_turned(tmp_path, degrees, suffix):
    """The colorizer sees it upright, and its colors are turned back."""
    path = films.make_film(tmp_path / "film.mp4", codec="libx264", turn=degrees)
    colors = Colors(at=0, stop=lambda: None)

    def top_is_blue(lumas, first_shot):
        for colored in colors(lumas, first_shot):
            chroma = torch.zeros(2, 16, 16)
            chroma[0, :4] = 0.2
            yield colored._replace(chroma=chroma)

    colorize(path, tmp_path / f"out{suffix}", top_is_blue, is_lossless=suffix == ".mkv")
    assert colors.seen[0].shape == ((48, 64) if degrees == 180 else (64, 48))
    with films.av.open(str(tmp_path / f"out{suffix}")) as container:
        frame = list(container.decode(video=0))[2]
    assert frame.rotation == (degrees if degrees < 180 else degrees - 360 if degrees > 180 else frame.rotation)
    u = films.planes(tmp_path / f"out{suffix}")[2][1].astype(int)
    upright = np.rot90(u, degrees // 90)
    assert upright[:4].mean() > 140 and np.abs(upright[len(upright) // 2 :] - 128).max() <= 4


def test_interlaced_films_stay_so(tmp_path):
    path = films.make_film(tmp_path / "film.mkv", codec="libx264", options={"x264-params": "bff=1"})
    colorize(path, tmp_path / "out.mp4")
    with films.av.open(str(tmp_path / "out.mp4")) as container:
        assert all(frame.interlaced_frame for frame in container.decode(video=0))


def test_title_and_chapters_are_kept(tmp_path):
    path = films.make_film(tmp_path / "film.mkv", metadata={"title": "Blæk"}, chapters=[(0, 320), (320, 800)])
    for suffix in (".mp4", ".mkv"):
        colorize(path, tmp_path / f"out{suffix}", is_lossless=suffix == ".mkv")
        with films.av.open(str(tmp_path / f"out{suffix}")) as container:
            assert container.metadata["title"] == "Blæk"
            found = [(chapter["start"] * chapter["time_base"], chapter["metadata"]) for chapter in container.chapters()]
            assert [(float(start), about["title"]) for start, about in found] == [(0, "part 0"), (0.32, "part 1")]


def test_a_part_with_its_sound(tmp_path):
    path = films.make_film(tmp_path / "film.mkv", sound="flac")
    colorize_film(open_clip(path, 0.2, 0.48), tmp_path / "out.mp4", Colors(), {})
    assert films.times(tmp_path / "out.mp4") == [Fraction(number, 25) for number in range(7)]
    before, after = films.packets(path), films.packets(tmp_path / "out.mp4")
    kept = [(time, content) for time, content in before if 0.2 <= time < 0.48]
    assert [content for _, content in after] == [content for _, content in kept] and kept
    assert [time for time, _ in after] == pytest.approx([time - 0.2 for time, _ in kept], abs=1e-3)


def test_what_the_result_cannot_hold_is_named(tmp_path):
    path = films.make_film(tmp_path / "film.avi", sound="pcm_mulaw")
    assert colorize(path, tmp_path / "out.mp4").left_out == ["sound (pcm_mulaw)"]


def test_subtitles_are_copied_or_become_those_of_mp4(tmp_path):
    path = films.make_film(tmp_path / "film.mkv", subtitles=["Hello <i>you</i>", "two\nlines"])
    for name, is_lossless in (("out.mkv", True), ("out.mp4", False)):
        assert colorize(path, tmp_path / name, is_lossless=is_lossless).left_out == []
    assert films.packets(tmp_path / "out.mkv", "subtitle") == films.packets(path, "subtitle") != []
    with films.av.open(str(tmp_path / "out.mp4")) as container:
        (stream,) = container.streams.subtitles
        found = [packet for packet in container.demux(stream) if packet.size > 2]  # 2 bytes: nothing is shown
        assert stream.codec_context.name == "mov_text"
        assert [bytes(packet)[2:].split(b"\0")[0] for packet in found] == [b"Hello you", b"two\nlines"]
        times = [(packet.pts * packet.time_base, packet.duration * packet.time_base) for packet in found]
    assert times == [(0, Fraction(150, 1000)), (Fraction(200, 1000), Fraction(150, 1000))]
    assert colorize(tmp_path / "out.mp4", tmp_path / "again.mp4").left_out == []


def test_a_long_shot_becomes_several_pieces(tmp_path, monkeypatch):
    """They are joined without a seam: what comes out is what one piece gives."""
    path = films.make_film(tmp_path / "film.mkv")
    kept = []
    keep = WorkFolder.keep
    monkeypatch.setattr(WorkFolder, "keep", lambda self, *piece: kept.append(piece) or keep(self, *piece))
    colorize(path, tmp_path / "one.mkv", Colors(cuts=[0]), is_lossless=True)
    monkeypatch.setattr("lib.colorize.films._LONGEST_PIECE", 0.2)
    colorize(path, tmp_path / "several.mkv", Colors(cuts=[0]), is_lossless=True)
    assert [shot_and_count[:2] for shot_and_count in kept] == [(0, 20)] + 4 * [(0, 5)]
    one, several = (films.planes(tmp_path / name) for name in ("one.mkv", "several.mkv"))
    assert all(np.array_equal(a, b) for f, g in zip(one, several, strict=True) for a, b in zip(f, g, strict=True))
    assert films.times(tmp_path / "one.mkv") == films.times(tmp_path / "several.mkv")


KILLED = """
import os, signal, sys, time
sys.path[:0] = [{root!r}, {tests!r}]
from pathlib import Path
from colorize.test_films import Colors, colorize

def stop():
    while len(list(Path({work!r}).glob("piece_*"))) < {pieces}:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)

colorize(Path({film!r}), Path({target!r}), Colors(at={at}, stop=stop), is_lossless=True)
"""


def test_killed_and_called_again(tmp_path):
    """A kill leaves no file under the final name; the same call goes on at the shot that was not whole."""
    path, target = films.make_film(tmp_path / "film.mkv"), tmp_path / "out" / "film.mkv"
    whole = tmp_path / "whole.mkv"
    colorize(path, whole, is_lossless=True)
    work = target.with_name(".film.mkv.part")
    places = {"root": str(ROOT), "tests": str(ROOT / "tests"), "work": str(work)}
    code = KILLED.format(**places, film=str(path), target=str(target), at=12, pieces=1)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not target.exists() and work.is_dir()

    again = Colors(cuts=[0, 6])
    shown = []
    outcome = colorize(path, target, again, is_lossless=True, progress=shown.append)
    assert outcome.resumed == 8 and outcome.count == films.COUNT
    assert shown == [8, *range(9, 21)]
    luma = open_clip(path).reader()
    first = next(luma.frames(320)).luma
    assert len(again.seen) == 12 and np.array_equal(again.seen[0], open_clip(path).look.layout.full_range(first))
    for a, b in zip(films.planes(whole), films.planes(target), strict=True):
        assert all(np.array_equal(one, other) for one, other in zip(a, b, strict=True))
    assert films.times(whole) == films.times(target)
    assert written(target.parent) == ["film.mkv"]


def stopped(error):
    def stop():
        raise error

    return stop


def interrupt(path, target, at, pieces, **options):
    """Stop a call amid the film, when so many pieces are whole."""
    work = target.with_name(f".{target.name}.part")

    def stop():
        limit = time.monotonic() + 20
        while len(list(work.glob("piece_*"))) < pieces and time.monotonic() < limit:
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        colorize(path, target, Colors(at=at, stop=stop), **options)


def test_only_what_was_asked_before_goes_on(tmp_path):
    path, target = films.make_film(tmp_path / "film.mkv"), tmp_path / "out.mp4"
    interrupt(path, target, 12, 1)
    assert not target.exists()
    outcome = colorize_film(open_clip(path), target, Colors(), {"film": str(path), "vividness": 1})
    assert outcome.resumed == 0 and outcome.count == films.COUNT


def test_pieces_of_a_shot_that_is_not_whole_are_seen_again_and_not_written_again(tmp_path, monkeypatch):
    path, target = films.make_film(tmp_path / "film.mkv"), tmp_path / "out.mkv"
    monkeypatch.setattr("lib.colorize.films._LONGEST_PIECE", 0.1)
    interrupt(path, target, 13, 4, is_lossless=True)  # shot 0: 3 + 3 + 2 frames; shot 1: 3 and more
    pieces = sorted(path.name for path in tmp_path.glob(".out.mkv.part/piece_*"))
    first = [tuple(map(int, name[:-4].split("_")[2:5])) for name in pieces]
    assert first[:4] == [(0, 3, 0), (0, 3, 120), (0, 2, 240), (1, 3, 320)]
    colors, kept, keep = Colors(cuts=[0, 6]), [], WorkFolder.keep
    monkeypatch.setattr(WorkFolder, "keep", lambda self, *piece: kept.append(piece[0]) or keep(self, *piece))
    outcome = colorize(path, target, colors, is_lossless=True)
    assert kept[0] == 1 and kept[-1] == 2  # the numbers of the shots
    assert outcome.resumed == sum(count for _, count, _ in first) and outcome.count == films.COUNT
    assert len(colors.seen) == 12 and colors.first_shot == 1  # from the beginning of shot 1 on
    assert films.times(target) == films.times(path)


def test_stopped_while_the_pieces_are_joined(tmp_path, monkeypatch):
    path, target = films.make_film(tmp_path / "film.mkv"), tmp_path / "out.mp4"
    join = "lib.colorize.films.join"
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(join, lambda *_: stopped(KeyboardInterrupt())())
        colorize(path, target)
    colors = Colors()
    assert colorize(path, target, colors).resumed == films.COUNT and not colors.seen
    assert written(tmp_path) == ["film.mkv", "out.mp4"]


@pytest.mark.parametrize("at", [0, 12])
def test_an_error_of_the_colorizer_comes_through(tmp_path, at):
    path = films.make_film(tmp_path / "film.mkv")
    with pytest.raises(ValueError, match="no colors today"):
        colorize(path, tmp_path / "out.mp4", Colors(at=at, stop=stopped(ValueError("no colors today"))))
    assert not (tmp_path / "out.mp4").exists()
    assert at or written(tmp_path) == ["film.mkv"]  # nothing was begun


def test_a_writer_that_sees_the_stop_first_leaves_nobody_waiting(tmp_path, monkeypatch):
    """It has taken a frame, and the queue is full again, when an error stops both sides."""
    is_stopping = threading.Event()

    class Late(queue.Queue):
        def get(self, *arguments, **options):
            item = super().get(*arguments, **options)
            is_stopping.wait(5) and time.sleep(0.2)
            return item

    def stop():
        is_stopping.set()
        raise ValueError("no colors today")

    path = films.make_film(tmp_path / "film.mkv")
    monkeypatch.setattr("lib.colorize.films._ahead", lambda lumas: lumas)
    monkeypatch.setattr("lib.colorize.films.queue.Queue", Late)
    with pytest.raises(ValueError, match="no colors today"):
        colorize(path, tmp_path / "out.mp4", Colors(at=5, stop=stop))


def test_an_error_of_the_encoder_comes_through(tmp_path, monkeypatch):
    path = films.make_film(tmp_path / "film.mkv")
    monkeypatch.setattr("lib.data.clips_writing.Piece.add", lambda *_: stopped(OSError(28, "No space left"))())
    with pytest.raises(OSError, match="No space left"):
        colorize(path, tmp_path / "out.mp4")
    assert written(tmp_path) == ["film.mkv"]


def test_two_calls_at_a_time(tmp_path):
    path, target = films.make_film(tmp_path / "film.mkv"), tmp_path / "out.mp4"
    with WorkFolder(target).entered({"film": str(path)}), pytest.raises(FilmError, match="another call is at work"):
        colorize(path, target)


def test_a_damaged_film_becomes_what_could_be_read(tmp_path):
    path = films.make_film(
        tmp_path / "film.mp4",
        codec="libx264",
        times=[120 * number for number in range(films.COUNT)],
        options={"bf": "0"},
        form_options={"movflags": "faststart"},
    )
    films.cut_off(path, amid=12)
    outcome = colorize(path, tmp_path / "out.mp4")
    assert (
        outcome.count in (12, 13) and outcome.is_cut and outcome.damaged_at == pytest.approx(0.12 * (outcome.count - 1))
    )
    assert len(films.planes(tmp_path / "out.mp4")) == outcome.count


def test_memory_does_not_grow_with_the_film(tmp_path):
    """The colorizer's inputs are made as they are asked for, a few ahead."""
    path = films.make_film(tmp_path / "film.mkv", times=[40 * number for number in range(300)])
    ahead = []

    class Reading:
        def __init__(self, clip):
            self.reader = clip.reader()
            self.damaged_at, self.is_cut = None, False

        def frames(self, start=None):
            for number, frame in enumerate(self.reader.frames(start)):
                ahead.append(number - len(colors.seen))
                yield frame

    class Source:
        def __init__(self, clip):
            self.clip = clip

        def __getattr__(self, name):
            return getattr(self.clip, name)

        def reader(self, chroma=""):
            return Reading(self.clip)

    colors = Colors(cuts=range(0, 300, 50))
    colorize_film(Source(open_clip(path)), Path(tmp_path / "out.mkv"), colors, {}, is_lossless=True)
    assert len(colors.seen) == 300 and max(ahead) < 12
