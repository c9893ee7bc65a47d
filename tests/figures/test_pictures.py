"""Figures of pictures keep their pixels."""

import numpy as np
from figures_by_hand import drawn

from lib.figures import pictures


def test_pictures_keep_their_gray_levels():
    picture = np.tile(np.array([[100, 120]], np.uint8), (8, 4))
    image = drawn(pictures.contact_sheet([picture], columns=1, side=2.0))
    middle = image[image.shape[0] // 2, image.shape[1] // 4 : -image.shape[1] // 4, 0]
    assert set(middle.tolist()) == {100, 120}  # not stretched to black and white


def test_values_are_stretched_to_all_of_gray():
    assert pictures.stretched(np.array([[-2.0, 0.0], [2.0, 2.0]])).tolist() == [[0, 128], [255, 255]]
    assert pictures.stretched(np.full((2, 2), 7.0)).max() == 0


def test_a_framed_picture_is_kept_pixel_by_pixel():
    picture = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    np.testing.assert_array_equal(drawn(pictures.framed(picture)), picture)
