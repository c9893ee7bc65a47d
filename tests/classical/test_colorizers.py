"""The classical methods of the tables, all together, also on what is no picture."""

import numpy as np
import pytest
import skimage.data
import torch
from pictures_by_hand import CAMERA, EDGE_CASES

from lib.classical import color_maps, filters, fourier, segmentation
from lib.classical.colorizers import classical_colorizers
from lib.color.spaces import to_tensor

FILTERS = {**filters.FILTERS, **fourier.FILTERS}


@pytest.fixture(scope="module")
def colorizers(pairs):
    return classical_colorizers(*pairs)


def test_the_set_has_the_names_of_the_table(colorizers):
    assert list(colorizers) == [
        "intensity rules",
        "JET",
        "TURBO",
        "VIRIDIS",
        "HOT",
        "BONE",
        "custom gradient (hand-made)",
        "custom gradient (fitted)",
        "multi-Otsu segments",
        "k-means segments",
        "multi-Otsu segments, luma kept",
        "low-pass + fitted gradient",
        "high-pass + fitted gradient",
        "homomorphic + fitted gradient",
    ]


def test_every_method_is_a_colorizer(colorizers, pairs):
    gray = to_tensor(pairs[0][..., None])
    for name, colorizer in colorizers.items():
        rgb = colorizer(gray)
        assert rgb.shape == (4, 3, 48, 64), name
        assert rgb.dtype == torch.float32, name
        assert 0 <= rgb.min() < rgb.max() <= 1, name
        assert torch.equal(rgb[2], to_tensor(colorizer.map_image(pairs[0][2]))), name


@pytest.mark.parametrize("case", EDGE_CASES)
def test_every_method_and_filter_survives(case, colorizers):
    gray = EDGE_CASES[case]
    for name, colorizer in colorizers.items():
        painted = colorizer.map_image(gray)
        assert painted.shape == (*gray.shape, 3), name
        assert painted.dtype == np.uint8, name
    for name, filter in FILTERS.items():
        assert filter(gray).shape == gray.shape, name
        assert filter(gray).dtype == np.uint8, name
    assert np.isfinite(fourier.spectrum(gray)).all()


def test_a_constant_picture_has_no_edges_and_survives_smoothing():
    gray = EDGE_CASES["constant"]
    for name in ("Sobel", "Canny"):
        assert not FILTERS[name](gray).any()
    for name in ("Gaussian", "bilateral", "low-pass", "homomorphic"):
        assert np.array_equal(FILTERS[name](gray), gray), name
    assert np.all(fourier.high_pass(gray) == fourier.MID_GRAY)


@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        (CAMERA.astype(np.float32), TypeError, r"float32 of shape \(128, 171\)"),
        (skimage.data.coffee(), ValueError, r"uint8 of shape \(400, 600, 3\)"),
        (np.zeros((0, 4), np.uint8), ValueError, r"shape \(0, 4\)"),
        ([[1, 2]], TypeError, "list"),
    ],
)
def test_what_is_no_gray_picture_is_refused(bad, error, words, colorizers):
    functions = [*FILTERS.values(), fourier.spectrum, segmentation.multi_otsu, segmentation.kmeans]
    for function in functions + [colorizer.map_image for colorizer in colorizers.values()]:
        with pytest.raises(error, match=words):
            function(bad)


def test_pairs_that_do_not_match_are_refused(pairs):
    gray, color = pairs
    fits = (color_maps.fit_intensity_map, color_maps.fit_gradient, segmentation.SegmentColors.fit, classical_colorizers)
    for fit in fits:
        with pytest.raises(ValueError, match=r"gray uint8 of shape \(3, 48, 64\) and color uint8 of shape \(4, 48"):
            fit(gray[:3], color)
        with pytest.raises(TypeError, match="color float64"):
            fit(gray, color / 255)
