"""Training in several processes: the role of each process, communication between them, and locks on folders.

`torchrun` and `accelerate launch` start a program several times and set environment variables. Each process then joins
a `Team` through accelerate, which chooses the device and the backend (NCCL between GPUs, gloo between CPUs). A single
process is a team of one and does not import accelerate.
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
_PATIENCE = timedelta(days=7)  # the others may wait while the main process waits for another training of the network


@dataclass(frozen=True)
class Team:
    """This process's place among the processes that train together.

    Args:
        rank: the number of this process, from 0. Process 0 is the main process.
        count: the number of processes.
    """

    rank: int = 0
    count: int = 1

    @property
    def main(self) -> bool:
        """Whether this is the main process, which validates, writes files and shows progress."""
        return self.rank == 0

    def share(self, pictures: int) -> tuple[slice, int]:
        """This process's share of a batch.

        With fewer pictures than processes, idle ones process the first picture with weight zero, so all stay in step.

        Args:
            pictures: the number of pictures in the batch.

        Returns:
            The slice of pictures to process, and how many of them count.
        """
        start, end = (process * pictures // self.count for process in (self.rank, self.rank + 1))
        return (slice(start, end), end - start) if end > start else (slice(0, 1), 0)

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all processes, in place. All are sent as one float32 message."""
        if self.count == 1:
            return
        flat = torch.cat([tensor.flatten().float() for tensor in tensors])
        torch.distributed.all_reduce(flat)
        for tensor, part in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))

    def gathered(self, value: object) -> list:
        """The values of all processes, by rank. Every process must call this with its own value."""
        if self.count == 1:
            return [value]
        values = [None] * self.count
        torch.distributed.all_gather_object(values, value)
        return values

    def of_main(self, value: object) -> object:
        """The main process's value, in every process. For decisions that only one process may make."""
        return self.gathered(value)[0]

    def wait(self) -> None:
        """Wait until all processes have called this."""
        self.gathered(None)


def join_team(device: str) -> tuple[Team, str]:
    """This process's team and its device, such as "cuda:1". `device` is the kind of device, "cpu" or "cuda"."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Team(), device
    from accelerate import PartialState

    state = PartialState(cpu=device == "cpu", timeout=_PATIENCE)
    return Team(state.process_index, state.num_processes), str(state.device)


def synchronized(network: nn.Module, team: Team, device: str, smallest: int) -> nn.Module:
    """The network with batch norm, if it has any, computed over the pictures of all processes.

    Args:
        network: the network to train.
        team: the processes.
        device: this process's device.
        smallest: the number of pictures in the smallest batch.

    Raises:
        ValueError: the network has batch norm and the processes use CPUs, or the smallest batch has fewer pictures
            than there are processes. torch supports neither.
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
    """Lock a folder for the block. If another process has locked it, print the sentence `waiting` and wait.

    The operating system frees the lock when the process ends, however it ends. Temporary files of a killed process are
    removed.
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
        # Remove the lock file. A process that waits for it notices that, and checks the folder again.
        (folder / _LOCK).unlink()
    finally:
        lock.release()
