"""Make the bundled kernel for hints again: `python -m lib.scripts.pretrain_hints FOLDER FOLDER ...`.

The bundled colorizer looks at each photograph once and stays as it is. Then its kernel (`lib.networks.hint_kernel`) is
trained on simulated hints: true colors of random places. Their number is geometric (Zhang et al. 2017, section 3.2) or,
in a quarter of the pictures, anything up to 64. What counts is the logarithm of each picture's squared error: so all
pictures count alike, as they do in a table of decibels.
"""

import argparse
import hashlib
import math
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from lib.color.spaces import gray_to_rgb, rgb_to_ycbcr
from lib.colorize.hints import Evidence, Seen, posterior
from lib.common.files import write_json
from lib.common.tensors import write_tensors
from lib.data.pairs import Pairs, join_pairs
from lib.data.sources import load_pairs
from lib.evaluation.evaluate import evaluate
from lib.evaluation.hinting import gains_by_hints, measure_hints
from lib.evaluation.names import GRAY_COPY
from lib.networks.chroma_net import ChromaNet
from lib.networks.hint_kernel import BUNDLED_KERNEL, HintKernel, features_of, kernel_of
from lib.networks.pretrained import BUNDLED_COLORIZER, load_colorizer
from lib.scripts.recipe import SIZE

BATCH = 32
RATE = 5e-3
MEAN_COUNT, MOST = 8, 64  # hints of a picture
SHARE_OF_MANY = 0.25  # of the pictures have any number up to `MOST`
LEAST_ERROR = 1e-5  # of chroma, squared
SCORED = 100  # validation photographs of each folder
COUNTS = (1, 2, 5, 10, 20, 50)


@torch.inference_mode()
def look(network: ChromaNet, pairs: Pairs, chosen: Sequence[int]) -> dict[str, Tensor]:
    """What the kernel learns from, by name, for the pictures of these numbers; float16 on the CPU, 120 KB a picture."""
    parts: dict[str, list[Tensor]] = {}
    for start in tqdm(range(0, len(chosen), BATCH), "looking", unit="batch", mininterval=10):
        rows = [pairs.tensors(slice(number, number + 1)) for number in chosen[start : start + BATCH]]
        gray, color = (torch.cat(side).to(network.frequency.device) for side in zip(*rows, strict=True))
        distribution, maps = network.distribution_and_maps(gray)
        mean = distribution.chroma()
        found = {
            "features": maps.places,
            "luma": F.interpolate(gray, mean.shape[-2:], mode="area"),
            "variance": distribution.variance(),
            "mean": mean,
            "truth": F.interpolate(rgb_to_ycbcr(color)[:, 1:], mean.shape[-2:], mode="area"),
        }
        for name, tensor in found.items():
            parts.setdefault(name, []).append(tensor.half().cpu())
    return {name: torch.cat(tensors) for name, tensors in parts.items()}


