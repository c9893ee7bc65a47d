"""`workbook bench`: how fast the paper's printed recipe is and how fast ours, measured side by side."""

import argparse
from pathlib import Path

from lib.common.devices import best_device, check_device
from lib.common.files import OUTPUTS, write_json
from lib.common.usage import UsageError, add_data_option, decimal_number, whole_number
from lib.data.locations import find_sources
from lib.scripts.benchmark.plan import Plan

# What measures imports torch: it is imported once there is something to measure.


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_data_option(parser)
    count = whole_number()
    parser.add_argument("--size", type=count, default=Plan.size, help=f"px, a multiple of 32 ({Plan.size})")
    parser.add_argument("--repeats", type=count, default=Plan.repeats, help=f"measurements of each ({Plan.repeats})")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="(cuda where there is one)")
    parser.add_argument(
        "--to-gain", type=decimal_number(), metavar="DB", help="also train ours until it is so far over gray"
    )
    parser.add_argument("--epochs", type=count, default=Plan.epochs, help=f"of that training ({Plan.epochs})")
    parser.add_argument("--out", type=Path, default=OUTPUTS / "bench", help="folder of results.json (outputs/bench)")
    parser.set_defaults(action="lib.commands.bench:run")


def run(options: argparse.Namespace) -> int:
    """Measure, write results.json and print the table; returns 0. A mistake in what was asked raises `UsageError`."""
    try:
        plan = Plan(options.size, options.repeats, options.to_gain, options.epochs)
        check_device(options.device)
        find_sources(options.data)
        from lib.data.sources import load_pairs
        from lib.scripts.benchmark.bench import bench, table
        from lib.workbook.records.provenance import device_name

        pairs, device = load_pairs(options.data, plan.full), options.device or best_device()
    except (ValueError, OSError) as error:
        raise UsageError(str(error)) from None
    print(f"Data: {pairs.description} · at {plan.size} px · {device_name(device)}")
    results = bench(plan, pairs, device)
    write_json(options.out / "results.json", results)
    print("", table(results["rows"]), "", *results["notes"], options.out / "results.json", sep="\n")
    return 0
