"""One progress bar for long work: on a terminal or in a notebook, and to the runner when it listens."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tqdm import tqdm

LISTENER = "WORKBOOK_PROGRESS"  # environment variable: a file that the runner reads `label done/total` from


@contextmanager
def progress(label: str, total: int, initial: int = 0) -> Iterator[Callable[[int], None]]:
    """Show a bar under `label`; yields a function to call with the number of pictures done since the last call."""
    listener = os.environ.get(LISTENER)
    told = 0.0
    # The plain bar on standard output: a widget would be lost in an executed notebook, red text looks like an error.
    with tqdm(total=total, initial=initial, desc=label, unit="img", file=sys.stdout, mininterval=2.0) as bar:

        def tick(count: int) -> None:
            nonlocal told
            bar.update(count)
            if listener and time.monotonic() - told > 0.5:
                told = time.monotonic()
                Path(listener).write_text(f"{label} {bar.n}/{bar.total}", encoding="utf-8")

        yield tick


def read_progress(path: Path) -> tuple[str, int, int] | None:
    """(label, done, total) of a progress file that holds "label done/total"; None while it holds nothing of the kind.

    The kernel writes while we read, so an empty file is normal and says nothing.
    """
    with suppress(OSError, UnicodeDecodeError):
        match = re.fullmatch(r"(.*?)\s*(\d+)/(\d+)", path.read_text(encoding="utf-8").strip())
        return (match[1][:60], int(match[2]), int(match[3])) if match else None
    return None


def clock(seconds: float) -> str:
    """Seconds as m:ss, or h:mm:ss."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
