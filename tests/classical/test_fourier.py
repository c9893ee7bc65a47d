"""Filters of frequencies against scipy, and what they do at the edges."""

import cv2
import numpy as np
import pytest
import scipy.ndimage
from pictures_by_hand import CAMERA, EDGE_CASES

from lib.classical import fourier


@pytest.mark.parametrize("cutoff", [2, 5, 12])
def test_low_pass_is_the_gaussian_blur_of_the_mirrored_picture(cutoff):
    picture = CAMERA[:, :160]  # sides that need no padding
    sigma = len(picture) / (2 * np.pi * cutoff)
    reference = scipy.ndimage.gaussian_filter(picture.astype(float), sigma, mode="reflect", truncate=6)
    assert np.abs(fourier.low_pass(picture, cutoff) - reference).max() < 0.7


def test_low_pass_and_high_pass_add_up_to_the_picture():
    low, high = fourier.low_pass(CAMERA, 6).astype(int), fourier.high_pass(CAMERA, 6).astype(int)
    inside = (high > 0) & (high < 255)
    assert inside.mean() > 0.98
    assert np.abs(low + high - fourier.MID_GRAY - CAMERA)[inside].max() <= 1


def test_filters_leave_no_seam_at_the_edges():
    """A ramp is 255 apart at its ends: wrapped round, its first and last rows would meet at mid-gray."""
    ramp = np.repeat(np.linspace(0, 255, 101).astype(np.uint8)[:, None], 67, axis=1)
    low = fourier.low_pass(ramp, 8)
    assert low[0].max() < 12
    assert low[-1].min() > 243


def test_cutoff_means_the_same_at_any_resolution_and_for_sides_with_large_prime_factors():
    large = cv2.resize(CAMERA, (509, 383), interpolation=cv2.INTER_CUBIC)  # both prime
    small = cv2.resize(fourier.low_pass(large, 8), CAMERA.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - fourier.low_pass(CAMERA, 8)).mean() < 1


def test_homomorphic_evens_out_a_shade_keeps_a_constant_and_does_nothing_at_gain_one():
    shade = np.linspace(0.15, 1, CAMERA.shape[1])
    shaded = (CAMERA * shade).astype(np.uint8)
    even = fourier.homomorphic(shaded, cutoff=2, low_gain=0.3, high_gain=1)
    half = CAMERA.shape[1] // 2
    assert even[:, half:].mean() / even[:, :half].mean() < 0.75 * shaded[:, half:].mean() / shaded[:, :half].mean()
    assert np.array_equal(fourier.homomorphic(EDGE_CASES["constant"]), EDGE_CASES["constant"])
    assert np.array_equal(fourier.homomorphic(CAMERA, low_gain=1, high_gain=1), CAMERA)


def test_spectrum_shows_the_frequency_of_a_wave_around_its_middle():
    wave = np.rint(127 + 100 * np.cos(2 * np.pi * 5 * np.arange(64) / 64)).astype(np.uint8)
    spectrum = fourier.spectrum(np.repeat(wave[:, None], 48, axis=1))
    assert spectrum.shape == (64, 48)
    strongest = {divmod(int(index), 48) for index in np.argsort(spectrum.ravel())[-3:]}
    assert strongest == {(32, 24), (27, 24), (37, 24)}


@pytest.mark.parametrize("cutoff", [0, -1, float("nan")])
def test_a_cutoff_is_above_zero(cutoff):
    with pytest.raises(ValueError, match="cycles per picture height"):
        fourier.low_pass(CAMERA, cutoff)
