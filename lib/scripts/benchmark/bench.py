"""How fast the paper's printed recipe is, and how fast ours: measured in one run on one machine, side by side.

Machines are noisy, so what is compared takes turns, A B C A B C, and medians are compared. The results keep every
single measurement; what could not be measured stands there as null, with its reason.
"""

import importlib.metadata
import itertools
import os
import platform
import re
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from lib.color.spaces import gray_to_rgb
from lib.common.files import timestamp
from lib.data.pairs import Pairs
from lib.scripts.benchmark.photograph import measure_photograph
from lib.scripts.benchmark.plan import Plan, measured, unmeasured
from lib.scripts.benchmark.throughput import measure_inference, measure_training
from lib.training.loop import validate
from lib.training.trainer import Trained, seconds_until, train
from lib.workbook.records.provenance import PACKAGES, code_version, device_name

WHOLE = "Our network, trained from nothing"
NOTES = (
    "The printed recipe decodes two JPEG files a pair each time, in the training process, and runs all of VGG11 twice "
    "(random weights, as fast as any).",
    "Our loop decodes once, before the clock starts; on a GPU it trains in bfloat16.",
    "Our network at use is the bundled colorizer.",
)


def processor() -> str:
    """What the processor calls itself; its kind where the system does not say."""
    cpuinfo = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.+)", cpuinfo.read_text()) if cpuinfo.exists() else []
    return names[0] if names else platform.processor() or platform.machine()


def train_anew(plan: Plan, pairs: Pairs, device: str, count: int, epochs: int) -> Trained:
    """Our network trained on the first `count` pairs, its folder gone; `ValueError` where there are fewer."""
    config = replace(plan.config, pairs=count, epochs=epochs)
    with tempfile.TemporaryDirectory() as folder:
        return train(config, pairs, "training", device, Path(folder))


def measure_whole_training(plan: Plan, pairs: Pairs, device: str) -> dict:
    """Seconds for 2,000 pairs and 30 epochs, the most that the paper trained on; only a GPU is asked for so much."""
    name = "seconds for 2,000 pairs x 30 epochs"
    if not device.startswith("cuda"):
        return unmeasured(WHOLE, name, "s", "no GPU")
    try:
        return measured(WHOLE, {name: [train_anew(plan, pairs, device, 2000, 30).seconds]}, "s")[0]
    except ValueError as error:  # fewer pairs than that
        return unmeasured(WHOLE, name, "s", str(error))


def measure_seconds_to_gain(plan: Plan, pairs: Pairs, device: str, count: int = 2000) -> dict:
    """Seconds of training on the first `count` pairs until the validation PSNR is `to_gain` dB over the gray copy's.

    The history of the training is kept in the row.
    """
    if plan.to_gain is None:
        return unmeasured(WHOLE, "seconds until a gain over the gray copy", "s", "not asked for (--to-gain)")
    name = f"seconds until +{plan.to_gain:g} dB over the gray copy"
    try:
        history = train_anew(plan, pairs, device, count, plan.epochs).history
    except ValueError as error:  # fewer pairs than that
        return unmeasured(WHOLE, name, "s", str(error))
    validation = pairs.split("val", min(plan.config.validation_pairs, pairs.counts()["val"]))
    gray_copy = validate(gray_to_rgb, validation)["psnr"]
    seconds = seconds_until(history, gray_copy + plan.to_gain)
    if np.isnan(seconds):
        best = history["psnr"].max() - gray_copy
        row = unmeasured(WHOLE, name, "s", f"not reached in {plan.epochs} epochs, which came to {best:+.2f} dB")
    else:
        row = measured(WHOLE, {name: [seconds]}, "s")[0]
    return row | {"gray_copy_psnr": gray_copy, "history": history.to_dict("records")}


def bench(plan: Plan, pairs: Pairs, device: str) -> dict:
    """Measure everything on `pairs` of `plan.full` px: what results.json holds."""
    started, load = timestamp(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            *measure_training(plan, pairs, device, Path(folder)),
            *measure_inference(plan, pairs, device),
            *measure_photograph(plan, pairs, device, Path(folder)),
            measure_whole_training(plan, pairs, device),
            measure_seconds_to_gain(plan, pairs, device),
        ]
    return {
        "started": started,
        "code": code_version(),
        "device": device_name(device),
        "machine": {
            "system": platform.platform(),
            "processor": processor(),
            "processors": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "load": load,  # before anything was measured: what else the machine was doing
        },
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "parameters": asdict(plan) | {"config": asdict(plan.config)},
        "data": {"name": pairs.name, "description": pairs.description, "fingerprint": pairs.fingerprint},
        "notes": NOTES,
        "rows": rows,
    }


def number(value: float) -> str:
    """About three digits, as a person reads them."""
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def table(rows: list[dict]) -> str:
    """The rows as aligned text: median, range, and the ratio to the first of a group."""
    width = max(len(row["name"]) for row in rows) + 4
    lines = [f"{'':{width}}{'median':>9}{'range':>19}{'ratio':>9}"]
    for group, members in itertools.groupby(rows, lambda row: row["group"]):
        lines.append(group)
        for row in members:
            line = f"  {row['name']:{width - 2}}"
            if row["reason"]:
                lines.append(f"{line}  {row['reason']}")
                continue
            spread = f"{number(min(row['values']))} – {number(max(row['values']))}" if len(row["values"]) > 1 else ""
            ratio = f"{number(row['ratio'])} ×" if row["ratio"] else ""
            lines.append(f"{line}{number(row['median']):>9}{spread:>19}{ratio:>9}".rstrip())
    return "\n".join(lines)
