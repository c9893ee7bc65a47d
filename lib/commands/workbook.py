"""The command `workbook`: run and sweep notebooks, build tables and pages, train, learn, measure speed, get data ready.

The runner never looks into a notebook's work. It passes parameters in, reads what the notebook left in its folder
of the run (`results.json`), and shows progress from a line of text that the kernel rewrites in a small file
(see `lib.common.progress`).
"""

import argparse
import os
import sys
from collections.abc import Callable
from importlib import import_module

from lib.commands import bench, learn, shards, train
from lib.common.homes import home_environment
from lib.common.terminal import exit_code_of
from lib.common.usage import Joined, UsageError, whole_number


def parser() -> argparse.ArgumentParser:
    """The command line; `action` of the parsed options names the function that a command calls.

    It is named and not imported: help and mistakes need not wait for what other commands import.
    """
    main_parser = argparse.ArgumentParser(prog="workbook", description=__doc__.splitlines()[0])
    commands = main_parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("run", help="execute the notebooks and build the page of the run")
    command.add_argument("--only", metavar="02,03", help="only these notebooks, by number")
    command.add_argument("--help-notebook", metavar="02,03", help="print the parameters of these notebooks and exit")
    add_parameters(command)
    command.add_argument("--methods", metavar="FILE", help="a Python file with METHODS of your own, for the table")
    command.add_argument("--output", metavar="FOLDER", help="the run's folder (outputs/<time>-<profile>)")
    command.set_defaults(action="lib.workbook.run:run")
    command = commands.add_parser("sweep", help="execute one notebook at many points of its parameters")
    command.add_argument("notebook", help="like notebooks/03_perceptual_loss.ipynb")
    command.add_argument("sweep", help="a YAML file, or a ready-made sweep's name: notebooks/parameters/sweeps")
    command.add_argument(
        "--seeds", type=whole_number(1), metavar="N", help="each point so often, in place of the file's seeds"
    )
    command.add_argument(
        "--workers", type=whole_number(1), metavar="N", help="points at a time (one per GPU, else one per core)"
    )
    command.add_argument("--scheduler", metavar="ADDRESS", help="a running Dask scheduler, like tcp://10.0.0.5:8786")
    command.add_argument("--retry", action="store_true", help="try points that failed before again")
    add_parameters(command)
    command.add_argument("--output", metavar="FOLDER", help="the sweep's folder (outputs/<sweep>-<profile>)")
    command.set_defaults(action="lib.workbook.sweeps.command:sweep", methods=None)
    command = commands.add_parser("table", help="means over seeds of what sweeps and runs recorded, and a figure")
    command.add_argument(
        "pattern", help="the folder of a sweep or a run, or a pattern of folders or results.json files"
    )
    command.add_argument("--by", metavar="A,B", help="swept parameters that part the lines (all but the seed)")
    command.add_argument("--metric", metavar="A,B", help="such as psnr,ssim,training_seconds")
    command.add_argument(
        "--baseline",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="what to compare with, paired by seed: a swept value, or method=gray_copy; may be repeated",
    )
    command.add_argument("--method", action="append", default=[], help="only this method, such as cnn; may be repeated")
    command.add_argument("--output", metavar="STEM", help="write STEM.csv, STEM.md and STEM.png (table, in the folder)")
    command.set_defaults(action="lib.workbook.table:run")
    command = commands.add_parser("report", help="build the page of a run or a sweep again")
    command.add_argument("folder", help="the folder of a run or a sweep")
    command.set_defaults(action="lib.workbook.report.command:report")
    train.add_options(commands.add_parser("train", help="train one network without a notebook"))
    learn.add_options(commands.add_parser("learn", help="teach the bundled colorizer your own kind of photograph"))
    bench.add_options(commands.add_parser("bench", help="measure how fast the paper's recipe and ours are"))
    shards.add_options(commands.add_parser("shards", help="pack photographs into shards, to train on very many"))
    command = commands.add_parser("data", help="download the Kaggle pairs into data/kaggle")
    command.set_defaults(action="lib.commands.data:run")
    return main_parser


def add_parameters(command: argparse.ArgumentParser) -> None:
    """The options that give parameters to notebooks."""
    command.add_argument("--profile", default="quick", help="notebooks/parameters/<PROFILE>.yaml (quick)")
    command.add_argument(
        "-p",
        dest="parameters",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="a parameter of every chosen notebook that has it; may be repeated; a list is written '[1, 2]'",
    )
    command.add_argument(
        "--data",
        action=Joined,
        metavar="NAME_OR_PATH",
        help="the pictures: a source's name or a folder; may be repeated for several folders",
    )


def main(arguments: list[str] | None = None) -> int:
    """The console script: 0 done, 1 a notebook failed, 2 a mistake in what was asked, 130 stopped by Ctrl-C."""
    options = parser().parse_args(arguments)
    os.environ.update(home_environment())
    module, _, function = options.action.partition(":")
    return exit_code_of(lambda: _run(getattr(import_module(module), function), options))


def _run(action: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    try:
        return action(options)
    except UsageError as error:
        print(f"workbook: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        raise
    except OSError as error:  # a disk that is full, a folder that may not be written
        print(f"workbook: {error}", file=sys.stderr)
        return 1
