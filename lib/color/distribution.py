"""The color of a pixel as a probability distribution over a fixed set of colors.

Chroma is CbCr, `(B, 2, h, w)`, each in [-0.5, 0.5] with 0 for gray (see `spaces.rgb_to_ycbcr`). The set of colors is a
grid in the CbCr plane that is finest near gray, where most of a photograph lies. Soft targets follow Zhang, Isola and
Efros, Colorful Image Colorization (2016), section 2.2, with one change: the four nearest colors share a pixel by
bilinear weights, so that the mean of a soft target is the true chroma exactly.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from lib.color import MOST_VERSIONS

_POSITIVE = (0.03, 0.07, 0.12, 0.18, 0.26, 0.40)
AXIS = torch.tensor([*(-x for x in reversed(_POSITIVE)), 0.0, *_POSITIVE])  # (13,), for Cb and for Cr
COLORS = torch.cartesian_prod(AXIS, AXIS)  # (K, 2): CbCr of every color of the grid, K = 169
_TILT = 1.25  # how far a version leans, in standard deviations of the ambiguity
_REACH = 2.0  # in the same unit: beyond it a color gains no more, else the rarest would win everywhere
# From the safest setting to the most vivid, chosen on validation pictures: the weight of rare colors (below 0 they are
# weighed down), the temperature, and what the chroma is multiplied by. Rare colors alone would reach the truth's
# colorfulness too, with more false tints.
REBALANCE, TEMPERATURE, SATURATION = (-0.3, 0.4), (1.0, 0.65), (0.95, 1.6)
CELL = 2  # a cell of the distribution is 2 x 2 pixels of chroma


def soft_targets(chroma: Tensor) -> tuple[Tensor, Tensor]:
    """The true chroma of each pixel as a distribution: the four colors of the grid around it, with bilinear weights.

    Args:
        chroma: `(B, 2, h, w)`. Values beyond the grid, more vivid than 0.4, count as its border.

    Returns:
        Indices into `COLORS` and weights, which sum to 1 in every pixel, both `(B, 4, h, w)`.

    >>> indices, weights = soft_targets(torch.tensor([0.015, 0.0]).reshape(1, 2, 1, 1))
    >>> (COLORS[indices.flatten()] * weights.reshape(4, 1)).sum(0).tolist()  # the mean is the chroma again
    [0.014999999664723873, 0.0]
    """
    axis = AXIS.to(chroma.device)
    chroma = chroma.clamp(axis[0], axis[-1])
    low = torch.searchsorted(axis, chroma.contiguous(), right=True).sub_(1).clamp_(0, len(axis) - 2)
    (cb, cr), (part_cb, part_cr) = low.unbind(1), ((chroma - axis[low]) / (axis[low + 1] - axis[low])).unbind(1)
    first = cb * len(axis) + cr
    indices = torch.stack([first, first + 1, first + len(axis), first + len(axis) + 1], 1)
    weights = [(1 - part_cb) * (1 - part_cr), (1 - part_cb) * part_cr, part_cb * (1 - part_cr), part_cb * part_cr]
    return indices, torch.stack(weights, 1)


def cross_entropy(logits: Tensor, chroma: Tensor) -> Tensor:
    """The mean cross entropy, in nats, of predicted distributions with the true chroma of the pixels in each cell.

    Args:
        logits: unnormalized log probabilities of the cells, `(B, K, h, w)`.
        chroma: the truth, `(B, 2, 2 h, 2 w)`: four pixels a cell.
    """
    indices, weights = (F.pixel_unshuffle(side, CELL) for side in soft_targets(chroma))  # (B, 16, h, w)
    share = CELL**2
    return (logits.logsumexp(1) - (logits.gather(1, indices) * weights).sum(1) / share).mean()


def frequencies(chroma: Tensor) -> Tensor:
    """How often each color of `COLORS` occurs in chroma `(B, 2, h, w)`: `(K,)`, summing to 1."""
    indices, weights = soft_targets(chroma)
    counts = torch.zeros(len(COLORS), dtype=torch.float64, device=chroma.device)
    counts.index_add_(0, indices.flatten(), weights.flatten().double())
    return (counts / counts.sum()).float()


def expected(probabilities: Tensor) -> Tensor:
    """The mean chroma `(B, 2, h, w)` of distributions `(B, K, h, w)` over `COLORS`."""
    return torch.einsum("bkhw,kc->bchw", probabilities, COLORS.to(probabilities))


def mix(chroma: Tensor, mixing: Tensor) -> Tensor:
    """Chroma at twice the resolution: each new pixel is a weighted mean of its cell and the eight cells around.

    This is the convex upsampling of Teed and Deng, RAFT (2020).

    Args:
        chroma: `(B, 2, h, w)`, one value a cell.
        mixing: `(B, 36, h, w)`, the logits of the nine weights for each of the four pixels of a cell.

    Returns:
        `(B, 2, 2 h, 2 w)`.
    """
    batch, _, height, width = chroma.shape
    around = F.unfold(F.pad(chroma, (1, 1, 1, 1), mode="replicate"), 3).view(batch, 2, 9, 1, height, width)
    weights = mixing.view(batch, 1, 9, CELL**2, height, width).softmax(2)
    return F.pixel_shuffle((around * weights).sum(2).reshape(batch, 2 * CELL**2, height, width), CELL)


def mirrored_mixing(mixing: Tensor) -> Tensor:
    """The `mixing` `(B, 36, h, w)` of mirrored pictures, mirrored back: cells, neighbors and pixels alike."""
    batch, _, height, width = mixing.shape
    parts = mixing.view(batch, 3, 3, CELL, CELL, height, width)
    return parts.flip(2, 4, 6).reshape(mixing.shape)


@dataclass(frozen=True)
class ChromaDistribution:
    """The colors that each cell of a batch of pictures may have, with their probabilities.

    Args:
        log_probabilities: `(B, K, h, w)` over `COLORS`.
        mixing: `(B, 36, h, w)`, see `mix`.
        frequency: `(K,)`, how often each color occurs at all.
    """

    log_probabilities: Tensor
    mixing: Tensor
    frequency: Tensor

    def chroma(self, vividness: float = 0.0) -> Tensor:
        """One chroma chosen from the distribution, `(B, 2, 2 h, 2 w)`.

        The annealed mean of Zhang et al. (2016), section 2.3, after class rebalancing (section 2.2), times a
        factor. All act on the finished distribution, so that one set of weights serves every setting.

        Args:
            vividness: 0 for the mean with rare colors weighed down, which is safest, to 1 for likely colors with rare
                ones weighed up, strengthened. Other values raise `ValueError`.
        """
        if not 0 <= vividness <= 1:
            raise ValueError(f"vividness is {vividness}; it must lie between 0 and 1")
        rare = -(0.5 * self.frequency + 0.5 / len(COLORS)).log().view(1, -1, 1, 1)
        ends = (REBALANCE, TEMPERATURE, SATURATION)
        weight, temperature, saturation = (safe + vividness * (vivid - safe) for safe, vivid in ends)
        annealed = (self.log_probabilities + weight * rare) / temperature
        return saturation * mix(expected(annealed.softmax(1)), self.mixing)

    def mirrored(self) -> "ChromaDistribution":
        """The same of the mirror images."""
        return replace(self, log_probabilities=self.log_probabilities.flip(-1), mixing=mirrored_mixing(self.mixing))

    def ambiguity(self) -> Tensor:
        """The entropy of each cell's distribution in bits, `(B, 1, h, w)`: 0 where a color is certain, 7.4 at most."""
        return -(self.log_probabilities.exp() * self.log_probabilities).sum(1, keepdim=True) / math.log(2)

    def variance(self) -> Tensor:
        """The mean squared distance of each cell's colors from their mean, `(B, 1, h, w)`."""
        probabilities, colors = self.log_probabilities.exp(), COLORS.to(self.log_probabilities)
        second = torch.einsum("bkhw,k->bhw", probabilities, colors.square().sum(1))
        return (second - expected(probabilities).square().sum(1)).clamp(min=0).unsqueeze(1)

    def versions(self, count: int, vividness: float = 0.0) -> list[Tensor]:
        """Several plausible chromas `(B, 2, 2 h, 2 w)` of the same pictures; the first is `chroma(vividness)`.

        The others lean toward the colors between which a picture is undecided: its distributions are tilted
        exponentially along the axes of their mean covariance, warmer first, then cooler, then across. The odds of two
        colors change by no more than e^5, so a cell that is certain hardly moves; all undecided ones move together.

        Args:
            count: how many, 1 to `MOST_VERSIONS`; others raise `ValueError`.
            vividness: see `chroma`.
        """
        if not 1 <= count <= MOST_VERSIONS:
            raise ValueError(f"{count} versions were asked for; there can be 1 to {MOST_VERSIONS}")
        colors = COLORS.to(self.log_probabilities)
        probabilities = self.log_probabilities.exp()
        mean = expected(probabilities).flatten(2)  # (B, 2, h w)
        second = torch.einsum("bkn,kc,kd->bcd", probabilities.flatten(2), colors, colors) / mean.shape[-1]
        covariance = second - mean @ mean.transpose(1, 2) / mean.shape[-1]
        variances, axes = torch.linalg.eigh(covariance)  # ascending; axes (B, 2, 2) in columns
        warm = torch.where(axes[:, 1] >= axes[:, 0], 1.0, -1.0).unsqueeze(1)  # warmer: more Cr, less Cb
        axes = (axes * warm / variances.clamp(min=1e-6).sqrt().unsqueeze(1)).flip(-1)  # the most ambiguous first
        found = [self.chroma(vividness)]
        for quarter in (0, 2, 1, 3, 0.5, 2.5, 1.5, 3.5)[: count - 1]:
            angle = torch.tensor(quarter * math.pi / 2)
            direction = axes @ torch.stack([angle.cos(), angle.sin()]).to(axes)  # (B, 2)
            distance = torch.einsum("bc,bkc->bk", direction, colors - mean.mean(-1)[:, None])  # standard deviations
            tilt = _TILT * _REACH * (distance / _REACH).tanh()
            tilted = (self.log_probabilities + tilt[:, :, None, None]).log_softmax(1)
            found.append(replace(self, log_probabilities=tilted).chroma(vividness))
        return found
