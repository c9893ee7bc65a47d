"""Composes many small labeled pictures into one uint8 picture.

A grid of matplotlib axes would be too slow for the browser of feature maps: 32 axes take more than a second on one slow
core, a sheet of 32 tiles a few hundredths of a second.
"""

import io
from collections.abc import Sequence
from functools import cache

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lib.figures.style import INK

_GAP, _LINE = 8, 16  # px: between tiles, and the height of a line of text


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(mpl.get_data_path() + "/fonts/ttf/DejaVuSans.ttf", size)


@cache
def _lookup_table(colormap: str) -> np.ndarray:
    return (255 * mpl.colormaps[colormap](np.arange(256))[:, :3]).round().astype(np.uint8)


def apply_colormap(
    maps: np.ndarray, low: np.ndarray | float, high: np.ndarray | float, colormap: str = "magma"
) -> np.ndarray:
    """Maps `(K, h, w)` in color, uint8 `(K, h, w, 3)`. Values outside a map's range get the color of its end.

    Args:
        maps: one map per tile.
        low: the value at the start of the colormap, one for each map or one for all.
        high: the value at its end, in the same form.
        colormap: the name of a matplotlib colormap.
    """
    low, high = (np.asarray(end, np.float32).reshape(-1, 1, 1) for end in (low, high))
    scaled = (maps - low) / np.maximum(high - low, 1e-6)
    return _lookup_table(colormap)[(255 * scaled.clip(0, 1)).round().astype(np.uint8)]


def overlay(picture: np.ndarray, colored: np.ndarray) -> np.ndarray:
    """A gray picture under a semi-transparent colored map, uint8 `(H, W, 3)`.

    Args:
        picture: uint8 `(H, W)`.
        colored: uint8 `(h, w, 3)`, enlarged bilinearly to the size of the picture.
    """
    size = picture.shape[::-1]
    enlarged = np.asarray(Image.fromarray(colored).resize(size, Image.Resampling.BILINEAR), np.float32)
    return (0.45 * picture[..., None] + 0.55 * enlarged).round().astype(np.uint8)


def _fit(picture: np.ndarray, side: int) -> Image.Image:
    """The picture with its longer side at `side` pixels. Enlarging repeats pixels, so that they stay visible."""
    image = Image.fromarray(picture)
    scale = side / max(image.size)
    size = tuple(max(1, round(scale * length)) for length in image.size)
    return image.resize(size, Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX).convert("RGB")


def sheet(
    pictures: Sequence[np.ndarray], labels: Sequence[str], title: str = "", columns: int = 8, side: int = 128
) -> np.ndarray:
    """A sheet of labeled pictures, uint8 `H x W x 3`.

    Args:
        pictures: uint8 `h x w` or `h x w x 3`. Each is resized so that its longer side has `side` pixels.
        labels: one per picture, drawn below it and cut to `side` pixels.
        title: lines of text drawn above the pictures, never cut.
        columns: the number of pictures in a row.
        side: the width and height of a picture's box in pixels.
    """
    columns, lines = min(columns, len(pictures)), title.splitlines()
    fitted = [_fit(picture, side) for picture in pictures]
    box = max(image.height for image in fitted) + _LINE + _GAP
    rows, top = -(-len(pictures) // columns), len(lines) * (_LINE + 4) + _GAP
    width = columns * (side + _GAP) + _GAP
    width = max([width, *(int(_font(13).getlength(line)) + 2 * _GAP for line in lines)])
    canvas = Image.new("RGB", (width, top + rows * box), "white")
    draw = ImageDraw.Draw(canvas)
    for number, line in enumerate(lines):
        draw.text((_GAP, _GAP // 2 + number * (_LINE + 4)), line, INK, _font(13))
    for position, (image, label) in enumerate(zip(fitted, labels, strict=True)):
        x, y = _GAP + position % columns * (side + _GAP), top + position // columns * box
        canvas.paste(image, (x, y))
        draw.text((x, y + image.height + 1), _shorten(label, side), INK, _font(11))
    return np.asarray(canvas)


def _shorten(text: str, width: int) -> str:
    while text and _font(11).getlength(text) > width:
        text = text[:-2] + "…" if len(text) > 1 else ""
    return text


def png_of(picture: np.ndarray) -> bytes:
    """A uint8 picture as the bytes of a PNG file, with fast compression: browsers encode one for every choice."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
