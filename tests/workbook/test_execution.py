"""One notebook in a kernel of its own, where the kernel does not start at once."""

import os
import sys

import ipykernel.kernelspec
import pytest
from toys import write_notebook

from lib.common.files import read_json
from lib.workbook import execution
from lib.workbook.execution import execute, kernel_environment


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Execute a toy whose first kernels, so many as are `failing`, end before their first word."""

    def run(failing):
        original, processes = ipykernel.kernelspec.get_kernel_dict, []
        broken = {"argv": [sys.executable, "-c", "raise SystemExit(1)", "{connection_file}"]}
        spec = lambda: original() | (broken if len(processes) < failing else {})  # noqa: E731
        monkeypatch.setattr(ipykernel.kernelspec, "get_kernel_dict", spec)
        notebook = write_notebook(tmp_path, "01_toy", "print(2 * rate)", parameters="rate: int = 1")
        environment = kernel_environment(tmp_path / "progress")
        return execute(notebook, tmp_path / "out.ipynb", {"rate": 21}, environment, processes.append), processes

    return run


def test_a_kernel_that_ends_before_its_first_word_is_started_again(run, tmp_path):
    """As where another process has taken its port: nothing of the notebook has run."""
    outcome, processes = run(failing=1)
    assert outcome == ("done", []) and len(processes) == 2
    assert read_json(tmp_path / "out.ipynb")["cells"][-1]["outputs"][0]["text"] == ["42\n"]


def test_one_that_never_starts_is_given_up(run):
    (state, error), processes = run(failing=100)
    assert state == "failed" and "Kernel died before replying" in error[0]
    assert len(processes) == execution.STARTS
    assert not any(os.path.exists(f"/proc/{process}") for process in processes)
