"""Many small pictures with labels, composed into one uint8 picture: what a grid of axes is too slow for.

Thirty-two matplotlib axes take more than a second on one slow core; a sheet of as many tiles takes a few hundredths.
"""

import io
from collections.abc import Sequence
from functools import cache

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lib.figures.style import INK

_GAP, _LINE = 8, 16  # pixels between tiles, and for a line of text


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(mpl.get_data_path() + "/fonts/ttf/DejaVuSans.ttf", size)


@cache
def _colors(colormap: str) -> np.ndarray:
    return (255 * mpl.colormaps[colormap](np.arange(256))[:, :3]).round().astype(np.uint8)


def heat(maps: np.ndarray, low: np.ndarray | float, high: np.ndarray | float, colormap: str = "magma") -> np.ndarray:
    """Maps `(K, h, w)` in color, from dark at `low` to bright at `high` (one for all, or one each): `(K, h, w, 3)`."""
    low, high = (np.asarray(end, np.float32).reshape(-1, 1, 1) for end in (low, high))
    share = (maps - low) / np.maximum(high - low, 1e-6)
    return _colors(colormap)[(255 * share.clip(0, 1)).round().astype(np.uint8)]


def laid_over(picture: np.ndarray, colored: np.ndarray) -> np.ndarray:
    """A colored map `(h, w, 3)`, enlarged smoothly, over a gray picture `(H, W)`: uint8 `(H, W, 3)`."""
    size = picture.shape[::-1]
    enlarged = np.asarray(Image.fromarray(colored).resize(size, Image.Resampling.BILINEAR), np.float32)
    return (0.45 * picture[..., None] + 0.55 * enlarged).round().astype(np.uint8)


def _fitted(picture: np.ndarray, side: int) -> Image.Image:
    """The picture in a box of `side` pixels, in its own aspect ratio; enlarged ones keep their pixels visible."""
    image = Image.fromarray(picture)
    scale = side / max(image.size)
    size = tuple(max(1, round(scale * length)) for length in image.size)
    return image.resize(size, Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX).convert("RGB")


def sheet(
    pictures: Sequence[np.ndarray], labels: Sequence[str], title: str = "", columns: int = 8, side: int = 128
) -> np.ndarray:
    """Pictures (uint8, `h x w` or `h x w x 3`) in rows of `columns`, each in a box of `side` px over its label.

    Pixels of small pictures are enlarged as they are. A label is cut to its box; lines of the title stand on top.
    """
    columns, lines = min(columns, len(pictures)), title.splitlines()
    fitted = [_fitted(picture, side) for picture in pictures]
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
        draw.text((x, y + image.height + 1), _cut(label, side), INK, _font(11))
    return np.asarray(canvas)


def _cut(text: str, width: int) -> str:
    while text and _font(11).getlength(text) > width:
        text = text[:-2] + "…" if len(text) > 1 else ""
    return text


def png_of(picture: np.ndarray) -> bytes:
    """A uint8 picture as the bytes of a PNG file; little compressed, because it is made anew at every choice."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
