"""Sheets of labeled tiles: every picture where it belongs, unaltered."""

import io
import time

import numpy as np
import pytest
from PIL import Image

from lib.figures.tiles import heat, laid_over, png_of, sheet

RNG = np.random.default_rng(0)


def test_heat_runs_from_low_to_high_and_holds_still_beyond():
    maps = np.array([[[-9.0, 0.0, 1.0, 2.0, 9.0]], [[5.0, 5.0, 5.0, 5.0, 5.0]]])
    colored = heat(maps, [0, 5], [2, 5], "gray")
    assert colored.shape == (2, 1, 5, 3) and colored.dtype == np.uint8
    assert colored[0, 0, :, 0].tolist() == [0, 0, 128, 255, 255]
    assert not colored[1].any()  # a flat map is dark, and no warning


def test_heat_goes_from_dark_to_bright():
    (picture,) = heat(np.array([[[0.0, 1.0], [2.0, 9.0]]]), 0.0, 2.0)
    light = picture.astype(int).sum(-1)
    assert picture.shape == (2, 2, 3) and light[0, 0] < light[0, 1] < light[1, 0] == light[1, 1]


def test_tiles_stand_in_rows_with_their_pixels_as_they_are():
    pictures = [np.full((2, 2), level, np.uint8) for level in (10, 60, 110, 160, 210)]
    page = sheet(pictures, ["a"] * 5, "one\ntwo", columns=2, side=20)
    columns = [row for row in page[..., 0].T if set(row.tolist()) >= {10, 110, 210}]
    assert len(columns) == 20  # three of five stand in the first column, 20 px wide
    assert sum(set(row.tolist()) >= {60, 160} for row in page[..., 0].T) == 20
    first = columns[0].tolist()
    assert first.index(10) < first.index(110) < first.index(210)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (300, 200), (1, 400), (7, 7, 3)])
def test_pictures_of_any_size_fit_their_box(shape):
    page = sheet([np.zeros(shape, np.uint8)], ["a label that is far too long for its box"], side=40)
    assert page.dtype == np.uint8 and page.shape[1] == 40 + 16 and page.shape[0] <= 40 + 60


def test_a_title_is_never_cut():
    title = "a title that is longer than one small tile is wide"
    narrow, wide = (sheet([np.zeros((2, 2), np.uint8)], ["a"], text, side=20) for text in ("", title))
    assert wide.shape[1] > narrow.shape[1] and (wide[:20, -60:] < 200).any()


def test_an_overlay_keeps_the_picture_in_sight():
    picture = np.zeros((8, 8), np.uint8)
    picture[:, 4:] = 200
    over = laid_over(picture, np.zeros((2, 2, 3), np.uint8))
    assert over.shape == (8, 8, 3) and over[0, 0, 0] == 0 and over[0, 7, 0] == 90


def test_png():
    picture = RNG.integers(0, 256, (5, 6, 3), np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png_of(picture)))), picture)


def test_a_page_of_32_maps_is_composed_while_one_waits():
    """A few hundredths of a second of one core; processor time, because the machine may be busy with something else."""
    pictures, labels = heat(RNG.random((32, 128, 128)), 0, 1), [f"{i} [0, 1]" for i in range(32)]
    sheet(pictures, labels)  # fonts and colors are loaded once
    started = time.process_time()
    png_of(sheet(pictures, labels, "title"))
    assert time.process_time() - started < 0.4
