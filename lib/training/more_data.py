"""The experiment on more and more varied data: what it trains on, and which trainings it compares.

All trainings of a network see about as many pictures, so that the data and not the time differ: few pictures are seen
often, many are seen once or twice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lib.data.arrays import Rows
from lib.data.pairs import Pairs, join_pairs
from lib.data.splits import sha256_of
from lib.evaluation.names import Method
from lib.evaluation.vividness import kinds_of
from lib.training.config import IMAGENET, PRETRAINED, TrainingConfig

CNN, FROM_NOTHING, KNOWING = "cnn", "chroma_net", "imagenet_frozen"  # the networks, by the identifiers of methods
VALIDATION_PAIRS = 64  # many short epochs cost little


@dataclass(frozen=True)
class Budget:
    """What all trainings of the experiment have in common.

    Args:
        size: side of the pictures in px, a multiple of 8.
        pictures_seen: about so many pictures go through each training.
        batch_size: pictures that go through the network at a time.
        learning_rate: that of the paper's network.
        width: channels after the first layer of the paper's network.
        colorizer_width: channels after the first layer of ours.
        precision: of the forward pass, see `TrainingConfig`.
    """

    size: int
    pictures_seen: int
    batch_size: int = 16
    learning_rate: float = 1e-3
    width: int = 64
    colorizer_width: int = 32
    precision: str = "auto"

    def epochs(self, pairs: int) -> int:
        """How often `pairs` training pictures are seen.

        >>> Budget(64, 60_000).epochs(1000), Budget(64, 60_000).epochs(22_000), Budget(64, 1000).epochs(4000)
        (60, 3, 1)
        """
        return max(1, round(self.pictures_seen / pairs))

    def config(self, network: str, pairs: int, seed: int) -> TrainingConfig:
        """How `CNN`, `FROM_NOTHING` or `KNOWING` is trained: as in notebook 06."""
        common = {
            "pairs": pairs,
            "epochs": self.epochs(pairs),
            "batch_size": self.batch_size,
            "precision": self.precision,
            "seed": seed,
            "validation_pairs": VALIDATION_PAIRS,
        }
        if network == CNN:
            return TrainingConfig(options={"width": self.width}, learning_rate=self.learning_rate, **common)
        ours = TrainingConfig(
            network="ChromaNet",
            options={"width": self.colorizer_width, "side": self.size},
            loss="chroma distribution",
            learning_rate=2e-3,
            schedule="one-cycle",
            weight_decay=0.01,
            crop=self.size,
            **common,
        )
        if network == FROM_NOTHING:
            return ours
        options = ours.options | {"encoder": PRETRAINED}
        return replace(ours, options=options, start=IMAGENET, frozen_epochs=ours.epochs)


@dataclass(frozen=True)
class Point:
    """One training of the experiment: the network, the kind of training pictures, their number, and the seed."""

    network: str
    data: str
    pairs: int
    seed: int
    config: TrainingConfig

    @property
    def method(self) -> Method:
        """The method as tables name it; the seed is none of its settings."""
        return Method(self.network, {"pairs": self.pairs, "epochs": self.config.epochs, "data": self.data})


def parts_by_scene(pairs: Pairs) -> list[Pairs]:
    """The pictures of the most frequent kind of scene, and all others; the whole set where names hold no kinds.

    See `kinds_of` for the kinds.
    """
    kinds = np.array(kinds_of(pairs.names))
    if not len(kinds):
        return [pairs]
    first = min(Counter(kinds.tolist()).items(), key=lambda item: (-item[1], item[0]))[0]
    return [_some(pairs, first, kinds == first), _some(pairs, "other scenes", kinds != first)]


def _some(pairs: Pairs, name: str, chosen: np.ndarray) -> Pairs:
    """Some pictures of a set as a set of its own."""
    rows = np.flatnonzero(chosen)
    return replace(
        pairs,
        name=name,
        gray=Rows([pairs.gray], rows),
        color=Rows([pairs.color], rows),
        names=[pairs.names[row] for row in rows],
        splits=pairs.splits[rows],
        fingerprint=sha256_of(pairs.fingerprint, name)[:16],
    )


def kinds_of_data(parts: Sequence[Pairs]) -> dict[str, Pairs]:
    """What to train on, from the least to the most varied: the first set alone, the first two, and so on.

    Of more than three sets these are the first, the first two and all. The keys name them.
    """
    counts = [1, 2, len(parts)] if len(parts) > 3 else range(1, len(parts) + 1)
    kinds = {}
    for count in counts:
        pairs = join_pairs(parts[:count]) if count > 1 else parts[0]
        kinds[pairs.name if count < 3 else f"all {count} folders"] = pairs
    return kinds


def points(
    budget: Budget, kinds: dict[str, Pairs], pair_counts: Sequence[int], seeds: Sequence[int], networks: Sequence[str]
) -> list[Point]:
    """The trainings of the experiment, seed by seed.

    Args:
        budget: what they have in common.
        kinds: what to train on, see `kinds_of_data`.
        pair_counts: numbers of training pictures, 0 for all of a kind; those that a kind does not have are left out.
        seeds: one training of each for every seed.
        networks: some of `CNN`, `FROM_NOTHING`, `KNOWING`.

    Raises:
        ValueError: the most varied kind does not have any of these numbers.
    """
    there = {kind: pairs.counts()["train"] for kind, pairs in kinds.items()}
    if min(pair_counts) > max(there.values()):
        raise ValueError(
            f"{min(pair_counts):,} training pictures were asked for at least, and there are {max(there.values()):,}; "
            "ask for fewer"
        )
    return [
        Point(network, kind, count, seed, budget.config(network, count, seed))
        for seed in seeds
        for kind, most in there.items()
        for count in sorted({count or most for count in pair_counts if count <= most})
        for network in networks
    ]
