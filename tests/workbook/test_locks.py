"""Locks of folders: what is refused while another process works there, and that a killed one locks nobody out."""

import signal
import subprocess
import sys

import pytest
from toy_sweep import wait_until

from lib.common.usage import UsageError
from lib.workbook.locks import alone_in, is_held, with_same_work

HOLD = """
import pathlib, sys, time
from lib.workbook import locks
folder = pathlib.Path(sys.argv[1])
with locks.alone_in(folder) if sys.argv[2] == "alone" else locks.with_same_work(folder, sys.argv[2]):
    (folder / "ready").touch()
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path):
    """Starts another process that works in the folder, and returns it once it does."""
    processes = []

    def start(work):
        processes.append(subprocess.Popen([sys.executable, "-c", HOLD, tmp_path, work]))
        wait_until((tmp_path / "ready").exists)
        return processes[0]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_a_folder_is_one_runs_alone_until_it_ends_or_is_killed(tmp_path, other):
    process = other("alone")
    with pytest.raises(UsageError, match=f"Another `workbook run` is at work in {tmp_path}; wait for it, or name"):
        alone_in(tmp_path).__enter__()
    process.send_signal(signal.SIGKILL)
    process.wait()
    with alone_in(tmp_path):
        assert is_held(tmp_path / ".lock")
    assert not (tmp_path / ".lock").exists()


def test_the_same_work_is_shared_and_other_work_refused(tmp_path, other):
    process = other("sweep-a")
    with with_same_work(tmp_path, "sweep-a"):
        pass
    for _ in range(2):
        with pytest.raises(UsageError, match=f"Another sweep, of other points, is at work in {tmp_path}; wait"):
            with_same_work(tmp_path, "sweep-b").__enter__()
    process.send_signal(signal.SIGKILL)
    process.wait()
    with with_same_work(tmp_path, "sweep-b"):
        assert len(list(tmp_path.glob(".sweep-*"))) == 1  # that of the killed process is gone
    assert not list(tmp_path.glob(".sweep-*"))
