"""What a shot has shown: places that look alike share a color, also where no flow leads from one to the other.

So a thing that was covered keeps its color when it comes back. These are non-local means (Buades, Coll and Morel, A
Non-local Algorithm for Image Denoising, 2005), with the network's features in place of patches.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from lib.color.distribution import CELL

_POOLED = 2  # cells each way that are compared as one
# Among features without their mean, of length 1. Chosen on three real clips with `EVERY` of `video.py`: 0.05 to 0.1 all
# bring more accuracy and less flicker; the larger, the more the colors of different things mix.
_LIKENESS = 0.07


class Remembered(NamedTuple):
    """What is kept of some frames: of each of n places its features, `(n, C)`, and its chroma, `(n, 2)`."""

    features: Tensor
    chroma: Tensor

    @classmethod
    def of(cls, places: Tensor, chroma: Tensor) -> "Remembered":
        """Of one frame: `(1, C, h, w)`, see `Maps`, and `(1, 2, CELL h, CELL w)`."""
        return cls(_listed(places, _POOLED), _listed(chroma, _POOLED * CELL))

    @classmethod
    def joined(cls, some: "list[Remembered]") -> "Remembered":
        """All of them as one."""
        return cls(torch.cat([each.features for each in some]), torch.cat([each.chroma for each in some]))


def recalled(places: Tensor, chroma: Tensor, memory: Remembered) -> Tensor:
    """The chroma of a frame, `(1, 2, CELL h, CELL w)`, with what is remembered in place of its coarse part.

    Args:
        places: what the network sees of the frame, `(1, C, h, w)`.
        chroma: what it says of this frame alone, `(1, 2, CELL h, CELL w)`.
        memory: of some frames of the shot, this one or others.
    """
    size = chroma.shape[-2:]
    mean = memory.features.mean(0)
    alike = F.normalize(_listed(places, _POOLED) - mean) @ F.normalize(memory.features - mean).T
    found = (alike / _LIKENESS).softmax(1) @ memory.chroma  # (n, 2)
    coarse = F.avg_pool2d(chroma, _POOLED * CELL)
    found = found.T.reshape(coarse.shape)
    return chroma + F.interpolate(found - coarse, size, mode="bilinear")


def _listed(planes: Tensor, side: int) -> Tensor:
    """The means of squares of `side` pixels: `(1, C, h, w)` to `(n, C)`."""
    return F.avg_pool2d(planes, side).flatten(2)[0].T
