"""Training as a function of (configuration, data): the visible loop, and its result kept under the fingerprint of both.

A second notebook that asks for the same network gets it from disk, or waits for the process that trains it; an
interrupted training goes on from its last epoch; a changed configuration or picture gives another fingerprint, and so
another folder. Under `torchrun` or `accelerate launch` several processes train one network in the same loop.
"""

import hashlib
import json
import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from lib.color.spaces import Colorizer
from lib.common.devices import best_device
from lib.common.files import OUTPUTS
from lib.common.progress import progress
from lib.data.augmentation import random_crops
from lib.data.pairs import Pairs
from lib.evaluation.metrics import psnr_of, quick_metrics, r2
from lib.losses.perceptual import PerceptualLoss, PrintedPerceptualLoss
from lib.losses.vgg_features import BUNDLED, vgg11_features
from lib.networks.registry import build_network
from lib.networks.storage import (
    load_checkpoint,
    load_network,
    random_state,
    read_history,
    save_checkpoint,
    save_network,
    set_random_state,
)
from lib.processes import Team, is_taken, join_team, only_here, synchronised

TRAINED = OUTPUTS / "trained"
_RECIPE = 1  # raise it when the loop, a loss or a network changes what a configuration yields
LOSSES = ("mse", "mse + perceptual", "mse + printed perceptual", "chroma distribution")
SCHEDULES = ("constant", "one-cycle")
PRECISIONS = ("auto", "float32", "bfloat16")
COUNTED = 1000  # training pictures whose colours are counted for class rebalancing
WARM_UP = 0.2  # share of the steps in which the rate of one cycle rises


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides what a training yields, besides the data (paper, sections III.B and IV.A).

    Adam, as the paper has it, with a constant learning rate; what goes beyond it: a rate that rises and falls once
    ("one-cycle", Smith and Topin 2019), decoupled `weight_decay`, and random crops of `crop` px instead of the whole
    pictures (0). `batch_size` pictures go through the network at a time, over all processes together; the weights move
    after `accumulation` such batches. `precision` is that of the forward pass: "auto" is bfloat16 on a GPU and float32
    on a CPU. `snapshots` are the epochs after which the weights are kept beside the last ones.
    """

    network: str = "ColorizationNet"
    options: dict = field(default_factory=dict)
    loss: str = "mse"
    perceptual_weight: float = 0.0
    vgg_weights: str = ""
    pairs: int = 1000
    epochs: int = 20
    batch_size: int = 16
    accumulation: int = 1
    learning_rate: float = 1e-3
    schedule: str = "constant"
    weight_decay: float = 0.0
    crop: int = 0
    precision: str = "auto"
    seed: int = 0
    validation_pairs: int = 200
    snapshots: tuple[int, ...] = ()

    def __post_init__(self):
        if self.loss not in LOSSES:
            raise ValueError(f"loss is one of {', '.join(LOSSES)}, not {self.loss!r}")
        if self.loss == "chroma distribution" and self.network != "ChromaNet":
            raise ValueError(f"{self.network} predicts no distribution of chroma; ChromaNet does")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"schedule is one of {', '.join(SCHEDULES)}, not {self.schedule!r}")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision is one of {', '.join(PRECISIONS)}, not {self.precision!r}")
        for name in ("pairs", "epochs", "batch_size", "accumulation", "validation_pairs"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")
        for name in ("weight_decay", "crop"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 0")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate is {self.learning_rate}; it must be greater than 0")
        if any(not 0 < epoch <= self.epochs for epoch in self.snapshots):
            raise ValueError(f"snapshots {self.snapshots} must lie between 1 and epochs ({self.epochs})")

    def fingerprint(self, pairs: Pairs, device: str = "cpu") -> str:
        """16 hex digits that stand for this configuration on these pairs, trained on this kind of device."""
        fields = asdict(self)
        precision = resolved(fields.pop("precision"), device)
        parts = [_RECIPE, fields, pairs.fingerprint]
        if self.loss != "mse":
            parts.append(hashlib.sha256(BUNDLED.read_bytes()).hexdigest() if self.vgg_weights == "bundled" else "")
        kind = torch.device(device).type
        if kind != "cpu":  # other rounding, and other seconds
            parts.append(kind)
        if precision != {"cuda": "bfloat16"}.get(kind, "float32"):  # what is usual there needs no word
            parts.append(precision)
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Trained:
    """A finished training: the network in eval mode, its history (a row an epoch) and the folder it is kept in."""

    config: TrainingConfig
    network: nn.Module
    history: pd.DataFrame
    folder: Path

    @property
    def seconds(self) -> float:
        """Seconds spent in training, validation not counted, added up over interruptions."""
        return float(self.history["seconds"].sum())

    def at(self, epoch: int) -> nn.Module:
        """The network as it was after `epoch`, one of the configuration's snapshots or the last."""
        if epoch == self.config.epochs:
            return self.network
        if epoch not in self.config.snapshots:
            kept = sorted({*self.config.snapshots, self.config.epochs})
            raise ValueError(f"epoch {epoch} was not kept; there are {kept}")
        return load_network(self.folder / f"epoch-{epoch:03d}.safetensors", next(self.network.parameters()).device)


