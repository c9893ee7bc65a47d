"""Ways in which a photograph is changed to see what a distance between pictures makes of it."""

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from lib.color.spaces import rgb_to_ycbcr, to_tensor, to_uint8, ycbcr_to_rgb
from lib.data.images import read_photograph


def crop(path: Path, size: int, at: np.random.Generator | None = None) -> Tensor:
    """A square `(3, size, size)` of a photograph: from a random place, or the middle without a generator."""
    image = np.array(read_photograph(path))
    spare = np.array(image.shape[:2]) - size
    top, left = spare // 2 if at is None else at.integers(0, spare + 1)
    return to_tensor(image[top : top + size, left : left + size])


def recolor(rgb: Tensor, saturation: Tensor | float, angle: Tensor | float = 0.0) -> Tensor:
    """`(B, 3, H, W)` with its chroma scaled and turned by `angle` (radians), clipped to [0, 1]; per picture or all."""
    saturation, angle = (torch.as_tensor(v, dtype=rgb.dtype).reshape(-1, 1, 1, 1) for v in (saturation, angle))
    y, cb, cr = rgb_to_ycbcr(rgb).split(1, dim=1)
    turned = [angle.cos() * cb - angle.sin() * cr, angle.sin() * cb + angle.cos() * cr]
    return ycbcr_to_rgb(torch.cat([y, *(saturation * chroma for chroma in turned)], dim=1)).clamp(0, 1)


def _smeared(rgb: Tensor) -> Tensor:
    """Chroma averaged over 8 x 8 px under the true luma: color that runs over the edges."""
    y, chroma = rgb_to_ycbcr(rgb).split((1, 2), dim=1)
    small = F.avg_pool2d(chroma, 8)
    chroma = F.interpolate(small, size=rgb.shape[2:], mode="bilinear", align_corners=False)
    return ycbcr_to_rgb(torch.cat([y, chroma], dim=1)).clamp(0, 1)


def _blue_faded(rgb: Tensor) -> Tensor:
    return ycbcr_to_rgb(rgb_to_ycbcr(rgb) * torch.tensor([1, 0.3, 1]).reshape(1, 3, 1, 1)).clamp(0, 1)


def _each(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[Tensor], Tensor]:
    """A function of one uint8 picture `(H, W, 3)` as one of a batch."""
    return lambda rgb: torch.stack([to_tensor(function(to_uint8(picture))) for picture in rgb])


def _jpeg(image: np.ndarray) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=15)
    return np.array(Image.open(buffer))


def _viridis(image: np.ndarray) -> np.ndarray:
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return cv2.cvtColor(cv2.applyColorMap(gray, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB)


def _noisy(rgb: Tensor) -> Tensor:
    return (rgb + 0.05 * torch.randn(rgb.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)


COLOR_CHANGES: dict[str, Callable[[Tensor], Tensor]] = {
    "gray copy": lambda rgb: recolor(rgb, 0.0),
    "saturation 0.25": lambda rgb: recolor(rgb, 0.25),
    "saturation 0.5": lambda rgb: recolor(rgb, 0.5),
    "saturation 0.75": lambda rgb: recolor(rgb, 0.75),
    "saturation 1.5": lambda rgb: recolor(rgb, 1.5),
    "hue turned by 20 degrees": lambda rgb: recolor(rgb, 1.0, np.deg2rad(20)),
    "hue turned by 90 degrees": lambda rgb: recolor(rgb, 1.0, np.deg2rad(90)),
    "Cb times 0.3": _blue_faded,
    "chroma smeared over 8 px": _smeared,
}
OTHER_CHANGES: dict[str, Callable[[Tensor], Tensor]] = {
    "blur, sigma 1 px": lambda rgb: gaussian_blur(rgb, 9, 1.0),
    "noise, sigma 0.05": _noisy,
    "JPEG, quality 15": _each(_jpeg),
    "viridis of the gray": _each(_viridis),
    "another photograph": lambda rgb: rgb.roll(1, 0),
}
