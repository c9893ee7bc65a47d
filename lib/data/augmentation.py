"""Random changes of training pictures, so that a network sees more variety than there are pictures."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

SMALLEST_CROP = 0.72  # of the picture's side
EXPOSURE = 0.15  # standard deviation of the natural logarithm of gamma

# Of the stronger augmentation, which also damages the gray side as time and cheap cameras do.
SMALLEST_VARIED = 0.6  # of the picture's side
SHOWN = (0.75, 1.0, 1.25)  # sizes at which crops are shown, of the size asked for
ASPECT = 0.12  # largest natural logarithm of width by height
VARIED_EXPOSURE = 0.2
BLURRED, SHARPENED = 1.0, 1.2  # how much of a picture's finest detail is taken away or added, at most
NOISE = 0.04  # largest standard deviation
FADED, DARKEST, BRIGHTEST = 0.2, 0.25, 0.7  # share of pictures whose contrast has faded, and to how little at most


class Share(NamedTuple):
    """The pictures of a batch that one of several processes takes: which, and how many the whole batch has."""

    own: slice
    batch: int


def random_crops(
    gray: Tensor, color: Tensor, size: int, generator: np.random.Generator, share: Share | None = None
) -> tuple[Tensor, Tensor]:
    """Random crops of a batch of square pairs, half of them mirrored, at `size` px.

    The gray side is also given a random gamma, because old photographs are seldom well exposed. A batch shares one size
    of crop, so that it is resized in one go.

    Args:
        gray: `(B, 1, S, S)` in [0, 1].
        color: `(B, 3, S, S)` in [0, 1]; crops lie in the same place on both sides.
        size: side of the results, in px.
        generator: where all chance comes from.
        share: which part of a batch the pictures are, None for all of it. Chance is drawn for the whole batch, so a
            picture is cut alike in however many processes.

    Returns:
        Gray `(B, 1, size, size)` and color `(B, 3, size, size)`.
    """
    side = int(generator.integers(int(gray.shape[-1] * SMALLEST_CROP), gray.shape[-1] + 1))
    share = share or Share(slice(None), len(gray))
    gray, color = _cut(gray, color, (side, side), size, generator, share)
    return _exposed(gray, EXPOSURE, generator, share), color


def varied_crops(
    gray: Tensor, color: Tensor, size: int, generator: np.random.Generator, share: Share | None = None
) -> tuple[Tensor, Tensor]:
    """Random crops as `random_crops` makes them, of more kinds, and with a damaged gray side.

    A batch shares one crop, of 60% to 100% of the picture and stretched by up to 12%, and is shown at `size` px, a
    quarter smaller or a quarter larger. Each gray picture has its own exposure, is blurred or sharpened, and some are
    noisy or faded.

    Args and returns as in `random_crops`, but the results have a side of 0.75, 1 or 1.25 times `size` (in multiples
    of 8).
    """
    full, (own, batch) = gray.shape[-1], share or Share(slice(None), len(gray))
    shown = max(8, 8 * round(generator.choice(SHOWN) * size / 8))
    side, stretch = full * generator.uniform(SMALLEST_VARIED, 1), np.exp(generator.uniform(-ASPECT, ASPECT) / 2)
    height, width = (min(full, max(1, round(length))) for length in (side * stretch, side / stretch))
    gray, color = _cut(gray, color, (height, width), shown, generator, Share(own, batch))
    gray = _exposed(gray, VARIED_EXPOSURE, generator, Share(own, batch))

    def per_picture(values: np.ndarray) -> Tensor:
        return torch.from_numpy(values[own].astype(np.float32)).to(gray.device).view(-1, 1, 1, 1)

    soft = F.avg_pool2d(F.pad(gray, (1, 1, 1, 1), mode="replicate"), 3, 1)
    gray = gray + per_picture(generator.uniform(-BLURRED, SHARPENED, batch)) * (gray - soft)
    faded = generator.random(batch) < FADED
    black = per_picture(np.where(faded, generator.uniform(0, DARKEST, batch), 0.0))
    white = per_picture(np.where(faded, generator.uniform(BRIGHTEST, 1, batch), 1.0))
    gray = black + (white - black) * gray
    noisy = np.where(generator.random(batch) < 0.5, generator.uniform(0, NOISE, batch), 0.0)
    grain = generator.standard_normal((batch, *gray.shape[1:]), dtype=np.float32)[own]
    grain = torch.from_numpy(grain).to(gray.device)
    return (gray + per_picture(noisy) * grain).clamp(0, 1), color


def _cut(
    gray: Tensor, color: Tensor, crop: tuple[int, int], size: int, generator: np.random.Generator, share: Share
) -> tuple[Tensor, Tensor]:
    """Crops of (height, width) anywhere in the pictures, half of them mirrored, resized to `size` px."""
    full, device = gray.shape[-1], gray.device
    corners = [generator.integers(0, full - side + 1, (share.batch, 1)) for side in crop]
    rows, columns = (corner[share.own] + np.arange(side) for corner, side in zip(corners, crop, strict=True))
    mirrored = generator.random(share.batch)[share.own] < 0.5
    columns[mirrored] = columns[mirrored, ::-1]
    rows, columns = (torch.from_numpy(index).to(device) for index in (rows, columns))
    pictures = torch.cat([gray, color], 1).movedim(1, -1)  # (B, S, S, 4)
    crops = pictures[torch.arange(len(pictures), device=device)[:, None, None], rows[:, :, None], columns[:, None, :]]
    crops = crops.movedim(-1, 1)
    if crop != (size, size):
        crops = F.interpolate(crops, (size, size), mode="bilinear", antialias=max(crop) > size, align_corners=False)
    return crops[:, :1], crops[:, 1:]


def _exposed(gray: Tensor, deviation: float, generator: np.random.Generator, share: Share) -> Tensor:
    gamma = np.exp(generator.normal(0, deviation, (share.batch, 1, 1, 1))).astype(np.float32)[share.own]
    return gray.clamp(1e-3, 1) ** torch.from_numpy(gamma).to(gray.device)
