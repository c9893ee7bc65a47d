"""Predicted chroma joined with the given luma, which stays exactly as it was."""

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lib.color import spaces

_STRIP = 2**18  # pixels that `paint` works on at a time, about what a processor's cache holds
_PIL = tuple(round(65536 * weight) for weight in spaces.LUMA_WEIGHTS)  # with which PIL makes gray


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

    Does what `enlarge` and `join` do, a strip of rows at a time to save memory.

    Args:
        gray: luma, uint8 `(H, W)`, of any size.
        chroma: Cb and Cr, `(2, h, w)`, on any device.

    Returns:
        RGB, uint8 `(H, W, 3)`.
    """
    height, width = gray.shape
    large = cv2.resize(chroma.movedim(0, -1).cpu().numpy(), (width, height), interpolation=cv2.INTER_CUBIC)
    painted = np.empty((height, width, 3), np.uint8)
    rows = max(1, _STRIP // width)
    for start in range(0, height, rows):
        strip = slice(start, start + rows)
        luma = torch.from_numpy(gray[strip].astype(np.float32))[None, None]
        wide = torch.from_numpy(large[strip]).movedim(-1, 0)[None]
        red, _, blue = (join(luma / 255, wide) * 255).round_().unbind(1)
        # Green has the largest part in the luma, so it can take up what rounding red and blue did to it.
        green = ((65536 * luma[:, 0] - _PIL[0] * red - _PIL[2] * blue) / _PIL[1]).round_()
        painted[strip] = torch.stack([red, green, blue], -1)[0].clamp_(0, 255).byte().numpy()
    return painted
