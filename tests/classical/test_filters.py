"""Spatial filters against OpenCV and scipy."""

import cv2
import numpy as np
import pytest
import scipy.ndimage
from pictures_by_hand import CAMERA

from lib.classical import filters


def test_sobel_is_the_gradient_magnitude_and_a_full_step_is_255():
    gray = CAMERA.astype(float)
    magnitude = np.hypot(scipy.ndimage.sobel(gray, 0, mode="mirror"), scipy.ndimage.sobel(gray, 1, mode="mirror")) / 4
    assert np.abs(filters.sobel(CAMERA) - magnitude.clip(max=255)).max() <= 0.51
    step = np.zeros((8, 8), np.uint8)
    step[:, 4:] = 255
    assert filters.sobel(step).max() == 255


def test_canny_takes_its_thresholds_from_the_picture():
    edges = filters.canny(CAMERA)
    assert set(np.unique(edges)) == {0, 255}
    dim = (CAMERA // 8 + 60).astype(np.uint8)
    assert (filters.canny(dim) & edges).sum() > 0.6 * edges.sum()
    otsu, _ = cv2.threshold(filters.sobel(CAMERA), 0, 255, cv2.THRESH_OTSU)
    assert np.array_equal(edges, cv2.Canny(CAMERA, 2 * otsu, 4 * otsu, L2gradient=True))


def test_gaussian_agrees_with_scipy_and_bilateral_keeps_a_step_that_gaussian_blurs():
    reference = scipy.ndimage.gaussian_filter(CAMERA.astype(float), 2, mode="mirror")
    assert np.abs(filters.gaussian(CAMERA, 2) - reference).max() < 2
    rng = np.random.default_rng(0)
    step = np.where(np.arange(40) < 20, 60, 190) + rng.normal(0, 6, (40, 40))
    step = step.astype(np.uint8)
    smooth = filters.bilateral(step)
    assert smooth[:, :15].std() < 0.5 * step[:, :15].std()
    assert (smooth[:, 20] - smooth[:, 19].astype(float)).mean() > 110
    assert (filters.gaussian(step)[:, 20] - filters.gaussian(step)[:, 19].astype(float)).mean() < 60


def test_a_blur_is_above_zero():
    with pytest.raises(ValueError, match="sigma"):
        filters.gaussian(CAMERA, 0)
