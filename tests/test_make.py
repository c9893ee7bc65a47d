"""`make` notices that `.venv` belongs elsewhere or is not whole, and sets it up again; otherwise it leaves it alone.

The Makefile is the project's, with a stand-in for Python that makes a `.venv` of stand-ins: nothing is installed.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lib.common.files import ROOT

PYTHON = """#!/bin/sh
case "$*" in *sleep*) sleep 0.5;; esac
echo "$*" >> "$LOG"
[ "$1 $2" = "-m venv" ] || exit 0
mkdir -p "$3/bin"
cp "$0" "$3/bin/python"
cp "$0" "$3/bin/uv"
echo "#!$(pwd -P)/.venv/bin/python" > "$3/bin/workbook"
"""
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A folder with a blank in its name, with the Makefile, a `.venv` set up, and an empty log of what is installed."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "pyproject.toml").touch()
    os.utime(folder / "pyproject.toml", (1e9, 1e9))
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    assert "Installing into .venv" in make(folder) and log_of(folder) == ["venv", "pip", "uv"]
    return folder


def make(folder: Path, *options: str) -> str:
    """What `make install` prints."""
    command = ["make", "-s", "install", f"PYTHON={folder.parent / 'python'}", *options]
    environment = {"PATH": os.environ["PATH"], "LOG": str(folder.parent / "log")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


def log_of(folder: Path) -> list[str]:
    """What was called since the last look: `venv` is made, `pip` installs uv, and `uv` the rest."""
    log = folder.parent / "log"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    names = {"-m venv": "venv", "-m pip": "pip", "pip install": "uv"}
    return [names[name] for line in lines for name in names if line.startswith(name)]


def test_a_whole_environment_is_left_alone(checkout):
    (checkout.parent / "link").symlink_to(checkout)
    assert make(checkout) == "" and make(checkout.parent / "link") == "" and log_of(checkout) == []


def test_another_pyproject_installs_anew_into_the_same_environment(checkout):
    os.utime(checkout / "pyproject.toml")
    (checkout / ".venv" / "own").touch()
    os.utime(checkout / ".venv" / ".installed", (1e9, 1e9))
    assert make(checkout) == "Installing into .venv ...\n" and log_of(checkout) == ["pip", "uv"]
    assert (checkout / ".venv" / "own").exists()


@pytest.mark.parametrize("how", ["moved", "copied"])
def test_a_moved_or_copied_checkout_gets_an_environment_of_its_own(checkout, how):
    there = checkout.parent / "there"
    (checkout / ".venv" / "old").touch()
    checkout.rename(there) if how == "moved" else shutil.copytree(checkout, there, symlinks=True)
    sentence = f".venv belongs to another folder, {checkout}: setting it up for this one."
    assert make(there).splitlines() == [sentence, "Installing into .venv ..."]
    assert log_of(there) == ["venv", "pip", "uv"] and not (there / ".venv" / "old").exists()
    assert str(there) in (there / ".venv" / "bin" / "workbook").read_text()
    assert make(there) == "" and (how == "moved" or make(checkout) == "")


def test_a_stamp_of_an_older_version_is_believed_where_the_commands_are_of_here(checkout):
    (checkout / ".venv" / ".installed").write_text("")
    assert make(checkout) == "" and log_of(checkout) == []
    there = checkout.rename(checkout.parent / "there")
    assert make(there).startswith(".venv belongs to another folder: setting it up for this one.\n")


def test_an_environment_whose_python_is_gone_or_that_is_half_made_is_made_again(checkout):
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python")
    assert make(checkout).startswith("The Python that .venv was made with is gone: setting .venv up again.\n")
    (checkout / ".venv" / ".installed").unlink()
    (checkout / ".venv" / "half").touch()
    assert make(checkout).startswith("The set-up of .venv was not finished: starting again.\n")
    assert not (checkout / ".venv" / "half").exists() and make(checkout) == ""


def test_an_environment_behind_a_link_is_not_touched(checkout):
    other = checkout.parent / "other"
    other.mkdir()
    shutil.copy(checkout / "Makefile", other)
    (other / "pyproject.toml").touch()
    (other / ".venv").symlink_to(checkout / ".venv")
    assert make(other).startswith(f".venv belongs to another folder, {checkout}: ")
    assert not (other / ".venv").is_symlink() and make(checkout) == ""


@pytest.mark.skipif(shutil.which("flock") is None, reason="without flock they do not wait")
def test_of_two_that_install_at_once_the_second_waits(checkout):
    shutil.rmtree(checkout / ".venv")
    log_of(checkout)
    (checkout.parent / "python").write_text(PYTHON.replace("*sleep*", "*pip*"))
    command = ["make", "-s", "install", f"PYTHON={checkout.parent / 'python'}"]
    environment = {"PATH": os.environ["PATH"], "LOG": str(checkout.parent / "log")}
    both = [subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert log_of(checkout) == ["venv", "pip", "uv"]
