"""Several processes that train one network: their ranks, their sums, and the lock on a training's folder.

`torchrun` and `accelerate launch` start a program several times and say so in the environment; each start becomes one
`Team` here, through accelerate, which picks the device and the way to talk (NCCL between GPUs, gloo between CPUs). A
program that was started alone is a team of one, and does not wait for accelerate's import.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from torch import Tensor, nn

_LOCK = ".lock"
_PATIENCE = timedelta(days=7)  # the others wait while the main process waits for another training of the same network


@dataclass(frozen=True)
class Team:
    """This process among `count` that train together, numbered from 0 by `rank`. Process 0 is the `main` one."""

    rank: int = 0
    count: int = 1

    @property
    def main(self) -> bool:
        """Whether this process is the one that validates, writes and shows progress."""
        return self.rank == 0

    def share(self, pictures: int) -> tuple[slice, int]:
        """Which of a batch's pictures this process learns from, and how many of them count.

        With fewer pictures than processes, idle ones process the first picture with weight zero, so all stay in step.
        """
        start, end = (process * pictures // self.count for process in (self.rank, self.rank + 1))
        return (slice(start, end), end - start) if end > start else (slice(0, 1), 0)

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all processes, in place; one float32 message holds them all."""
        if self.count == 1:
            return
        flat = torch.cat([tensor.flatten().float() for tensor in tensors])
        torch.distributed.all_reduce(flat)
        for tensor, part in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))

    def gathered(self, value: object) -> list:
        """Every process's `value`, by rank."""
        if self.count == 1:
            return [value]
        values = [None] * self.count
        torch.distributed.all_gather_object(values, value)
        return values

    def of_main(self, value: object) -> object:
        """The main process's `value`, in every process: for what only one may decide."""
        return self.gathered(value)[0]

    def wait(self) -> None:
        """Wait until all processes have called this."""
        self.gathered(None)


def join_team(device: str) -> tuple[Team, str]:
    """This process's team, and its own device of the kind `device` ("cpu" or "cuda")."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Team(), device
    from accelerate import PartialState

    state = PartialState(cpu=device == "cpu", timeout=_PATIENCE)
    return Team(state.process_index, state.num_processes), str(state.device)


def synchronized(network: nn.Module, team: Team, device: str, smallest: int) -> nn.Module:
    """The network with its batch norm, if it has any, computed over the pictures of all processes.

    Raises:
        ValueError: the network has batch norm, and the processes use CPUs (torch synchronizes GPUs only) or the
            `smallest` batch has fewer pictures than there are processes.
    """
    norms = any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in network.modules())
    if team.count == 1 or not norms:
        return network
    if torch.device(device).type != "cuda":
        raise ValueError(
            f"{type(network).__name__} has batch norm, which torch cannot take over {team.count} CPU processes; train "
            "it in one process or on GPUs, or take a network without"
        )
    if smallest < team.count:
        raise ValueError(
            f"{type(network).__name__} has batch norm, and a batch of {smallest} pictures has none for some of "
            f"{team.count} processes; take another batch_size, or fewer processes"
        )
    return nn.SyncBatchNorm.convert_sync_batchnorm(network)


def is_taken(folder: Path) -> bool:
    """Whether a process has locked the folder, or was killed while it had."""
    return (folder / _LOCK).exists()


@contextmanager
def only_here(folder: Path, waiting: str) -> Iterator[None]:
    """Lock a folder against other processes; where another one holds it, print the sentence `waiting` and wait.

    The operating system releases the lock when the process that holds it ends, however it ends. Files that a killed
    process left half-written there are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / _LOCK, mode=0o644)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(waiting, flush=True)
        lock.acquire(poll_interval=0.5)
    try:
        for left in folder.glob(".*-*.safetensors"):  # see lib.common.files.atomic_write
            left.unlink()
        yield
        # Nothing is left to lock. A process that still waits for this file finds it gone, and tries again.
        (folder / _LOCK).unlink()
    finally:
        lock.release()
