"""What changes from step to step and epoch to epoch: learning rate, order, augmentation, snapshots."""

import math
from collections.abc import Callable

import numpy as np
from torch import Tensor

from lib.data.augmentation import random_crops, varied_crops
from lib.training.config import TrainingConfig

WARM_UP = 0.2  # share of the steps in which the rate of one cycle rises


def snapshot_epochs(epochs: int) -> tuple[int, ...]:
    """The epochs whose weights the notebooks keep beside the last: the first, and those at one and two thirds."""
    return tuple(sorted({max(1, round(third * epochs / 3)) for third in range(3)}))


def learning_rate(config: TrainingConfig, done: float) -> float:
    """The learning rate when the share `done` of all steps, in [0, 1], is done.

    Epochs with a frozen encoder and those after them have a cycle each. The rate depends on nothing else, so a resumed
    training continues with the same rates.
    """
    frozen, largest = config.frozen_epochs / config.epochs, config.learning_rate
    if done < frozen:
        done /= frozen
    elif frozen:
        done, largest = (done - frozen) / (1 - frozen), config.tuning_rate or largest
    if config.schedule == "constant":
        return largest
    rising = done < WARM_UP
    share = done / WARM_UP if rising else (done - WARM_UP) / (1 - WARM_UP)
    start, end = (1 / 25, 1.0) if rising else (1.0, 1e-4)
    return largest * (end + (start - end) * (1 + math.cos(math.pi * share)) / 2)


def augmentation(config: TrainingConfig, epoch: int) -> Callable[..., tuple[Tensor, Tensor]]:
    """What happens to each batch of an epoch before the network sees it; a function of seed and epoch.

    Takes gray and color, and the `Share` of the batch that they are unless they are all of it.
    """
    if not config.crop:
        return lambda gray, color, share=None: (gray, color)
    generator = np.random.default_rng([config.seed, epoch, config.crop])
    crops = random_crops if config.augmentation == "crops" else varied_crops
    return lambda gray, color, share=None: crops(gray, color, config.crop, generator, share)


def shuffled(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of an epoch's pictures; a function of seed and epoch, so a resumed training needs no random state."""
    return np.random.default_rng([seed, epoch]).permutation(count)
