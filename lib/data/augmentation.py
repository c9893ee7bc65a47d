"""What is done to training pictures so that a network sees more of the world than there are pictures."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

SMALLEST_CROP = 0.72  # of the side
EXPOSURE = 0.15  # standard deviation of the logarithm of gamma


def random_crops(gray: Tensor, color: Tensor, size: int, generator: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Crops of both sides of a batch of square pictures, resized to `size` px: where, how large and mirrored by chance.

    `gray` `(B, 1, S, S)` and `color` `(B, 3, S, S)` in [0, 1]. A batch shares one size of crop, so that it is resized
    in one go. The gray side alone is also exposed anew by a random gamma, for old photographs are seldom well exposed.
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
