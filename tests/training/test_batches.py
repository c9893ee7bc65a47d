"""Batches in several processes: each reads its own share only, and gets what one process would."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lib.data.arrays import Rows
from lib.training.batches import EpochData
from lib.training.config import TrainingConfig
from lib.training.distributed import Team

CONFIG = TrainingConfig(pairs=19, batch_size=8, accumulation=2, crop=24, seed=3)


class Counted:
    """An array that lists the rows which are read of it."""

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.rows = array, array.shape, array.dtype, []

    def __len__(self):
        return len(self.array)

    def __getitem__(self, rows):
        self.rows += np.atleast_1d(rows).tolist()
        return self.array[rows]


def epoch(pairs, config, team):
    """All batches of an epoch, the gradients' steps put aside."""
    data = EpochData(pairs, config, 1, torch.device("cpu"), team)
    return [batch for _, group in data.steps() for batch in data.batches(group)]


@pytest.mark.parametrize("augmentation", ["crops", "crops and damage"])
@pytest.mark.parametrize("count", [2, 3, 7])
def test_shares_are_the_parts_of_the_whole_batch_to_the_bit(pairs, count, augmentation):
    training, config = pairs.split("train", 19), replace(CONFIG, augmentation=augmentation)
    whole = epoch(training, config, Team())
    parts = zip(*(epoch(training, config, Team(rank, count)) for rank in range(count)), strict=True)
    for batch, shares in zip(whole, parts, strict=True):
        counted = [share for share in shares if share.counting]
        assert torch.equal(torch.cat([share.gray for share in counted]), batch.gray)
        assert torch.equal(torch.cat([share.color for share in counted]), batch.color)
        assert sum(share.weight for share in shares) == pytest.approx(batch.weight)


def test_each_process_reads_its_own_pictures_only(pairs):
    everything, read = np.arange(len(pairs)), []
    for rank in range(2):
        gray, color = Counted(pairs.gray), Counted(pairs.color)
        own = replace(pairs, gray=Rows([gray], everything), color=Rows([color], everything)).split("train", 19)
        epoch(own, CONFIG, Team(rank, 2))
        assert gray.rows == color.rows
        read.append(color.rows)
    assert sorted(map(len, read)) == [9, 10] and len({*read[0], *read[1]}) == 19
