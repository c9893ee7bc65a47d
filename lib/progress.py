"""One progress bar for long work: on a terminal or in a notebook, and to the runner when it listens."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
