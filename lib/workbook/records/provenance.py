"""What a result was made with: code, packages, device."""

import platform
import subprocess

import torch

from lib.common.files import ROOT

PACKAGES = ("torch", "torchvision", "torchmetrics", "opencv-python-headless", "matplotlib", "numpy", "pillow",
            "scikit-image", "pandas", "papermill")  # fmt: skip


def code_version() -> str:
    """The commit that the code stands at, with `+` where it was changed since; "unknown" outside a checkout."""
    try:
        command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def device_name(device: str) -> str:
    """The device as a reader knows it: a GPU's name, or the processor's kind with the number of threads."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"CPU ({platform.machine()}, {torch.get_num_threads()} threads)"
