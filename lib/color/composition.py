"""Chroma joined with a luma that stays as it was."""

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lib.color import spaces

_STRIP = 2**18  # pixels that `paint` works on at a time, about what a processor's cache holds
_PIL = tuple(round(65536 * weight) for weight in spaces.LUMA_WEIGHTS)  # with which PIL makes gray


def enlarge(chroma: Tensor, size: tuple[int, int]) -> Tensor:
    """Chroma at a picture's own `size` (H, W), bicubic."""
    return F.interpolate(chroma, size, mode="bicubic", align_corners=False)


def join(gray: Tensor, chroma: Tensor) -> Tensor:
    """RGB `(B, 3, H, W)` in [0, 1] with exactly the luma `gray` `(B, 1, H, W)` and the hue of `chroma` `(B, 2, H, W)`.

    Where luma and chroma together leave the gamut, chroma is pulled toward gray until they do not: clipping RGB would
    break the luma.
    """
    toward = spaces.ycbcr_to_rgb(torch.cat([torch.zeros_like(gray), chroma], 1))  # RGB minus luma: its luma is 0
    over = toward.amax(1, keepdim=True) / (1 - gray).clamp(min=1e-6)
    under = -toward.amin(1, keepdim=True) / gray.clamp(min=1e-6)
    return gray + toward / torch.maximum(over, under).clamp(min=1)


def paint(gray: np.ndarray, chroma: Tensor) -> np.ndarray:
    """An 8-bit picture of any size, uint8 `(H, W)`, in the colors of a small `chroma` `(2, h, w)`: `(H, W, 3)`.

    What `enlarge` and `join` do, for whole photographs: a strip of rows at a time, so that little memory is needed, and
    rounded such that PIL's gray version of the result is `gray` in every pixel.
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