def snapshot_epochs(epochs: int) -> tuple[int, ...]:
    """The epochs that the notebooks keep beside the last: the first, a third and two thirds of the way."""
    return tuple(sorted({max(1, round(third * epochs / 3)) for third in range(3)}))


def resolved(precision: str, device: str | torch.device) -> str:
    """The precision that "auto" stands for on this device; the others stand for themselves."""
    if precision != "auto":
        return precision
    # A GPU without bfloat16 of its own would imitate it, slowly.
    fast = torch.device(device).type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bfloat16" if fast else "float32"


Objective = Callable[[nn.Module, Tensor, Tensor], Tensor]  # of a network, gray and colour, to a scalar


def make_objective(config: TrainingConfig, device: str) -> Objective:
    """The loss to minimise: MSE of the colours, alone or with a weighted perceptual loss, or the network's own."""
    mse = nn.functional.mse_loss
    if config.loss == "chroma distribution":
        return lambda network, gray, color: network.loss(gray, color)
    if config.loss == "mse":
        return lambda network, gray, color: mse(network(gray), color)
    kind = PerceptualLoss if config.loss == "mse + perceptual" else PrintedPerceptualLoss
    perceptual = kind(vgg11_features(config.vgg_weights)).to(device)

    def both(network: nn.Module, gray: Tensor, color: Tensor) -> Tensor:
        prediction = network(gray)
        return mse(prediction, color) + config.perceptual_weight * perceptual(prediction, color)

    return both


def learning_rate(config: TrainingConfig, done: float) -> float:
    """The learning rate when the share `done` of all steps is done: a function of it alone, so that nothing is lost
    when a training is interrupted.
    """
    if config.schedule == "constant":
        return config.learning_rate
    rising = done < WARM_UP
    share = done / WARM_UP if rising else (done - WARM_UP) / (1 - WARM_UP)
    start, end = (1 / 25, 1.0) if rising else (1.0, 1e-4)
    return config.learning_rate * (end + (start - end) * (1 + math.cos(math.pi * share)) / 2)


Augmentation = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def augmentation(config: TrainingConfig, epoch: int) -> Augmentation:
    """What happens to each batch of an epoch before it is seen; like the order, a function of seed and epoch."""
    if not config.crop:
        return lambda gray, color: (gray, color)
    generator = np.random.default_rng([config.seed, epoch, config.crop])
    return lambda gray, color: random_crops(gray, color, config.crop, generator)


def shuffled(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of an epoch: a function of seed and epoch, so that a resumed training needs no generator's state."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def train_epoch(
    network: nn.Module,
    objective: Objective,
    optimizer: torch.optim.Optimizer,
    pairs: Pairs,
    order: np.ndarray,
    batch_size: int,
    accumulation: int = 1,
    augment: Augmentation = lambda gray, color: (gray, color),
    rate: Callable[[float], float] | None = None,
    tick: Callable[[int], None] = lambda count: None,
    precision: str = "auto",
    team: Team = Team(),  # noqa: B008 (frozen)
) -> float:
    """One pass over `pairs` in `order`; returns the mean loss a picture.

    Gradient accumulation: `accumulation` batches of `batch_size` add up to one step. Each batch's loss counts by its
    share of the pictures, so the step equals that of one larger batch where no layer mixes pictures. So do the shares
    of the processes of a `team`. `augment` changes a batch before it is seen; `rate` gives the learning rate for the
    share of the epoch that is done.
    """
    network.train()
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    device = parameters[0].device
    half = resolved(precision, device) == "bfloat16"
    total, group_size = 0.0, batch_size * accumulation
    for start in range(0, len(order), group_size):
        group = order[start : start + group_size]
        batches = [group[position : position + batch_size] for position in range(0, len(group), batch_size)]
        losses = []
        optimizer.zero_grad(set_to_none=True)
        if rate:
            for settings in optimizer.param_groups:
                settings["lr"] = rate(start / len(order))
        for chosen in batches:
            # Every process draws for the whole batch before it takes its share: all draw the same.
            gray, color = augment(*pairs.tensors(chosen, device))
            own, counting = team.share(len(chosen))
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                loss = objective(network, gray[own], color[own])
            (loss * (counting / len(group))).backward()
            losses.append(loss.detach().float() * counting)
            tick(len(chosen))
        # One sum of all gradients a step, and no DistributedDataParallel: that would sum at every backward pass, also
        # between the batches of one step, and hears of those alone that go through its own forward, not network.loss.
        losses = torch.stack(losses)
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        team.add_up([*gradients, losses])
        for chosen, loss in zip(batches, losses.tolist(), strict=True):
            if not math.isfinite(loss):  # that of all processes together, so that all end here
                raise FloatingPointError(f"the loss is {loss} on {named(pairs, chosen)}; try a lower learning rate")
            total += loss
        if not math.isfinite(nn.utils.get_total_norm(gradients)):  # or the next batch would be blamed
            raise FloatingPointError(f"the gradient is not finite on {named(pairs, group)}; try a lower learning rate")
        optimizer.step()
    return total / len(order)


