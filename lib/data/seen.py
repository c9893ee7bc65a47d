"""A decoded picture as a viewer shows it: upright, in sRGB, with 8 bits a channel."""

import io
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin

from lib.data.pixels import FLOATS, INTEGERS, PixelError, in_8_bits
from lib.data.profiles import gray_curve, in_srgb, rgb_of_lab
from lib.data.tiff import Tiff, refusal, trusted

# How to turn a picture upright, by its EXIF orientation from 2 on.
_TURNS = "FLIP_LEFT_RIGHT ROTATE_180 FLIP_TOP_BOTTOM TRANSPOSE ROTATE_270 TRANSVERSE ROTATE_90"
_TURN_OF = {orientation: Image.Transpose[name] for orientation, name in enumerate(_TURNS.split(), 2)}  # 1 is upright
_DISPLAY_GAMMA, _GAMMA_UNSEEN = 2.2, 0.05  # as libpng has it
# What is true of pixels that were only turned or scaled; a profile that was applied is no longer about them.
_STORAGE = {"icc_profile", "transparency", "gamma", "exif"}


def as_seen(image: Image.Image) -> Image.Image:
    """A decoded picture as a viewer shows it: upright, in sRGB, as 8-bit "L", "RGB" or, with transparency, "RGBA".

    Its color profile is applied, unless it is damaged, about other channels, or equal to sRGB. Gray of 16 bits is
    divided by 257, so that white stays white. A PNG without a profile is shown by its gamma (gAMA) where that differs
    from that of a screen.

    Returns:
        A new picture, or `image` itself where there is nothing to do; `image` is never changed. `info` keeps a color
        profile only if it equals sRGB, so that it may be passed on. EXIF is the caller's to keep.

    Raises:
        PixelError: the pixels have no agreed range (floating point, 32 bits, signed), or cannot be shown right. The
            message does not name the file.
    """
    image = _page_by_hand(image)
    orientation, icc, gamma = _orientation(image), _profile(image), _gamma(image)
    seen, applied = _in_8_bits(image, icc)
    if gamma and not applied and not icc:
        exponent = 1 / (gamma * _DISPLAY_GAMMA)
        curve = [round(255 * (level / 255) ** exponent) for level in range(256)]
        identity = list(range(256)) if seen.mode == "RGBA" else []
        seen = seen.point(curve * (3 if seen.mode != "L" else 1) + identity)
    if orientation in _TURN_OF:
        seen = seen.transpose(_TURN_OF[orientation])
    if seen is not image or applied:
        seen = seen.copy() if seen is image else seen
        kept = {name: value for name, value in image.info.items() if name not in _STORAGE}
        seen.info = kept | ({"icc_profile": icc} if icc and not applied and seen.mode != "L" else {})
    return seen


def _page_by_hand(image: Image.Image) -> Image.Image:
    """A page of a TIFF that a caller opened with PIL's own reader, decoded anew where PIL's pixels are wrong."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile) or isinstance(image, Tiff):
        return image
    reason = refusal(image.tag_v2)
    if not reason and trusted(image):
        return image
    at_hand = isinstance(image.fp, io.BytesIO)
    if reason or not (at_hand or image.filename):
        raise PixelError(reason or "PIL shows this kind of TIFF wrong; open it with `lib.data.images.open_picture`")
    again = Tiff(image.fp.getvalue() if at_hand else Path(image.filename).read_bytes())
    again.seek(image.tell())
    again.load()
    return again


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # EXIF is damaged in many ways, and PIL raises as many errors; none shall cost the picture
        return 1


def _profile(image: Image.Image) -> bytes:
    icc = image.info.get("icc_profile")
    return icc if isinstance(icc, bytes) else b""


def _gamma(image: Image.Image) -> float | None:
    """The gamma of a PNG that says so and does not say sRGB, where it differs from a screen's by more than 5%."""
    gamma = image.info.get("gamma") if image.format == "PNG" and "srgb" not in image.info else None
    usable = isinstance(gamma, int | float) and 0.05 < gamma < 5
    return gamma if usable and abs(gamma * _DISPLAY_GAMMA - 1) > _GAMMA_UNSEEN else None


def _in_8_bits(image: Image.Image, icc: bytes) -> tuple[Image.Image, bool]:
    """The picture as "L", "RGB" or "RGBA", and whether the profile was applied."""
    mode = image.mode
    if mode == "F":
        raise PixelError(FLOATS)
    if mode.startswith("I"):  # PIL's own conversion would clip to 255
        return _from_16_bits(image, icc)
    if mode == "LAB":
        return rgb_of_lab(image), True
    if mode == "CMYK":
        seen = in_srgb(image, icc) if icc else None
        return (image.convert("RGB"), False) if seen is None else (seen, True)
    if mode in ("LA", "La"):
        gray, alpha = image.convert("LA").split()
        shown, applied = _shown(gray, icc)
        return Image.merge("RGBA", [shown, shown, shown, alpha]), applied
    if mode in ("1", "L") and not image.has_transparency_data:
        return _shown(image if mode == "L" else image.convert("L"), icc)
    if image.has_transparency_data:
        if mode == "RGB":
            image = _with_8_bit_key(image)
        return _shown(image if mode == "RGBA" else image.convert("RGBA"), icc)
    return _shown(image if mode == "RGB" else image.convert("RGB"), icc)


def _shown(image: Image.Image, icc: bytes) -> tuple[Image.Image, bool]:
    seen = in_srgb(image, icc) if icc else None
    return (image, False) if seen is None else (seen, True)


def _with_8_bit_key(image: Image.Image) -> Image.Image:
    """An RGB picture whose transparent color is given in 16 bits (of a 16-bit PNG) with that color in 8."""
    key = image.info.get("transparency")
    if not isinstance(key, tuple) or max(key) < 256:
        return image
    changed = image.copy()
    changed.info["transparency"] = tuple(level >> 8 for level in key)
    return changed


def _from_16_bits(image: Image.Image, icc: bytes) -> tuple[Image.Image, bool]:
    """Gray of 16 bits. PIL opens some files of these as 32-bit pixels, such as a 16-bit PGM."""
    levels = np.asarray(image)
    beyond = image.format == "TIFF" or levels.min(initial=0) < 0 or levels.max(initial=0) > 65535
    if beyond and not image.mode.startswith("I;16"):
        raise PixelError(INTEGERS.format(bits=32))
    levels = levels.astype(np.uint16)
    curve = gray_curve(icc) if icc else None
    if curve is None:
        shown = in_8_bits(levels)
    else:  # interpolated between the curve's points, which are 257 levels apart
        table = np.interp(np.arange(65536) / 257, np.arange(256), curve).round().astype(np.uint8)
        shown = table[levels]
    gray = Image.fromarray(shown)
    key = image.info.get("transparency")
    if not isinstance(key, int):
        return gray, curve is not None
    alpha = Image.fromarray(np.where(levels == key, 0, 255).astype(np.uint8))
    return Image.merge("RGBA", [gray, gray, gray, alpha]), curve is not None
