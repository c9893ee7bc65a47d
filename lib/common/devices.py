"""Which device to compute on."""

import torch


def best_device() -> str:
    """The name of the device to compute on: "cuda" where a GPU is usable, else "cpu"."""
    return "cuda" if torch.cuda.is_available() else "cpu"
