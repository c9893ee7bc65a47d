"""Segments against scikit-image and OpenCV, and their colors."""

import cv2
import numpy as np
import pytest
import skimage.data
from pictures_by_hand import CAMERA, EDGE_CASES
from skimage.filters import threshold_multiotsu

from lib.classical import segmentation
from lib.color.spaces import colorfulness, to_tensor


@pytest.mark.parametrize("segments", [2, 3, 4])
@pytest.mark.parametrize("picture", ["camera", "coins", "moon"])
def test_multi_otsu_is_scikit_images(picture, segments):
    gray = getattr(skimage.data, picture)()[::4, ::4]
    thresholds = threshold_multiotsu(gray, segments)
    assert np.array_equal(segmentation.multi_otsu(gray, segments), np.digitize(gray, thresholds, right=True))


def test_kmeans_segments_are_their_own_nearest_means_and_about_as_tight_as_opencvs():
    labels = segmentation.kmeans(CAMERA)
    means = np.array([CAMERA[labels == label].mean() for label in range(4)])
    assert np.all(np.diff(means) > 0)
    assert np.array_equal(labels, np.abs(CAMERA[..., None] - means).argmin(-1))
    cv2.setRNGSeed(1)
    samples = CAMERA.reshape(-1, 1).astype(np.float32)
    reference, _, _ = cv2.kmeans(samples, 4, None, (cv2.TERM_CRITERIA_MAX_ITER, 100, 0), 5, cv2.KMEANS_PP_CENTERS)
    spread = np.square(CAMERA - means[labels]).sum()
    assert spread < 1.02 * reference
    otsu = segmentation.multi_otsu(CAMERA)
    assert sum(CAMERA[otsu == label].var() * (otsu == label).sum() for label in range(4)) <= spread * (1 + 1e-9)


@pytest.mark.parametrize("segment", [segmentation.multi_otsu, segmentation.kmeans])
def test_a_picture_with_few_levels_gets_a_segment_for_each(segment):
    assert not segment(EDGE_CASES["constant"]).any()
    assert np.array_equal(segment(EDGE_CASES["two values"]), EDGE_CASES["two values"] == 240)
    four = np.array([[3, 100, 101, 255]], np.uint8)
    assert segment(four).tolist() == [[0, 1, 2, 3]]


@pytest.mark.parametrize("method", ["otsu", "kmeans"])
def test_segment_colors_are_the_mean_colors_of_the_segments(pairs, method):
    gray, color = pairs
    segment = {"otsu": segmentation.multi_otsu, "kmeans": segmentation.kmeans}[method]
    labels = np.stack([segment(picture, 3) for picture in gray])
    colorizer = segmentation.SegmentColors.fit(gray, color, method, segments=3)
    expected = np.stack([color[labels == label].mean(axis=0) for label in range(3)])
    assert np.abs(colorizer.palette - expected).max() <= 0.5
    assert np.array_equal(colorizer.map_image(gray[0]), colorizer.palette[labels[0]])


def test_segment_colors_with_luma_kept_change_no_light():
    palette = np.array([[40, 10, 90], [250, 20, 20], [20, 200, 255]], np.uint8)
    colorizer = segmentation.SegmentColors(palette, keep_luma=True)
    painted = colorizer.map_image(CAMERA)
    luma = painted @ np.array([0.299, 0.587, 0.114])
    assert np.abs(luma - CAMERA).max() <= 0.5
    assert colorfulness(to_tensor(painted)[None]).item() > 20
    own_light = np.rint(palette @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)[None]
    assert np.abs(colorizer.map_image(own_light)[0].astype(int) - palette).max() <= 1


def test_wrong_values_are_refused_in_words(pairs):
    with pytest.raises(ValueError, match="2 to 256 segments, got 1"):
        segmentation.multi_otsu(CAMERA, 1)
    with pytest.raises(ValueError, match="unknown segmentation 'watershed'; there are otsu, kmeans"):
        segmentation.SegmentColors.fit(*pairs, "watershed")
    with pytest.raises(ValueError, match="4 gray levels"):
        segmentation.SegmentColors.fit(np.zeros((1, 2, 2), np.uint8), np.zeros((1, 2, 2, 3), np.uint8))
    with pytest.raises(ValueError, match=r"palette is uint8 \(segments, 3\), got uint8 of shape \(3,\)"):
        segmentation.SegmentColors(np.zeros(3, np.uint8))
