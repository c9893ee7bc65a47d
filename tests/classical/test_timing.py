"""A large photograph, and how long methods take for it."""

import time

import numpy as np
import pytest

from lib.classical.color_maps import PictureColorizer
from lib.classical.timing import enlarged, seconds_of


class Slow(PictureColorizer):
    def map_image(self, gray):
        time.sleep(0.05)
        return np.stack([gray] * 3, -1)


class Quick(PictureColorizer):
    def map_image(self, gray):
        return np.stack([gray] * 3, -1)


@pytest.mark.parametrize("megapixels", [0.1, 12.0])
def test_a_picture_is_enlarged_to_so_many_megapixels(megapixels):
    large = enlarged(np.arange(64, dtype=np.uint8).reshape(8, 8), megapixels)
    assert large.size == pytest.approx(1e6 * megapixels, rel=0.01) and large.dtype == np.uint8
    assert large.shape[1] / large.shape[0] == pytest.approx(4 / 3)
    assert large[0, 0] < large[0, -1] < large[-1, -1]


def test_each_method_is_timed():
    seconds = seconds_of({"slow": Slow(), "quick": Quick()}, np.zeros((4, 4), np.uint8))
    assert list(seconds) == ["slow", "quick"] and seconds["slow"] >= 0.05 > seconds["quick"] >= 0
