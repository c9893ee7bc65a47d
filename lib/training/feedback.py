"""Training on a person's pictures that keeps what a network knows: `workbook learn`.

Only the last layers of a `ChromaNet` move: the two heads, and the context that all cells of a picture share. What they
see does not change, so it is computed once for each picture and its mirror image, and a step takes a moment. The loss
has two parts: on the person's pictures the network learns their colors, and on other pictures it is held to the
distributions that it gave before (Li and Hoiem, Learning without Forgetting, 2016).
"""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lib.color import distribution as chromas
from lib.networks.chroma_net import LEAST_ERROR, LOG_WEIGHT, MEAN_WEIGHT, ChromaNet, small_chroma
from lib.training.config import TrainingConfig
from lib.training.schedules import learning_rate

Outputs = tuple[Tensor, Tensor]  # logits of the distributions and of the mixing weights, see `ChromaNet.predict`
HOLD = 4.0  # weight of what is held, against what is learned
PIECE = 16  # pictures that go through the frozen part at a time


@dataclass(frozen=True)
class Frozen:
    """What the layers that move see of N pictures and of their mirror images.

    Args:
        inputs: maps `(2 N, C, h, w)`: the pictures, then their mirror images.
    """

    inputs: list[Tensor]

    @classmethod
    @torch.inference_mode()
    def of(cls, network: ChromaNet, gray: Tensor) -> "Frozen":
        """What they see of gray pictures `(N, 1, S, S)` in [0, 1], at the side at which `network` sees pictures."""
        pieces = torch.cat([gray, gray.flip(-1)]).split(PIECE)
        found = [network.look(_seen(views, network.side).to(network.frequency.device)) for views in pieces]
        places = torch.cat([maps.places for maps in found])
        deepest = torch.cat([maps.deepest.mean((2, 3), keepdim=True) for maps in found])  # the context asks for no more
        return cls([places, deepest] if network.context else [places])

    def __len__(self) -> int:
        return len(self.inputs[0]) // 2

    def at(self, chosen: Tensor) -> list[Tensor]:
        """The inputs of some views by their numbers, below N for a picture and N more for its mirror image."""
        return [maps[chosen].clone() for maps in self.inputs]


