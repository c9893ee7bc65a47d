"""The command `workbook sweep`: plan the points, run those that are not done, and summarize all of them."""

import argparse
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lib.common.files import NOTEBOOKS, OUTPUTS, read_json, timestamp, write_json
from lib.common.usage import UsageError, nearest
from lib.evaluation.names import METRICS, TITLES
from lib.workbook.data_check import check_data
from lib.workbook.parameters import given_parameters, inspect
from lib.workbook.records.reader import point_state
from lib.workbook.sweeps.cluster import SchedulerLost, connected, cores, embedded, run_jobs, visible_gpus
from lib.workbook.sweeps.fingerprints import expected_fingerprints, is_done
from lib.workbook.sweeps.job import Job
from lib.workbook.sweeps.live_table import SweepTable
from lib.workbook.sweeps.plan import Sweep, find_sweep, leave_out_small_data, read_sweep

DAY = 24 * 3600  # seconds


def sweep(options: argparse.Namespace) -> int:
    """Run `workbook sweep` and return the exit code: 0 if every point is done."""
    plan = plan_sweep(options)
    folder = sweep_folder(options.output, plan)
    earlier = earlier_record(folder, plan)
    print(f"{plan.name}, {plan.profile}: {len(plan.points)} points of {plan.notebook.stem}", flush=True)
    named = [("metrics", METRICS, plan.reported["metrics"]), ("methods", TITLES, plan.methods)]
    for kind, known, names in named:
        for name in names:
            if name not in known:  # no error, because a user's notebook may record others
                print(f"'{name}' is not one of the workbook's {kind}; {nearest(name, known)}")
    expected = expected_fingerprints(plan.notebook.path, plan.points)
    jobs, settled = pending_jobs(plan, folder, expected, options.retry)
    folder.mkdir(parents=True, exist_ok=True)
    if not jobs:
        # An earlier sweep that was killed after its last point has not recorded when it finished.
        finished = {"finished": earlier.get("finished") or timestamp()}
        write_json(folder / "sweep.json", earlier | plan.record() | finished)
        return summarize(plan, folder, expected)
    if options.scheduler:
        workers, threads, gpus, where = None, None, (), f"the cluster at {options.scheduler}"
    else:
        workers, threads, gpus = local_workers(options.workers, len(plan.points))
        where = f"{workers} at a time, {threads} {'thread' if threads == 1 else 'threads'} each"
    resumed = earlier.get("started") if not earlier.get("finished") else None
    record = plan.record() | {"started": resumed or timestamp(), "finished": None, "workers": where}
    write_json(folder / "sweep.json", record)
    print(f"{len(jobs)} to go, {f'on {where}' if options.scheduler else where}", flush=True)
    jobs = [replace(job, threads=threads, gpus=gpus) for job in jobs]
    code = execute_jobs(jobs, settled, workers, options.scheduler)
    if code == 0:
        write_json(folder / "sweep.json", record | {"finished": timestamp()})
    return code or summarize(plan, folder, expected)


def local_workers(asked: int | None, points: int) -> tuple[int, int, tuple[str, ...]]:
    """The number of workers on this machine, the threads of each, and the GPUs that they share.

    Each GPU, or each CPU core, gets one worker, unless the user asked for a number. The workers divide the cores
    evenly. All points of the sweep count, also those already done: a resumed sweep must train with as many threads.
    """
    gpus = visible_gpus()
    workers = asked or len(gpus) or min(cores(), points)
    return workers, max(1, cores() // workers), gpus


def plan_sweep(options: argparse.Namespace) -> Sweep:
    """The sweep that the command line asks for. A mistake in it raises `UsageError`."""
    path = Path(options.notebook)
    path = path if path.suffix == ".ipynb" else NOTEBOOKS / f"{path.name}.ipynb"
    if not path.is_file():
        raise UsageError(f"{options.notebook} is not a notebook; name a file like notebooks/02_baseline_cnn.ipynb.")
    if options.workers is not None and (options.workers < 1 or options.scheduler):
        raise UsageError("--workers must be at least 1, and is not for --scheduler: a cluster has its own workers.")
    notebook = inspect(path.resolve())
    others = [inspect(other) for other in sorted(NOTEBOOKS.glob("*.ipynb")) if other.resolve() != notebook.path]
    given = given_parameters([*others, notebook], [notebook], options)[notebook.stem]
    insisted = [name for name, _ in options.parameters]
    if options.data:
        insisted.append("data")
    file = find_sweep(options.sweep)
    plan = read_sweep(file, notebook, options.profile, given, options.seeds, insisted)
    found = check_data([(notebook, point.parameters) for point in plan.points], file.name)
    leave_out_small_data(plan, file, {data: survey.counts for data, survey in found.items()})
    return plan


def sweep_folder(output: str | None, plan: Sweep) -> Path:
    """The absolute path of the sweep's folder.

    The same command always gives the same folder, so that rerunning it resumes the sweep.

    Args:
        output: the folder that the user named, or None for one in outputs/.
        plan: the sweep.

    Raises:
        UsageError: `output` is not empty and holds no sweep.
    """
    if output is None:
        return OUTPUTS / f"{plan.name}-{plan.profile}"
    folder = Path(output).expanduser().resolve()
    # Hidden files may come from a sweep that was killed while it wrote its first file.
    names = [path.name for path in folder.iterdir() if path.name[0] != "."] if folder.is_dir() else []
    if (names and "sweep.json" not in names) or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"--output: {output} exists and is not the folder of a sweep; name a new one.")
    return folder


