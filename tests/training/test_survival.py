"""Trainings that are killed, and trainings that are wanted twice: real processes, real SIGKILL."""

import itertools
import multiprocessing
import os
import random
import resource
import signal
import time
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from lib.data.pairs import Pairs
from lib.networks.colorization_net import ColorizationNet
from lib.networks.registry import NETWORKS
from lib.networks.storage import load_network
from lib.training import trainer
from lib.training.config import TrainingConfig
from lib.training.trainer import train

CONFIG = TrainingConfig(
    options={"width": 16}, pairs=36, epochs=8, batch_size=4, validation_pairs=4, snapshots=(3,), seed=2
)
KILLS = 3


class Forgetful(nn.Module):
    """A network that draws random numbers while it is trained."""

    def __init__(self, width: int):
        super().__init__()
        self.network, self.dropout = ColorizationNet(width=width, norm="batch"), nn.Dropout(0.3)

    def forward(self, gray):
        return self.network(self.dropout(gray))


VARIANTS = {
    "plain": CONFIG,
    "dropout, one cycle, crops": replace(
        CONFIG, network="Forgetful", schedule="one-cycle", crop=24, weight_decay=0.02, accumulation=2
    ),
    "head first": replace(
        CONFIG,
        network="ChromaNet",
        options={"width": 4, "side": 32},
        loss="cautious chroma distribution",
        crop=32,
        augmentation="crops and damage",
        frozen_epochs=3,
        tuning_rate=1e-4,
        encoder_rate=0.2,
        average=0.9,
    ),
}


def train_here(
    config: TrainingConfig, pairs: Pairs, folder: Path, log: Path, slow: float, hold: Path | None, largest: int
) -> None:
    """In a process of its own: train, and write into `log` a line an epoch and what is printed.

    Each epoch takes `slow` seconds more. While the file `hold` is there the training stands still in its third epoch,
    trained and not yet kept. With `largest` the system kills it in the middle of writing a file of more bytes.
    """
    torch.set_num_threads(1)
    if largest:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # which Python ignores
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    NETWORKS["Forgetful"] = __name__
    original, epochs = trainer.train_epoch, itertools.count(1)

    def train_epoch_and_log(*args):
        loss = original(*args)
        time.sleep(slow)
        print("trained an epoch", flush=True)
        third = next(epochs) == 3
        while third and hold and hold.exists():
            time.sleep(0.01)
        return loss

    trainer.train_epoch = train_epoch_and_log
    with log.open("a") as file, redirect_stdout(file):
        train(config, pairs, device="cpu", folder=folder)
        print("finished", flush=True)


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context("forkserver")  # which imports torch once for all of them
    context.set_forkserver_preload(["lib.training.trainer", "torch._dynamo", "pytest"])
    started = []

    def start(*args, slow=0.0, hold=None, largest=0):
        process = context.Process(target=train_here, args=(*args, slow, hold, largest))
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.join()


def epochs_in(log):
    return log.read_text().count("trained an epoch") if log.exists() else 0


def wait_until(condition, process=None):
    patience = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < patience and (process is None or process.is_alive()), "it did not happen in time"
        time.sleep(0.005)


def is_waiting(log):
    return log.exists() and "waiting" in log.read_text()


def finished(process):
    process.join(120)
    assert process.exitcode == 0


def weights_in(folder, monkeypatch, name="network"):
    monkeypatch.setitem(NETWORKS, "Forgetful", __name__)
    (path,) = folder.glob(f"*/{name}.safetensors")
    return load_network(path).state_dict()


def assert_equal(one, other, context=""):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), f"{name} differs {context}"


@pytest.mark.parametrize("variant", VARIANTS)
def test_killed_at_any_moment_and_started_again_ends_with_the_same_weights(
    variant, pairs, tmp_path, processes, monkeypatch
):
    config, seed = VARIANTS[variant], int.from_bytes(os.urandom(4))
    moments = random.Random(seed)
    finished(processes(config, pairs, tmp_path / "whole", tmp_path / "whole.log"))
    log, folder = tmp_path / "killed.log", tmp_path / "killed"
    for kill in range(KILLS):
        before, process = epochs_in(log), processes(config, pairs, folder, log, slow=0.1)
        # A random moment, counted from a random epoch on: most seconds pass before the first, and none is lost there.
        epochs = moments.randint(0, 3) if kill else 2
        wait_until(lambda: epochs_in(log) >= before + epochs or not process.is_alive())  # noqa: B023
        time.sleep(moments.uniform(0, 0.4))
        process.kill()
        process.join()
        assert process.exitcode in (-signal.SIGKILL, 0), f"seed {seed}: {log.read_text()}"
    finished(processes(config, pairs, folder, log))
    context = f"after kills at moments of seed {seed}: {log.read_text()}"
    for name in ("network", "epoch-003"):
        assert_equal(weights_in(tmp_path / "whole", monkeypatch, name), weights_in(folder, monkeypatch, name), context)
    (left,) = folder.iterdir()
    assert {path.name for path in left.iterdir()} == {"network.safetensors", "epoch-003.safetensors"}


