"""Which device to compute on."""

import sys
from pathlib import Path

from lib.common.usage import UsageError

# torch takes seconds to import: it is imported where it is used.

_DRIVERS = ("/dev/nvidiactl", "/proc/driver/nvidia", "/dev/kfd", "/dev/dxg", "/dev/nvhost-gpu", "/dev/nvgpu")


def has_gpu_driver() -> bool:
    """Whether there may be a GPU, found out without torch: False only on a Linux that has no driver of one."""
    return sys.platform != "linux" or any(Path(driver).exists() for driver in _DRIVERS)


def best_device() -> str:
    """The name of the device to compute on: "cuda" where a GPU is usable, else "cpu"."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def check_device(device: str | None) -> None:
    """Raise `UsageError` where the command line asks for a GPU and there is none."""
    if device == "cuda" and not (has_gpu_driver() and best_device() == "cuda"):
        raise UsageError("--device cuda: there is no GPU here; leave --device out to compute on the CPU.")
