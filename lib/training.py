"""Training as a function of (configuration, data): the visible loop, and its result kept under the fingerprint of both.

A second notebook that asks for the same network gets it from disk; an interrupted training goes on from its last
epoch; a changed configuration or picture gives another fingerprint, and so another folder.
"""

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from lib.augmentation import random_crops
from lib.color import Colorizer
from lib.files import OUTPUTS, atomic_write
from lib.metrics import psnr_of, quick_metrics, r2
from lib.networks import build_network
from lib.pairs import Pairs
from lib.perceptual import BUNDLED, PerceptualLoss, PrintedPerceptualLoss, vgg11_features
from lib.progress import progress

TRAINED = OUTPUTS / "trained"
_RECIPE = 1  # raise it when the loop, a loss or a network changes what a configuration yields
LOSSES = ("mse", "mse + perceptual", "mse + printed perceptual", "chroma distribution")
SCHEDULES = ("constant", "one-cycle")
COUNTED = 1000  # training pictures whose colours are counted for class rebalancing
WARM_UP = 0.2  # share of the steps in which the rate of one cycle rises


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides what a training yields, besides the data (paper, sections III.B and IV.A).

    Adam, as the paper has it, with a constant learning rate; what goes beyond it: a rate that rises and falls once
    ("one-cycle", Smith and Topin 2019), decoupled `weight_decay`, and random crops of `crop` px instead of the whole
    pictures (0). `batch_size` pictures go through the network at a time; the weights move after `accumulation` such
    batches. `snapshots` are the epochs after which the weights are kept beside the last ones.
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
        parts = [_RECIPE, asdict(self), pairs.fingerprint]
        if self.loss != "mse":
            parts.append(hashlib.sha256(BUNDLED.read_bytes()).hexdigest() if self.vgg_weights == "bundled" else "")
        if torch.device(device).type != "cpu":  # other rounding, and other seconds
            parts.append(torch.device(device).type)
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


def best_device() -> str:
    """ "cuda" where there is one, else "cpu"."""
    return "cuda" if torch.cuda.is_available() else "cpu"


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
) -> float:
    """One pass over `pairs` in `order`; returns the mean loss a picture.

    Gradient accumulation: `accumulation` batches of `batch_size` add up to one step. Each batch's loss counts by its
    share of the pictures, so the step equals that of one larger batch where no layer mixes pictures. `augment` changes
    a batch before it is seen; `rate` gives the learning rate for the share of the epoch that is done.
    """
    network.train()
    device = next(network.parameters()).device
    total, group_size = 0.0, batch_size * accumulation
    for start in range(0, len(order), group_size):
        group = order[start : start + group_size]
        optimizer.zero_grad(set_to_none=True)
        if rate:
            for parameters in optimizer.param_groups:
                parameters["lr"] = rate(start / len(order))
        for position in range(0, len(group), batch_size):
            chosen = group[position : position + batch_size]
            gray, color = augment(*pairs.tensors(chosen, device))
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                loss = objective(network, gray, color)
            if not math.isfinite(loss.item()):
                names = ", ".join(pairs.names[i] for i in chosen)
                raise FloatingPointError(f"the loss is {loss.item()} on {names}; try a lower learning rate")
            (loss * (len(chosen) / len(group))).backward()
            total += loss.item() * len(chosen)
            tick(len(chosen))
        optimizer.step()
    return total / len(order)


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
    progress bar under `label`. `device` is chosen when empty.
    """
    device = device or best_device()
    folder = folder / config.fingerprint(pairs, device)
    finished = folder / "network.safetensors"
    if not finished.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _train(config, pairs, label or config.network, device, folder)
    history = json.loads(_read(finished)[1]["history"])
    return Trained(config, load_network(finished, device), pd.DataFrame(history), folder)


def _train(config: TrainingConfig, pairs: Pairs, label: str, device: str, folder: Path) -> None:
    training = pairs.split("train", config.pairs)
    validation = pairs.split("val", min(config.validation_pairs, pairs.counts()["val"]))
    network = build_network(config.network, config.seed, **config.options).to(device)
    network.to(memory_format=torch.channels_last)
    # Without weight decay this is Adam.
    optimizer = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    objective = make_objective(config, device)
    if config.loss == "chroma distribution":
        network.count_colors(training.tensors(slice(COUNTED), device)[1])
    checkpoint = folder / "checkpoint.safetensors"
    history = _load_checkpoint(checkpoint, network, optimizer) if checkpoint.exists() else []
    with progress(label, config.epochs * len(training), initial=len(history) * len(training)) as tick:
        for epoch in range(len(history) + 1, config.epochs + 1):
            started = time.perf_counter()
            order = shuffled(len(training), config.seed, epoch)
            loss = train_epoch(
                network,
                objective,
                optimizer,
                training,
                order,
                config.batch_size,
                config.accumulation,
                augmentation(config, epoch),
                lambda share, epoch=epoch: learning_rate(config, (epoch - 1 + share) / config.epochs),
                tick,
            )
            seconds = time.perf_counter() - started
            history.append({"epoch": epoch, "loss": loss, **validate(network, validation), "seconds": seconds})
            if epoch in config.snapshots:
                save_network(folder / f"epoch-{epoch:03d}.safetensors", network, config)
            _save_checkpoint(checkpoint, network, optimizer, history)
    save_network(folder / "network.safetensors", network, config, history)
    checkpoint.unlink(missing_ok=True)


def save_network(path: Path, network: nn.Module, config: TrainingConfig, history: list[dict] | None = None) -> None:
    """Weights with what `load_network` needs to build the network again (and the history), in one safetensors file."""
    metadata = {"network": config.network, "config": json.dumps(asdict(config)), "history": json.dumps(history or [])}
    state = {name: tensor.contiguous().cpu() for name, tensor in network.state_dict().items()}
    with atomic_write(path) as temporary:
        save_file(state, temporary, metadata)


def load_network(path: str | Path, device: str | torch.device = "cpu") -> nn.Module:
    """A network saved by `save_network`, in eval mode. A file that is missing or not one raises with its name."""
    if not Path(path).exists():
        raise FileNotFoundError(f"{path}: no such network; train it first")
    config, (tensors, _) = read_config(path), _read(path)
    network = build_network(config["network"], **config["options"])
    network.load_state_dict(tensors)
    return network.to(device).eval()


def read_config(path: str | Path) -> dict:
    """The configuration that a network was kept with, without reading its weights."""
    with _opened(path) as file:
        metadata = file.metadata() or {}
    if "config" not in metadata:
        raise ValueError(f"{path}: holds no network of this workbook")
    return json.loads(metadata["config"])


@contextmanager
def _opened(path: str | Path) -> Iterator:
    try:
        with safe_open(path, "pt") as file:
            yield file
    except SafetensorError as error:
        raise ValueError(f"{path}: is no whole safetensors file ({error}); remove it and train again") from error


def _read(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file."""
    with _opened(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118


def _save_checkpoint(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, history: list[dict]) -> None:
    """Everything an interrupted training needs, in one file, so that no two of its parts can disagree."""
    tensors = {f"network.{name}": tensor.contiguous() for name, tensor in network.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value.contiguous() for key, value in state.items()}
    with atomic_write(path) as temporary:
        save_file(tensors, temporary, {"history": json.dumps(history)})


def _load_checkpoint(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> list[dict]:
    tensors, metadata = _read(path)
    network.load_state_dict({name[8:]: tensor for name, tensor in tensors.items() if name.startswith("network.")})
    state: dict[int, dict] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".")
            state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return json.loads(metadata["history"])
