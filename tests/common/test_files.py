"""Files are written whole or not at all, and paths are found from where the user stands."""

import errno
import os
import stat

import pytest

from lib.common import files
from lib.common.files import atomic_write, read_json, resolve, write_json


def test_atomic_write_puts_the_whole_file_in_place(tmp_path):
    target = tmp_path / "new" / "folder" / "网络.safetensors"
    with atomic_write(target) as temporary:
        assert temporary.parent == target.parent and temporary.suffix == ".safetensors"
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert stat.S_IMODE(target.stat().st_mode) == 0o644


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "results.json"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic_write(target) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_json_round_trip_keeps_every_script(tmp_path):
    value = {"name": "été 山", "rows": [1, 2.5, None, True]}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value
    assert "été 山" in (tmp_path / "a.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_json_refuses_numbers_that_json_has_not(tmp_path, number):
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"value": number})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b'{"half": ', b"", b"\xff\xfe\x00"])
def test_a_broken_json_file_is_named(tmp_path, content):
    (tmp_path / "broken.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.json is not readable as JSON .* delete it and run again"):
        read_json(tmp_path / "broken.json")


def test_paths_are_seen_from_here_first_then_from_the_project(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "project" / "there").mkdir(parents=True)
    monkeypatch.setattr(files, "ROOT", tmp_path / "project")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert resolve("here") == tmp_path / "here"
    assert resolve("there") == tmp_path / "project" / "there"
    assert resolve(str(tmp_path / "nowhere")) == tmp_path / "nowhere"
    assert resolve("~/here") == tmp_path / "here"


def test_a_full_disk_is_said_with_the_file(tmp_path):
    with (
        pytest.raises(OSError, match=r"No space left on device: '.*result\.json'"),
        atomic_write(tmp_path / "result.json"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())
