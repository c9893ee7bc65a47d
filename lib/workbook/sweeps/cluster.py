"""The points of a sweep, worked off by Dask: on this machine's own worker processes, or on a running cluster's.

Each point is one papermill run with a kernel and a folder of its own. Dask decides where and when; what happened stands
in the points' folders, which all machines must see. A point is worked on by one worker at a time, also where two
sweeps work in one folder: the second waits, finds it done, and goes on with the next.
"""

import logging
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from lib.common.devices import has_gpu_driver
from lib.common.files import write_json
from lib.common.usage import UsageError
from lib.workbook.execution import error_lines
from lib.workbook.sweeps.job import Job, lost, outcome, run_job

if TYPE_CHECKING:
    from distributed import Client, Future

# distributed takes a second to import: it is imported where it is used.

PATIENCE = 20.0  # seconds in which workers must have stopped their kernels after Ctrl-C
CONNECTING = 10  # seconds to wait for a scheduler's answer
LOSSES = 3  # how often a worker may be lost before it begins with a point
NEVER_BEGUN = f"{LOSSES} workers were lost (killed, often for want of memory) before they could begin with this point."


class SchedulerLost(Exception):
    """The cluster went away while points were still to be worked on."""


# What happens where the sweep was started.


def visible_gpus() -> tuple[str, ...]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    if not has_gpu_driver():
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
