"""Who works in a folder of outputs: one run at a time, or several commands of one sweep.

The operating system frees the locks of a process when it ends, however it ends: a killed command locks nobody out.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from lib.common.usage import UsageError

_LOCK = ".lock"


def is_held(lock: Path) -> bool:
    """Whether a process holds a lock; the file of one that nobody holds is removed."""
    try:
        with FileLock(lock, timeout=0, mode=0o644):
            lock.unlink(missing_ok=True)
    except Timeout:
        return True
    return False


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Lock a folder for the block. Where another process has locked it, raises `UsageError` at once."""
    lock = FileLock(folder / _LOCK, timeout=0, mode=0o644)
    try:
        lock.acquire()
    except Timeout:
        raise UsageError(
            f"Another `workbook run` is at work in {folder}; wait for it, or name another folder with --output."
        ) from None
    try:
        yield
    finally:
        with suppress(OSError):  # the folder may have been removed, or may not be written any more
            (folder / _LOCK).unlink(missing_ok=True)
        lock.release()


@contextmanager
def with_same_work(folder: Path, work: str) -> Iterator[None]:
    """Work in a folder for the block, together with other processes that do the same work.

    Args:
        folder: the folder, which is there.
        work: what is done, as characters of a file's name.

    Raises:
        UsageError: a process is at other work there.
    """
    own = FileLock(folder / f".{work}.{uuid.uuid4().hex[:8]}{_LOCK}", mode=0o644)
    with FileLock(folder / _LOCK, mode=0o644):  # so that of two that start at once the second sees the first
        for other in folder.glob(f".*.*{_LOCK}"):
            if not other.name.startswith(f".{work}.") and is_held(other):
                raise UsageError(
                    f"Another sweep, of other points, is at work in {folder}; wait for it, or name another folder "
                    "with --output."
                )
        own.acquire()
    try:
        yield
    finally:
        with suppress(OSError):
            Path(own.lock_file).unlink(missing_ok=True)
        own.release()
