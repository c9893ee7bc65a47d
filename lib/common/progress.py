"""A progress bar for long work, which the runner of notebooks can follow from outside."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LISTENER = "WORKBOOK_PROGRESS"  # environment variable: a file that the runner reads `label done/total` from


@contextmanager
def progress(label: str, total: int, initial: int = 0) -> Iterator[Callable[[int], None]]:
    """Show a progress bar while the block runs; yields a function that adds a number of pictures to those done.

    Where the environment variable `WORKBOOK_PROGRESS` names a file, "label done/total" is also written there, twice a
    second at most.

    Args:
        label: what is done, shown before the bar.
        total: pictures in all.
        initial: pictures that were done before, by an interrupted run.
    """
    from tqdm import tqdm  # here: what only reads progress or tells the time need not wait for it

    listener = os.environ.get(LISTENER)
    written = 0.0  # when the listener's file was last written
    # The plain bar on standard output: a widget would be lost in an executed notebook, red text looks like an error.
    # It goes when the work is done: what stays on the page is what the work gave.
    look = dict(desc=label, unit="img", file=sys.stdout, mininterval=2.0, leave=False)
    with tqdm(total=total, initial=initial, **look) as bar:

        def tick(count: int) -> None:
            nonlocal written
            bar.update(count)
            if listener and time.monotonic() - written > 0.5:
                written = time.monotonic()
                Path(listener).write_text(f"{label} {bar.n}/{bar.total}", encoding="utf-8")

        yield tick


def read_progress(path: Path) -> tuple[str, int, int] | None:
    """The label and the numbers of pictures done and in all, from a file that `progress` writes.

    None where the file is missing or empty: it is read while it is being written.
    """
    with suppress(OSError, UnicodeDecodeError):
        match = re.fullmatch(r"(.*?)\s*(\d+)/(\d+)", path.read_text(encoding="utf-8").strip())
        return (match[1][:60], int(match[2]), int(match[3])) if match else None
    return None


def clock(seconds: float) -> str:
    """A duration in seconds as m:ss, or as h:mm:ss from an hour.

    >>> clock(75), clock(3725.4)
    ('1:15', '1:02:05')
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
