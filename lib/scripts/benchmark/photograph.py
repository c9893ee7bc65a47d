"""Seconds and memory that a large photograph costs, from JPEG file to JPEG file."""

import re
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image
from torch import nn

from lib.colorize.files import FORMATS
from lib.colorize.photograph import colorize_photograph
from lib.data.images import open_picture
from lib.data.pairs import Pairs
from lib.networks.pretrained import load_colorizer
from lib.scripts.benchmark.plan import Plan, measured, unmeasured

PHOTOGRAPH = "A photograph, from JPEG file to JPEG file"


def mosaic(pairs: Pairs, width: int, height: int) -> Image.Image:
    """A picture as large as a camera's, with as much detail, laid out of the pictures of `pairs`."""
    rows, columns = -(-height // pairs.size), -(-width // pairs.size)
    tiles = pairs.color[np.arange(rows * columns) % len(pairs)].reshape(rows, columns, pairs.size, pairs.size, 3)
    return Image.fromarray(np.concatenate([np.concatenate(row, axis=1) for row in tiles])[:height, :width])


def _memory(field: str) -> int:
    """A field of the kernel's record of this process, such as VmRSS, in bytes. Only Linux has it."""
    return 1024 * int(re.search(rf"{field}:\s*(\d+)", Path("/proc/self/status").read_text())[1])


def _restart_peak() -> bool:
    """Let VmHWM, the highest resident memory, start again from what is resident now; False where that cannot be."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def colorize_file(source: Path, target: Path, network: nn.Module) -> None:
    """What a person who colorizes a photograph waits for, the model being loaded."""
    (colored,) = colorize_photograph(open_picture(source), network)
    colored.save(target, **FORMATS[".jpg"])


def photograph_costs(plan: Plan, folder: Path, device: str) -> tuple[list[float], list[int]]:
    """For `folder`/large.jpg, `repeats` times: seconds, and the bytes by which memory rises at most.

    To be run in a fresh process. Memory is what the process has resident (not that of a GPU), over what it has when the
    network is loaded and a small photograph colorized. The kernel keeps the highest value itself once it is told to
    start anew; where it is not Linux, or does not let itself be told, there are no such numbers.
    """
    network = load_colorizer(device=device)
    colorize_file(folder / "small.jpg", folder / "small-colorized.jpg", network)
    known, seconds, peaks = _restart_peak(), [], []
    idle = _memory("VmRSS") if known else 0
    for _ in range(plan.repeats):
        _restart_peak()
        started = time.perf_counter()
        colorize_file(folder / "large.jpg", folder / "large-colorized.jpg", network)
        seconds.append(time.perf_counter() - started)
        if known:
            peaks.append(_memory("VmHWM") - idle)
    return seconds, peaks


def measure_photograph(plan: Plan, pairs: Pairs, device: str, folder: Path) -> list[dict]:
    """Seconds and memory for one large photograph, in a process that has done nothing else."""
    duration, memory = "seconds", "MB of memory above the idle process"
    mosaic(pairs, *plan.photograph).save(folder / "large.jpg", quality=95)
    mosaic(pairs, 320, 240).save(folder / "small.jpg", quality=95)
    try:
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            seconds, peaks = pool.submit(photograph_costs, plan, folder, device).result()
    except BrokenProcessPool as error:  # such as one that was killed for its memory
        return [unmeasured(PHOTOGRAPH, name, unit, str(error)) for name, unit in ((duration, "s"), (memory, "MB"))]
    rows = measured(PHOTOGRAPH, {duration: seconds}, "s")
    if not peaks:
        return [*rows, unmeasured(PHOTOGRAPH, memory, "MB", "this system does not tell a process its peak memory")]
    return rows + measured(PHOTOGRAPH, {memory: [peak / 1e6 for peak in peaks]}, "MB")
