"""Hints on frames of a film, and what they say of the other frames of the shot.

The places of all frames are one Gaussian process: a place goes together with a hint as far as the network finds both
alike, in whatever frame it is (see `lib.networks.hint_kernel`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from lib.color.distribution import CELL, ChromaDistribution
from lib.colorize.hints import Evidence, Seen
from lib.colorize.photograph import view_of
from lib.data.hints import Hints
from lib.networks.chroma_net import ChromaNet
from lib.networks.hint_kernel import Covariance, HintKernel, kernel_of


@dataclass(frozen=True)
class Guide:
    """What hints say of any frame of a shot.

    Args:
        kernel: says what shares a color.
        places: of the hints, in the frame that they are on.
        weights: what a place takes of each, by its covariance with it; float64 `(k, 2)`.
    """

    kernel: HintKernel
    places: Covariance
    weights: Tensor

    @classmethod
    @torch.inference_mode()
    def of(cls, network: ChromaNet, hinted: Sequence[tuple[Image.Image, Hints]], vividness: float) -> "Guide":
        """What hints on frames of a shot say; each frame is given by its luma, mode "L", upright.

        Raises `HintsError` where hints are on another picture, `ValueError` where the frames are too small.
        """
        kernel, found = kernel_of(network), []
        for gray, hints in hinted:
            hints.check(gray)
            seen = Seen.of(network, view_of(gray, network), kernel)
            cells, chroma, noise = Evidence.of(hints.hints, seen).by_cell(seen.covariances.noise)
            missing = chroma - seen.distribution.chroma(vividness)[0].flatten(1)[:, cells]
            found.append((seen.covariances.at(cells[None]), missing, noise))
        places = reduce(Covariance.joined, (each[0] for each in found))
        missing, noise = (torch.cat([each[part] for each in found], -1)[None] for part in (1, 2))
        numbers = torch.arange(noise.shape[1], device=noise.device)[None]
        return cls(kernel, places, places.weights(numbers, missing, noise)[0])

    def correction(self, distribution: ChromaDistribution, places: Tensor, gray: Tensor) -> Tensor:
        """What the hints add to the chroma of a frame, `(1, 2, h, w)`.

        Args:
            distribution: the colors that it may have.
            places: what the network sees of its cells, `(1, C, h, w)`, see `Maps`.
            gray: the frame at the network's scale, `(1, 1, H, W)` in [0, 1].
        """
        luma = F.interpolate(gray, [CELL * cells for cells in places.shape[-2:]], mode="area")
        count = luma.numel()
        both = self.kernel(places, luma, distribution.variance()).joined(self.places)
        numbers = torch.arange(both.deviation.shape[1], device=luma.device)[None]
        added = both.between(numbers[:, :count], numbers[:, count:])[0] @ self.weights.to(both.far)
        return added.T.reshape(1, 2, *luma.shape[-2:])
