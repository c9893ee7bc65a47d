"""Black-and-white pictures are found, also noisy and toned ones; hazy landscapes are none."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from lib.data.monochrome import chroma_spread, has_color, is_gray

PHOTOGRAPHS = [data.coffee(), data.chelsea(), data.astronaut(), data.rocket()]


def compressed(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def noisy(gray: Image.Image) -> Image.Image:
    pixels = np.asarray(gray.convert("RGB")) + np.random.default_rng(0).normal(0, 8, (*gray.size[::-1], 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def sepia(gray: Image.Image) -> Image.Image:
    level = np.asarray(gray) / 255
    return Image.fromarray((255 * np.stack([level**0.8, level, level**1.3], -1)).astype(np.uint8))


@pytest.mark.parametrize("size", [(64, 48), (600, 400)])
@pytest.mark.parametrize("photograph", PHOTOGRAPHS)
def test_color_differs_from_black_and_white(photograph, size):
    color = Image.fromarray(photograph).resize(size)
    gray = color.convert("L")
    assert chroma_spread(color) > 3 and not is_gray(np.asarray(color))
    for without in (gray.convert("RGB"), compressed(gray.convert("RGB"), 30), noisy(gray), compressed(noisy(gray), 60)):
        assert chroma_spread(without) < 1.3 and is_gray(np.asarray(without))
    assert chroma_spread(compressed(sepia(gray), 60)) < 3


def test_haze_is_color():
    """A quarter of the color that a photograph has."""
    color = Image.fromarray(data.coffee())
    hazy = Image.blend(color.convert("L").convert("RGB"), color, 0.25)
    assert chroma_spread(hazy) > 1.3 and not is_gray(np.asarray(hazy))


def test_strong_color_without_structure_is_color():
    assert chroma_spread(Image.new("RGB", (30, 20), "red")) > 3
    ramp = np.linspace(0, 255, 100).astype(np.uint8)[None].repeat(20, 0)
    assert chroma_spread(Image.fromarray(np.stack([ramp, ramp // 2, 255 - ramp], -1))) > 3
    assert chroma_spread(Image.new("RGB", (1, 1), (90, 90, 90))) < 0.01


def planes(image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """Luma and centered chroma of a picture, at 128 px."""
    luma, *chroma = np.moveaxis(np.asarray(image.convert("YCbCr").resize((128, 96)), np.float32), -1, 0)
    return luma, np.stack(chroma, -1) - 128


@pytest.mark.parametrize("photograph", PHOTOGRAPHS)
def test_frames_with_color_and_frames_without(photograph):
    color = Image.fromarray(photograph)
    gray = color.convert("L")
    tinted = Image.merge("RGB", [gray.point(lambda v, share=share: v * share) for share in (1, 0.75, 0.3)])
    assert has_color(*planes(color)) and has_color(*planes(compressed(color, 30)))
    for toned in (gray.convert("RGB"), noisy(gray), sepia(gray), compressed(sepia(gray), 60), tinted):
        assert not has_color(*planes(toned))
    strip = tinted.copy()
    strip.paste(color.crop((0, 0, color.width // 6, color.height)), (0, 0))
    assert has_color(*planes(strip))  # something small in color
