"""Random changes of training pictures, so that a network sees more variety than there are pictures."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

SMALLEST_CROP = 0.72  # of the picture's side
EXPOSURE = 0.15  # standard deviation of the natural logarithm of gamma


def random_crops(gray: Tensor, color: Tensor, size: int, generator: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Random crops of a batch of square pairs, half of them mirrored, at `size` px.

    The gray side is also given a random gamma, because old photographs are seldom well exposed. A batch shares one size
    of crop, so that it is resized in one go.

    Args:
        gray: `(B, 1, S, S)` in [0, 1].
        color: `(B, 3, S, S)` in [0, 1]; crops lie in the same place on both sides.
        size: side of the results, in px.
        generator: where all chance comes from.

    Returns:
        Gray `(B, 1, size, size)` and color `(B, 3, size, size)`.
    """
    batch, full, device = len(gray), gray.shape[-1], gray.device
    side = int(generator.integers(int(full * SMALLEST_CROP), full + 1))
    corners = generator.integers(0, full - side + 1, (2, batch, 1))
    rows, columns = corners + np.arange(side)  # (B, side) each
    mirrored = generator.random(batch) < 0.5
    columns[mirrored] = columns[mirrored, ::-1]
    rows, columns = (torch.from_numpy(index).to(device) for index in (rows, columns))
    pictures = torch.cat([gray, color], 1).movedim(1, -1)  # (B, S, S, 4)
    crops = pictures[torch.arange(batch, device=device)[:, None, None], rows[:, :, None], columns[:, None, :]]
    crops = crops.movedim(-1, 1)
    if side != size:
        crops = F.interpolate(crops, (size, size), mode="bilinear", antialias=side > size, align_corners=False)
    gamma = np.exp(generator.normal(0, EXPOSURE, (batch, 1, 1, 1))).astype(np.float32)
    return crops[:, :1].clamp(1e-3, 1) ** torch.from_numpy(gamma).to(device), crops[:, 1:]
