"""The bundled colorizer learns a person's own kind of photograph: `workbook learn`.

Its encoder stays as it is, and its decoder is trained on a few dozen to a few hundred photographs. What is gained on
them is lost on others: trained on food alone, the network soon paints landscapes brown. So the result lies between the
weights before and after (Wortsman et al. 2022), which costs much less elsewhere than training for fewer steps does.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lib.color.spaces import gray_to_rgb
from lib.data.arrays import Rows
from lib.data.pairs import Pairs, make_pairs
from lib.evaluation.bootstrap import difference
from lib.evaluation.evaluate import evaluate
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.size import counted
from lib.evaluation.vividness import gains_by_picture
from lib.networks.pretrained import load_colorizer
from lib.networks.storage import read_config
from lib.scripts.recipe import CONFIG
from lib.training.config import TrainingConfig
from lib.training.loop import validate
from lib.training.trainer import train

STEPS = 200  # 20 photographs or 500: from here on all kinds that were tried gained nothing more
BATCH = 32
STEPS_AN_EPOCH = 20  # at least: validation and checkpoint cost as much as some steps
MOST = STEPS * BATCH  # photographs that are learned from; more would take longer
# Of the way from the weights before to those after. Measured on food, flowers, night and people: the whole way gains at
# most 0.13 dB more than three quarters of it, and loses another 1 to 3 dB on landscapes.
SHARES = (0.25, 0.5, 0.75)
ENOUGH = 0.9  # of the largest improvement: who is content with it goes less far, and forgets less
MOST_VALIDATED = 200  # photographs by which the share is chosen
BEFORE, AFTER = Method("before"), Method("after")


@dataclass(frozen=True)
class Learned:
    """What came of learning.

    Args:
        network: the colorizer, in evaluation mode.
        config: of its training; `pairs` are the photographs that it learned from.
        share: how far it went from the bundled weights to the learned ones, one of `SHARES`; 0 where the validation
            photographs gain nothing by any of them, and `network` is the bundled one.
        validated: by how many validation photographs the share was chosen, in words.
        history: of the training, one row for each epoch.
        fingerprint: of the photographs, the network at the start and the configuration.
    """

    network: nn.Module
    config: TrainingConfig
    share: float
    validated: str
    history: list[dict]
    fingerprint: str


def learning_config(count: int, start: Path) -> TrainingConfig:
    """The training on `count` photographs, each there `repetitions(count)` times, that begins with the network `start`.

    Raises `ValueError` or `OSError` where the file is missing, damaged or holds another kind of network.
    """
    config = read_config(start)
    if config["network"] != CONFIG.network:
        raise ValueError(f"{start}: holds a {config['network']}, not a {CONFIG.network}")
    pairs = min(count * repetitions(count), MOST)
    epochs = max(1, round(STEPS / -(-pairs // BATCH)))
    return replace(
        CONFIG,
        options=config["options"],
        pairs=pairs,
        batch_size=BATCH,
        epochs=epochs,
        frozen_epochs=epochs,
        start=str(start),
        learning_rate=1e-3,
        average=0.99,
        validation_pairs=MOST_VALIDATED,
    )


def repetitions(count: int) -> int:
    """How often an epoch shows each of `count` photographs: once, or more often where they are few."""
    return -(-STEPS_AN_EPOCH * BATCH // count)


def repeated(pairs: Pairs, times: int) -> Pairs:
    """Pairs whose training split is there `times` times over; no picture is copied."""
    training = np.flatnonzero(pairs.splits == "train")
    rows = np.concatenate([np.flatnonzero(pairs.splits != "train"), *[training] * times])
    sides = (Rows([side], rows) for side in (pairs.gray, pairs.color))
    return make_pairs(pairs.name, pairs.description, [pairs.names[i] for i in rows], *sides, pairs.splits[rows])


def learn(pairs: Pairs, device: str, start: Path, folder: Path) -> Learned:
    """Let the network `start` learn from the training split of `pairs`; the validation split says how far to go.

    The training is kept in `folder`: an interrupted one resumes, and a finished one is not repeated (see `train`). The
    test split is not looked at.
    """
    count = pairs.counts()["train"]
    config = learning_config(count, start)
    trained = train(config, repeated(pairs, repetitions(count)), "learning", device, folder)
    before = load_colorizer(start, device=device)
    validation = pairs.split("val", min(MOST_VALIDATED, pairs.counts()["val"]))
    share = best_share({share: _psnr(blended(before, trained.network, share), validation) for share in (0.0, *SHARES)})
    network = blended(before, trained.network, share)
    own = replace(config, pairs=min(count, MOST)).portable()  # what the file is to say of itself
    validated = counted(len(validation), "validation photograph")
    return Learned(network, own, share, validated, trained.history.to_dict("records"), trained.folder.name)


def _psnr(network: nn.Module, pairs: Pairs) -> float:
    return validate(network, pairs)["psnr"]


def best_share(psnr: Mapping[float, float]) -> float:
    """The smallest share that brings most of what the best one brings; 0 where no share is better than 0.

    >>> best_share({0.0: 20.0, 0.5: 20.7, 0.75: 20.95, 1.0: 21.0}), best_share({0.0: 20.0, 0.5: 19.0})
    (0.75, 0.0)
    """
    best = max(psnr.values()) - psnr[0.0]
    return min(share for share, value in psnr.items() if value - psnr[0.0] >= ENOUGH * best)


@torch.no_grad()
def blended(before: nn.Module, after: nn.Module, share: float) -> nn.Module:
    """A network whose weights lie between those of two, at `share` of the way from the first; in evaluation mode."""
    network = copy.deepcopy(before).eval()
    for weight, end in zip(network.state_dict().values(), after.state_dict().values(), strict=True):
        if weight.is_floating_point():
            weight.lerp_(end, share)
    return network


@dataclass(frozen=True)
class Change:
    """What learning changed on some photographs, at the safest setting.

    Args:
        pictures: how many.
        before, after: the mean gain over the gray copy in dB, and the share of photographs that are worse than gray.
        difference: after minus before in dB, and the ends of its 95% interval; NaN where the pictures are too few.
    """

    pictures: int
    before: tuple[float, float]
    after: tuple[float, float]
    difference: tuple[float, float, float]


def change_on(pairs: Pairs, before: nn.Module, after: nn.Module) -> Change:
    """What two colorizers gain on the test split of `pairs`."""
    table = evaluate({GRAY_COPY: gray_to_rgb, BEFORE: before, AFTER: after}, pairs.split("test"))
    gains = [gains_by_picture(table, method) for method in (BEFORE, AFTER)]
    means = [(float(gain.mean()), float((gain < 0).mean())) for gain in gains]
    return Change(len(gains[0]), *means, difference(table, AFTER, BEFORE, "psnr"))
