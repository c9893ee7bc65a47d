"""Hints spread over a photograph: what a person says is evidence, and what the network expects is the prior.

The chroma of all places is taken as a Gaussian process (Rasmussen and Williams 2006, section 2.2). Its mean and its
variance are those of the network's distribution, and two places go together as far as the network finds them alike:

    k(a, b) = sd(a) sd(b) ((1 - w) exp(-|f(a) - f(b)|² / 2 F² - (Y(a) - Y(b))² / 2 L² - |p(a) - p(b)|² / 2 P²)
                           + w exp(-|f(a) - f(b)|² / 2 F'² - (Y(a) - Y(b))² / 2 L² - |p(a) - p(b)|² / 2 P'²))

with f what the network finds in a cell (unit length), Y the luma and p the position in picture heights. The second
term, of the share w, is short-ranged: neighbors are alike, whatever the network finds in them. The posterior mean needs
one linear system with as many unknowns as there are cells with hints, and no training.
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
from lib.networks.chroma_net import ChromaNet

# How far apart two places may be and still go together, chosen on validation photographs: features of unit length, luma
# and position in picture heights; far away, and among neighbors.
FEATURES, NEAR_FEATURES = 0.75, 1.0
LUMA = 0.3
POSITION, NEAR_POSITION = 1.6, 0.2
NEAR = 0.15  # w
NOISE = 3e-4  # variance of a hint's chroma: two hints on one place average
LEAST = 1e-3  # variance of the prior, at least: the network may be sure, and wrong
LARGEST_GRID = 5000  # cells of which all pairs are compared
_VISIBLE = 0.05  # of the brightness; a color that is beyond the gamut by less looks as it was meant
CELLS_OF_A_HINT = 40  # that count, at most; a long stroke says the same many times


@dataclass(frozen=True)
class Seen:
    """What the network makes of one photograph, in cells of 4 x 4 px of its view.

    Args:
        distribution: the colors that it may have.
        features: unit length, `(C, h, w)`.
        luma: `(h, w)` in [0, 1].
        variance: of the chroma, per component, `(h, w)`.
    """

    distribution: ChromaDistribution
    features: Tensor
    luma: Tensor
    variance: Tensor

    @classmethod
    @torch.inference_mode()
    def of(cls, network: ChromaNet, gray: Tensor) -> "Seen":
        """What `network` makes of one photograph, `(1, 1, H, W)` in [0, 1]."""
        distribution, features = network.distribution_and_features(gray)
        size = distribution.chroma().shape[-2:]

        def enlarged(cells: Tensor) -> Tensor:
            return F.interpolate(cells, size, mode="bilinear", align_corners=False)[0]

        alike = F.normalize(enlarged(F.normalize(features, dim=1)), dim=0)
        variance = enlarged(distribution.variance())[0].clamp(min=LEAST)
        return cls(distribution, alike, F.interpolate(gray, size, mode="area")[0, 0], variance)

    def covariance(self, one: Tensor, other: Tensor) -> Tensor:
        """The covariance of the chroma of cells, by their numbers `(n,)` and `(k,)`: `(n, k)`."""
        features, luma, variance = self.features.flatten(1), self.luma.flatten(), self.variance.flatten()
        height, width = self.luma.shape

        def position(cells: Tensor) -> Tensor:
            return torch.stack([cells.div(width, rounding_mode="floor"), cells % width]).float() / height

        unlike = (2 - 2 * features[:, one].T @ features[:, other]).clamp(min=0)
        darker = (luma[one, None] - luma[other]).square() / LUMA**2
        apart = (position(one)[:, :, None] - position(other)[:, None]).square().sum(0)
        far = torch.exp(-(unlike / FEATURES**2 + darker + apart / POSITION**2) / 2)
        near = torch.exp(-(unlike / NEAR_FEATURES**2 + darker + apart / NEAR_POSITION**2) / 2)
        return (variance[one, None] * variance[other]).sqrt() * ((1 - NEAR) * far + NEAR * near)


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

    def by_cell(self) -> tuple[Tensor, Tensor, Tensor]:
        """The cells, each once, the mean chroma there, and its noise, which is that of a mean of so many hints."""
        cells, which, counts = self.cells.unique(return_inverse=True, return_counts=True)
        sums = torch.zeros(2, len(cells), device=cells.device).index_add_(1, which, self.chroma)
        return cells, sums / counts, (NOISE / counts).double()


def posterior(seen: Seen, mean: Tensor, evidence: Evidence) -> Tensor:
    """The chroma of a photograph by what the network expects and what hints say, `(2, h, w)`.

    Args:
        seen: what the network makes of it.
        mean: the chroma that it would get without hints, `(2, h, w)`.
        evidence: of the hints; without any, the result is `mean` itself.
    """
    if not len(evidence.cells):
        return mean
    cells, chroma, noise = evidence.by_cell()
    flat = mean.flatten(1)
    among = seen.covariance(cells, cells).double()
    among.diagonal().add_(noise)
    missing = (chroma - flat[:, cells]).double()
    weights = torch.linalg.solve(among, missing.T).float()
    everywhere = torch.arange(flat.shape[1], device=flat.device)
    return mean + (seen.covariance(everywhere, cells) @ weights).T.view_as(mean)


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
        cells, _, noise = evidence.by_cell()
        among, across = seen.covariance(cells, cells).double(), seen.covariance(everywhere, cells).double()
        among.diagonal().add_(noise)
        covariance -= across @ torch.linalg.solve(among, across.T)
    return (removed_by_one(covariance) / covariance.diagonal().sum()).float().view(places.shape)


def removed_by_one(covariance: Tensor) -> Tensor:
    """How much variance of all cells one hint in each would remove, `(n,)`, from their covariance `(n, n)` now."""
    return covariance.square().sum(0) / (covariance.diagonal() + NOISE)


def coarse_cells(seen: Seen) -> Tensor:
    """The numbers of cells at even distances, `(m, n)`: all, or so few that a covariance of all pairs takes 200 MB."""
    height, width = seen.luma.shape
    step = math.ceil(math.sqrt(height * width / LARGEST_GRID))
    return torch.arange(height * width, device=seen.luma.device).view(height, width)[::step, ::step]
