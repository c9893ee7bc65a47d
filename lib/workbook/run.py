"""`workbook run`: check parameters, execute the notebooks, say how it went, build the page."""

import argparse
import os
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from lib.common.files import NOTEBOOKS, OUTPUTS, timestamp, write_json
from lib.common.progress import clock
from lib.common.usage import UsageError
from lib.evaluation.names import METRICS
from lib.workbook.data_check import check_data
from lib.workbook.execution import execute, kernel_environment
from lib.workbook.live_line import live_line
from lib.workbook.locks import alone_in
from lib.workbook.parameters import Notebook, assign, given_parameters, inspect, select
from lib.workbook.records.reader import COMPARISON, load_run, read_results, read_run
from lib.workbook.records.score_table import results_table

# nbconvert, pandas, torch and Dask take seconds to import: they are imported where they are used, so that the help and
# most mistakes are answered at once.


def run(options: argparse.Namespace) -> int:
    """`workbook run`: returns the exit code, 0 where every notebook was done and every photograph could be used."""
    notebooks = [inspect(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
    if options.help_notebook is not None:
        chosen = select(notebooks, options.help_notebook, "--help-notebook")
        print("\n\n".join(notebook.help_text() for notebook in chosen))
        return 0
    selected = select(notebooks, options.only)
    check_output(options.output)
    parameters = given_parameters(notebooks, selected, options)
    check_data([(notebook, parameters[notebook.stem]) for notebook in selected])
    folder = run_folder(options.output, options.profile)
    with alone_in(folder):
        return execute_all(selected, parameters, folder, options)


def execute_all(
    selected: list[Notebook], parameters: dict[str, dict], folder: Path, options: argparse.Namespace
) -> int:
    """Execute the notebooks into the run's folder, print what came out, and return the exit code."""
    from lib.workbook.report.run_page import write_report

    assign(parameters, selected, {"run": str(folder)}, "the run's folder")
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


def check_output(output: str | None) -> None:
    """Raise `UsageError` where `--output` names a file, or a folder that holds anything but a run."""
    folder = Path(os.path.expanduser(output or "."))
    if output is None or not folder.exists() or (folder / "run.json").exists():
        return
    # Hidden files may come from a run that was killed before it wrote its first file.
    if not folder.is_dir() or any(path.name[0] != "." for path in folder.iterdir()):
        raise UsageError(f"--output: {output} is there and is no folder of a run; name a new one.")


def run_folder(output: str | None, profile: str) -> Path:
    """Make the run's folder and return it, absolute: `output`, or one that is new, named by time and profile.

    Of two runs that start in the same second, one gets `-2` behind the name.
    """
    if output is not None:
        folder = Path(os.path.expanduser(output)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    name = f"{datetime.now():%Y%m%d-%H%M%S}-{profile}"
    folder, number = OUTPUTS / name, 1
    try:
        OUTPUTS.mkdir(parents=True, exist_ok=True)
        while True:
            with suppress(FileExistsError):
                folder.mkdir()
                return folder
            number += 1
            folder = OUTPUTS / f"{name}-{number}"
    except OSError as error:
        raise UsageError(f"{OUTPUTS} cannot be written ({error.strerror}); name a folder with --output.") from None


def new_record(folder: Path, options: argparse.Namespace, planned: list[tuple[str, dict]]) -> dict:
    """run.json at the start: what was asked, and what is to be done. A run into an old folder keeps its others."""
    path = folder / "run.json"
    stale = {stem for stem, _ in planned} | {COMPARISON}
    try:
        kept = read_run(path)["notebooks"] if path.exists() else {}
        for file in folder.glob("*/results.json"):
            if file.parent.name not in stale:
                read_results(file)  # it is to stand on the page beside the new ones
    except ValueError as error:
        raise UsageError(str(error)) from None
    kept.pop(COMPARISON, None)  # it gathers the others' results, which are about to change
    for stem in stale:  # an older result must not pass for this run's
        for name in (f"{stem}/results.json", f"{stem}.ipynb", f"{stem}.html"):
            (folder / name).unlink(missing_ok=True)
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
        with live_line(f"{notebook.stem:<{width}}", progress):
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
    short = {known.name: known.short for known in METRICS.values()}
    print(f"\n{table.rename(columns=short).to_string()}\n")
