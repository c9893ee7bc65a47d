"""Whether a fresh classifier can tell the colors of photographs from those of a colorizer.

A small network is trained to tell true colors from painted ones and judged on pictures that it has not seen. Accuracy
of 50% means that it cannot. The number depends on the pictures and the budget: compare methods of one table, beside
the gray copy.

Color is its only clue. It sees luma and chroma on a grid of 16 x 16 cells, the luma always that of the photograph. At
full resolution it would tell a photograph by how fine its chroma is. On 200 landscapes of 64 px it found out their own
chroma, shrunk by 4, in 89% of the cases after 300 steps, as surely as what our network paints; on the grid it finds out
true chroma at our network's resolution in 50%.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.color import spaces
from lib.common.progress import progress
from lib.evaluation.intervals import mean_interval
from lib.evaluation.names import TRUTH, Method
from lib.evaluation.rows import methods_of, of_method

SEEDS = (0, 1, 2)
STEPS, PICTURES = 300, 16  # of the training, and photographs in each step, once with true colors and once painted
RATE, WIDTHS = 1e-3, (32, 64, 112)  # of Adam at its height; channels of the layers
LEAST = 4  # pictures: two to learn from, two to be judged on
_GRID = 16  # cells each way; our network predicts so many distributions for a square
_STRETCH = torch.tensor([2.0, 8.0, 8.0]).reshape(3, 1, 1)  # chroma varies less than luma


def build_detector() -> nn.Sequential:
    """An untrained classifier: what `_seen` gives to logits `(B, 1)`, positive for true colors."""
    layers, inputs = [], 3
    for number, width in enumerate(WIDTHS):
        layers += [nn.Conv2d(inputs, width, 3, stride=2 if number else 1, padding=1), nn.LeakyReLU(0.2)]
        inputs = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 1))


def _seen(pictures: Tensor, truth: Tensor) -> Tensor:
    """What the classifier sees of pictures, uint8 `(N, 3, H, W)`: the photographs' luma and the pictures' chroma."""
    parts = []
    for own, true in zip(pictures.split(64), truth.split(64), strict=True):
        cells, of_truth = (
            spaces.rgb_to_ycbcr(F.adaptive_avg_pool2d(side.float() / 255, _GRID)) for side in (own, true)
        )
        parts.append(torch.cat([of_truth[:, :1] - 0.5, cells[:, 1:]], 1) * _STRETCH.to(cells))
    return torch.cat(parts)


def detector_accuracy(pictures: Tensor, truth: Tensor, seed: int = 0, steps: int | None = None) -> float:
    """The accuracy of a freshly trained classifier at telling painted colors from true ones, in [0, 1].

    Half of the photographs, drawn by the seed, train it, with true colors and painted. The other half judges it, each
    with both. So pictures in true colors score exactly 0.5.

    Args:
        pictures: what a method paints, uint8 `(N, 3, H, W)`, at least `LEAST` pictures; fewer raise `ValueError`. The
            training runs where they lie.
        truth: the same photographs in true colors.
        seed: of the halves, the weights and the batches.
        steps: of the training, by default `STEPS`.
    """
    if len(truth) < LEAST:
        raise ValueError(f"{len(truth)} pictures are too few to train a classifier; it needs {LEAST}")
    steps = steps or STEPS
    generator = torch.Generator().manual_seed(seed)
    training, judging = torch.randperm(len(truth), generator=generator).tensor_split(2)
    painted, true = _seen(pictures, truth), _seen(truth, truth)
    with torch.random.fork_rng():  # the caller's random state stays as it is
        torch.manual_seed(seed)
        detector = build_detector().to(true.device)
    optimizer = torch.optim.Adam(detector.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    answers = torch.cat([torch.ones(PICTURES), torch.zeros(PICTURES)]).to(true)
    for _ in range(steps):
        chosen = training[torch.randint(len(training), (PICTURES,), generator=generator)]
        mirrored = (torch.rand(2 * PICTURES, 1, 1, 1, generator=generator) < 0.5).to(true.device)
        batch = torch.cat([true[chosen], painted[chosen]])
        batch = torch.where(mirrored, batch.flip(-1), batch)
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(detector(batch).flatten(), answers).backward()
        optimizer.step()
        schedule.step()
    with torch.inference_mode():
        said_true = [float((detector(side[judging]) > 0).float().mean()) for side in (true, painted)]
    return (said_true[0] + 1 - said_true[1]) / 2


def detector_accuracies(pictures: Mapping[Method, Tensor], seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """The accuracy for every method and seed: "method", "settings", "label", "seed" and "accuracy", one row each.

    Args:
        pictures: uint8 `(N, 3, H, W)` by method, the truth among them; see `realism.painted`.
        seeds: a new classifier and other halves of the pictures for each.
    """
    truth, rows = pictures[Method(TRUTH)], []
    judged = {method: own for method, own in pictures.items() if method.name != TRUTH}
    with progress("classifiers", len(judged) * len(seeds)) as tick:
        for method, own in judged.items():
            for seed in seeds:
                accuracy = detector_accuracy(own, truth, seed) if len(truth) >= LEAST else np.nan
                rows.append((method.name, method.settings_text, method.label, seed, accuracy))
                tick(1)
    return pd.DataFrame(rows, columns=["method", "settings", "label", "seed", "accuracy"])


def accuracy_over_seeds(accuracies: pd.DataFrame) -> dict[Method, tuple[float, float, float]]:
    """The mean accuracy of each method with its 95% t-interval over seeds: value, low, high.

    The ends are infinite where there is one seed.
    """
    return {m: mean_interval(of_method(accuracies, m)["accuracy"].tolist()) for m in methods_of(accuracies)}
