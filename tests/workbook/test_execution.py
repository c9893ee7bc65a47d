"""The execution of one notebook whose kernel does not start at once."""

import os
import re
import sys
import time

import ipykernel.kernelspec
import pytest
from toys import write_notebook

from lib.common.files import ROOT, read_json
from lib.workbook import execution
from lib.workbook.execution import execute, kernel_environment


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that executes a toy notebook whose first `failing` kernels end before they answer."""

    def run(failing):
        original, processes = ipykernel.kernelspec.get_kernel_dict, []
        broken = {"argv": [sys.executable, "-c", "raise SystemExit(1)", "{connection_file}"]}
        spec = lambda: original() | (broken if len(processes) < failing else {})  # noqa: E731
        monkeypatch.setattr(ipykernel.kernelspec, "get_kernel_dict", spec)
        notebook = write_notebook(tmp_path, "01_toy", "print(2 * rate)", parameters="rate: int = 1")
        environment = kernel_environment(tmp_path / "progress")
        return execute(notebook, tmp_path / "out.ipynb", {"rate": 21}, environment, processes.append), processes

    return run


def test_a_kernel_that_ends_before_it_answers_is_started_again(run, tmp_path):
    """This happens if another process has taken the kernel's port. No cell has run yet."""
    outcome, processes = run(failing=1)
    assert outcome == ("done", []) and len(processes) == 2
    assert read_json(tmp_path / "out.ipynb")["cells"][-1]["outputs"][0]["text"] == ["42\n"]


def test_a_kernel_that_never_starts_is_an_error(run):
    (state, error), processes = run(failing=100)
    assert state == "failed" and "Kernel died before replying" in error[0]
    assert len(processes) == execution.MAX_STARTS
    assert not any(os.path.exists(f"/proc/{process}") for process in processes)


def test_an_executed_notebook_holds_its_picture_and_no_progress_bar(tmp_path):
    (tmp_path / "head.png").write_bytes(b"png")
    bar = "from lib.common.progress import progress\nwith progress('training', 2) as tick:\n    tick(2)"
    notebook = write_notebook(
        tmp_path, "01_toy", bar, "print('done')", parameters="rate: int = 1", head="![a](head.png)"
    )
    environment = kernel_environment(tmp_path / "progress") | {"PYTHONPATH": str(ROOT)}
    assert execute(notebook, tmp_path / "out" / "out.ipynb", {}, environment) == ("done", [])
    head, *_, training, last = read_json(tmp_path / "out" / "out.ipynb")["cells"]
    assert list(head["attachments"]) == ["head.png"] and "".join(head["source"]) == "![a](attachment:head.png)"
    assert training["outputs"] == [] and last["outputs"][0]["text"] == ["done\n"]
    assert (tmp_path / "progress").read_text() == "training 2/2"


def test_a_printed_line_of_megabytes_is_no_matter_of_hours():
    """The pattern finds what nbclient's own does, but in linear time: that one takes minutes for this line."""
    for text in ("a\rb\n", "a\rbc\rd\ne\r\nf\rg", "\r\r\rx", "a\r\n\rb\r", "a\n\n\rb"):
        assert execution.OVERWRITTEN.sub("", text) == re.sub(r".*\r(?=[^\n])", "", text), text
    started = time.monotonic()
    assert execution.OVERWRITTEN.sub("", "x" * 1_000_000 + "\n") == "x" * 1_000_000 + "\n"
    assert time.monotonic() - started < 5
