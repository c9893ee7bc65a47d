"""Fixtures for the tests of sweeps."""

import os
import signal

import pytest
from toy_sweep import ToySweep

from lib.workbook.sweeps import command


@pytest.fixture
def toy(tmp_path):
    toy = ToySweep(tmp_path, tmp_path / "out")
    yield toy
    for process in toy.processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def idle(tmp_path, monkeypatch):
    """A toy whose command runs in this process and must not start a kernel."""
    toy = ToySweep(tmp_path, tmp_path / "out")
    (toy.output / "sweep.json").unlink()

    def refuse(*_, **__):
        raise AssertionError("the command started to run points")

    monkeypatch.setattr(command, "execute_jobs", refuse)
    return toy
