"""Seconds that a training of our network takes from nothing."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from lib.color.spaces import gray_to_rgb
from lib.data.pairs import Pairs
from lib.scripts.benchmark.plan import Plan
from lib.scripts.benchmark.timing import measured, unmeasured
from lib.training.loop import validate
from lib.training.trainer import seconds_until, train

WHOLE = "Our network, trained from nothing"


def measure_whole_training(plan: Plan, pairs: Pairs, device: str) -> dict:
    """Seconds for 2,000 pairs and 30 epochs, the most that the paper trained on; only a GPU is asked for so much."""
    name = "seconds for 2,000 pairs x 30 epochs"
    if not device.startswith("cuda"):
        return unmeasured(WHOLE, name, "s", "no GPU")
    try:
        with tempfile.TemporaryDirectory() as folder:
            trained = train(replace(plan.config, pairs=2000, epochs=30), pairs, name, device, Path(folder))
    except ValueError as error:  # fewer pairs than that
        return unmeasured(WHOLE, name, "s", str(error))
    return measured(WHOLE, {name: [trained.seconds]}, "s")[0]


def measure_seconds_to_gain(plan: Plan, pairs: Pairs, device: str, count: int = 2000) -> dict:
    """Seconds of training on the first `count` pairs until the validation PSNR is `to_gain` dB over the gray copy's.

    The history of the training is kept in the row.
    """
    if plan.to_gain is None:
        return unmeasured(WHOLE, "seconds until a gain over the gray copy", "s", "not asked for (--to-gain)")
    name = f"seconds until +{plan.to_gain:g} dB over the gray copy"
    try:
        config = replace(plan.config, pairs=count, epochs=plan.epochs)
        with tempfile.TemporaryDirectory() as folder:
            history = train(config, pairs, name, device, Path(folder)).history
        validation = pairs.split("val", min(config.validation_pairs, pairs.counts()["val"]))
    except ValueError as error:  # fewer pairs than that
        return unmeasured(WHOLE, name, "s", str(error))
    gray_copy = validate(gray_to_rgb, validation)["psnr"]
    seconds = seconds_until(history, gray_copy + plan.to_gain)
    if np.isnan(seconds):
        best = history["psnr"].max() - gray_copy
        row = unmeasured(WHOLE, name, "s", f"not reached in {plan.epochs} epochs, which came to {best:+.2f} dB")
    else:
        row = measured(WHOLE, {name: [seconds]}, "s")[0]
    return row | {"gray_copy_psnr": gray_copy, "history": history.to_dict("records")}
