"""`workbook run`: check parameters, execute the notebooks, say how it went, build the page."""

import argparse
import time
from datetime import datetime
from pathlib import Path

from lib.common.files import NOTEBOOKS, OUTPUTS, read_json, timestamp, write_json
from lib.common.progress import clock
from lib.common.usage import UsageError
from lib.evaluation.names import METRICS
from lib.workbook.data_check import check_data
from lib.workbook.execution import execute, kernel_environment
from lib.workbook.live_line import live_line
from lib.workbook.parameters import Notebook, assign, given_parameters, inspect, select
from lib.workbook.records.reader import COMPARISON, load_run, read_results
from lib.workbook.records.score_table import results_table

# nbconvert, pandas, torch and Dask take seconds to import: they are imported where they are used, so that the help and
# most mistakes are answered at once.


def run(options: argparse.Namespace) -> int:
    """`workbook run`: returns the exit code, 0 where every notebook was done and every photograph could be used."""
    from lib.workbook.report.run_page import write_report

    notebooks = [inspect(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
    if options.help_notebook is not None:
        chosen = select(notebooks, options.help_notebook, "--help-notebook")
        print("\n\n".join(notebook.help_text() for notebook in chosen))
        return 0
    selected = select(notebooks, options.only)
    folder = run_folder(options.output, options.profile)
    parameters = given_parameters(notebooks, selected, options)
    assign(parameters, selected, {"run": str(folder)}, "the run's folder")

    check_data([(notebook, parameters[notebook.stem]) for notebook in selected])
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


def new_record(folder: Path, options: argparse.Namespace, planned: list[tuple[str, dict]]) -> dict:
    """run.json at the start: what was asked, and what is to be done. A run into an old folder keeps its others."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "run.json"
    stale = {stem for stem, _ in planned} | {COMPARISON}
    try:
        kept = read_json(path)["notebooks"] if path.exists() else {}
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
