"""The benchmark from the command line: `make bench`, or `python -m lib.scripts.benchmark --help`."""

import argparse
import sys
from pathlib import Path

from lib.common.devices import best_device
from lib.common.files import OUTPUTS, write_json
from lib.data.sources import load_pairs
from lib.scripts.benchmark.bench import bench, table
from lib.scripts.benchmark.plan import Plan
from lib.workbook.records.provenance import device_name


def main(arguments: list[str] | None = None) -> int:
    """The command line: 0 done, 2 a mistake in what was asked."""
    parser = argparse.ArgumentParser(
        prog="python -m lib.scripts.benchmark", description="How fast the paper's printed recipe is, and how fast ours."
    )
    parser.add_argument("--data", default="auto", metavar="NAME_OR_FOLDER", help="the pictures (auto)")
    parser.add_argument("--size", type=int, default=Plan.size, help=f"px, a multiple of 32 ({Plan.size})")
    parser.add_argument("--repeats", type=int, default=Plan.repeats, help=f"measurements of each ({Plan.repeats})")
    parser.add_argument("--device", default=best_device(), help="cpu or cuda (the GPU where there is one)")
    parser.add_argument("--to-gain", type=float, metavar="DB", help="also train ours until it is so far over gray")
    parser.add_argument("--epochs", type=int, default=Plan.epochs, help=f"of that training ({Plan.epochs})")
    parser.add_argument("--out", type=Path, default=OUTPUTS / "bench", help="folder of results.json (outputs/bench)")
    options = parser.parse_args(arguments)
    try:
        plan = Plan(options.size, options.repeats, options.to_gain, options.epochs)
        pairs = load_pairs(options.data, plan.full)
    except (ValueError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    print(f"Data: {pairs.description} · at {plan.size} px · {device_name(options.device)}")
    results = bench(plan, pairs, options.device)
    write_json(options.out / "results.json", results)
    print("", table(results["rows"]), "", *results["notes"], options.out / "results.json", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
