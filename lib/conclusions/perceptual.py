"""What notebook 03 concludes about the perceptual loss and gradient accumulation."""

import numpy as np
import pandas as pd

from lib.evaluation.bootstrap import difference
from lib.evaluation.intervals import with_interval
from lib.evaluation.names import Method
from lib.evaluation.rows import of_method
from lib.evaluation.size import too_few

_UNITS = {
    "psnr": "dB PSNR",
    "ssim": "SSIM",
    "vgg_distance": "VGG distance",
    "colorfulness_ratio": "colorfulness ratio",
}


def effect_of_the_printed_loss(change: float) -> str:
    """What adding the printed loss to MSE does to the gradients; `change` is the largest change of any of them."""
    if change == 0.0:
        return "As printed, the perceptual loss changes no gradient, to the bit: it cannot have changed a training."
    return f"As printed, the perceptual loss changes gradients, by up to {change:.2g}."


def effect_of_the_corrected_loss(scores: pd.DataFrame, with_it: Method, without: Method, vgg_weights: str) -> str:
    """How much the corrected loss moves each score of a network, with paired 95% intervals.

    Args:
        scores: what `evaluate` returns.
        with_it: the network that was trained with the loss, by its `pairs` and `perceptual_weight`.
        without: the same network trained without.
        vgg_weights: which weights the features have.
    """
    changes = {metric: difference(scores, with_it, without, metric) for metric in _UNITS}
    listed = "; ".join(
        f"{with_interval(change, '+.3f')} {_UNITS[metric]}"
        for metric, change in changes.items()
        if np.isfinite(change[0])  # without color in the truths there is no ratio of colorfulness
    )
    few = too_few(len(of_method(scores, with_it)))
    weight, pairs = with_it.settings["perceptual_weight"], with_it.settings["pairs"]
    return (
        f"Corrected, with weight {weight:g} and {vgg_weights} VGG weights, it moves the network trained on {pairs:,} "
        f"pairs by {listed}{few}."
    )


def effect_of_accumulation(table: pd.DataFrame) -> str:
    """What two accumulated half batches change and save. `table` is what `compare_accumulation` returns."""
    if not np.isfinite(table["gradient differs by (%)"]).all():
        return "Accumulation is not compared: the batch has fewer than two pictures, and so no halves."
    differs = {norm: _percent(value) for norm, value in table["gradient differs by (%)"].items()}
    kept = table.loc["none"]
    return (
        f"Accumulating two half batches changes the whole batch's gradient by {differs['none']} without norm, "
        f"{differs['group']} with group norm and {differs['batch']} with batch norm, and keeps "
        f"{kept['MB kept, half batch']:.1f} MB instead of {kept['MB kept, whole batch']:.1f} MB."
    )


def _percent(value: float) -> str:
    return "less than 0.01%" if value < 0.01 else f"{value:.2g}%"


def price_of_the_corrected_loss(seconds: float, without: float) -> str:
    """How much longer a training of so many seconds took than the same one `without` the loss."""
    return f"Training with the corrected loss takes {seconds / without:.1f} times as long."
