"""Hints spread over a photograph: what a person says is evidence, and what the network expects is the prior.

The chroma of all places is taken as a Gaussian process, with the network's mean, and a covariance that says which
places share a color (see `lib.networks.hint_kernel`). The posterior mean needs one linear system with as many unknowns
as there are cells with hints.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lib.color.distribution import ChromaDistribution
from lib.color.spaces import rgb_to_ycbcr
from lib.data.hints import Hint
from lib.networks.chroma_net import ChromaNet, Maps
from lib.networks.hint_kernel import Covariance, HintKernel, kernel_of

LARGEST_GRID = 5000  # cells of which all pairs are compared
_VISIBLE = 0.05  # of the brightness; a color that is beyond the gamut by less looks as it was meant
CELLS_OF_A_HINT = 40  # that count, at most; a long stroke says the same many times


@dataclass(frozen=True)
class Seen:
    """What the network makes of one photograph, in cells of 4 x 4 px of its view.

    Args:
        distribution: the colors that it may have.
        luma: `(h, w)` in [0, 1].
        covariances: of the chroma of the cells, per component.
    """

    distribution: ChromaDistribution
    luma: Tensor
    covariances: Covariance

    @classmethod
    @torch.inference_mode()
    def of(cls, network: ChromaNet, gray: Tensor, kernel: HintKernel | None = None) -> "Seen":
        """What `network` makes of one photograph, `(1, 1, H, W)` in [0, 1].

        `kernel` says what shares a color; by default the one for this network.
        """
        distribution, maps = network.distribution_and_maps(gray)
        return cls.made(distribution, maps, gray, kernel or kernel_of(network))

    @classmethod
    def made(cls, distribution: ChromaDistribution, maps: Maps, gray: Tensor, kernel: HintKernel) -> "Seen":
        """The same from what `ChromaNet.distribution_and_maps` has given for that photograph."""
        luma = F.interpolate(gray, distribution.chroma().shape[-2:], mode="area")
        return cls(distribution, luma[0, 0], kernel(maps.places, luma, distribution.variance()))

    @property
    def variance(self) -> Tensor:
        """The variance of the chroma of the cells, per component, `(h, w)`."""
        return self.covariances.deviation.square().view(self.luma.shape)

    def covariance(self, one: Tensor, other: Tensor) -> Tensor:
        """The covariance of the chroma of cells, by their numbers `(n,)` and `(k,)`: `(n, k)`."""
        return self.covariances.between(one[None], other[None])[0]


@dataclass(frozen=True)
class Evidence:
    """What hints say: the numbers of the cells on which they lie, `(k,)`, and the chroma there, `(2, k)`."""

    cells: Tensor
    chroma: Tensor

    @classmethod
    def of(cls, hints: Sequence[Hint], seen: Seen) -> "Evidence":
        """The evidence of hints on a photograph. A hint's color gives the chroma, whatever its own brightness is."""
        cells, chroma = [torch.empty(0, dtype=torch.long)], [torch.empty(2, 0)]
        for hint in hints:
            covered = torch.from_numpy(hint.covers(*seen.luma.shape)).flatten().nonzero()[:, 0]
            own = covered[torch.linspace(0, len(covered) - 1, min(len(covered), CELLS_OF_A_HINT)).round().long()]
            color = torch.tensor(hint.color).view(1, 3, 1, 1) / 255
            cells.append(own)
            chroma.append(rgb_to_ycbcr(color)[0, 1:, 0].expand(2, len(own)))
        device = seen.luma.device
        return cls(torch.cat(cells).to(device), torch.cat(chroma, 1).to(device))

    def by_cell(self, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The cells, each once, the mean chroma there, and its noise: that of one hint, by how many there are."""
        cells, which, counts = self.cells.unique(return_inverse=True, return_counts=True)
        sums = torch.zeros(2, len(cells), device=cells.device).index_add_(1, which, self.chroma)
        return cells, sums / counts, noise / counts


def posterior(seen: Seen, mean: Tensor, evidence: Evidence) -> Tensor:
    """The chroma of a photograph by what the network expects and what hints say, `(2, h, w)`.

    Args:
        seen: what the network makes of it.
        mean: the chroma that it would get without hints, `(2, h, w)`.
        evidence: of the hints; without any, the result is `mean` itself.
    """
    if not len(evidence.cells):
        return mean
    cells, chroma, noise = evidence.by_cell(seen.covariances.noise)
    missing = chroma - mean.flatten(1)[:, cells]
    return mean + seen.covariances.spread(cells[None], missing[None], noise[None])[0].view_as(mean)


def paled_hints(hints: Sequence[Hint], gray: np.ndarray) -> list[int]:
    """The numbers, from 1, of the hints whose color RGB cannot show at the luma of their place.

    The photograph keeps its luma, so they come out paler. `gray` is the luma, uint8 `(H, W)`.
    """
    found = []
    for number, hint in enumerate(hints, start=1):
        luma = gray[hint.covers(*gray.shape)].mean() / 255
        toward = torch.tensor(hint.color) / 255
        toward = toward - rgb_to_ycbcr(toward.view(1, 3, 1, 1))[0, 0, 0, 0]
        if toward.max() > 1 - luma + _VISIBLE or -toward.min() > luma + _VISIBLE:
            found.append(number)
    return found


def usefulness_of_one_hint(seen: Seen, evidence: Evidence) -> Tensor:
    """How much of the photograph's remaining variance one more hint would remove, `(m, n)` in [0, 1], by its place.

    The share of the sum over all cells, after the hints that there are (Rasmussen and Williams, equation 2.26). All
    cells are places, `(h, w)`, or in a photograph of very many every second or third each way.
    """
    places = coarse_cells(seen)
    everywhere = places.flatten()
    covariance = seen.covariance(everywhere, everywhere).double()
    if len(evidence.cells):
        across, weights = across_and_weights(seen, evidence, everywhere)
        covariance -= across @ weights
    return (removed_by_one(covariance, seen.covariances.noise) / covariance.diagonal().sum()).float().view(places.shape)


def across_and_weights(seen: Seen, evidence: Evidence, places: Tensor) -> tuple[Tensor, Tensor]:
    """Two factors whose product is the covariance that hints remove among places `(n,)`: `(n, k)` and `(k, n)`.

    Rasmussen and Williams, equation 2.26: the covariance of the places with the k cells that have hints, and what
    solves the system of these cells for it; in float64.
    """
    cells, _, noise = evidence.by_cell(seen.covariances.noise)
    among, across = seen.covariance(cells, cells).double(), seen.covariance(places, cells).double()
    among.diagonal().add_(noise)
    return across, torch.linalg.solve(among, across.T)


def removed_by_one(covariance: Tensor, noise: Tensor) -> Tensor:
    """How much variance of all cells one hint in each would remove, `(n,)`, from their covariance `(n, n)` now."""
    return covariance.square().sum(0) / (covariance.diagonal() + noise)


def coarse_cells(seen: Seen) -> Tensor:
    """The numbers of cells at even distances, `(m, n)`: all, or so few that a covariance of all pairs takes 200 MB."""
    height, width = seen.luma.shape
    step = math.ceil(math.sqrt(height * width / LARGEST_GRID))
    return torch.arange(height * width, device=seen.luma.device).view(height, width)[::step, ::step]
