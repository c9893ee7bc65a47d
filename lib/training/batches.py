"""The pictures of one epoch, as the loop takes them: in order, in groups that make a step, in batches."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lib.data.augmentation import Share
from lib.data.pairs import Pairs
from lib.training.config import TrainingConfig
from lib.training.distributed import Team
from lib.training.schedules import augmentation, learning_rate, shuffled

Group = list[np.ndarray]  # the positions of each batch's pictures


@dataclass(frozen=True)
class Batch:
    """This process's share of a batch: gray `(B, 1, H, W)`, color `(B, 3, H, W)`, and how many of the B count.

    `weight` is the counting pictures' share of all those that make the step, over all batches and processes.
    """

    gray: Tensor
    color: Tensor
    counting: int
    weight: float


class EpochData:
    """What each step of an `epoch` (from 1) learns from, and its learning rate.

    Batches are loaded one at a time, so that accumulation needs no more memory than a batch.
    """

    def __init__(self, pairs: Pairs, config: TrainingConfig, epoch: int, device: torch.device, team: Team):
        self.pairs, self.config, self.epoch, self.device, self.team = pairs, config, epoch, device, team
        self.augment = augmentation(config, epoch)

    @property
    def steps_before(self) -> int:
        """How many steps the epochs before this one made."""
        return (self.epoch - 1) * -(-len(self.pairs) // (self.config.batch_size * self.config.accumulation))

    def steps(self, tick: Callable[[int], None] | None = None) -> Iterator[tuple[float, Group]]:
        """The learning rate of each step, and the `accumulation` batches that add up to it; the last may have fewer.

        `tick` is called with the number of a step's pictures when the step is done.
        """
        order, size = shuffled(len(self.pairs), self.config.seed, self.epoch), self.config.batch_size
        for start in range(0, len(order), size * self.config.accumulation):
            chosen = order[start : start + size * self.config.accumulation]
            done = (self.epoch - 1 + start / len(order)) / self.config.epochs
            yield learning_rate(self.config, done), [chosen[at : at + size] for at in range(0, len(chosen), size)]
            if tick:
                tick(len(chosen))

    def batches(self, group: Group) -> Iterator[Batch]:
        """The batches of a step, each loaded when it is asked for, and augmented anew each time."""
        pictures = sum(map(len, group))
        for chosen in group:
            own, counting = self.team.share(len(chosen))
            # Every process draws for the whole batch, so that all draw the same, and reads its own share only.
            gray, color = self.augment(*self.pairs.tensors(chosen[own], self.device), Share(own, len(chosen)))
            yield Batch(gray, color, counting, counting / pictures)
