"""Images a second: the paper's printed recipe, its network in our loop, and our network; in training and at use."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.models.vgg import cfgs, make_layers

from lib.common.progress import progress
from lib.data.arrays import Rows
from lib.data.folders import GrayscaleToColorDataset
from lib.data.pairs import Pairs
from lib.evaluation.evaluate import predict
from lib.losses.perceptual import PrintedPerceptualLoss
from lib.losses.vgg_features import freeze
from lib.networks.pretrained import load_colorizer
from lib.networks.registry import build_network
from lib.scripts.benchmark.plan import Plan, measured
from lib.training.config import TrainingConfig
from lib.training.loop import train_epoch
from lib.training.objectives import make_objective
from lib.training.step import make_step

TRAINING, INFERENCE = "Training, images/s", "Inference, images/s"
PAPER_BATCH = 16
FILES = 64  # pairs of files that the printed recipe reads again and again
_ON_A_GPU = 50  # times as many batches in a measurement, which would be over too soon to be timed


@dataclass(frozen=True)
class Contender:
    """Something that is timed: `work(n)` does n batches of `batch_size` pictures, `batches` of them a measurement."""

    name: str
    work: Callable[[int], None]
    batch_size: int
    batches: int


def _clock(device: str) -> float:
    """Seconds on a clock that is read once the device has done all that it was given."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    return time.perf_counter()


def interleaved(label: str, contenders: list[Contender], repeats: int, device: str) -> dict[str, list[float]]:
    """Images/s of each contender, `repeats` times in turns, each time after a batch to warm up."""
    times = _ON_A_GPU if device.startswith("cuda") else 1
    speeds = {contender.name: [] for contender in contenders}
    with progress(label, repeats * sum(c.batch_size * (1 + c.batches * times) for c in contenders)) as tick:
        for _ in range(repeats):
            for contender in contenders:
                contender.work(1)
                started = _clock(device)
                contender.work(contender.batches * times)
                pictures = contender.batch_size * contender.batches * times
                speeds[contender.name].append(pictures / (_clock(device) - started))
                tick(contender.batch_size + pictures)
    return speeds


def write_files(pairs: Pairs, folder: Path) -> None:
    """`FILES` pairs as the paper has them: a JPEG file each in `folder`/gray and `folder`/color."""
    for side in ("gray", "color"):
        (folder / side).mkdir()
        for index in range(FILES):
            picture = getattr(pairs, side)[index % len(pairs)]
            Image.fromarray(picture).save(folder / side / f"{index}.jpg", quality=95)


def whole_vgg11() -> nn.Sequential:
    """All 21 layers of torchvision's VGG11 features, frozen, with random weights: the speed is the same with any."""
    return freeze(make_layers(cfgs["A"]))  # without the classifier, 93% of all weights


def printed_recipe(folder: Path, size: int, width: int, device: str, vgg: bool) -> Callable[[int], None]:
    """The paper's loop (section III-B), as a function that trains on so many batches.

    Every pair is decoded from its two files each time it is seen, in the training process (a data loader's default).
    With `vgg`, the perceptual loss runs all of VGG11's features on prediction and truth, as the listing does.
    """
    transform = transforms.Compose([transforms.Resize((size, size)), transforms.ToTensor()])
    pictures = GrayscaleToColorDataset(folder / "gray", folder / "color", transform)
    endless = itertools.chain.from_iterable(itertools.repeat(DataLoader(pictures, PAPER_BATCH, shuffle=True)))
    network = build_network("ColorizationNet", width=width).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    losses = [mse_loss, PrintedPerceptualLoss(whole_vgg11()).to(device)] if vgg else [mse_loss]

    def work(batches: int) -> None:
        network.train()
        for gray, color in itertools.islice(endless, batches):
            gray, color = gray.to(device), color.to(device)
            optimizer.zero_grad()
            prediction = network(gray)
            loss = sum(part(prediction, color) for part in losses)
            loss.backward()
            optimizer.step()
            loss.item()  # for the curve of the loss

    return work


def our_loop(config: TrainingConfig, pairs: Pairs, device: str) -> Callable[[int], None]:
    """Our loop on pairs that are decoded already, as a function that trains on so many batches."""
    network = build_network(config.network, config.seed, **config.options).to(device)
    network.to(memory_format=torch.channels_last)
    step = make_step(config, network, make_objective(config, device))

    def work(batches: int) -> None:
        chosen = np.arange(batches * config.batch_size) % len(pairs)
        sides = {"gray": Rows([pairs.gray], chosen), "color": Rows([pairs.color], chosen)}
        train_epoch(step, replace(pairs, names=[pairs.names[i] for i in chosen], **sides), config, epoch=1)

    return work


def center(pairs: Pairs, size: int) -> Pairs:
    """The center squares of `size` px of pairs."""
    inside = slice((pairs.size - size) // 2, (pairs.size + size) // 2)
    return replace(pairs, gray=pairs.gray[:, inside, inside], color=pairs.color[:, inside, inside])


def measure_training(plan: Plan, pairs: Pairs, device: str, folder: Path) -> list[dict]:
    """Images/s of the printed recipe, with and without VGG11, and of both networks in our loop."""
    training = pairs.split("train")
    small, width = center(training, plan.size), plan.widths[0]
    write_files(small, folder)
    paper, ours = TrainingConfig(options={"width": width}, batch_size=PAPER_BATCH), plan.config
    printed, without_vgg = (printed_recipe(folder, plan.size, width, device, vgg) for vgg in (True, False))
    contenders = [
        Contender("the paper's printed recipe", printed, PAPER_BATCH, 2),
        Contender("the same without VGG11", without_vgg, PAPER_BATCH, 4),
        Contender("the paper's network in our loop", our_loop(paper, small, device), PAPER_BATCH, 4),
        Contender("our network in our loop", our_loop(ours, training, device), ours.batch_size, 8),
    ]
    return measured(TRAINING, interleaved("training", contenders, plan.repeats, device), "images/s", compared=True)


def measure_inference(plan: Plan, pairs: Pairs, device: str) -> list[dict]:
    """Images/s of both networks on batches of 16, predictions fetched to the CPU."""
    gray, _ = center(pairs, plan.size).tensors(np.arange(PAPER_BATCH) % len(pairs))
    networks = {
        "the paper's network": build_network("ColorizationNet", width=plan.widths[0]).to(device).eval(),
        "our network": load_colorizer(device=device),
    }

    def colorizing(network: nn.Module) -> Callable[[int], None]:
        def work(batches: int) -> None:
            for _ in range(batches):
                predict(network, gray.to(device)).cpu()

        return work

    contenders = [Contender(name, colorizing(network), PAPER_BATCH, 10) for name, network in networks.items()]
    return measured(INFERENCE, interleaved("inference", contenders, plan.repeats, device), "images/s", compared=True)
