"""Color spaces and colorfulness of batches of pictures.

RGB is sRGB in [0, 1], channels third from the end: `(..., 3, H, W)`. Gray is Rec. 601 luma, `(..., 1, H, W)` in [0, 1],
which is what PIL's "L" and cv2's `COLOR_RGB2GRAY` give.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

# The one idea: gray (B, 1, H, W) float32 in [0, 1] -> RGB (B, 3, H, W) float32 in [0, 1].
Colorizer = Callable[[Tensor], Tensor]

LUMA_WEIGHTS = (0.299, 0.587, 0.114)  # Rec. 601
CB_SCALE = 2 * (1 - LUMA_WEIGHTS[2])
CR_SCALE = 2 * (1 - LUMA_WEIGHTS[0])
# sRGB primaries to CIE XYZ, divided by the D65 white point, so that white is (1, 1, 1).
_RGB_TO_XYZ = torch.tensor(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
) / torch.tensor([[0.95047], [1.0], [1.08883]])


def to_tensor(image: np.ndarray) -> Tensor:
    """A uint8 picture as a float32 tensor in [0, 1].

    Args:
        image: uint8, `(..., H, W, C)`, or gray `(H, W)`. Another type raises `TypeError`.

    Returns:
        `(..., C, H, W)`, in memory of its own.

    >>> to_tensor(np.array([[0, 51, 255]], np.uint8)).tolist()
    [[[0.0, 0.20000000298023224, 1.0]]]
    """
    if image.dtype != np.uint8:
        raise TypeError(f"expected a uint8 picture, got {image.dtype}")
    tensor = torch.from_numpy(np.array(image))  # a copy: memory-mapped pictures are read-only
    tensor = tensor[None] if tensor.ndim == 2 else tensor.movedim(-1, -3)
    return tensor.float() / 255


def to_uint8(tensor: Tensor) -> np.ndarray:
    """A tensor `(..., C, H, W)` in [0, 1] as a uint8 picture `(..., H, W, C)`, rounded and clipped.

    A single channel gives `(..., H, W)`: the inverse of `to_tensor`.

    >>> to_uint8(torch.tensor([[[-0.5, 0.2, 1.5]]]))
    array([[  0,  51, 255]], dtype=uint8)
    """
    image = (tensor.detach().float().clamp(0, 1) * 255).round().to(torch.uint8).movedim(-3, -1).cpu().numpy()
    return image[..., 0] if image.shape[-1] == 1 else image


def gray_to_rgb(gray: Tensor) -> Tensor:
    """A gray picture `(..., 1, H, W)` as RGB `(..., 3, H, W)` without color: the "gray copy" of every table."""
    return gray.expand(*gray.shape[:-3], 3, *gray.shape[-2:])


def luma(rgb: Tensor) -> Tensor:
    """The gray version of RGB `(..., 3, H, W)`: its Rec. 601 luma `(..., 1, H, W)`, in the same range.

    >>> luma(torch.tensor([1.0, 0.5, 0.0]).reshape(3, 1, 1)).item()  # 0.299 + 0.587 / 2
    0.5924999713897705
    """
    red, green, blue = rgb.unbind(-3)
    return (LUMA_WEIGHTS[0] * red + LUMA_WEIGHTS[1] * green + LUMA_WEIGHTS[2] * blue).unsqueeze(-3)


def rgb_to_ycbcr(rgb: Tensor) -> Tensor:
    """RGB in [0, 1] as full-range YCbCr (JPEG's): Y in [0, 1], Cb and Cr in [-0.5, 0.5] with 0 for gray.

    >>> blue = torch.tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1)
    >>> [round(value, 3) for value in rgb_to_ycbcr(blue).flatten().tolist()]
    [0.114, 0.5, -0.081]
    """
    y = luma(rgb)
    red, _, blue = rgb.split(1, dim=-3)
    return torch.cat([y, (blue - y) / CB_SCALE, (red - y) / CR_SCALE], dim=-3)


def ycbcr_to_rgb(ycbcr: Tensor) -> Tensor:
    """The inverse of `rgb_to_ycbcr`. Chroma outside the gamut of RGB gives values outside [0, 1]; none is clipped."""
    y, cb, cr = ycbcr.split(1, dim=-3)
    red, blue = y + CR_SCALE * cr, y + CB_SCALE * cb
    green = (y - LUMA_WEIGHTS[0] * red - LUMA_WEIGHTS[2] * blue) / LUMA_WEIGHTS[1]
    return torch.cat([red, green, blue], dim=-3)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """RGB in [0, 1] as CIE Lab for a D65 white: L in [0, 100], a and b about [-100, 100].

    Agrees with `skimage.color.rgb2lab`.
    """
    linear = torch.where(rgb > 0.04045, ((rgb.clamp(min=0) + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    xyz = torch.einsum("ij,...jhw->...ihw", _RGB_TO_XYZ.to(linear), linear)
    f = torch.where(xyz > 0.008856, xyz.clamp(min=1e-8) ** (1 / 3), 7.787 * xyz + 16 / 116)
    x, y, z = f.split(1, dim=-3)
    return torch.cat([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=-3)


def colorfulness(rgb: Tensor) -> Tensor:
    """How colorful each picture of `(B, 3, H, W)` in [0, 1] is, as `(B,)`, on the scale of 0..255 pictures.

    Hasler and Süsstrunk, Measuring Colorfulness in Natural Images (2003): over the pixels, the standard deviation plus
    0.3 times the mean of the opponents red - green and (red + green) / 2 - blue. A gray picture has 0; about 33 reads
    as moderately colorful, and 109 as extremely colorful.

    >>> red_and_blue = torch.tensor([[1.0, 0], [0, 0], [0, 1]]).reshape(1, 3, 1, 2)
    >>> round(colorfulness(red_and_blue).item())
    273
    """
    red, green, blue = (255 * rgb.flatten(-2)).unbind(-2)
    opponents = torch.stack([red - green, (red + green) / 2 - blue])
    return opponents.std(-1, correction=0).norm(dim=0) + 0.3 * opponents.mean(-1).norm(dim=0)
