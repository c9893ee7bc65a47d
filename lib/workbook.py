"""The command `workbook`: check parameters, execute notebooks with papermill, say how it went, build the report.

The runner never looks into a notebook's work. It passes parameters in, reads what the notebook left in its folder
of the run (`results.json`), and follows long work through one line of text that the kernel rewrites in a small file
(named in the environment variable WORKBOOK_PROGRESS, "epoch 3/30").
"""

import argparse
import sys
import time
from datetime import datetime
from pathlib import Path

from lib.common.files import NOTEBOOKS, OUTPUTS, read_json, timestamp, write_json
from lib.common.progress import clock
from lib.common.usage import UsageError
from lib.execution import execute, kernel_environment
from lib.live import LiveLine
from lib.parameters import Notebook, assign, given_parameters, inspect, select
from lib.results import COMPARISON, load_run, results_table, short_names

# nbconvert, pandas, torch and Dask take seconds to import: they are imported where they are used, so that the help and
# most mistakes are answered at once.


def run(options: argparse.Namespace) -> int:
    """`workbook run`: returns the exit code, 0 where every notebook was done and every photograph could be used."""
    from lib.report import write_report

    notebooks = [inspect(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
    selected = select(notebooks, options.only)
    folder = run_folder(options.output, options.profile)
    parameters = given_parameters(notebooks, selected, options)
    assign(parameters, selected, {"run": str(folder)}, "the run's folder")

    print_data(selected, parameters)
    record = new_record(folder, options, [(notebook.stem, parameters[notebook.stem]) for notebook in selected])
    for notebook in selected:
        if execute_recorded(notebook, folder, record, max(len(n.stem) for n in selected)) == "interrupted":
            break
    record["finished"] = timestamp()
    write_json(folder / "run.json", record)
    states = [record["notebooks"][notebook.stem]["state"] for notebook in selected]
    page = write_report(folder)
    files = load_run(folder)
    print_results(files.rows)
    for line in files.skipped:
        print(f"left out: {line}")
    print(", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)))
    print(page)
    return 130 if "interrupted" in states else int(states != ["done"] * len(states) or bool(files.skipped))


def run_folder(output: str | None, profile: str) -> Path:
    """The run's folder, absolute: `output`, or a new one named by time and profile. It is not made yet."""
    if output is None:
        return OUTPUTS / f"{datetime.now():%Y%m%d-%H%M%S}-{profile}"
    folder = Path(output).expanduser().resolve()
    if folder.exists() and not (folder / "run.json").exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"--output: {output} is there and is no folder of a run; name a new one.")
    return folder


def print_data(selected: list[Notebook], parameters: dict[str, dict]) -> None:
    """The first line of a run: which data it uses. A name or folder that is none ends the run here."""
    from lib.data.sources import describe_source

    for data in dict.fromkeys(parameters[n.stem].get("data", n.defaults.get("data")) for n in selected):
        try:
            print(f"Data: {describe_source(data)}", flush=True)
        except (ValueError, OSError) as error:
            raise UsageError(str(error)) from None


def new_record(folder: Path, options: argparse.Namespace, planned: list[tuple[str, dict]]) -> dict:
    """run.json at the start: what was asked, and what is to be done. A run into an old folder keeps its others."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "run.json"
    try:
        kept = read_json(path)["notebooks"] if path.exists() else {}
    except ValueError as error:
        raise UsageError(str(error)) from None
    kept.pop(COMPARISON, None)  # it gathers the others' results, which are about to change
    stale = {stem for stem, _ in planned} | {COMPARISON}
    for stem in stale:  # an older result must not pass for this run's
        (folder / stem / "results.json").unlink(missing_ok=True)
        for suffix in (".ipynb", ".html"):
            (folder / f"{stem}{suffix}").unlink(missing_ok=True)
    plan = {stem: {"state": "not run", "seconds": None, "parameters": p, "error": []} for stem, p in planned}
    record = {
        "profile": options.profile,
        "data": options.data,
        "parameters": dict(options.parameters),
        "only": options.only,
        "started": timestamp(),
        "finished": None,
        "notebooks": dict(sorted({**kept, **plan}.items())),
    }
    write_json(path, record)
    return record


def execute_recorded(notebook: Notebook, folder: Path, record: dict, width: int) -> str:
    """Execute one notebook of a run with its live line, keep run.json up to date, and return the state."""
    entry, progress = record["notebooks"][notebook.stem], folder / f".{notebook.stem}.progress"
    entry["state"] = "running"
    write_json(folder / "run.json", record)
    started = time.monotonic()
    try:
        with LiveLine(notebook.stem, width, progress):
            output = folder / f"{notebook.stem}.ipynb"
            environment = kernel_environment(progress)
            entry["state"], entry["error"] = execute(notebook.path, output, entry["parameters"], environment)
    except KeyboardInterrupt:  # between two cells of ours rather than inside papermill
        entry["state"] = "interrupted"
    finally:
        progress.unlink(missing_ok=True)
    entry["seconds"] = round(time.monotonic() - started, 1)
    write_json(folder / "run.json", record)
    print(f"{notebook.stem:<{width}}   {entry['state']:<7}   {clock(entry['seconds'])}", flush=True)
    for line in entry["error"]:
        print(f"    {line}", flush=True)
    return entry["state"]


def print_results(rows: list[dict]) -> None:
    """The results table as the terminal shows it: short names, an interval for the first metric only."""
    table = results_table(rows)
    if table.empty:
        return
    table.iloc[:, 1:] = table.iloc[:, 1:].map(lambda cell: cell.partition(" ")[0])
    print(f"\n{table.rename(columns=short_names()).to_string()}\n")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    main_parser = argparse.ArgumentParser(prog="workbook", description=__doc__.splitlines()[0])
    commands = main_parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("run", help="execute the notebooks and build the page of the run")
    command.add_argument("--only", metavar="02,03", help="only these notebooks, by number")
    add_parameters(command)
    command.add_argument("--methods", metavar="FILE", help="a Python file with METHODS of your own, for the table")
    command.add_argument("--output", metavar="FOLDER", help="the run's folder (outputs/<time>-<profile>)")
    command.set_defaults(action=run)
    command = commands.add_parser("sweep", help="execute one notebook at many points of its parameters")
    command.add_argument("notebook", help="like notebooks/03_perceptual_loss.ipynb")
    command.add_argument("sweep", help="a YAML file, or a ready-made sweep's name: notebooks/parameters/sweeps")
    command.add_argument("--seeds", type=int, metavar="N", help="each point so often, in place of the file's seeds")
    command.add_argument("--workers", type=int, metavar="N", help="points at a time (one a GPU, else one a core)")
    command.add_argument("--scheduler", metavar="ADDRESS", help="a running Dask scheduler, like tcp://10.0.0.5:8786")
    command.add_argument("--retry", action="store_true", help="try points that failed before again")
    add_parameters(command)
    command.add_argument("--output", metavar="FOLDER", help="the sweep's folder (outputs/<sweep>-<profile>)")
    command.set_defaults(action=sweep, methods=None)
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
        help="what to compare with, paired by seed: a swept value, or method='gray copy'; may be repeated",
    )
    command.add_argument("--method", action="append", default=[], help="only this method; may be repeated")
    command.add_argument("--output", metavar="STEM", help="write STEM.csv, STEM.md and STEM.png (table, in the folder)")
    command.set_defaults(action=table)
    command = commands.add_parser("report", help="build the page of a run or a sweep again")
    command.add_argument("folder", help="the folder of a run or a sweep")
    command.set_defaults(action=report)
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
    command.add_argument("--data", metavar="NAME_OR_PATH", help="the pictures: a source's name or a folder")


def sweep(options: argparse.Namespace) -> int:
    """`workbook sweep NOTEBOOK SWEEP`."""
    from lib import sweeping

    return sweeping.sweep(options)


def table(options: argparse.Namespace) -> int:
    """`workbook table PATTERN`."""
    from lib.tables import table_command

    given = (options.by, options.metric, options.baseline, options.method, options.output)
    return table_command(options.pattern, *given)


def report(options: argparse.Namespace) -> int:
    """`workbook report FOLDER`."""
    from lib.report import write_report

    folder = Path(options.folder).resolve()
    if not folder.is_dir():
        raise UsageError(f"{options.folder} is no folder; name the folder of a run or a sweep, like outputs/<run>.")
    print(write_report(folder))
    return 0


def main(arguments: list[str] | None = None) -> int:
    """The console script: 0 done, 1 a notebook failed, 2 a mistake in what was asked, 130 stopped by Ctrl-C."""
    options = parser().parse_args(arguments)
    try:
        return options.action(options)
    except UsageError as error:
        print(f"workbook: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # a disk that is full, a folder that may not be written
        print(f"workbook: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
