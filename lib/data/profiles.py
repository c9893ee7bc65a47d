"""Color profiles (ICC) that pictures carry: their pixels in sRGB, which is what a screen is given.

The transforms are Little CMS's, through PIL. A profile that is damaged, or about other channels than the picture has,
is ignored, as viewers do.
"""

import functools
import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageCms

_SPACES = {"L": "GRAY", "RGB": "RGB ", "RGBA": "RGB ", "CMYK": "CMYK"}
_UNSEEN = 1  # levels: sRGB profiles of several makers differ by their rounding


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _test_colors(mode: str) -> Image.Image:
    """Every level of gray for "L"; for the others all colors of seven levels a channel, and the grays."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    cube = np.indices((7, 7, 7)).reshape(3, -1).T * 42.5
    grays = np.arange(256)[:, None].repeat(3, 1)
    return Image.fromarray(np.concatenate([cube, grays])[None].astype(np.uint8))


@functools.lru_cache(16)
def _transform(icc: bytes, mode: str) -> Callable[[Image.Image], Image.Image] | None:
    """The step from the profile's colors to sRGB for pictures of one mode ("L", "RGB", "RGBA", "CMYK"), if any."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if profile.profile.xcolor_space != _SPACES[mode]:
            return None
        target = {"L": "RGB", "CMYK": "RGB"}.get(mode, mode)
        made = ImageCms.buildTransform(profile, _srgb(), mode, target, ImageCms.Intent.PERCEPTUAL)
        if mode == "CMYK":
            return made.apply
        colors = _test_colors(mode)
        changed = made.apply(colors.convert(mode)).convert("RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    change = np.abs(np.asarray(changed, int) - np.asarray(colors.convert("RGB"), int))
    if change.max() <= _UNSEEN:
        return None
    if mode != "L":
        return made.apply
    curve = list(changed.convert("L").getdata())
    return lambda image: image.point(curve)


def in_srgb(image: Image.Image, icc: bytes) -> Image.Image | None:
    """A picture of the mode "L", "RGB", "RGBA" or "CMYK" in sRGB by its profile: "L", "RGB" or "RGBA".

    None where the profile is damaged, is not about the picture's channels, or equals sRGB.
    """
    step = _transform(icc, image.mode)
    return step(image) if step else None


def gray_curve(icc: bytes) -> np.ndarray | None:
    """The levels of sRGB, in [0, 255], at the 256 equally spaced levels of a gray profile; None as for `in_srgb`."""
    step = _transform(icc, "L")
    return np.asarray(step(_test_colors("L")), float)[0] if step else None


@functools.cache
def _lab_transform() -> ImageCms.ImageCmsTransform:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))  # for light D50, as the TIFF specifications have it
    return ImageCms.buildTransform(lab, _srgb(), "LAB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC)


def rgb_of_lab(image: Image.Image) -> Image.Image:
    """A picture of the mode "LAB" as "RGB", in sRGB."""
    return _lab_transform().apply(image)
