"""Chroma joined with a luma that stays."""

import tracemalloc

import cv2
import numpy as np
import pytest
import torch
from pictures_by_hand import random_chroma
from PIL import Image
from skimage import data
from torch.nn import functional as F

from lib.color import composition, spaces
from lib.color.composition import join, paint
from lib.color.distribution import COLORS

K = len(COLORS)


@pytest.mark.parametrize("largest", [0.02, 0.2, 0.5, 2.0])
def test_the_luma_is_kept_and_the_hue_of_the_chroma(largest):
    gray = torch.rand(2, 1, 24, 24, generator=torch.Generator().manual_seed(1))
    chroma = random_chroma(2, 2, 24, 24, largest=largest)
    joined = join(gray, chroma)
    assert joined.min() >= -2e-6 and joined.max() <= 1 + 2e-6  # rounding
    torch.testing.assert_close(spaces.luma(joined), gray, atol=1e-6, rtol=0)
    found = spaces.rgb_to_ycbcr(joined)[:, 1:]
    cross = found[:, 0] * chroma[:, 1] - found[:, 1] * chroma[:, 0]
    assert cross.abs().max() < 1e-5 and (found * chroma).sum(1).min() > -1e-6
    free = spaces.ycbcr_to_rgb(torch.cat([gray, chroma], 1))
    inside = ((free >= 0) & (free <= 1)).all(1, keepdim=True)
    torch.testing.assert_close(joined * inside, free * inside, atol=2e-6, rtol=0)
    # Outside of the gamut it is pulled toward gray as little as will do: one channel is at its border.
    spare = torch.minimum(joined.amin(1, keepdim=True), 1 - joined.amax(1, keepdim=True))
    assert inside.any() or largest == 2.0
    assert (spare[~inside].abs() < 2e-6).all()


def test_photographs_come_back_from_luma_and_chroma(rgb, photographs):
    torch.testing.assert_close(join(spaces.luma(rgb), photographs), rgb, atol=1e-5, rtol=0)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_black_and_white_stay(level):
    gray = torch.full((1, 1, 8, 8), level)
    torch.testing.assert_close(join(gray, random_chroma(1, 2, 8, 8)), spaces.gray_to_rgb(gray), atol=1e-5, rtol=0)


def grays(height, width, kind="random"):
    if kind == "photograph":
        return cv2.resize(data.camera(), (width, height), interpolation=cv2.INTER_AREA)
    random = np.random.default_rng(0)
    if kind == "random":
        return random.integers(0, 256, (height, width), np.uint8)
    return random.choice(np.array([0, 1, 2, 128, 253, 254, 255], np.uint8), (height, width))


@pytest.mark.parametrize("largest", [0.1, 0.5, 3.0])
@pytest.mark.parametrize("kind", ["random", "extremes", "photograph"])
@pytest.mark.parametrize("size", [(120, 200), (300, 7), (5, 6), (1, 1)], ids=str)
def test_pil_finds_the_same_gray_in_every_pixel(size, kind, largest):
    gray = grays(*size, kind)
    painted = paint(gray, random_chroma(2, 18, 24, largest=largest))
    assert painted.shape == (*size, 3) and painted.dtype == np.uint8
    np.testing.assert_array_equal(np.asarray(Image.fromarray(painted).convert("L")), gray)


def test_every_gray_under_every_color_of_the_grid():
    gray = np.arange(256, dtype=np.uint8).repeat(K).reshape(256, K)
    for value in (1.0, 10.0):
        painted = paint(gray, value * COLORS.T.reshape(2, 1, K))
        np.testing.assert_array_equal(np.asarray(Image.fromarray(painted).convert("L")), gray)
    assert (painted[0] == 0).all() and (painted[255] == 255).all()


@pytest.mark.parametrize("size", [(64, 90), (9, 200), (10, 10)], ids=str)  # the last is smaller than its chroma
def test_a_painted_photograph_is_enlarged_and_joined(photographs, size):
    gray, chroma = grays(*size, "photograph"), F.avg_pool2d(photographs[:1], 2)
    expected = spaces.to_uint8(join(spaces.to_tensor(gray)[None], composition.enlarge(chroma, size)))[0]
    painted = paint(gray, chroma[0])
    assert np.abs(painted.astype(int) - expected).max() <= 2
    assert np.abs(painted.astype(int) - expected).mean() < 0.5 and painted.std(-1).max() > 3


def test_strips_leave_no_seam(photographs, monkeypatch):
    gray = grays(50, 31, "photograph")
    painted = []
    for pixels in (1, 31 * 7, 2**30):
        monkeypatch.setattr(composition, "_STRIP", pixels)
        painted.append(paint(gray, photographs[0]).astype(int))
    for strips in painted[:2]:  # the order of a sum may differ, and with it the rounding of a tie
        assert np.abs(strips - painted[2]).max() <= 1 and (strips != painted[2]).mean() < 1e-3


@pytest.mark.parametrize("largest", [0.1, 0.6, 3.0])
@pytest.mark.parametrize("kind", ["random", "extremes", "photograph"])
def test_painting_is_enlarging_by_opencv_joining_and_rounding(kind, largest):
    gray, chroma = grays(90, 70, kind), random_chroma(2, 9, 7, largest=largest)
    large = cv2.resize(chroma.movedim(0, -1).numpy(), (70, 90), interpolation=cv2.INTER_CUBIC)
    joined = 255 * join(spaces.to_tensor(gray)[None], torch.from_numpy(large).movedim(-1, 0)[None])[0].double()
    red, blue = joined[0].round(), joined[2].round()
    green = ((65536 * torch.from_numpy(gray).double() - 19595 * red - 7471 * blue) / 38470).round()
    difference = np.abs(paint(gray, chroma) - torch.stack([red, green, blue], -1).numpy())
    assert difference.max() <= 1 and (difference > 0).mean() < 1e-3  # ties


def test_a_large_chroma_is_never_held(photographs):
    gray = np.full((1500, 2000), 128, np.uint8)
    tracemalloc.start()
    try:
        paint(gray, photographs[0])
        assert tracemalloc.get_traced_memory()[1] < 5 * gray.size  # 3 of them are the result
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [(16, 9000), (9000, 16)], ids=str)
def test_ribbons_are_painted(size):
    gray = grays(*size)
    painted = paint(gray, random_chroma(2, 64, 64, largest=0.3))
    np.testing.assert_array_equal(np.asarray(Image.fromarray(painted).convert("L")), gray)


@pytest.mark.filterwarnings("error")
def test_pictures_that_may_not_be_written_to_are_painted(photographs):
    gray = np.asarray(Image.fromarray(data.camera()).resize((40, 30)))
    assert not gray.flags.writeable
    assert paint(gray, photographs[0]).shape == (30, 40, 3)
