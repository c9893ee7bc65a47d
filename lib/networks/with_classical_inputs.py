"""The paper's network with classical filters as further inputs (the paper's third key finding, section V-A)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from lib.classical.color_maps import map_batch
from lib.classical.filters import bilateral, canny, gaussian, sobel
from lib.classical.fourier import high_pass
from lib.classical.segmentation import multi_otsu
from lib.networks.colorization_net import ColorizationNet

SEGMENTS = 4


def segment_levels(gray: np.ndarray) -> np.ndarray:
    """The multi-level Otsu segments of a picture, painted in evenly spaced grays: uint8 `(H, W)` to the same."""
    return (multi_otsu(gray, SEGMENTS) * (255 // (SEGMENTS - 1))).astype(np.uint8)


GROUPS = {
    "edges": (sobel, canny),
    "smoothed": (gaussian, bilateral),
    "segments": (segment_levels,),
    "high-pass": (high_pass,),
}


class WithClassicalInputs(nn.Module):
    """`ColorizationNet` on the gray picture and on filtered versions of it.

    The filters run inside `forward`, on the CPU, picture by picture: their cost is part of every measured time.

    Args:
        groups: the filters, as keys of `GROUPS`; others raise `ValueError`.
        width: see `ColorizationNet`.
        norm: see `ColorizationNet`.
    """

    def __init__(self, groups: Sequence[str], width: int = 64, norm: str = "none"):
        super().__init__()
        unknown = [group for group in groups if group not in GROUPS]
        if unknown:
            raise ValueError(f"no group of filters is called {unknown[0]!r}; there are {', '.join(GROUPS)}")
        self.filters = [function for group in groups for function in GROUPS[group]]
        self.network = ColorizationNet(1 + len(self.filters), width, norm)

    def channels(self, gray: Tensor) -> Tensor:
        """The filtered pictures `(B, K, H, W)` in [0, 1] of gray `(B, 1, H, W)`, one channel a filter."""
        if not self.filters:
            return gray[:, :0]
        return map_batch(lambda picture: np.stack([f(picture) for f in self.filters], axis=-1), gray)

    def forward(self, gray: Tensor) -> Tensor:
        """`(B, 1, H, W)` to `(B, 3, H, W)`, both in [0, 1]."""
        return self.network(torch.cat([gray, self.channels(gray)], dim=1))
