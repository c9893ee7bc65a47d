"""The command `workbook sweep`: plan the points, leave out what is done, have the rest worked off, add up."""

import argparse
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from lib.common.files import NOTEBOOKS, OUTPUTS, read_json, timestamp, write_json
from lib.common.usage import UsageError, nearest
from lib.evaluation.names import METRICS, TITLES
from lib.workbook.parameters import given_parameters, inspect
from lib.workbook.records.reader import point_state
from lib.workbook.sweeps.cluster import SchedulerLost, connected, cores, embedded, run_jobs, visible_gpus
from lib.workbook.sweeps.fingerprints import data_fingerprints, fingerprints, is_done
from lib.workbook.sweeps.job import Job
from lib.workbook.sweeps.live_table import SweepTable
from lib.workbook.sweeps.plan import Sweep, find_sweep, read_sweep

A_DAY = 24 * 3600


def sweep(options: argparse.Namespace) -> int:
    """`workbook sweep`: returns the exit code, 0 where every point is done."""
    plan = planned(options)
    folder = sweep_folder(options.output, plan)
    earlier = earlier_record(folder, plan)
    print(f"{plan.name}, {plan.profile}: {len(plan.points)} points of {plan.notebook.stem}", flush=True)
    for name in plan.told.get("metrics", []):
        if name not in METRICS:  # a user's notebook may have others
            print(f"'{name}' is none of the workbook's own metrics; {nearest(name, METRICS)}")
    for name in plan.methods:
        if name not in TITLES:
            print(f"'{name}' is none of the workbook's own methods; {nearest(name, TITLES)}")
    expected = [
        fingerprints(plan.notebook.path, point.parameters, data)
        for point, data in zip(plan.points, data_fingerprints(plan.points), strict=True)
    ]
    jobs, before = jobs_to_do(plan, folder, expected, options.retry)
    folder.mkdir(parents=True, exist_ok=True)
    if not jobs:
        # Without a time: killed between its last point and this note.
        finished = {"finished": earlier.get("finished") or timestamp()}
        write_json(folder / "sweep.json", earlier | plan.record() | finished)
        return add_up(plan, folder, expected)
    gpus = () if options.scheduler else visible_gpus()
    # By all points, not by those left: else a resumed sweep would train on other threads, and take other times.
    workers = options.workers or len(gpus) or min(cores(), len(plan.points))
    threads = None if options.scheduler else max(1, cores() // workers)
    each = f"{threads} thread{'s' * (threads != 1)} each" if threads else ""
    told = f"the cluster at {options.scheduler}" if options.scheduler else f"{workers} at a time, {each}"
    resumed = earlier.get("started") if not earlier.get("finished") else None
    record = plan.record() | {"started": resumed or timestamp(), "finished": None, "workers": told}
    write_json(folder / "sweep.json", record)
    stop = folder / f".stop.{uuid.uuid4().hex[:8]}"
    ready = [Job(threads=threads, gpus=gpus, stop=stop, **job) for job in jobs]
    print(f"{len(ready)} to go, {'on ' * bool(options.scheduler)}{told}", flush=True)
    code = work_off(ready, before, workers, options.scheduler, stop)
    if code == 0:
        write_json(folder / "sweep.json", record | {"finished": timestamp()})
    return code or add_up(plan, folder, expected)


def planned(options: argparse.Namespace) -> Sweep:
    """The sweep that the command line asks for, everything checked."""
    path = Path(options.notebook)
    path = path if path.suffix == ".ipynb" else NOTEBOOKS / f"{path.name}.ipynb"
    if not path.is_file():
        raise UsageError(f"{options.notebook} is no notebook; name a file like notebooks/02_baseline_cnn.ipynb.")
    if options.workers is not None and (options.workers < 1 or options.scheduler):
        raise UsageError("--workers is a number from 1 on, and not for a running cluster, which has its own.")
    notebook = inspect(path.resolve())
    others = [inspect(other) for other in sorted(NOTEBOOKS.glob("*.ipynb")) if other.resolve() != notebook.path]
    given = given_parameters([*others, notebook], [notebook], options)[notebook.stem]
    insisted = [name for name, _ in options.parameters] + ["data"] * bool(options.data)
    return read_sweep(find_sweep(options.sweep), notebook, options.profile, given, options.seeds, insisted)


def sweep_folder(output: str | None, plan: Sweep) -> Path:
    """The sweep's folder, absolute, the same for the same command: so it goes on where it was stopped."""
    if output is None:
        return OUTPUTS / f"{plan.name}-{plan.profile}"
    folder = Path(output).expanduser().resolve()
    # What is hidden may be left by a sweep that was killed while it wrote its first file.
    names = [path.name for path in folder.iterdir() if path.name[0] != "."] if folder.is_dir() else []
    if (names and "sweep.json" not in names) or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"--output: {output} is there and is no folder of a sweep; name a new one.")
    return folder


