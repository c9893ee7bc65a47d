"""Runs the points of a sweep with Dask, on worker processes of this machine or on a running cluster.

Each point is one papermill run with its own kernel and folder. Dask decides where and when a point runs. The outcomes
are recorded in the points' folders, which all machines must see. Only one worker at a time runs a point, also if two
sweeps use one folder: the second waits, finds the point done, and continues with the next.
"""

import logging
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING

from lib.common.devices import has_gpu_driver
from lib.common.files import write_json
from lib.common.usage import UsageError
from lib.workbook.execution import error_lines
from lib.workbook.sweeps.job import Job, lost_outcome, outcome, run_job

if TYPE_CHECKING:
    from distributed import Client, Future

# distributed takes a second to import: it is imported where it is used.

STOP_TIMEOUT = 20.0  # seconds to wait after Ctrl-C for the workers to stop their kernels
CONNECT_TIMEOUT = 10  # seconds to wait for a scheduler's answer
MAX_LOSSES = 3  # how many workers may be lost before they start a point
NEVER_STARTED = f"{MAX_LOSSES} workers were lost (killed, often because memory ran out) before they started this point."


class SchedulerLost(Exception):
    """The cluster went away before all points were run."""


def visible_gpus() -> tuple[str, ...]:
    """The GPUs that this process may use, named as in CUDA_VISIBLE_DEVICES."""
    if not has_gpu_driver():
        return ()  # saves the seconds that the import of torch takes
    import torch

    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return tuple(filter(None, named.split(","))) if torch.cuda.is_available() else ()
    return tuple(map(str, range(torch.cuda.device_count())))


def cores() -> int:
    """The number of CPU cores that this process may use, limited by its affinity and its container's quota."""
    from dask.system import CPU_COUNT

    return CPU_COUNT


@contextmanager
def embedded(workers: int) -> Iterator["Client"]:
    """A client of a Dask cluster of worker processes on this machine. The cluster ends with the block."""
    import dask
    from distributed import Client, LocalCluster

    settings = {
        "distributed.scheduler.allowed-failures": 0,  # a point that kills its worker would kill the next one too
        "distributed.scheduler.worker-saturation": 1.0,  # no point waits for a busy worker while another is free
        "distributed.logging": {"distributed": "critical"},
        # Ctrl-C reaches every process of the terminal. Workers ignore it, because `run_jobs` stops them.
        "distributed.worker.preload": ["import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"],
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=None,  # the kernels use the memory, not the workers
            dashboard_address="127.0.0.1:0",  # any free port; Dask warns if its usual port is in use
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def connected(address: str) -> Iterator["Client"]:
    """A client of the running Dask scheduler at an address. It is closed when the block ends.

    Raises:
        UsageError: no scheduler answers there, or one of its workers is of another project or version.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECT_TIMEOUT)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"--scheduler: no Dask scheduler answers at {address} ({reason}).") from None
    with client:
        # A worker that cannot import the jobs ends without a word when it gets one, and the sweep would wait forever.
        for worker, found in client.run(import_module, run_job.__module__, on_error="return").items():
            if isinstance(found, Exception):
                raise UsageError(
                    f"--scheduler: the worker at {worker} cannot import {run_job.__module__} ({found}); "
                    "start it with the .venv/bin/dask of this version of the project."
                )
        if not client.scheduler_info()["workers"]:
            print(f"The scheduler at {address} has no workers yet; points start when one connects.", flush=True)
        yield client


def run_jobs(jobs: Sequence[Job], client: "Client", report: Callable[[Job, dict], None]) -> None:
    """Run all jobs, the first ones first.

    Args:
        jobs: the points to run.
        client: a client of the cluster that runs them.
        report: called with each job and its outcome when the job ends.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed. The kernels have been stopped and the other jobs canceled.
        SchedulerLost: the cluster went away.
    """
    from distributed import as_completed

    def submit(job: Job) -> "Future":
        # Keys with a common prefix and priorities make Dask start the jobs in their order.
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
            if result is None:
                losses[job.folder] += 1
            if result is None and losses[job.folder] < MAX_LOSSES:
                arriving.add(submit(job))
            else:
                report(job, result or outcome("failed", [NEVER_STARTED]))
    except KeyboardInterrupt:
        _stop(client, futures)
        raise


def result_of(future: "Future", job: Job) -> dict | None:
    """The outcome of a job whose future has ended, or None if its worker was lost before it started the job."""
    from distributed import KilledWorker

    if future.status == "finished":
        return future.result()
    if future.status in ("cancelled", "lost"):
        raise SchedulerLost
    error = future.exception()
    if not isinstance(error, KilledWorker):
        return outcome("failed", error_lines(type(error).__name__, str(error), []))
    if not job.progress.exists():
        return None
    result = lost_outcome(job)
    write_json(job.folder / "point.json", result | {"fingerprints": job.fingerprints})
    job.progress.unlink(missing_ok=True)
    return result


def _stop(client: "Client", futures: dict["Future", Job]) -> None:
    """Cancel the jobs that have not started, and wait until the kernels of the others have ended."""
    for job in futures.values():
        job.stop.touch()
    print("Stopping: waiting for the kernels to end.", flush=True)
    with suppress(OSError):  # the scheduler may be gone
        client.cancel(list(futures))
    deadline = time.monotonic() + STOP_TIMEOUT
    while any(job.progress.exists() for job in futures.values()) and time.monotonic() < deadline:
        time.sleep(0.1)
