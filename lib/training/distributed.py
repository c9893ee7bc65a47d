"""Several processes that train one network: who one of them is, what they tell each other, who waits for whom.

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
        """Which of a batch's pictures are this process's to learn from, and how many count.

        Where there are fewer pictures than processes some have none of their own. They take the first all the same and
        let it count for nothing, so that all processes do the same steps and none waits for another.
        """
        start, end = (process * pictures // self.count for process in (self.rank, self.rank + 1))
        return (slice(start, end), end - start) if end > start else (slice(0, 1), 0)

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Make each tensor its sum over all processes, in place: all of them flattened into one float32 message."""
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
        """The main process's `value`, for all: what only one may decide."""
        return self.gathered(value)[0]

    def wait(self) -> None:
        """Go on when all processes have come here."""
        self.gathered(None)


def join_team(device: str) -> tuple[Team, str]:
    """This process's team, and its own device of the kind asked for ("cpu", "cuda")."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Team(), device
    from accelerate import PartialState

    state = PartialState(cpu=device == "cpu", timeout=_PATIENCE)
    return Team(state.process_index, state.num_processes), str(state.device)


def synchronized(network: nn.Module, team: Team, device: str, smallest: int) -> nn.Module:
    """The network with its batch norm, if it has any, taken over the pictures of all processes.

    torch can do so between GPUs alone, and all of them must have some of a batch's pictures: on CPUs, or where the
    `smallest` batch has fewer pictures than the team processes, such a network raises `ValueError`.
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
    """Whether a process has the folder to itself, or was killed while it had."""
    return (folder / _LOCK).exists()


@contextmanager
def only_here(folder: Path, waiting: str) -> Iterator[None]:
    """Have a folder of files to oneself; where another process has it, print the sentence `waiting` and wait.

    The lock is the operating system's: it goes with the process that holds it, however that ends. What a killed process
    was about to write there is removed.
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
        # Nothing is left to lock. A process that still waits for this very file finds it gone, and looks anew.
        (folder / _LOCK).unlink()
    finally:
        lock.release()