def test_the_killed_one_goes_on_from_its_last_epoch(pairs, tmp_path, processes):
    log = tmp_path / "log"
    (hold := tmp_path / "hold").touch()
    process = processes(CONFIG, pairs, tmp_path / "trained", log, hold=hold)
    wait_until(lambda: epochs_in(log) == 3, process)
    process.kill()
    process.join()
    (folder,) = (tmp_path / "trained").iterdir()
    half_written = folder / ".checkpoint-abcd1234.safetensors"
    half_written.write_bytes(b"half")
    finished(processes(CONFIG, pairs, tmp_path / "trained", log))
    assert epochs_in(log) == CONFIG.epochs + 1  # the third twice
    assert not half_written.exists()


def test_one_killed_while_it_writes_leaves_nothing_for_good(pairs, tmp_path, processes):
    log, trained = tmp_path / "log", tmp_path / "trained"
    process = processes(CONFIG, pairs, trained, log, largest=20_000)
    process.join(120)
    assert process.exitcode == -signal.SIGXFSZ and epochs_in(log) == 1
    (folder,) = trained.iterdir()
    (half_written,) = (path for path in folder.iterdir() if path.name != ".lock")
    assert 0 < half_written.stat().st_size <= 20_000
    finished(processes(CONFIG, pairs, trained, log))
    assert {path.name for path in folder.iterdir()} == {"network.safetensors", "epoch-003.safetensors"}


def test_what_one_leaves_that_is_killed_right_after_its_last_epoch_goes(pairs, tmp_path):
    folder = train(CONFIG, pairs, device="cpu", folder=tmp_path).folder
    for left in (".lock", "checkpoint.safetensors"):
        (folder / left).touch()
        train(CONFIG, pairs, device="cpu", folder=tmp_path)
        assert {path.name for path in folder.iterdir()} == {"network.safetensors", "epoch-003.safetensors"}


def test_two_that_want_the_same_training_share_one(pairs, tmp_path, processes):
    logs, hold = [tmp_path / "first", tmp_path / "second"], tmp_path / "hold"
    hold.touch()
    first = processes(CONFIG, pairs, tmp_path / "trained", logs[0], hold=hold)
    wait_until(lambda: epochs_in(logs[0]) == 3, first)
    second = processes(CONFIG, pairs, tmp_path / "trained", logs[1])
    wait_until(lambda: is_waiting(logs[1]), second)
    hold.unlink()
    finished(first)
    finished(second)
    printed = [log.read_text() for log in logs]
    assert [epochs_in(log) for log in logs] == [CONFIG.epochs, 0]
    assert "another process trains the same network; waiting for it" in printed[1] and "another" not in printed[0]
    assert "finished" in printed[1]
    (folder,) = (tmp_path / "trained").iterdir()
    assert not (folder / ".lock").exists()


def test_the_one_that_waits_goes_on_where_a_killed_one_stopped(pairs, tmp_path, processes, monkeypatch):
    logs, hold = [tmp_path / "first", tmp_path / "second"], tmp_path / "hold"
    finished(processes(CONFIG, pairs, tmp_path / "whole", tmp_path / "whole.log"))
    hold.touch()
    first = processes(CONFIG, pairs, tmp_path / "trained", logs[0], hold=hold)
    wait_until(lambda: epochs_in(logs[0]) == 3, first)
    second = processes(CONFIG, pairs, tmp_path / "trained", logs[1])
    wait_until(lambda: is_waiting(logs[1]), second)
    first.kill()
    finished(second)
    assert epochs_in(logs[1]) == CONFIG.epochs - 2
    assert_equal(weights_in(tmp_path / "whole", monkeypatch), weights_in(tmp_path / "trained", monkeypatch))
