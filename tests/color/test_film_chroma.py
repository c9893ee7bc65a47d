"""Chroma in a film's own matrix, range, depth and layout."""

import numpy as np
import pytest

from lib.color.film_chroma import ChromaLayout, matrix_of, turned, turned_back
from lib.color.spaces import rgb_to_ycbcr, to_tensor

av = pytest.importorskip("av", reason="PyAV is not installed; it belongs to the extra `dev`")
BT601, BT709 = (0.299, 0.114), (0.2126, 0.0722)
TURNS = [(a, 0, 0, d) for a in (1, -1) for d in (1, -1)] + [(0, b, c, 0) for b in (1, -1) for c in (1, -1)]


def chroma_of(rgb: np.ndarray) -> np.ndarray:
    return rgb_to_ycbcr(to_tensor(rgb)).numpy()[1:]


def converted(rgb: np.ndarray, matrix: str, is_full: bool, pixel_format: str) -> list[np.ndarray]:
    """The planes that FFmpeg makes of a picture."""
    frame = av.VideoFrame.from_ndarray(rgb, "rgb24")
    made = frame.reformat(
        format=pixel_format,
        dst_colorspace=matrix,
        dst_color_range="JPEG" if is_full else "MPEG",
        src_color_range="JPEG",
    )
    kind = np.uint16 if pixel_format.endswith("le") else np.uint8
    size = np.dtype(kind).itemsize
    planes = [np.frombuffer(plane, kind).reshape(plane.height, plane.line_size // size) for plane in made.planes]
    return [values[:, : plane.width].astype(int) for values, plane in zip(planes, made.planes, strict=True)]


@pytest.fixture
def patches() -> np.ndarray:
    """64 colors in squares of 8 px, `(64, 64, 3)`."""
    colors = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    return colors.repeat(8, 0).repeat(8, 1)


@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv444p10le"])
@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize(("weights", "matrix"), [(BT601, "ITU601"), (BT709, "ITU709")])
def test_known_colors_give_the_chroma_that_ffmpeg_gives(patches, weights, matrix, is_full, pixel_format):
    luma, *expected = converted(patches, matrix, is_full, pixel_format)
    layout = ChromaLayout(weights, is_full, 10 if pixel_format.endswith("le") else 8, columns=1, rows=1)
    made = layout.planes(chroma_of(patches), luma.astype(layout.dtype))
    for ours, theirs in zip(made, expected, strict=True):
        assert ours.dtype == layout.dtype
        # Where rounded luma lies a little outside the gamut, chroma is pulled in by as much.
        assert np.abs(ours.astype(int) - theirs).max() <= 3 * 2 ** (layout.depth - 8)
        assert np.abs(ours.astype(int) - theirs).mean() < 0.6 * 2 ** (layout.depth - 8)


@pytest.mark.parametrize("is_full", [False, True])
def test_chroma_that_does_not_fit_is_pulled_toward_gray(is_full):
    """No color leaves RGB; its hue stays. At black and white nothing but gray is left."""
    layout = ChromaLayout(BT709, is_full, 8, 1, 1)
    low, high = layout.black, layout.black + layout.luma_span
    luma = np.linspace(low, high, 32).round().astype(np.uint8)[None].repeat(32, 0)
    chroma = np.zeros((2, 32, 32), np.float32)
    chroma[0], chroma[1] = 0.4, -0.3
    cb, cr = ((plane - 128.0) / layout.chroma_span for plane in layout.planes(chroma, luma))
    y = (luma - layout.black) / layout.luma_span
    red, blue = y + (2 - 2 * 0.2126) * cr, y + (2 - 2 * 0.0722) * cb
    green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
    for part in (red, green, blue):
        assert part.min() > -0.02 and part.max() < 1.02
    assert np.abs(cb[:, [0, -1]]).max() < 0.004
    strong = np.abs(cr) > 0.1
    assert strong.any() and np.ptp((cb / np.where(strong, cr, 1))[strong]) < 0.1


@pytest.mark.parametrize(("columns", "rows"), [(2, 2), (2, 1), (1, 1), (4, 1)])
@pytest.mark.parametrize("size", [(48, 64), (43, 75), (1, 1)])
def test_planes_have_the_size_of_the_film(size, columns, rows):
    height, width = size
    planes = ChromaLayout(BT601, False, 8, columns, rows).planes(np.zeros((2, 6, 8)), np.full(size, 90, np.uint8))
    assert [plane.shape for plane in planes] == [(-(-height // rows), -(-width // columns))] * 2
    assert all((plane == 128).all() for plane in planes)


def test_chroma_lies_on_the_first_pixel_of_a_pair_and_between_two_rows():
    """A ramp over 64 columns has, on column 2 i, the value of the ramp there."""
    across = (np.arange(64) + 0.5) / 64 - 0.5
    luma = np.full((64, 64), 128, np.uint8)
    layout = ChromaLayout(BT601, True, 8)
    ramp = np.stack([np.tile(across, (64, 1)), np.zeros((64, 64))]).astype(np.float32) * 0.3
    for turned_ramp, place in ((ramp, across[::2]), (ramp.transpose(0, 2, 1), across.reshape(-1, 2).mean(1))):
        made = layout.planes(turned_ramp, luma)[0].astype(float)
        line = made[16] if turned_ramp is ramp else made[:, 16]
        assert np.abs((line - 128) / 255 - 0.3 * place).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("turn", TURNS)
def test_a_plane_is_turned_as_the_matrix_says_and_back(turn):
    plane = np.arange(12).reshape(3, 4)
    a, b, c, d = turn
    shown = turned(plane, turn)
    x0, y0 = min(0, 3 * a + 2 * c, 3 * a, 2 * c), min(0, 3 * b + 2 * d, 3 * b, 2 * d)
    for y in range(3):
        for x in range(4):
            assert shown[b * x + d * y - y0, a * x + c * y - x0] == plane[y, x]
    assert np.array_equal(turned_back(shown, turn), plane)


@pytest.mark.parametrize("depth", [8, 10, 12])
@pytest.mark.parametrize("is_full", [False, True])
def test_levels_between_ranges_and_depths(depth, is_full):
    layout = ChromaLayout(BT601, is_full, depth)
    ends = np.array([[layout.black, layout.black + layout.luma_span]], layout.dtype)
    assert layout.full_range(ends).tolist() == [[0, 255]] and layout.full_range(ends).dtype == np.uint8
    at8 = layout.at_depth(ends, 8)
    assert at8.tolist() == [[0, 255] if is_full else [16, 235]] and at8.dtype == np.uint8
    beyond = np.array([[0, 2**depth - 1]], layout.dtype)
    assert layout.full_range(beyond).tolist() == [[0, 255]]


def test_pictures_are_stored_in_the_range_of_the_film():
    levels = np.arange(256, dtype=np.uint8)[None]
    assert ChromaLayout(BT601, True).stored(levels) is levels
    limited = ChromaLayout(BT601, False)
    assert limited.stored(levels)[0, [0, 255]].tolist() == [16, 235]
    assert np.abs(limited.full_range(limited.stored(levels)).astype(int) - levels).max() <= 1


def test_the_matrix_where_a_film_does_not_say():
    assert matrix_of(2, 719) == matrix_of(8, 480) == (6, BT601)
    assert matrix_of(2, 720) == (1, BT709) and matrix_of(9, 100)[0] == 9
