"""Predicted chroma joined with the given luma, which stays exactly as it was."""

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lib.color import spaces

_STRIP = 2**15  # pixels that `paint` works on at a time: what it computes of them stays in a processor's cache
_PIL = tuple(round(65536 * weight) for weight in spaces.LUMA_WEIGHTS)  # with which PIL makes gray
_TINY = 1e-4  # levels; in place of 0 where nothing is left to a border of the gamut


def enlarge(chroma: Tensor, size: tuple[int, int]) -> Tensor:
    """Chroma `(B, 2, h, w)` enlarged to a picture's `size` (H, W), bicubic: `(B, 2, H, W)`."""
    return F.interpolate(chroma, size, mode="bicubic", align_corners=False)


def join(gray: Tensor, chroma: Tensor) -> Tensor:
    """RGB pictures with exactly the given luma, and the given chroma as far as it fits.

    Where luma and chroma together leave the gamut of RGB, chroma is pulled toward gray until they do not: clipping
    RGB instead would change the luma.

    Args:
        gray: luma, `(B, 1, H, W)` in [0, 1].
        chroma: Cb and Cr, `(B, 2, H, W)`, in [-0.5, 0.5] with 0 for gray.

    Returns:
        `(B, 3, H, W)` in [0, 1], to rounding.
    """
    toward = spaces.ycbcr_to_rgb(torch.cat([torch.zeros_like(gray), chroma], 1))  # RGB minus luma: its luma is 0
    over = toward.amax(1, keepdim=True) / (1 - gray).clamp(min=1e-6)
    under = -toward.amin(1, keepdim=True) / gray.clamp(min=1e-6)
    return gray + toward / torch.maximum(over, under).clamp(min=1)


def paint(gray: np.ndarray, chroma: Tensor) -> np.ndarray:
    """A whole 8-bit photograph in the colors of a small chroma; PIL's gray version of it is `gray` in every pixel.

    Does what `enlarge` and `join` do, a strip of rows at a time, to save memory and time.

    Args:
        gray: luma, uint8 `(H, W)`, of any size.
        chroma: Cb and Cr, `(2, h, w)`, on any device.

    Returns:
        RGB, uint8 `(H, W, 3)`.
    """
    height, width = gray.shape
    cb, cr = chroma.cpu().numpy()
    toward = spaces.CR_SCALE * 255 * cr, spaces.CB_SCALE * 255 * cb  # red and blue minus luma, in levels
    wide = np.stack([cv2.resize(part, (width, len(cb)), interpolation=cv2.INTER_CUBIC) for part in toward])
    # Enlarging the rows is a product with the enlarged identity; a strip needs but a few of its columns.
    rows = cv2.resize(np.eye(len(cb), dtype=np.float32), (len(cb), height), interpolation=cv2.INTER_CUBIC)
    painted = np.empty((height, width, 3), np.uint8)
    step = max(1, _STRIP // width)
    for start in range(0, height, step):
        strip = slice(start, start + step)
        used = np.flatnonzero(rows[strip].any(0))
        near = slice(used[0], used[-1] + 1)
        _paint_strip(gray[strip], *(rows[strip, near] @ wide[:, near]), painted[strip])
    return painted


def _paint_strip(gray: np.ndarray, red: np.ndarray, blue: np.ndarray, painted: np.ndarray) -> None:
    """Fill `painted` `(H, W, 3)`. `red` and `blue`, minus luma and in levels, are overwritten.

    One operation at a time, most of them in place: with fresh arrays for each it would take twice as long.
    """
    luma = gray.astype(np.float32)
    of_red, of_green, of_blue = spaces.LUMA_WEIGHTS
    green = red * (-of_red / of_green)
    rest = blue * (-of_blue / of_green)
    green += rest  # minus luma, too
    over = np.maximum(red, blue)
    np.maximum(over, green, out=over)
    np.subtract(255, luma, out=rest)
    over /= np.maximum(rest, _TINY, out=rest)
    under = np.minimum(green, red, out=green)
    np.minimum(under, blue, out=under)
    under /= np.maximum(luma, _TINY, out=rest)
    scale = np.maximum(over, np.negative(under, out=under), out=over)
    np.maximum(scale, 1, out=scale)
    for part in (red, blue):
        part /= scale
        part += luma
        np.rint(part, out=part)
    # Green has the largest part in the luma, so it can take up what rounding red and blue did to it.
    luma *= 65536
    luma -= np.multiply(red, _PIL[0], out=rest)
    luma -= np.multiply(blue, _PIL[2], out=rest)
    luma /= _PIL[1]
    np.rint(luma, out=luma)
    cv2.merge([part.astype(np.uint8) for part in (red, luma, blue)], dst=painted)