@dataclass(frozen=True)
class Lessons:
    """What N pictures teach.

    Args:
        frozen: what the layers that move see of them.
        chroma: their colors, `(N, 2, 2 h, 2 w)`.
        reach: how far each color is to be believed, `(N, 1, 2 h, 2 w)` in [0, 1]: 1 for a color photograph, and less
            where the hints of a corrected one leave it open.
    """

    frozen: Frozen
    chroma: Tensor
    reach: Tensor

    @classmethod
    def of(cls, network: ChromaNet, gray: Tensor, color: Tensor, reach: Tensor) -> "Lessons":
        """What pictures teach: gray `(N, 1, S, S)`, color `(N, 3, S, S)`, reach `(N, 1, S, S)`, all in [0, 1]."""
        color, reach = (_seen(part, network.side).to(network.frequency.device) for part in (color, reach))
        return cls(Frozen.of(network, gray), small_chroma(color), F.avg_pool2d(reach, 8 // chromas.CELL))

    def at(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """The chroma and the reach of some views, see `Frozen.at`."""
        count = len(self.chroma)
        mirrored = (chosen >= count).view(-1, 1, 1, 1).to(self.chroma.device)
        sides = (side[chosen % count] for side in (self.chroma, self.reach))
        return tuple(torch.where(mirrored, side.flip(-1), side) for side in sides)


def _seen(pictures: Tensor, side: int) -> Tensor:
    return F.interpolate(pictures, (side, side), mode="bilinear", antialias=True, align_corners=False)


def outputs(network: ChromaNet, inputs: Sequence[Tensor]) -> Outputs:
    """The logits of distributions and mixing weights that `network` gives for what its last layers see.

    See `ChromaNet.predict`.
    """
    seen = network.context(*inputs) if network.context else inputs[0]
    return network.colors(seen), network.mixing(seen)


def _mean(logits: Tensor, mixing: Tensor) -> Tensor:
    return chromas.mix(chromas.expected(logits.softmax(1)), mixing)


def lesson_loss(new: Outputs, old: Outputs, chroma: Tensor, reach: Tensor) -> Tensor:
    """What is to be lowered on a person's pictures: that of `ChromaNet.loss`, each place as far as its color is known.

    Args:
        new: logits `(B, K, h, w)` and mixing weights `(B, 36, h, w)` of the network that learns.
        old: those of the network before, which teaches what the person's colors leave open.
        chroma: `(B, 2, 2 h, 2 w)`, see `Lessons`.
        reach: `(B, 1, 2 h, 2 w)`.
    """
    indices, weights = (F.pixel_unshuffle(side, chromas.CELL) for side in chromas.soft_targets(chroma))
    true = torch.zeros_like(old[0]).scatter_add_(1, indices, weights / chromas.CELL**2)
    known = F.avg_pool2d(reach, chromas.CELL)
    cross_entropy = -((known * true + (1 - known) * old[0].softmax(1)) * new[0].log_softmax(1)).sum(1).mean()
    target = reach * chroma + (1 - reach) * _mean(*old)
    error, of_gray = (side.square().mean((1, 2, 3)) + LEAST_ERROR for side in (_mean(*new) - target, target))
    return cross_entropy + LOG_WEIGHT * (error.log() + F.relu(error.log() - of_gray.log())).mean()


def hold_loss(new: Outputs, old: Outputs) -> Tensor:
    """How far a network has gone from what it gave before, 0 for not at all. See `lesson_loss` for the arguments.

    The divergence of Kullback and Leibler from the old distributions, in nats, mean of cells, plus `MEAN_WEIGHT` times
    the mean squared distance of their mean chroma.
    """
    was, now = (logits.log_softmax(1) for logits, _ in (old, new))
    divergence = (was.exp() * (was - now)).sum(1).mean()
    return divergence + MEAN_WEIGHT * F.mse_loss(_mean(*new), _mean(*old))


def taught(
    network: ChromaNet, lessons: Lessons, held: Frozen, config: TrainingConfig, tick: Callable[[int], None]
) -> ChromaNet:
    """A copy of `network` that has learned from `lessons` and was held to what it knew on others, in evaluation mode.

    Args:
        network: what is known; it stays as it is.
        lessons: what a person's pictures teach.
        held: other pictures.
        config: `epochs` is the number of steps here, each with `batch_size` pictures of the person's and as many held.
        tick: called with `batch_size` after each step.

    Raises `FloatingPointError` where the loss is not finite.
    """
    learner = copy.deepcopy(network).eval().requires_grad_(False)
    moved = [part for part in (learner.colors, learner.mixing, learner.context) if part]
    parameters = [parameter for part in moved for parameter in part.requires_grad_(True).parameters()]
    optimizer = torch.optim.AdamW(parameters, config.learning_rate, weight_decay=config.weight_decay)
    generator = np.random.default_rng(config.seed)
    for step in range(config.epochs):
        optimizer.param_groups[0]["lr"] = learning_rate(config, step / config.epochs)
        own, others = (_drawn(len(part), config.batch_size, generator) for part in (lessons.frozen, held))
        inputs = [torch.cat(maps) for maps in zip(lessons.frozen.at(own), held.at(others), strict=True)]
        with torch.no_grad():
            old = [part.split(config.batch_size) for part in outputs(network, inputs)]
        new = [part.split(config.batch_size) for part in outputs(learner, inputs)]
        (own_old, others_old), (own_new, others_new) = (list(zip(*both, strict=True)) for both in (old, new))
        loss = lesson_loss(own_new, own_old, *lessons.at(own)) + HOLD * hold_loss(others_new, others_old)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"the loss is {loss.item()} after {step} steps; leave out unusual photographs")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        tick(config.batch_size)
    return learner.requires_grad_(True)


def _drawn(count: int, size: int, generator: np.random.Generator) -> Tensor:
    """The numbers of `size` random views of `count` pictures, no picture more often than needed, see `Frozen.at`."""
    pictures = np.concatenate([generator.permutation(count) for _ in range(-(-size // count))])[:size]
    return torch.from_numpy(pictures + count * generator.integers(0, 2, size))
