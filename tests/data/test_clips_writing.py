"""How frames are encoded, and the pieces that they are written to."""

import errno
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import films_by_hand as films
import numpy as np
import pytest

from lib.color.film_chroma import ChromaLayout
from lib.common.files import ROOT
from lib.data.clips import Look
from lib.data.clips_writing import Encoding, Piece

LOOK = Look(64, 48, ChromaLayout((0.299, 0.114), False), 6)
BASE = Fraction(1, 1000)


def encoding_of(is_lossless=True, size=(64, 48), rate=Fraction(25), **layout):
    look = replace(LOOK, width=size[0], height=size[1], layout=replace(LOOK.layout, **layout))
    return Encoding(look, BASE, rate, is_lossless)


@pytest.mark.parametrize(
    ("depth", "sharing", "lossless", "other"),
    [
        (8, (2, 2), "yuv420p", "yuv420p"),
        (8, (1, 1), "yuv444p", "yuv420p"),
        (8, (1, 2), "yuv440p", "yuv420p"),
        (8, (4, 4), "yuv410p", "yuv420p"),
        (8, (4, 1), "yuv411p", "yuv420p"),
        (9, (2, 1), "yuv422p9le", "yuv420p"),
        (10, (1, 2), "yuv420p10le", "yuv420p"),  # FFV1 has no 4:4:0 with 10 bits
        (11, (2, 2), "yuv420p12le", "yuv420p"),
        (16, (1, 1), "yuv444p16le", "yuv420p"),
        (8, (8, 8), "yuv420p", "yuv420p"),  # unknown
    ],
)
def test_pixel_formats(depth, sharing, lossless, other):
    about = {"depth": depth, "columns": sharing[0], "rows": sharing[1]}
    first, second = encoding_of(**about), encoding_of(is_lossless=False, **about)
    assert (first.pixel_format, second.pixel_format) == (lossless, other)
    assert (first.suffix, second.suffix) == (".mkv", ".mp4")
    assert films.av.VideoFormat(lossless).components[0].bits == first.layout.depth


@pytest.mark.parametrize(("size", "even"), [((75, 43), (76, 44)), ((64, 48), (64, 48)), ((1, 1), (2, 2))])
def test_sizes(size, even):
    assert encoding_of(size=size).size == size and encoding_of(is_lossless=False, size=size).size == even


def planes_of(encoding, level):
    width, height = encoding.look.width, encoding.look.height
    columns, rows = encoding.sharing
    small = (-(-height // rows), -(-width // columns))
    luma = np.add.outer(np.arange(height), np.arange(width)).astype(encoding.layout.dtype) + level
    return luma, (np.full(small, level, luma.dtype), np.full(small, level + 1, luma.dtype))


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("size", [(64, 48), (75, 43)])
def test_a_piece_holds_its_frames_to_the_bit(tmp_path, depth, size):
    encoding = encoding_of(size=size, depth=depth)
    path = tmp_path / "piece.nut"
    piece = Piece(path, encoding)
    times = [-80, 40, 55, 1000]
    for number, time in enumerate(times):
        piece.add(time, *planes_of(encoding, 20 * number))
    piece.close()
    assert (piece.count, piece.first, piece.last) == (4, -80, 1000)
    assert films.times(path) == [(time - times[0]) * BASE for time in times]
    for number, found in enumerate(films.planes(path)):
        luma, chroma = planes_of(encoding, 20 * number)
        assert all(np.array_equal(a, b) for a, b in zip(found, (luma, *chroma), strict=True))


def test_even_sizes_repeat_the_border(tmp_path):
    encoding = replace(encoding_of(size=(75, 43)), is_lossless=False)
    piece = Piece(tmp_path / "piece.nut", encoding)
    luma, chroma = planes_of(encoding, 60)
    piece.add(0, luma, chroma)
    piece.close()
    found = films.planes(tmp_path / "piece.nut")[0][0].astype(int)
    expected = np.pad(luma, ((0, 1), (0, 1)), mode="edge")
    assert found.shape == (44, 76) and np.abs(found - expected).max() < 8


FULL = """
import resource, signal, sys
sys.path[:0] = [{root!r}, {tests!r}]
from pathlib import Path
from data.test_clips_writing import encoding_of, planes_of
from lib.data.clips_writing import Piece
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
piece = Piece(Path("piece.nut"), encoding_of({is_lossless}))
try:
    for number in range(40):
        piece.add(number, *planes_of(piece.encoding, number))
    piece.close()
except OSError as error:
    print(error.errno)
finally:
    piece.abandon()
    piece.abandon()
"""


@pytest.mark.parametrize("size", [100, 2000])  # the encoder itself keeps some frames back
@pytest.mark.parametrize("is_lossless", [False, True])
def test_a_full_disk_is_an_error_and_no_crash(tmp_path, size, is_lossless):
    code = FULL.format(root=str(ROOT), tests=str(ROOT / "tests"), size=size, is_lossless=is_lossless)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, [str(errno.EFBIG)]), done


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(14_999_981, 1_000_003), Fraction(90_000)])
def test_any_rate_can_be_encoded(tmp_path, rate):
    """An average rate is any fraction; MPEG-4 wants small ones."""
    for is_lossless in (True, False):
        piece = Piece(tmp_path / "piece.nut", encoding_of(is_lossless, rate=rate))
        piece.add(0, *planes_of(piece.encoding, 20))
        piece.close()
        assert len(films.planes(tmp_path / "piece.nut")) == 1