def earlier_record(folder: Path, plan: Sweep) -> dict:
    """The folder's sweep.json from an earlier call, or {} if there is none.

    Prints how many of its points are not in the plan.

    Raises:
        UsageError: the file is not readable or belongs to another notebook.
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
        print(
            f"{len(others)} points of an earlier sweep in {folder.name} are not in this one; they are kept, not shown."
        )
    return earlier


def pending_jobs(plan: Sweep, folder: Path, expected: Sequence[dict], retry: bool) -> tuple[list[Job], dict[str, int]]:
    """The points that must be run, and the number of the others by state ("done" or "failed").

    Prints these numbers, and why results are outdated.

    Args:
        plan: the sweep.
        folder: its folder.
        expected: the fingerprints of each point.
        retry: whether to run points again that failed with the same fingerprints. They would usually fail again.

    Returns:
        A job for each point to run, for any number of threads; then the numbers by state.
    """
    jobs, settled, outdated = [], Counter(), Counter()
    stop = folder / f".stop.{uuid.uuid4().hex[:8]}"
    for point, wanted in zip(plan.points, expected, strict=True):
        point_folder = folder / point.folder
        state = point_state(point_folder)
        if is_done(point_folder, wanted):
            settled["done"] += 1
            if state["state"] != "done":  # the process was killed after the results and before this note of them
                write_json(point_folder / "point.json", state | {"state": "done", "error": [], "fingerprints": wanted})
            continue
        same = state.get("fingerprints") == wanted
        if state["state"] == "failed" and same and not retry:
            settled["failed"] += 1
            print(f"failed before: {point.label}: {(state['error'] or ['no reason was recorded'])[0]}")
            continue
        if state["state"] == "done":
            changed = [part for part, value in wanted.items() if state.get("fingerprints", {}).get(part) != value]
            outdated[f"outdated ({' and '.join(changed) or 'results'} changed)"] += 1
            write_json(point_folder / "point.json", {"state": "to go", "error": []})  # so that no table counts it
        job = Job(point, plan.notebook.path, point_folder, wanted, stop, earlier_end=state.get("finished"))
        jobs.append(job)
    if settled or outdated:
        print(", ".join(f"{count} {state}" for state, count in {**settled, **outdated}.items()))
    if settled["failed"]:
        print("Add --retry to run the failed points again.")
    return jobs, settled


def execute_jobs(jobs: list[Job], settled: dict[str, int], workers: int | None, scheduler: str | None) -> int:
    """Run all jobs and show a live table.

    Args:
        jobs: one per point to run, all with the same `stop` file.
        settled: the number of points that are not run, by state.
        workers: the number of worker processes on this machine, None with a scheduler.
        scheduler: the address of a running Dask scheduler, or None for this machine's workers.

    Returns:
        An exit code: 0, or 130 after Ctrl-C, or 1 if the cluster went away.
    """
    title, stop = f"{len(jobs)} points", jobs[0].stop
    for leftover in stop.parent.glob(".stop.*"):
        if time.time() - leftover.stat().st_mtime > DAY:
            leftover.unlink()
    try:
        with connected(scheduler) if scheduler else embedded(workers) as client:
            if scheduler:
                workers = sum(client.nthreads().values())
            with SweepTable(title, jobs, settled, workers) as table:
                run_jobs(jobs, client, table.tell)
    except KeyboardInterrupt:
        print("Stopped. Rerun the same command to resume.")
        if not scheduler:  # a cluster's worker may look for this file later
            stop.unlink(missing_ok=True)
        return 130
    except SchedulerLost:
        stop.touch()
        print("The cluster went away. Rerun the same command to resume.")
        return 1
    return 0


def summarize(plan: Sweep, folder: Path, expected: Sequence[dict]) -> int:
    """Print the table over seeds, write the sweep's page, and return 1 if a point is not done, else 0."""
    from lib.workbook.report.run_page import write_report
    from lib.workbook.table import table_command

    done = [is_done(folder / point.folder, wanted) for point, wanted in zip(plan.points, expected, strict=True)]
    problems = 0
    if any(done):
        print()
        try:
            problems = table_command(str(folder))
        except UsageError as error:  # for example a baseline on other pictures; the points are valid all the same
            print(error)
            problems = 1
    print(f"\n{sum(done)} of {len(done)} points done")
    print(write_report(folder))
    return int(problems or not all(done))