def simulated(count: int, cells: int, generator: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Random cells for `count` pictures, `(count, k)`, and which of them have a hint, bool `(count, k)`."""
    few = generator.geometric(1 / MEAN_COUNT, count)
    many = generator.integers(1, MOST + 1, count)
    numbers = np.minimum(np.where(generator.random(count) < SHARE_OF_MANY, many, few), MOST)
    chosen = np.stack([generator.permutation(cells)[: numbers.max()] for _ in range(count)])
    return torch.from_numpy(chosen), torch.from_numpy(np.arange(numbers.max()) < numbers[:, None])


def loss(kernel: HintKernel, batch: dict[str, Tensor], cells: Tensor, given: Tensor) -> Tensor:
    """The mean over pictures of the logarithm of the squared error of the chroma, after hints in `cells`."""
    covariance = kernel(batch["features"], batch["luma"], batch["variance"])
    mean, truth = batch["mean"].flatten(2), batch["truth"].flatten(2)
    missing = (truth - mean).gather(2, cells[:, None].expand(-1, 2, -1))
    noise = torch.where(given, covariance.noise, 1e6)  # a hint that is not given says nothing
    error = mean + covariance.spread(cells, missing, noise) - truth
    return (error.square().mean((1, 2)) + LEAST_ERROR).log().mean()


def train(kernel: HintKernel, seen: dict[str, Tensor], epochs: int, seed: int) -> None:
    """Train a kernel in place on what `look` returns."""
    generator, device = np.random.default_rng(seed), kernel.noise.device
    steps_an_epoch = math.ceil(len(seen["mean"]) / BATCH)
    steps = epochs * steps_an_epoch
    optimizer = torch.optim.Adam(kernel.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.1)
    progress = tqdm(range(steps), "hints", unit="step", mininterval=10)
    for step in progress:
        if step % steps_an_epoch == 0:
            order = generator.permutation(len(seen["mean"]))
        rows = order[step % steps_an_epoch * BATCH :][:BATCH]
        batch = {name: tensor[rows].to(device).float() for name, tensor in seen.items()}
        cells, given = simulated(len(rows), batch["mean"][0, 0].numel(), generator)
        value = loss(kernel, batch, cells.to(device), given.to(device))
        optimizer.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(kernel.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        progress.set_postfix(loss=f"{value.item():.3f}", refresh=False)


def score(network: ChromaNet, kernels: Mapping[str, HintKernel], pairs: Pairs) -> dict[str, dict[str, list[float]]]:
    """The gain over the gray copy in dB, `[value, low, high]` by kernel and number of hints in random places."""
    found = {}
    without = evaluate({GRAY_COPY: gray_to_rgb}, pairs)
    for name, kernel in kernels.items():

        def seen_by(gray: Tensor, kernel: HintKernel = kernel) -> Seen:
            return Seen.of(network, gray.to(network.frequency.device), kernel)

        rows = gains_by_hints(pd.concat([measure_hints(pairs, seen_by, {"posterior": spread}, COUNTS), without]))
        ends = rows[["value", "low", "high"]].round(2).astype(object).to_numpy().tolist()
        found[name] = dict(zip(map(str, COUNTS), ends, strict=True))
    return found


def spread(seen: Seen, cells: Tensor, chroma: Tensor) -> Tensor:
    """Hints in cells, spread from the safest colors: a method for `measure_hints`."""
    return posterior(seen, seen.distribution.chroma()[0], Evidence(cells, chroma))


def write_card(
    network: ChromaNet, parts: Sequence[Pairs], judges: Sequence[Pairs], count: int, epochs: int, seed: int
) -> None:
    """Write the JSON beside the bundled kernel: what it is, how it was made and what it gains."""
    kernels = {"chosen by hand": HintKernel(network.colors.in_channels).to(network.frequency.device).eval()}
    kernels["learned"] = kernel_of(network)
    validation = {p.name: p.split("val", min(SCORED, p.counts()["val"])) for p in (*parts, *judges)}
    write_json(
        BUNDLED_KERNEL.with_suffix(".json"),
        {
            "what": "HintKernel: which places of a photograph share a color, for the bundled colorizer",
            "file": BUNDLED_KERNEL.name,
            "sha256": hashlib.sha256(BUNDLED_KERNEL.read_bytes()).hexdigest(),
            "colorizer": hashlib.sha256(BUNDLED_COLORIZER.read_bytes()).hexdigest(),
            "date": date.today().isoformat(),
            "parameters": sum(parameter.numel() for parameter in kernels["learned"].parameters()),
            "photographs": {p.name: p.counts()["train"] for p in parts},
            "training": f"{count:,} photographs, {epochs} times, {BATCH} a step; simulated hints, "
            f"{MEAN_COUNT} on average in three quarters of the pictures and any number up to {MOST} in the others; "
            f"Adam, one cycle up to {RATE}",
            "validation": {name: score(network, kernels, pairs) for name, pairs in validation.items()},
            "validation_says": "gain over the gray copy in dB, mean of images, by the number of true colors that are "
            "given in random places, and its 95% interval over the images",
            "command": "python -m lib.scripts.pretrain_hints FOLDER ... --judge FOLDER "
            f"--photographs {count} --epochs {epochs} --seed {seed}",
        },
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m lib.scripts.pretrain_hints", description="Make the bundled kernel for hints again."
    )
    parser.add_argument("folders", nargs="+", help="folders of color photographs; a split.csv is honored")
    parser.add_argument("--judge", nargs="+", default=[], metavar="FOLDER", help="scored, and not trained on")
    parser.add_argument("--photographs", type=int, help="how many are trained on (all)")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    parts, judges = ([load_pairs(folder, SIZE) for folder in those] for those in (arguments.folders, arguments.judge))
    network = load_colorizer()
    pairs = join_pairs(parts)
    training = np.flatnonzero(pairs.splits == "train")
    chosen = np.random.default_rng(arguments.seed).permutation(training)[: arguments.photographs]
    kernel = HintKernel(network.colors.in_channels).to(network.frequency.device)
    train(kernel, look(network, pairs, chosen), arguments.epochs, arguments.seed)
    halves = {name: tensor.half() for name, tensor in kernel.state_dict().items()}
    write_tensors(BUNDLED_KERNEL, halves, {"features": features_of(network)})
    write_card(network, parts, judges, len(chosen), arguments.epochs, arguments.seed)


if __name__ == "__main__":
    main()
