"""Pictures are found through folders and links; nothing that is passed over goes unsaid."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from lib.common.files import ROOT
from lib.data.walk import find_pictures


@pytest.fixture
def album(tmp_path) -> Path:
    """a.jpg, 1950/b.PNG, and files that are no pictures."""
    for name in ("a.jpg", "1950/b.PNG", "notes.txt", "1950/more.TXT", "README", ".hidden.jpg", ".git/c.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def _names(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in find_pictures(folder).pictures]


def test_pictures_are_found_below_and_other_files_counted(album):
    found = find_pictures(album)
    assert [str(p.relative_to(album)) for p in found.pictures] == ["1950/b.PNG", "a.jpg"]
    assert found.passed_over == Counter({".txt": 2, "without suffix": 1})
    assert not found.problems


def test_a_folder_is_left_out(album):
    assert [path.name for path in find_pictures(album, album / "1950").pictures] == ["a.jpg"]


def test_links_are_followed_once_and_circles_end(album, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "c.jpg").touch()
    (other / "back").symlink_to(album)
    (album / "linked").symlink_to(other)
    (album / "again").symlink_to(album / "1950")
    (album / "d.jpg").symlink_to(other / "c.jpg")
    assert _names(album) == ["1950/b.PNG", "a.jpg", "d.jpg", "linked/c.jpg"]
    assert not find_pictures(album).problems


@pytest.mark.parametrize("target", ["nowhere.jpg", "gone.jpg"])  # to nothing, and to itself
def test_a_dangling_link_is_named_and_costs_nothing_else(album, target):
    (album / "gone.jpg").symlink_to(target)
    (album / "gone.txt").symlink_to(target)
    found = find_pictures(album)
    assert len(found.pictures) == 2 and found.passed_over[".txt"] == 3
    assert len(found.problems) == 1 and str(album / "gone.jpg") in found.problems[0]
    assert found.problems[0].endswith("repair or remove it")


def test_a_pipe_is_no_picture(album):
    os.mkfifo(album / "pipe.jpg")  # to read one would wait forever
    assert len(find_pictures(album).pictures) == 2


def test_a_name_that_is_not_utf8_is_found(album):
    Path(os.fsdecode(os.fsencode(album) + b"/caf\xe9.jpg")).touch()
    assert len(find_pictures(album).pictures) == 3


def test_a_folder_that_is_not_there_is_a_problem(tmp_path):
    assert "No such file" in find_pictures(tmp_path / "none").problems[0]


@pytest.mark.skipif(not hasattr(os, "setuid") or os.getuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_locked_folder_is_named_and_costs_nothing_else(album, mode):
    (album / "1950").chmod(mode)
    for folder in (album, album.parent, album.parent.parent):
        folder.chmod(0o755)
    script = (
        "import os, sys; from lib.data.walk import find_pictures; os.setuid(65534); "
        "found = find_pictures(sys.argv[1]); print(len(found.pictures), *found.problems)"
    )
    command = [sys.executable, "-c", script, str(album)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()
    (album / "1950").chmod(0o755)
    assert answer == f"1 {album / '1950'}: cannot be read (Permission denied); check its permissions"
