"""Runs one point of a sweep in a worker process."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname

from filelock import FileLock, Timeout

from lib.common.files import ROOT, timestamp, write_json
from lib.workbook.execution import error_lines, execute, kernel_environment
from lib.workbook.records.reader import FINGERPRINTS, point_state
from lib.workbook.sweeps.fingerprints import fingerprints, is_done
from lib.workbook.sweeps.points import Point

NO_RESULTS = "The notebook recorded no results.json (see `Run`), or one of other pictures."
CHANGED = "{} changed since this sweep started, or differs on {} in {}; start the sweep again."
UNSEEN = "The worker on {} does not see {}; all machines need the project and the sweep's folder at the same paths."
PARTS = {"notebook": "The notebook", "parameters": "A file that a parameter names", "code": "lib/"}
LOST = "The worker was lost (killed, often because memory ran out) while it ran this point."
_ONE_AT_A_TIME = threading.Lock()  # papermill changes the current folder of all threads of a worker


@dataclass(frozen=True)
class Job:
    """Everything that a worker needs to run one point. All machines must see its paths."""

    point: Point
    notebook: Path
    folder: Path
    fingerprints: dict[str, str]
    stop: Path  # `.stop.<id of the command>`; its existence tells the workers to stop
    threads: int | None = None  # of the kernel; None for the worker's OMP_NUM_THREADS
    gpus: tuple[str, ...] = ()  # one for each worker of this machine
    earlier_end: str | None = None  # when the failed attempt ended that `--retry` repeats

    @property
    def progress(self) -> Path:
        """The file to which the kernel writes its progress. It exists while this command runs the point."""
        return self.folder / f".progress{self.stop.suffix}"


def run_job(job: Job) -> dict:
    """Run one point on a worker and return its outcome, as in point.json."""
    try:
        with _ONE_AT_A_TIME:
            return _run_checked(job)
    except OSError as error:  # for example a full disk
        with suppress(OSError):  # without this file the point counts as "to go" instead of "running"
            (job.folder / "point.json").unlink(missing_ok=True)
        return outcome("failed", error_lines(type(error).__name__, str(error), []))


def _run_checked(job: Job) -> dict:
    # The pictures are not read again here: `is_done` compares the results' own fingerprint of them afterwards.
    for path in (job.notebook, job.folder.parent / "sweep.json"):  # without these its results would reach nobody
        if not path.exists():
            return outcome("failed", [UNSEEN.format(gethostname(), path)])
    actual = fingerprints(job.notebook, job.point.parameters, job.fingerprints["data"])
    changed = [PARTS[part] for part, value in job.fingerprints.items() if actual[part] != value]
    if changed:
        return outcome("failed", [CHANGED.format(" and ".join(changed), gethostname(), ROOT)])
    job.folder.mkdir(parents=True, exist_ok=True)
    with claim(job) as acquired:
        if not acquired:
            return outcome("interrupted")
        state = point_state(job.folder)
        try:
            if is_done(job.folder, job.fingerprints):  # another sweep has run it meanwhile: note it as done
                result = outcome("done", state["error"], state.get("seconds"), state.get("started"))
            elif state["state"] == "failed" and state.get("finished") != job.earlier_end:
                return state  # another sweep has run it meanwhile: it would fail again, and its note is kept
            elif job.progress.exists():  # left by a lost worker of this command, whose point Dask passed on
                result = lost_outcome(job)
            else:
                result = _run_claimed(job)
            write_json(job.folder / "point.json", result | {"fingerprints": job.fingerprints})
            return result
        finally:  # last, because a command that is being stopped waits for it
            job.progress.unlink(missing_ok=True)


@contextmanager
def claim(job: Job) -> Iterator[bool]:
    """Lock a point for the block, after waiting for other processes that hold it.

    Yields False if the sweep is stopped while waiting. The operating system frees the lock of a killed process.
    """
    lock = FileLock(job.folder / ".lock")
    while not job.stop.exists():  # looked at again after every timeout
        with suppress(Timeout), lock.acquire(timeout=0.5):
            yield True
            return
    yield False


def _run_claimed(job: Job) -> dict:
    started = timestamp()
    write_json(job.folder / "point.json", outcome("running", started=started) | {"fingerprints": job.fingerprints})
    # Remove the files of earlier attempts, also those of `atomic_write` (".name-random.suffix") and results under
    # another notebook's name.
    for pattern in (".progress.*", ".*-*.*", "*/.*-*.*", f"{job.notebook.stem}.*", "*/results.json"):
        for leftover in job.folder.glob(pattern):
            leftover.unlink()
    job.progress.touch()
    start, ended, kernels = time.monotonic(), threading.Event(), []
    threading.Thread(target=_kill_when_stopped, args=(job.stop, ended, kernels), daemon=True).start()
    try:
        state, error = execute(
            job.notebook,
            job.folder / job.notebook.name,
            job.point.parameters | {"run": str(job.folder)},
            kernel_environment(job.progress) | job_environment(job),
            kernels.append,
        )
    finally:
        ended.set()
    if is_done(job.folder, job.fingerprints):  # also if the disk was full when the notebook itself was written
        state = "done"
    elif state == "done":
        state, error = "failed", [NO_RESULTS]
    elif job.stop.exists():
        state, error = "interrupted", []
    return outcome(state, error, round(time.monotonic() - start, 1), started)


def lost_outcome(job: Job) -> dict:
    """The outcome of a point whose worker was lost, with the last progress of its kernel."""
    started, error = point_state(job.folder).get("started"), [LOST]
    if is_done(job.folder, job.fingerprints):  # the worker was lost after the results
        return outcome("done", started=started)
    with suppress(OSError, UnicodeDecodeError):
        if progress := job.progress.read_text(encoding="utf-8").strip():
            error.append(f"Its last progress: {progress}")
    return outcome("failed", error, started=started)


def _kill_when_stopped(stop: Path, ended: threading.Event, kernels: list[int]) -> None:
    """Kill the kernels when the file `stop` appears. The next attempt resumes a training from its last epoch."""
    while not ended.wait(0.5):
        if stop.exists():
            for process in kernels:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)


def job_environment(job: Job) -> dict[str, str]:
    """Environment variables for the kernel: its fingerprints, its number of threads and its GPU."""
    environment = {FINGERPRINTS: json.dumps(job.fingerprints)}
    # Dask starts a worker with MKL_NUM_THREADS=1, which torch would obey rather than the worker's OMP_NUM_THREADS.
    if threads := job.threads or os.environ.get("OMP_NUM_THREADS"):
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
            environment[name] = str(threads)
    if job.gpus:
        from distributed import get_worker

        environment["CUDA_VISIBLE_DEVICES"] = job.gpus[int(get_worker().name) % len(job.gpus)]
    return environment


def outcome(state: str, error: Sequence[str] = (), seconds: float | None = None, started: str | None = None) -> dict:
    """The content of point.json, without the fingerprints.

    Args:
        state: "running", "done", "failed" or "interrupted".
        error: lines of plain text.
        seconds: how long the notebook ran.
        started: when it started, as from `timestamp`. The end is now.
    """
    finished = None if state == "running" else timestamp()
    return {"state": state, "seconds": seconds, "error": list(error), "started": started, "finished": finished}
