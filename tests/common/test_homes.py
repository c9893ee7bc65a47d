"""Libraries are sent to folders that can be written where the home cannot."""

import os
import subprocess
import sys

import pytest

from lib.common import homes
from lib.common.homes import home_environment


@pytest.fixture
def locked(tmp_path, monkeypatch):
    """A home that cannot be written, for root too, and a cache beside it."""
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: "locked" not in str(path) and real(path, mode))
    monkeypatch.setattr(homes, "CACHE", tmp_path / "cache")
    (tmp_path / "locked").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "locked" / "home"))
    for name in homes._VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_home_that_can_be_written_is_used(tmp_path, monkeypatch):
    for home in (tmp_path, tmp_path / "not" / "yet"):
        monkeypatch.setenv("HOME", str(home))
        assert home_environment() == {}


def test_another_folder_takes_the_place_of_a_locked_home(locked, monkeypatch):
    assert home_environment()["MPLCONFIGDIR"] == str(locked / "cache" / "home" / "matplotlib")
    monkeypatch.setenv("IPYTHONDIR", "/mine")
    assert "IPYTHONDIR" not in home_environment()
    monkeypatch.setattr(homes, "CACHE", locked / "locked" / "cache")
    monkeypatch.setattr(homes.tempfile, "gettempdir", lambda: str(locked / "temporary"))
    assert home_environment()["MPLCONFIGDIR"].startswith(f"{locked}/temporary/workbook-home-")
    monkeypatch.setattr(homes.tempfile, "gettempdir", lambda: str(locked / "locked"))
    assert home_environment() == {}


def test_matplotlib_has_nothing_to_say_there(locked):
    code = "import matplotlib; print(matplotlib.get_cachedir())"
    environment = os.environ | {"HOME": "/proc/nowhere"}  # where not even root can write
    noisy, quiet = (
        subprocess.run([sys.executable, "-c", code], env=environment | more, capture_output=True, text=True)
        for more in ({}, home_environment())
    )
    assert "temporary cache directory" in noisy.stderr
    assert quiet.stderr == "" and quiet.stdout.startswith(str(locked / "cache"))
