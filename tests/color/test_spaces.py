"""Color spaces against PIL, cv2 and scikit-image; round trips; colorfulness."""

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from skimage import color as reference

from lib.color import spaces


@pytest.fixture(scope="module")
def rgb(pairs):
    """`(60, 3, 32, 32)`: photographs, with the corners of the RGB cube painted into the first."""
    batch = spaces.to_tensor(pairs.color)
    corners = torch.cartesian_prod(*3 * [torch.tensor([0.0, 1.0])])  # (8, 3)
    batch[0, :, 0, :8] = corners.T
    return batch


def channels_last(batch):
    return batch.movedim(1, -1).numpy()


def test_luma_is_what_pil_and_cv2_call_gray(pairs, rgb):
    ours = spaces.to_uint8(spaces.luma(rgb))
    for index in (1, 20, 40):
        pil = np.asarray(Image.fromarray(pairs.color[index]).convert("L"))
        assert np.abs(ours[index].astype(int) - pil).max() <= 1
    np.testing.assert_allclose(
        spaces.luma(rgb)[0, 0], cv2.cvtColor(channels_last(rgb)[0], cv2.COLOR_RGB2GRAY), atol=1e-6
    )


def test_ycbcr_is_cv2s_centered_on_zero(rgb):
    y, cr, cb = np.moveaxis(cv2.cvtColor(channels_last(rgb)[0], cv2.COLOR_RGB2YCrCb), -1, 0)
    np.testing.assert_allclose(spaces.rgb_to_ycbcr(rgb)[0], np.stack([y, cb - 0.5, cr - 0.5]), atol=1e-3)


def test_lab_is_scikit_images(rgb):
    np.testing.assert_allclose(channels_last(spaces.rgb_to_lab(rgb)), reference.rgb2lab(channels_last(rgb)), atol=2e-3)


def test_there_and_back_again(rgb):
    for pictures in (rgb, rgb[0]):  # without a batch, too
        torch.testing.assert_close(spaces.ycbcr_to_rgb(spaces.rgb_to_ycbcr(pictures)), pictures, atol=2e-4, rtol=0)


def test_grays_have_no_chroma():
    gray = spaces.gray_to_rgb(torch.linspace(0, 1, 64).reshape(1, 1, 8, 8))
    assert gray.shape == (1, 3, 8, 8)
    assert spaces.rgb_to_ycbcr(gray)[:, 1:].abs().max() < 1e-6
    assert spaces.rgb_to_lab(gray)[:, 1:].abs().max() < 0.02
    assert spaces.colorfulness(gray).item() == pytest.approx(0, abs=1e-4)


def test_chroma_stays_in_its_range(rgb):
    chroma = spaces.rgb_to_ycbcr(rgb)[:, 1:]
    assert chroma.min() >= -0.5 - 1e-6 and chroma.max() <= 0.5 + 1e-6
    assert chroma.max() > 0.49  # pure blue and red are in the batch


@pytest.mark.parametrize("space", ["ycbcr", "lab"])
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_gradients_are_finite_also_at_black_and_white(space, level):
    rgb = torch.full((1, 3, 2, 2), level, requires_grad=True)
    getattr(spaces, f"rgb_to_{space}")(rgb).square().sum().backward()
    assert torch.isfinite(rgb.grad).all()


def test_colorfulness_by_the_formula_of_its_authors(pairs, rgb):
    def hasler(picture):
        red, green, blue = np.moveaxis(picture.astype(float), -1, 0)
        rg, yb = red - green, 0.5 * (red + green) - blue
        return np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())

    expected = [hasler(picture) for picture in pairs.color[1:]]
    np.testing.assert_allclose(spaces.colorfulness(rgb)[1:], expected, rtol=1e-4)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (2, 5, 7, 3)])
def test_uint8_pictures_survive_as_tensors(shape):
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    picture.flags.writeable = False  # as memory-mapped ones are
    tensor = spaces.to_tensor(picture)
    assert tensor.dtype == torch.float32 and tensor.shape[-2:] == (5, 7)
    assert tensor.shape[-3] == (1 if picture.ndim == 2 else 3)
    np.testing.assert_array_equal(spaces.to_uint8(tensor), picture)


def test_to_uint8_rounds_and_clips():
    assert spaces.to_uint8(torch.tensor([-0.2, 0.0, 0.499 / 255, 0.501 / 255, 1.0, 7.0]).reshape(1, 1, 6)).tolist() == [
        [0, 0, 0, 1, 255, 255]
    ]


def test_only_uint8_becomes_a_tensor():
    with pytest.raises(TypeError, match="expected a uint8 picture, got float64"):
        spaces.to_tensor(np.zeros((4, 4, 3)))
