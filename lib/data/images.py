"""The one reader of photographs: a file or its bytes in, the picture as a person sees it out.

`read_photograph` serves data sets, notebooks and widgets. The command `colorize` keeps transparency and metadata, so it
takes the same steps one by one: `open_picture`, `upright`, `to_8_bits`.
"""

import io
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from lib.data.formats import FORMATS

# How to turn a picture upright, by its EXIF orientation from 2 on.
_TURNS = "FLIP_LEFT_RIGHT ROTATE_180 FLIP_TOP_BOTTOM TRANSPOSE ROTATE_270 TRANSVERSE ROTATE_90"
_TURN_OF = {orientation: Image.Transpose[name] for orientation, name in enumerate(_TURNS.split(), 2)}  # 1 is upright


class PhotographError(ValueError):
    """A picture that cannot be used; the message names the file and says why."""


def read_photograph(path: str | Path, content: bytes | None = None) -> Image.Image:
    """A photograph as 8-bit RGB, as a person sees it: EXIF rotation applied, transparency laid on white.

    Args:
        path: the picture's file, in any format that PIL reads; only a name for messages where `content` is given.
        content: the bytes of the file, where they are at hand.

    Returns:
        A picture of mode "RGB" without metadata. Gray of 16 or 32 bits is scaled to 8 (see `to_8_bits`).

    Raises:
        PhotographError: the file is missing, empty, truncated, no picture, larger than PIL's limit against
            decompression bombs, or has floating-point pixels.
    """
    try:
        image = to_8_bits(upright(open_picture(path, content)))
    except PixelError as error:
        raise PhotographError(f"{path}: {error}") from error
    image = on_white(image) if image.mode == "RGBA" else image.convert("RGB")
    image.info = {}  # an orientation that stays in the metadata would be applied twice
    return image


def open_picture(path: str | Path, content: bytes | None = None) -> Image.Image:
    """The picture of a file, or of its bytes `content`, decoded and otherwise as it is stored.

    Raises `PhotographError` for a file that is missing, empty, truncated, no picture or a decompression bomb.
    """
    try:
        content = Path(path).read_bytes() if content is None else content
        # Opened by path, PIL maps an uncompressed TIFF into memory, and turns a rotated one into noise.
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        image.load()  # a truncated file fails here, not later
    except FileNotFoundError as error:
        raise PhotographError(f"{path}: no such file") from error
    except Exception as error:  # PIL's readers raise errors of all kinds on damaged files
        reason = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, UnidentifiedImageError):
            reason = "no format that is known" if content else "the file is empty"
        raise PhotographError(f"{path}: not readable as a picture ({reason}); replace or remove it") from error
    return image


def upright(image: Image.Image) -> Image.Image:
    """A decoded picture turned as its EXIF orientation says. Damaged EXIF turns nothing."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # EXIF is damaged in many ways, and PIL raises as many errors; none shall cost the picture
        return image
    return image.transpose(_TURN_OF[orientation]) if orientation in _TURN_OF else image


class PixelError(ValueError):
    """Pixels that cannot be shown as 8 bits; the message says why, and the caller names the picture."""


def to_8_bits(image: Image.Image) -> Image.Image:
    """A picture in any of PIL's modes as "L", "RGB" or, where it has transparency, "RGBA".

    Gray of 16 bits is divided by 257, so that white stays white. PIL opens a 16-bit PGM as 32-bit pixels, so these are
    taken as 16-bit levels, and values outside 0..65535 are clipped. Floating-point pixels raise `PixelError`.
    """
    if image.mode == "F":
        raise PixelError("floating-point pixels have no agreed range; save it with 8 or 16 bits")
    if image.mode.startswith("I"):  # PIL's own conversion would clip to 255
        levels = np.asarray(image).clip(0, 65535).astype(np.uint32)
        levels += 128  # in place: a new array for each step takes five times as long
        levels //= 257
        return Image.fromarray(levels.astype(np.uint8))
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode == "L" else image.convert("RGB")


def on_white(image: Image.Image) -> Image.Image:
    """An "RGBA" picture laid on white, as "RGB"."""
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image)
    return white


def squared(image: Image.Image, size: int) -> Image.Image:
    """The picture's center square, antialiased to `size` x `size` px."""
    return ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)
