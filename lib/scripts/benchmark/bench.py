"""How fast the paper's printed recipe is, and how fast ours: measured in one run on one machine, side by side.

Machines are noisy, so what is compared takes turns, A B C A B C, and medians are compared. The results keep every
single measurement; what could not be measured stands there as null, with its reason.
"""

import importlib.metadata
import itertools
import os
import platform
import tempfile
from dataclasses import asdict
from pathlib import Path

import torch

from lib.common.files import timestamp
from lib.data.pairs import Pairs
from lib.scripts.benchmark.photograph import measure_photograph
from lib.scripts.benchmark.plan import Plan
from lib.scripts.benchmark.throughput import measure_inference, measure_training
from lib.scripts.benchmark.whole_training import measure_seconds_to_gain, measure_whole_training
from lib.workbook.records.provenance import PACKAGES, code_version, device_name

NOTES = (
    "The printed recipe decodes two JPEG files a pair each time, in the training process, and runs all of VGG11 twice "
    "(random weights, as fast as any).",
    "Our loop decodes once, before the clock starts; on a GPU it trains in bfloat16.",
)


def processor() -> str:
    """What the processor calls itself; its kind where the system does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def bench(plan: Plan, pairs: Pairs, device: str) -> dict:
    """Measure everything on `pairs` of `plan.full` px: what results.json holds."""
    started, load = timestamp(), os.getloadavg()[0]
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows += measure_training(plan, pairs, device, folder)
        rows += measure_inference(plan, pairs, device)
        rows += measure_photograph(plan, pairs, device, folder)
    rows.append(measure_whole_training(plan, pairs, device))
    rows.append(measure_seconds_to_gain(plan, pairs, device))
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
        "notes": [
            *NOTES,
            f"Our network at use is {'the bundled colorizer' if plan.bundled else 'untrained: as fast'}.",
        ],
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
