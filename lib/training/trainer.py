"""Training as a function of (configuration, data): the loop, and its result kept under the fingerprint of both.

A second notebook that asks for the same network loads it from disk, or waits for the process that trains it. An
interrupted training resumes after its last epoch. A changed configuration or picture gives another fingerprint, and so
another folder. Under `torchrun` or `accelerate launch` several processes train one network in the same loop.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from torch import nn

from lib.common.devices import best_device
from lib.common.files import OUTPUTS, printable
from lib.common.progress import progress
from lib.common.tensors import read_tensors
from lib.data.pairs import Pairs
from lib.networks.catalog import FINISHED, snapshot_file
from lib.networks.encoders import load_imagenet
from lib.networks.registry import build_network
from lib.networks.storage import load_network, read_history, save_network
from lib.training.adversarial import make_adversarial_step
from lib.training.checkpoints import load_checkpoint, own_random_numbers, random_state, save_checkpoint
from lib.training.config import IMAGENET, TrainingConfig
from lib.training.distributed import Team, is_taken, join_team, only_here, synchronized
from lib.training.loop import train_epoch, validate
from lib.training.objectives import make_objective, make_painting
from lib.training.step import make_step

TRAINED = OUTPUTS / "trained"
COUNTED = 1000  # training pictures whose colors are counted for class rebalancing


@dataclass(frozen=True)
class Trained:
    """A finished training: the network in eval mode, its history (one row per epoch) and its folder."""

    config: TrainingConfig
    network: nn.Module
    history: pd.DataFrame
    folder: Path

    @property
    def seconds(self) -> float:
        """Seconds spent in training, validation not counted, added up over interruptions."""
        return float(self.history["seconds"].sum())

    def kept_within(self, seconds: float) -> int:
        """The last epoch of those kept that was done after so many seconds of training; the first one if none was."""
        kept = sorted({*self.config.snapshots, self.config.epochs})
        done = self.history.set_index("epoch")["seconds"].cumsum()
        return max((epoch for epoch in kept if done[epoch] <= seconds), default=kept[0])

    def at(self, epoch: int) -> nn.Module:
        """The network as it was after `epoch`, one of the configuration's snapshots or the last."""
        if epoch == self.config.epochs:
            return self.network
        if epoch not in self.config.snapshots:
            kept = sorted({*self.config.snapshots, self.config.epochs})
            raise ValueError(f"epoch {epoch} was not kept; there are {kept}")
        return load_network(snapshot_file(self.folder, epoch), next(self.network.parameters()).device)


def train(config: TrainingConfig, pairs: Pairs, label: str = "", device: str = "", folder: Path = TRAINED) -> Trained:
    """Train, resume an interrupted training, or return a finished one from `folder`.

    Trains on the first `config.pairs` of the train split, validates after every epoch on the val split, and shows a
    progress bar under `label`. An empty `device` is the best one there is. If another process trains the same network,
    waits for it. Damaged files of an earlier training are removed, and it starts again. Under `torchrun` or `accelerate
    launch` all processes must call this alike and see the same folder; the main process validates and writes.
    """
    team, device = join_team(device or best_device())
    folder, label = folder / config.fingerprint(pairs, device), label or config.network
    finished, checkpoint = folder / FINISHED, folder / "checkpoint.safetensors"
    kept = [finished, *(snapshot_file(folder, epoch) for epoch in config.snapshots if epoch < config.epochs)]
    with ExitStack() as stack:
        if team.main and (not all(map(_is_whole, kept)) or checkpoint.exists() or is_taken(folder)):
            stack.enter_context(only_here(folder, f"{label}: another process trains the same network; waiting for it."))
            _remove_damaged([*kept, checkpoint], label)
        if not team.of_main(team.main and all(map(_is_whole, kept))):
            network, history = _train(config, pairs, label, torch.device(device), checkpoint, team)
            if team.main:
                save_network(finished, network, config.portable(), history)
            team.wait()
        if team.main and checkpoint.exists():  # ours, or that of a process killed right after its last epoch
            checkpoint.unlink()
    return Trained(config, load_network(finished, device), pd.DataFrame(read_history(finished)), folder)


def _is_whole(file: Path) -> bool:
    """Whether the file of a network or a checkpoint is there and not damaged."""
    try:
        read_tensors(file)
    except (FileNotFoundError, ValueError):
        return False
    return True


def _remove_damaged(files: Sequence[Path], label: str) -> None:
    """Where one file of a training is damaged, remove all of them and say so: the training starts again."""
    damaged = [file for file in files if file.exists() and not _is_whole(file)]
    if damaged:
        print(f"{label}: {damaged[0]} is damaged and removed; the training starts again.", flush=True)
        for file in files:
            file.unlink(missing_ok=True)


def _train(
    config: TrainingConfig, pairs: Pairs, label: str, device: torch.device, checkpoint: Path, team: Team
) -> tuple[nn.Module, list[dict]]:
    """The trained network and its history; resumes from the `checkpoint` if there is one, and leaves one behind."""
    training = pairs.split("train", config.pairs)
    validation = pairs.split("val", min(config.validation_pairs, pairs.counts()["val"]))
    network = _build(config, training, device, team)
    if config.adversary:
        step = make_adversarial_step(
            config, network, make_painting(config, device), device, config.crop or training.size
        )
    else:
        step = make_step(config, network, make_objective(config, device))
    with own_random_numbers(config.seed + (team.rank << 32), device):
        history = load_checkpoint(checkpoint, step, team.rank)
        done, whole = (epochs * len(training) for epochs in (len(history), config.epochs))
        with progress(label, whole, initial=done) if team.main else nullcontext() as tick:
            for epoch in range(len(history) + 1, config.epochs + 1):
                started = time.perf_counter()
                losses = train_epoch(step, training, config, epoch, team, tick)
                seconds = time.perf_counter() - started
                drawn = team.gathered(random_state(device))
                if team.main:
                    scores = validate(step.result, validation) | step.measure(training, validation)
                    history.append({"epoch": epoch, **losses, **scores, "seconds": seconds})
                    if epoch in config.snapshots:
                        save_network(snapshot_file(checkpoint.parent, epoch), step.result, config.portable())
                    save_checkpoint(checkpoint, step, history, drawn)
    return step.result, history


def _build(config: TrainingConfig, training: Pairs, device: torch.device, team: Team) -> nn.Module:
    """The configuration's untrained network, ready for the loop on this process's device."""
    network = build_network(config.network, config.seed, **config.options)
    if config.start == IMAGENET:
        load_imagenet(network.encoder)
    elif config.start:
        _take_over(network, config.start)
    network = network.to(device).to(memory_format=torch.channels_last)
    if config.is_of_distribution and config.start in ("", IMAGENET):
        network.count_colors(training.tensors(slice(COUNTED), device)[1])
    smallest = min(config.batch_size, len(training) % config.batch_size or config.batch_size)
    return synchronized(network, team, device, smallest)


def _take_over(network: nn.Module, start: str) -> None:
    """Let the network begin with the weights in a file; `ValueError` where that holds a network of another shape."""
    known = load_network(start)
    if type(known) is not type(network) or _shapes(known) != _shapes(network):
        raise ValueError(f"{printable(start)}: holds a network of another shape; give its own network and options")
    network.load_state_dict(known.state_dict())


def _shapes(network: nn.Module) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in network.state_dict().items()}


def seconds_until(history: pd.DataFrame, psnr: float) -> float:
    """Seconds of training until the validation PSNR is at least `psnr`; NaN where it never was."""
    reached = history["psnr"] >= psnr
    return float(history["seconds"].cumsum()[reached].min()) if reached.any() else float("nan")
