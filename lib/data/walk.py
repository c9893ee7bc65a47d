"""Finds the pictures of a folder, and says what it passes over: other files, dangling links, locked folders."""

import os
import stat
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from lib.common.files import printable
from lib.data.formats import SUFFIXES


@dataclass
class Found:
    """What a folder holds.

    Args:
        pictures: files whose suffix is that of a picture, sorted; their content has not been looked at.
        passed_over: how many other files there are, by suffix in lower case.
        problems: a sentence for each link and folder that cannot be read.
    """

    pictures: list[Path] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def find_pictures(folder: str | Path, leave_out: Path | None = None, suffixes: Collection[str] = SUFFIXES) -> Found:
    """The pictures in `folder` and in all folders below it. Links are followed, and each folder is read once.

    Files and folders whose names begin with a dot are neither found nor counted.

    Args:
        folder: where to look. A folder that cannot be read is one of the problems, also if it is this one.
        leave_out: a folder that is not looked into, such as that of the results.
        suffixes: of what counts as a picture, in lower case.
    """
    found, seen = Found(), set()
    if leave_out is not None and leave_out.exists():
        seen.add(identity_of(leave_out))
    # Folders before links to them, so that a picture is found where it lies and not through a link.
    waiting, links = [Path(folder)], []
    while waiting or links:
        here = waiting.pop() if waiting else links.pop(0)
        try:
            identity = identity_of(here)
            if identity in seen:
                continue
            seen.add(identity)
            with os.scandir(here) as entries:
                _sort_into(
                    found, [here / name for name in sorted(entry.name for entry in entries)], waiting, links, suffixes
                )
        except OSError as error:
            found.problems.append(f"{printable(here)}: cannot be read ({error.strerror}); check its permissions")
    found.pictures.sort(key=lambda path: path.parts)  # as paths are sorted, in a fifth of the time
    return found


def _sort_into(
    found: Found, entries: list[Path], waiting: list[Path], links: list[Path], suffixes: Collection[str]
) -> None:
    """Enter what one folder holds. A folder whose entries may not be looked at raises `PermissionError`."""
    for path in entries:
        if path.name.startswith("."):
            continue
        is_picture = path.suffix.lower() in suffixes
        try:
            kind = path.stat().st_mode
        except PermissionError:
            raise
        except OSError as error:  # a link to nothing, or to itself
            if is_picture:
                found.problems.append(f"{printable(path)}: cannot be read ({error.strerror}); repair or remove it")
                continue
            kind = 0
        if stat.S_ISDIR(kind):
            (links if path.is_symlink() else waiting).append(path)
        elif is_picture and stat.S_ISREG(kind):
            found.pictures.append(path)
        else:
            found.passed_over[path.suffix.lower() or "without suffix"] += 1


def identity_of(path: Path) -> tuple[int, int]:
    """What two names of one file or folder have in common; links are followed."""
    status = path.stat()
    return status.st_dev, status.st_ino
