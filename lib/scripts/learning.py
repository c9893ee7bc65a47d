"""The bundled colorizer learns a person's own kind of photograph from color ones and from corrections.

`workbook learn` uses this. What is gained on one kind must not be lost on others. So only the last layers move, they
are held to what the network said before of the pictures that ship (see `lib.training.feedback`), and the result lies
between the weights before and after (Wortsman et al. 2022), so near to the first that the photographs that ship lose
next to nothing.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lib.color.spaces import gray_to_rgb, rgb_to_ycbcr, to_tensor
from lib.common.progress import progress
from lib.data.augmentation import random_crops
from lib.data.pairs import Pairs
from lib.data.scenes.rendering import render_scene
from lib.data.sources import sample_pairs
from lib.data.splits import sha256_of
from lib.evaluation.bootstrap import difference
from lib.evaluation.evaluate import evaluate
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.vividness import gains_by_picture
from lib.networks.chroma_net import ChromaNet
from lib.networks.pretrained import load_colorizer
from lib.networks.storage import read_config
from lib.scripts.corrections import Material
from lib.scripts.recipe import CONFIG
from lib.training.config import TrainingConfig
from lib.training.feedback import HOLD, Frozen, Lessons, taught
from lib.training.loop import validate

STEPS = 100
BATCH = 8
SCENES = 20  # rendered ones that are held
CROPS = 6  # of each photograph that ships, which are held
SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)  # of the way from the weights before to those after
ENOUGH = 0.9  # of the largest improvement: who is content with it goes less far, and forgets less
LARGEST_FALL = 0.05  # dB that the photographs that ship may lose
MOST_VALIDATED = 50  # pictures by which the share is chosen
BEFORE, AFTER = Method("before"), Method("after")


@dataclass(frozen=True)
class Learned:
    """What came of learning.

    Args:
        network: the colorizer, in evaluation mode.
        config: of its training; `pairs` are the pictures that it learned from.
        share: how far it went from the bundled weights to the learned ones, one of `SHARES`; 0 where none of them keeps
            what was known and gains something, and `network` is the bundled one.
        validated: how many validation pictures the gain was measured on; 0 for none.
        gain: what the validation pictures gain, in dB, by the share, or, where it is 0, by the one that gains most.
        fall: what the photographs that ship lose by the same, in dB.
        fingerprint: of the pictures, the network at the start and the configuration.
    """

    network: nn.Module
    config: TrainingConfig
    share: float
    validated: int
    gain: float
    fall: float
    fingerprint: str


def learning_config(count: int, start: Path) -> TrainingConfig:
    """The training on `count` pictures that begins with the network `start`; an epoch is one step.

    Raises `ValueError` or `OSError` where the file is missing, damaged or holds another kind of network.
    """
    config = read_config(start)
    if config["network"] != CONFIG.network:
        raise ValueError(f"{start}: holds a {config['network']}, not a {CONFIG.network}")
    return replace(
        CONFIG,
        options=config["options"],
        pairs=count,
        batch_size=BATCH,
        epochs=STEPS,
        frozen_epochs=STEPS,
        start=str(start),
        learning_rate=1e-3,
        **dict.fromkeys(("tuning_rate", "weight_decay", "average", "gradient_norm"), 0.0),
        encoder_rate=1.0,
        crop=0,
        augmentation="crops",
        validation_pairs=MOST_VALIDATED,
    )


def learn(material: Material, start: Path, device: str) -> Learned:
    """Let the network `start` learn from the training split of a person's pictures, and keep what it knows.

    The photographs that ship say which shares of the change are allowed, and the validation split which one pays. The
    test split is not looked at.
    """
    pairs, before = material.pairs, load_colorizer(start, device=device)
    training = pairs.indices("train")
    config = learning_config(len(training), start)
    reach = torch.from_numpy(material.reach[training])[:, None].float() / 255
    lessons = Lessons.of(before, *pairs.tensors(training), reach)
    held = Frozen.of(before, held_pictures(pairs.size))
    with progress("learning", config.epochs * config.batch_size) as tick:
        after = taught(before, lessons, held, config, tick)
    shipped, count = sample_pairs(pairs.size), min(MOST_VALIDATED, pairs.counts()["val"])
    judges = [shipped, *([pairs.split("val", count)] if count else [])]
    known, changes = [psnr_on(before, part) for part in judges], {}
    for share in SHARES:
        network = blended(before, after, share)
        change, *gain = (psnr_on(network, part) - value for part, value in zip(judges, known, strict=True))
        changes[share] = gain[0] if gain else share, -change  # not measured, the gain is taken to grow with the share
    share = best_share(changes)
    gain, fall = changes[share or max(changes, key=lambda one: changes[one])]
    network = blended(before, after, share)
    held_by = f"{HOLD} {SCENES} {CROPS}"
    fingerprint = sha256_of(config.fingerprint(pairs, device), held_by)[:16]
    return Learned(network, config.portable(), share, count, gain, fall, fingerprint)


def psnr_on(network: ChromaNet, pairs: Pairs) -> float:
    """The PSNR on pictures at the safest setting, in dB, mean of images."""
    return validate(network, pairs)["psnr"]


def held_pictures(size: int) -> Tensor:
    """Gray pictures that ship, `(N, 1, size, size)`: photographs, parts of them, and rendered landscapes."""
    gray, color = sample_pairs(size).tensors(slice(None))
    generator = np.random.default_rng(0)
    parts = [random_crops(gray, color, size, generator)[0] for _ in range(CROPS)]
    scenes = torch.stack([to_tensor(render_scene(seed, size)) for seed in range(SCENES)])
    return torch.cat([gray, *parts, rgb_to_ycbcr(scenes)[:, :1]])


def best_share(changes: Mapping[float, tuple[float, float]]) -> float:
    """The smallest share that brings most of the gain that is to be had, of those by which too much is not lost.

    Args:
        changes: for each share the gain on validation pictures, and the fall on the photographs that ship, in dB.

    Returns:
        0 where no share gains anything without a fall of more than `LARGEST_FALL`.

    >>> best_share({0.5: (0.7, 0.01), 0.75: (0.95, 0.04), 1.0: (1.2, 0.06)}), best_share({1.0: (-0.1, 0.0)})
    (0.75, 0.0)
    """
    gains = {share: gain for share, (gain, fall) in changes.items() if fall <= LARGEST_FALL and gain > 0}
    return min((share for share, gain in gains.items() if gain >= ENOUGH * max(gains.values())), default=0.0)


@torch.no_grad()
def blended(before: ChromaNet, after: ChromaNet, share: float) -> ChromaNet:
    """A network whose weights lie between those of two, at `share` of the way from the first; in evaluation mode."""
    network = copy.deepcopy(before).eval()
    for weight, end in zip(network.state_dict().values(), after.state_dict().values(), strict=True):
        if weight.is_floating_point():
            weight.lerp_(end, share)
    return network


@dataclass(frozen=True)
class Change:
    """What learning changed on some pictures, at the safest setting.

    Args:
        pictures: how many.
        before, after: the mean gain over the gray copy in dB, and the share of pictures that are worse than gray.
        difference: after minus before in dB, and the ends of its 95% interval; NaN where the pictures are too few.
    """

    pictures: int
    before: tuple[float, float]
    after: tuple[float, float]
    difference: tuple[float, float, float]


def change_on(pairs: Pairs, before: nn.Module, after: nn.Module) -> Change:
    """What two colorizers gain on pictures."""
    table = evaluate({GRAY_COPY: gray_to_rgb, BEFORE: before, AFTER: after}, pairs)
    gains = [gains_by_picture(table, method) for method in (BEFORE, AFTER)]
    means = [(float(gain.mean()), float((gain < 0).mean())) for gain in gains]
    return Change(len(gains[0]), *means, difference(table, AFTER, BEFORE, "psnr"))
