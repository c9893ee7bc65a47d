"""One point worked off in a worker process."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from lib.common.files import timestamp, write_json
from lib.workbook.execution import error_lines, execute, kernel_environment
from lib.workbook.records.reader import point_state
from lib.workbook.sweeps.fingerprints import fingerprints, is_done
from lib.workbook.sweeps.points import Point

NO_RESULTS = "The notebook left no results.json of its own (see `Run`), or one made of other pictures."
OTHER = "{} changed since this sweep was started, or is another one on this machine; start the sweep again."
PARTS = {"notebook": "The notebook", "parameters": "A file that a parameter names", "code": "lib/"}
LOST = "The worker was lost (killed, often for want of memory) while it worked on this point."
_ONE_AT_A_TIME = threading.Lock()  # papermill changes the folder of the whole process, also of a worker's other threads


@dataclass(frozen=True)
class Job:
    """All that a worker needs for one point; every path is seen from any machine."""

    point: Point
    notebook: Path
    folder: Path
    fingerprints: dict[str, str]
    stop: Path  # .stop.<command>: once that file is there, the command that started the sweep wants no more work done
    threads: int | None  # of a kernel, None: as the worker's environment has it
    gpus: tuple[str, ...] = ()  # one for each worker of this machine
    before: str | None = None  # when the point ended that was there before the sweep, and is to be tried again

    @property
    def progress(self) -> Path:
        """The file that is there while this command works on the point; in it the kernel tells how far it is."""
        return self.folder / f".progress{self.stop.suffix}"


# What happens on a worker.


def run_job(job: Job) -> dict:
    """Work off one point and return its state, as in its point.json. Runs on a worker."""
    try:
        with _ONE_AT_A_TIME:
            return _run_checked(job)
    except OSError as error:  # a disk that is full, or gone
        with suppress(OSError):  # without its file the point is "to go", not "running" for ever
            (job.folder / "point.json").unlink(missing_ok=True)
        return outcome("failed", error_lines(type(error).__name__, str(error), []))


def _run_checked(job: Job) -> dict:
    here = fingerprints(job.notebook, job.point.parameters, job.fingerprints["data"])
    other = [PARTS[part] for part, value in job.fingerprints.items() if here[part] != value]
    if other:
        return outcome("failed", [OTHER.format(" and ".join(other))])
    job.folder.mkdir(parents=True, exist_ok=True)
    with claimed(job) as ours:
        if not ours:
            return outcome("interrupted")
        before = point_state(job.folder)
        try:
            if is_done(job.folder, job.fingerprints):  # by another sweep, meanwhile
                result = outcome("done", before["error"], before.get("seconds"), before.get("started"))
            elif before["state"] == "failed" and before.get("finished") != job.before:
                return before  # by another sweep too: it would fail again
            elif job.progress.exists():  # Dask gives a point whose worker was lost to the next worker, on a cluster
                result = lost(job)
            else:
                result = _run_claimed(job)
            write_json(job.folder / "point.json", result | {"fingerprints": job.fingerprints})
            return result
        finally:  # the last of all: who stops the sweep waits for it
            job.progress.unlink(missing_ok=True)


@contextmanager
def claimed(job: Job) -> Iterator[bool]:
    """Hold a point for the block, waiting for whoever else does; False where the sweep is stopped meanwhile.

    The system frees the lock of a process that was killed.
    """
    lock = FileLock(job.folder / ".lock")
    while not job.stop.exists():
        with suppress(Timeout), lock.acquire(timeout=0.5):
            yield True
            return
    yield False


def _run_claimed(job: Job) -> dict:
    started = timestamp()
    write_json(job.folder / "point.json", outcome("running", started=started) | {"fingerprints": job.fingerprints})
    # By an earlier try, or a command that was killed: results of a notebook that called itself otherwise, too.
    for pattern in (".progress.*", ".*-*.*", "*/.*-*.*", f"{job.notebook.stem}.*", "*/results.json"):
        for left in job.folder.glob(pattern):
            left.unlink()
    job.progress.touch()
    begun, over, kernels = time.monotonic(), threading.Event(), []
    watch = threading.Thread(target=_stop_kernels, args=(job.stop, over, kernels), daemon=True)
    watch.start()
    try:
        state, error = execute(
            job.notebook,
            job.folder / job.notebook.name,
            job.point.parameters | {"run": str(job.folder)},
            kernel_environment(job.progress) | job_environment(job),
            kernels.append,
        )
    finally:
        over.set()
    if is_done(job.folder, job.fingerprints):  # also where the disk was full when the notebook itself was written
        state = "done"
    elif state == "done":
        state, error = "failed", [NO_RESULTS]
    elif job.stop.exists():
        state, error = "interrupted", []
    return outcome(state, error, round(time.monotonic() - begun, 1), started)


def lost(job: Job) -> dict:
    """The outcome of a point whose worker was lost, with the last that its kernel said."""
    before, words = point_state(job.folder), ""
    if is_done(job.folder, job.fingerprints):  # it had just been finished
        return outcome("done", started=before.get("started"))
    with suppress(OSError, UnicodeDecodeError):
        words = job.progress.read_text(encoding="utf-8").strip()
    return outcome("failed", [LOST, *([f"Last it said: {words}"] if words else [])], started=before.get("started"))


def _stop_kernels(stop: Path, over: threading.Event, kernels: list[int]) -> None:
    """Kill the kernel when the file `stop` appears. A training goes on from its last epoch the next time."""
    while not over.wait(0.5):
        if stop.exists():
            for process in kernels:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)


def job_environment(job: Job) -> dict[str, str]:
    """What a kernel is told of its place: its share of the processor's cores, its fingerprints, its GPU."""
    environment = {"WORKBOOK_FINGERPRINTS": json.dumps(job.fingerprints)}
    if job.threads:
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
            environment[name] = str(job.threads)
    if job.gpus:
        from distributed import get_worker

        environment["CUDA_VISIBLE_DEVICES"] = job.gpus[int(get_worker().name) % len(job.gpus)]
    return environment


def outcome(state: str, error: Sequence[str] = (), seconds: float | None = None, started: str | None = None) -> dict:
    """What point.json says of a point."""
    finished = None if state == "running" else timestamp()
    return {"state": state, "seconds": seconds, "error": list(error), "started": started, "finished": finished}
