"""Color maps against OpenCV and numpy, and the fitted ones against all others."""

import cv2
import numpy as np
import pytest
import torch
from pictures_by_hand import CAMERA

from lib.classical import color_maps, filters, fourier
from lib.color.spaces import to_tensor


def squared_error(colorizer, pairs):
    return sum(
        np.square(colorizer.map_image(gray).astype(float) - color).sum() for gray, color in zip(*pairs, strict=True)
    )


@pytest.mark.parametrize("name", color_maps.OPENCV_MAPS)
def test_opencv_maps_are_opencvs(name):
    expected = cv2.applyColorMap(CAMERA, getattr(cv2, f"COLORMAP_{name}"))[..., ::-1]
    assert np.array_equal(color_maps.opencv_map(name.lower()).map_image(CAMERA), expected)


def test_lookup_paints_every_level_with_its_row_of_the_table():
    table = np.random.default_rng(0).integers(0, 256, (256, 3), dtype=np.uint8)
    assert np.array_equal(color_maps.LookupColorizer(table, "random").map_image(CAMERA), table[CAMERA])


def test_intensity_rules_read_as_an_if_else_chain():
    def chain(level):
        for bound, color, _ in color_maps.INTENSITY_RULES:
            if level < bound:
                return color

    table = color_maps.intensity_rules().table
    assert [tuple(row) for row in table.tolist()] == [chain(level) for level in range(256)]
    starts = [0, *(bound for bound, _, _ in color_maps.INTENSITY_RULES)]
    for start, (bound, color, _) in zip(starts, color_maps.INTENSITY_RULES, strict=False):
        assert start <= np.dot(color, [0.299, 0.587, 0.114]) < bound


@pytest.mark.parametrize("name", color_maps.GRADIENTS)
def test_hand_made_gradients_keep_the_light(name):
    luma = color_maps.gradient_map(color_maps.GRADIENTS[name], name).table @ np.array([0.299, 0.587, 0.114])
    assert np.abs(luma - np.arange(256)).max() < 3


def test_gradient_map_takes_even_colors_and_placed_ones():
    even = color_maps.gradient_map(["black", "red", "white"], "even").table.astype(int)
    assert np.array_equal(even, color_maps.gradient_map([(0, "black"), (0.5, "red"), (1, "white")], "placed").table)
    ramp = np.arange(256) / 255
    expected = 255 * np.stack([np.interp(ramp, [0, 0.5, 1], stop) for stop in ([0, 1, 1], [0, 0, 1], [0, 0, 1])], 1)
    assert np.abs(even - expected).max() <= 1


def test_intensity_map_is_the_mean_color_of_each_level_and_no_other_table_is_nearer(pairs):
    gray, color = pairs
    fitted = color_maps.fit_intensity_map(gray, color)
    assert fitted.name == "intensity-only map (best)"
    for level in np.unique(gray):
        assert np.abs(fitted.table[level] - color[gray == level].mean(axis=0)).max() <= 0.5
    best = squared_error(fitted, pairs)
    rng = np.random.default_rng(0)
    for size in (1, 3, 20):
        other = np.clip(fitted.table.astype(int) + rng.integers(-size, size + 1, (256, 3)), 0, 255).astype(np.uint8)
        assert squared_error(color_maps.LookupColorizer(other, "other"), pairs) > best
    assert (
        squared_error(color_maps.LookupColorizer(np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1), ""), pairs)
        > best
    )


def test_intensity_map_fills_unseen_levels_between_their_neighbors_black_and_white():
    gray = np.array([[[100, 200]]], np.uint8)
    color = np.array([[[[50, 110, 150], [250, 180, 190]]]], np.uint8)
    table = color_maps.fit_intensity_map(gray, color).table
    assert table[[0, 50, 100, 150, 200, 255]].tolist() == [
        [0, 0, 0],
        [25, 55, 75],
        [50, 110, 150],
        [150, 145, 170],
        [250, 180, 190],
        [255, 255, 255],
    ]


def test_fitted_gradient_lies_between_the_best_table_and_fewer_stops(pairs):
    errors = [squared_error(color_maps.fit_gradient(*pairs, stops=stops), pairs) for stops in (2, 3, 5, 9, 17)]
    assert errors == sorted(errors, reverse=True)
    best = squared_error(color_maps.fit_intensity_map(*pairs), pairs)
    assert best < errors[-1] < 1.02 * best
    hand_made = color_maps.gradient_map(color_maps.GRADIENTS["landscape"], "landscape")
    assert errors[0] < squared_error(hand_made, pairs)


def test_fitted_gradient_recovers_a_gradient_and_bridges_unseen_levels():
    truth = color_maps.gradient_map(["black", "#204060", "#80a040", "#e0c0a0", "white"], "truth")
    gray = np.concatenate([np.arange(0, 60), np.arange(180, 256)]).astype(np.uint8)[None, None]
    color = truth.map_image(gray[0])[None]
    fitted = color_maps.fit_gradient(gray, color, stops=5)
    assert np.abs(fitted.table.astype(int) - truth.table)[gray.ravel()].max() <= 2
    bridged = color_maps.fit_gradient(gray, color, stops=17).table  # several stops lie among the unseen levels
    assert np.abs(bridged.astype(int) - color_maps.fit_intensity_map(gray, color).table).max() <= 6


def test_preprocessed_filters_and_then_paints():
    viridis = color_maps.opencv_map("viridis")
    chain = color_maps.Preprocessed(fourier.low_pass, viridis, "smooth viridis")
    assert chain.name == "smooth viridis"
    assert np.array_equal(chain.map_image(CAMERA), viridis.table[fourier.low_pass(CAMERA)])


def test_map_batch_filters_batches_too():
    filtered = color_maps.map_batch(filters.sobel, to_tensor(CAMERA)[None])
    assert torch.equal(filtered[0], to_tensor(filters.sobel(CAMERA)))


def test_wrong_values_are_refused_in_words(pairs):
    with pytest.raises(ValueError, match=r"no color map 'JETT'; it has AUTUMN, BONE"):
        color_maps.opencv_map("JETT")
    with pytest.raises(ValueError, match=r"shape \(255, 3\)"):
        color_maps.LookupColorizer(np.zeros((255, 3), np.uint8), "short")
    with pytest.raises(ValueError, match=r"\(4, 3, 48, 64\)"):
        color_maps.intensity_rules()(torch.zeros(4, 3, 48, 64))
    with pytest.raises(ValueError, match="2 to 256 stops, got 1"):
        color_maps.fit_gradient(*pairs, stops=1)