def named(pairs: Pairs, chosen: np.ndarray) -> str:
    """The chosen pictures' names, for an error."""
    return ", ".join(pairs.names[i] for i in chosen)


@torch.inference_mode()
def validate(network: Colorizer, pairs: Pairs, batch_size: int = 32) -> dict[str, float]:
    """MSE, PSNR (mean of images and pooled), SSIM, R² over RGB and colorfulness ratio on all of `pairs`.

    Any colorizer will do, so that a gray copy can be drawn beside a network's curve; one without weights uses the CPU.
    """
    device, tables = "cpu", []
    if isinstance(network, nn.Module):
        device = next(network.eval().parameters()).device
    for start in range(0, len(pairs), batch_size):
        gray, color = pairs.tensors(slice(start, start + batch_size), device)
        tables.append(quick_metrics(network(gray), color))
    table = pd.concat(tables)
    means = table[["mse", "psnr", "ssim"]].mean().to_dict()
    ratio = table["colorfulness"].sum() / max(table["colorfulness_truth"].sum(), 1e-9)
    return means | {
        "psnr_pooled": float(psnr_of(means["mse"])),
        "r2_rgb": r2(table, "rgb"),
        "colorfulness_ratio": float(ratio),
    }


def train(config: TrainingConfig, pairs: Pairs, label: str = "", device: str = "", folder: Path = TRAINED) -> Trained:
    """Train, or take up an interrupted training, or return a finished one from `folder`.

    Trains on the first `config.pairs` of the train split, validates after every epoch on the val split, and shows a
    progress bar under `label`. `device` is chosen when empty. Where another process trains the same network, waits for
    it. Started several times by `torchrun` or `accelerate launch`, all processes must call this alike and see the same
    folder; the main one of them validates and writes.
    """
    team, device = join_team(device or best_device())
    folder, label = folder / config.fingerprint(pairs, device), label or config.network
    finished, checkpoint = folder / "network.safetensors", folder / "checkpoint.safetensors"
    with ExitStack() as stack:
        if team.main and (not finished.exists() or checkpoint.exists() or is_taken(folder)):
            stack.enter_context(only_here(folder, f"{label}: another process trains the same network; waiting for it."))
            if finished.exists():  # by that process, or by one that was killed right after its last epoch
                checkpoint.unlink(missing_ok=True)
        if not team.of_main(finished.exists()):
            _train(config, pairs, label, torch.device(device), folder, team)
            team.wait()
    return Trained(config, load_network(finished, device), pd.DataFrame(read_history(finished)), folder)


def _train(config: TrainingConfig, pairs: Pairs, label: str, device: torch.device, folder: Path, team: Team) -> None:
    training = pairs.split("train", config.pairs)
    validation = pairs.split("val", min(config.validation_pairs, pairs.counts()["val"]))
    network = build_network(config.network, config.seed, **config.options).to(device)
    smallest = min(config.batch_size, len(training) % config.batch_size or config.batch_size)
    network = synchronised(network.to(memory_format=torch.channels_last), team, device, smallest)
    # Without weight decay this is Adam.
    optimizer = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    objective = make_objective(config, device)
    if config.loss == "chroma distribution":
        network.count_colors(training.tensors(slice(COUNTED), device)[1])
    checkpoint = folder / "checkpoint.safetensors"
    with ExitStack() as stack:
        # What is drawn while training (dropout) hangs on the seed alone, and nobody else's numbers on the training.
        stack.enter_context(torch.random.fork_rng(range(torch.cuda.device_count()) if device.type == "cuda" else []))
        torch.manual_seed(config.seed + (team.rank << 32))
        history = []
        if checkpoint.exists():
            history, drawn = load_checkpoint(checkpoint, network, optimizer, team.rank)
            if drawn:
                set_random_state(drawn, device)
        tick = lambda count: None  # noqa: E731
        if team.main:
            done, whole = (epochs * len(training) for epochs in (len(history), config.epochs))
            tick = stack.enter_context(progress(label, whole, initial=done))
        for epoch in range(len(history) + 1, config.epochs + 1):
            started = time.perf_counter()
            loss = train_epoch(
                network,
                objective,
                optimizer,
                training,
                shuffled(len(training), config.seed, epoch),
                config.batch_size,
                config.accumulation,
                augmentation(config, epoch),
                lambda share, epoch=epoch: learning_rate(config, (epoch - 1 + share) / config.epochs),
                tick,
                config.precision,
                team,
            )
            seconds = time.perf_counter() - started
            drawn = team.gathered(random_state(device))
            if team.main:
                history.append({"epoch": epoch, "loss": loss, **validate(network, validation), "seconds": seconds})
                if epoch in config.snapshots:
                    save_network(folder / f"epoch-{epoch:03d}.safetensors", network, config)
                save_checkpoint(checkpoint, network, optimizer, history, drawn)
    if team.main:
        save_network(folder / "network.safetensors", network, config, history)
        checkpoint.unlink(missing_ok=True)
