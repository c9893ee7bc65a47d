"""The points of a sweep, worked off by Dask: on this machine's own worker processes, or on a running cluster's.

Each point is one papermill run with a kernel and a folder of its own. Dask decides where and when; what happened stands
in the points' folders, which all machines must see. A point is worked on by one worker at a time, also where two
sweeps work in one folder: the second waits, finds it done, and goes on with the next.
"""

import json
import logging
import os
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from lib.common.files import timestamp, write_json
from lib.common.usage import UsageError
from lib.execution import error_lines, execute, kernel_environment
from lib.results import point_state
from lib.sweeps import Point, fingerprints, is_done

if TYPE_CHECKING:
    from distributed import Client, Future

# distributed takes a second to import: it is imported where it is used.

PATIENCE = 20.0  # seconds in which workers must have stopped their kernels after Ctrl-C
CONNECTING = 10  # seconds to wait for a scheduler's answer
NO_RESULTS = "The notebook left no results.json of its own (see lib.runs.Run), or one made of other pictures."
OTHER = "{} changed since this sweep was started, or is another one on this machine; start the sweep again."
PARTS = {"notebook": "The notebook", "parameters": "A file that a parameter names", "code": "lib/"}
DRIVERS = ("/proc/driver/nvidia", "/dev/kfd", "/dev/dxg")  # one of them is there where there is a GPU
LOST = "The worker was lost (killed, often for want of memory) while it worked on this point."
LOSSES = 3  # how often a worker may be lost before it begins with a point
NEVER_BEGUN = f"{LOSSES} workers were lost (killed, often for want of memory) before they could begin with this point."
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


class SchedulerLost(Exception):
    """The cluster went away while points were still to be worked on."""


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


# What happens where the sweep was started.


def visible_gpus() -> tuple[str, ...]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    if not any(Path(driver).exists() for driver in DRIVERS):
        return ()  # without the seconds that torch takes to import
    import torch

    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return tuple(filter(None, named.split(","))) if torch.cuda.is_available() else ()
    return tuple(map(str, range(torch.cuda.device_count())))


def cores() -> int:
    """The processor cores that this process may use, by its affinity and its container's quota."""
    from dask.system import CPU_COUNT

    return CPU_COUNT


@contextmanager
def embedded(workers: int) -> Iterator["Client"]:
    """A Dask cluster of worker processes on this machine, for the block."""
    import dask
    from distributed import Client, LocalCluster

    settings = {
        "distributed.scheduler.allowed-failures": 0,  # a point that kills its worker would kill the next one too
        "distributed.scheduler.worker-saturation": 1.0,  # no point waits at a busy worker while another is free
        "distributed.logging": {"distributed": "critical"},
        # Ctrl-C reaches every process of the terminal; workers are to be stopped by us, in order.
        "distributed.worker.preload": ["import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"],
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=None,  # the memory is the kernels'; a worker holds next to nothing
            dashboard_address="127.0.0.1:0",  # any free port: the usual one may be taken, and Dask would warn of it
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def connected(address: str) -> Iterator["Client"]:
    """A client of a running Dask scheduler, for the block. No answer there raises `UsageError`."""
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECTING)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"--scheduler: no Dask scheduler answers at {address} ({reason}).") from None
    with client:
        if not client.scheduler_info()["workers"]:
            print(f"The scheduler at {address} has no workers yet; points start when the first comes.", flush=True)
        yield client


def run_jobs(jobs: Sequence[Job], client: "Client", tell: Callable[[Job, dict], None]) -> None:
    """Work off all jobs and `tell` each one's outcome as it comes.

    Ctrl-C stops the kernels and cancels the rest, then raises `KeyboardInterrupt`; a cluster that goes away raises
    `SchedulerLost`.
    """
    from distributed import as_completed

    def submit(job: Job) -> "Future":
        # One name for all and a priority: else Dask deals them out at once, and begins with any.
        key = f"point-{uuid.uuid4().hex}"
        future = client.submit(run_job, job, key=key, pure=False, priority=-jobs.index(job))
        futures[future] = job
        return future

    futures: dict[Future, Job] = {}
    losses = Counter()
    arriving = as_completed([submit(job) for job in jobs])
    try:
        for future in arriving:
            job = futures.pop(future)
            result = result_of(future, job)
            losses[job.folder] += result is None
            if result is None and losses[job.folder] < LOSSES:
                arriving.add(submit(job))
            else:
                tell(job, result or outcome("failed", [NEVER_BEGUN]))
    except KeyboardInterrupt:
        _stop(client, list(futures), list(futures.values()))
        raise


def result_of(future: "Future", job: Job) -> dict | None:
    """A job's outcome, also where its worker was lost; None where it had not begun and is to be given again."""
    from distributed import KilledWorker

    if future.status == "finished":
        return future.result()
    if future.status in ("cancelled", "lost"):
        raise SchedulerLost
    error = future.exception()
    if not isinstance(error, KilledWorker):
        return outcome("failed", error_lines(type(error).__name__, str(error), []))
    if not job.progress.exists():  # it only waited there
        return None
    result = lost(job)
    write_json(job.folder / "point.json", result | {"fingerprints": job.fingerprints})
    job.progress.unlink(missing_ok=True)
    return result


def _stop(client: "Client", futures: list["Future"], jobs: list[Job]) -> None:
    """Call back what has not begun, and wait until the kernels of the rest are gone."""
    for stop in {job.stop for job in jobs}:
        stop.touch()
    print("Stopping: waiting for the kernels to end.", flush=True)
    with suppress(OSError):  # a scheduler that is gone holds nothing back
        client.cancel(futures)
    patience = time.monotonic() + PATIENCE
    while any(job.progress.exists() for job in jobs) and time.monotonic() < patience:
        time.sleep(0.1)
