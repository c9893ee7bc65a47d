"""Console scripts end without a traceback, whatever their output goes to."""

import os
import subprocess
import sys
import warnings

import pytest

from lib.common.files import ROOT
from lib.common.terminal import exit_code_of, silent_libraries

SCRIPT = "from lib.common.terminal import exit_code_of; exit({})"


def _run(expression: str, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", SCRIPT.format(expression)]
    return subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False, **options)


def test_a_name_that_the_terminal_cannot_show_is_escaped():
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = _run(r"exit_code_of(lambda: print('Z\u00fcrich \udce9') or 3)", stdout=subprocess.PIPE, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (3, "Z\\xfcrich \\udce9\n", "")


def test_a_pipe_that_nobody_reads_ends_quietly():
    reading, writing = os.pipe()
    os.close(reading)
    done = _run("exit_code_of(lambda: print('x' * 100_000))", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_output_that_a_full_disk_cannot_take_is_one_sentence():
    with open("/dev/full", "w") as full:
        done = _run("exit_code_of(lambda: print('x'))", stdout=full)
    assert (done.returncode, done.stderr) == (1, "-c: [Errno 28] No space left on device\n")


def test_a_command_works_without_standard_output():
    script = SCRIPT.format("exit_code_of(lambda: print('x') or 3)")
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-c", script]
    done = subprocess.run(closed, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "")


def test_ctrl_c_is_130():
    def stopped() -> int:
        raise KeyboardInterrupt

    assert exit_code_of(stopped) == 130


def test_errors_of_the_command_are_its_own():
    with pytest.raises(ZeroDivisionError):
        exit_code_of(lambda: 1 // 0)


def test_what_libraries_write_to_standard_error_is_not_seen(capfd):
    with silent_libraries():
        os.write(2, b"noise")
        warnings.warn("noise", stacklevel=1)
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
