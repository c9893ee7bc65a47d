"""Training at scale, tried by hand: many pictures, packed into shards, and their memory and speed measured.

python tests/shards_by_hand.py make 200000 FOLDER    # synthetic JPEGs: windows of the rendered scenes
python tests/shards_by_hand.py peak COMMAND...       # runs a command; the peak memory of it and of each child process
python tests/shards_by_hand.py read FOLDER SHARDS SIZE   # pictures per second of CPU: JPEGs, the cache, shards
"""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from lib.data.images import squared_pair
from lib.data.listing import list_folder
from lib.data.sources import load_pairs

WINDOW = 96  # px
DIFFERENT = 40_000  # pictures; more are further names of these files


def make(count: int, folder: Path) -> None:
    """Write JPEG files, 10,000 to a folder, each a window of a rendered scene, mirrored and as bright as chance."""
    scenes = load_pairs("scenes", 128).color
    for number in range(count):
        path = folder / f"{number // 10_000:03d}" / f"{number:07d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number >= DIFFERENT:
            known = number % DIFFERENT
            os.link(folder / f"{known // 10_000:03d}" / f"{known:07d}.jpg", path)
            continue
        chance = np.random.default_rng(number)
        top, left = chance.integers(0, scenes.shape[1] - WINDOW + 1, 2)
        window = scenes[chance.integers(len(scenes)), top : top + WINDOW, left : left + WINDOW]
        window = np.clip(window[:, :: chance.choice((-1, 1))] * chance.uniform(0.7, 1.2), 0, 255).astype(np.uint8)
        Image.fromarray(window).save(path, quality=90)


def peak(command: list[str]) -> int:
    """Run a command, and print how long it took and how much memory its processes had at most, by the system's count.

    That is the resident size (VmHWM), with pages of files that are mapped.
    """
    started, most, names = time.perf_counter(), {}, {}
    with subprocess.Popen(command) as running:
        while running.poll() is None:
            for process in _family(running.pid):
                with suppress(psutil.Error, OSError, StopIteration):
                    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
                    most[process.pid] = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
                    names[process.pid] = (
                        f"{sum(process.cpu_times()[:2]):6.1f} s of CPU  {' '.join(process.cmdline())[-60:]}"
                    )
            time.sleep(1)
    print(f"{time.perf_counter() - started:.1f} s, exit code {running.returncode}")
    for pid, memory in most.items():
        print(f"{memory / 1024:8.0f} MiB  {names[pid]}")
    return running.returncode


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def read(folder: str, shards: str, size: int) -> None:
    """Print, five times in turns, pictures per second of CPU; after the first, all pages are in memory."""
    files = [files for _, *files in list_folder(Path(folder)).items[:64]]
    pairs = {name: load_pairs(data, size).split("train") for name, data in (("cache", folder), ("shards", shards))}
    order = np.random.default_rng(0).permutation(min(map(len, pairs.values())))
    for _ in range(5):
        started = time.process_time()
        for gray, color in files:
            squared_pair(gray, color, size)
        speeds = {"JPEGs": len(files) / (time.process_time() - started)}
        for name, own in pairs.items():
            started = time.process_time()
            for start in range(0, len(order), 32):
                own.tensors(order[start : start + 32])
            speeds[name] = len(order) / (time.process_time() - started)
        print({name: round(speed) for name, speed in speeds.items()})


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "make":
        make(int(rest[0]), Path(rest[1]))
    elif what == "peak":
        sys.exit(peak(rest))
    elif what == "read":
        read(*rest[:2], int(rest[2]))
