"""Measuring what is compared in turns, and the rows of results.json that it becomes."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from lib.common.progress import progress

_ON_A_GPU = 50  # times as many batches in a measurement, which would be over too soon to be timed


@dataclass(frozen=True)
class Contender:
    """Something that is timed: `work(n)` does n batches of `batch_size` pictures, `batches` of them a measurement."""

    name: str
    work: Callable[[int], None]
    batch_size: int
    batches: int


def _clock(device: str) -> float:
    """Seconds on a clock that is read once the device has done all that it was given."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    return time.perf_counter()


def interleaved(label: str, contenders: list[Contender], repeats: int, device: str) -> dict[str, list[float]]:
    """Images/s of each contender, `repeats` times in turns, each time after a batch to warm up."""
    times = _ON_A_GPU if device.startswith("cuda") else 1
    speeds = {contender.name: [] for contender in contenders}
    with progress(label, repeats * sum(c.batch_size * (1 + c.batches * times) for c in contenders)) as tick:
        for _ in range(repeats):
            for contender in contenders:
                contender.work(1)
                started = _clock(device)
                contender.work(contender.batches * times)
                pictures = contender.batch_size * contender.batches * times
                speeds[contender.name].append(pictures / (_clock(device) - started))
                tick(contender.batch_size + pictures)
    return speeds


def measured(group: str, values: dict[str, list[float]], unit: str, compared: bool = False) -> list[dict]:
    """Rows of results.json from measurements by name; where they are `compared`, with the ratio to the first one's."""
    rows, reference = [], statistics.median(next(iter(values.values())))
    for name, own in values.items():
        median = statistics.median(own)
        row = {"group": group, "name": name, "unit": unit, "values": own, "median": median}
        rows.append(row | {"ratio": median / reference if compared else None, "reason": ""})
    return rows


def unmeasured(group: str, name: str, unit: str, reason: str) -> dict:
    """A row of results.json for what could not be measured, and why."""
    row = {"group": group, "name": name, "unit": unit, "values": [], "median": None, "ratio": None}
    return row | {"reason": f"not measured: {reason}"}