def earlier_record(folder: Path, plan: Sweep) -> dict:
    """What the folder's sweep.json says from an earlier time, {} where there is none. One of another notebook, or one
    that is not whole, raises `UsageError`; points of it that are not among the planned ones are told of.
    """
    if not (folder / "sweep.json").exists():
        return {}
    try:
        earlier = read_json(folder / "sweep.json")
    except ValueError as error:
        raise UsageError(str(error)) from None
    if earlier.get("notebook", plan.notebook.stem) != plan.notebook.stem:
        raise UsageError(f"{folder} holds a sweep of {earlier['notebook']}; name another folder with --output.")
    others = {point["folder"] for point in earlier.get("points", [])} - {point.folder for point in plan.points}
    if others:
        print(f"{len(others)} points of an earlier sweep in {folder.name} are not of this one: kept, and not shown.")
    return earlier


def jobs_to_do(plan: Sweep, folder: Path, expected: Sequence[dict], retry: bool) -> tuple[list[dict], dict[str, int]]:
    """What `Job` needs to know of each point to work off, and how many others are done or failed before.

    Says so, and what is not kept and why.

    A point that failed with the same notebook, parameters, code and data would fail again: it is tried on request.
    """
    jobs, before, stale = [], Counter(), Counter()
    for point, wanted in zip(plan.points, expected, strict=True):
        own = folder / point.folder
        state = point_state(own)
        if is_done(own, wanted):
            before["done"] += 1
            if state["state"] != "done":  # killed between the results and this note of them
                write_json(own / "point.json", state | {"state": "done", "error": [], "fingerprints": wanted})
            continue
        same = state.get("fingerprints") == wanted
        if state["state"] == "failed" and same and not retry:
            before["failed"] += 1
            print(f"failed before: {point.label}: {(state['error'] or ['no reason was kept'])[0]}")
            continue
        if state["state"] == "done":
            changed = [part for part, value in wanted.items() if state.get("fingerprints", {}).get(part) != value]
            stale[f"done with other {' and '.join(changed) or 'results'}, to be done again"] += 1
            write_json(own / "point.json", {"state": "to go", "error": []})  # no table may count it any more
        job = {"point": point, "notebook": plan.notebook.path, "folder": own, "fingerprints": wanted}
        jobs.append(job | {"before": state.get("finished")})
    if before or stale:
        print(", ".join(f"{count} {state}" for state, count in {**before, **stale}.items()))
    if before["failed"]:
        print("Those that failed are tried again with --retry.")
    return jobs, before


def work_off(jobs: list[Job], before: dict[str, int], workers: int, scheduler: str | None, stop: Path) -> int:
    """Have all jobs worked off under a live table; returns 0, 130 after Ctrl-C, 1 where the cluster went away."""
    title = f"{len(jobs)} points"
    for left in stop.parent.glob(".stop.*"):
        if time.time() - left.stat().st_mtime > A_DAY:
            left.unlink()
    try:
        with connected(scheduler) if scheduler else embedded(workers) as client:
            if scheduler:
                workers = sum(client.nthreads().values())
            with SweepTable(title, jobs, before, workers) as table:
                run_jobs(jobs, client, table.tell)
    except KeyboardInterrupt:
        print("Stopped. The same command goes on from here.")
        if not scheduler:  # there, a worker may come to see this file later, and is to find it
            stop.unlink(missing_ok=True)
        return 130
    except SchedulerLost:
        stop.touch()
        print("The cluster went away. The same command goes on from here.")
        return 1
    return 0


def add_up(plan: Sweep, folder: Path, expected: Sequence[dict]) -> int:
    """Print the table over seeds, build the page, and return 1 where a point is not done."""
    from lib.workbook.report.run_page import write_report
    from lib.workbook.table import table_command

    done = [is_done(folder / point.folder, wanted) for point, wanted in zip(plan.points, expected, strict=True)]
    problems = 0
    if any(done):
        print()
        try:
            problems = table_command(str(folder))
        except UsageError as error:  # as of a baseline on other pictures: the points stand all the same
            print(error)
            problems = 1
    print(f"\n{sum(done)} of {len(done)} points done")
    print(write_report(folder))
    return int(problems or not all(done))
