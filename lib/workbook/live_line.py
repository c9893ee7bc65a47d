"""What the terminal shows while kernels work: a line for a notebook, a table for a sweep."""

import sys
import threading
import time
from pathlib import Path

from lib.common.progress import clock, read_progress


class LiveLine:
    """One notebook's state on one line of the terminal; a thread refreshes it while the main thread executes.

    Where stdout is no terminal nothing is shown: the line at the notebook's end is enough for a log.
    """

    def __init__(self, stem: str, width: int, progress: Path):
        self.name, self.progress = f"{stem:<{width}}", progress
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._refresh, daemon=True)

    def __enter__(self) -> "LiveLine":
        if sys.stdout.isatty():
            self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        if self.thread.ident is not None:
            self.thread.join()

    def _refresh(self) -> None:
        from tqdm import tqdm

        started, shown = time.monotonic(), None
        label, done, total = "", 0, 0
        bar = tqdm(total=1, bar_format="{desc}", leave=False, dynamic_ncols=True, file=sys.stdout)
        while not self.stop.wait(0.25):
            label, done, total = read_progress(self.progress) or (label, done, total)
            if (label, total) != shown:  # other work: its time left is counted from here
                shown = (label, total)
                bar.reset(total or 1)
                bar.initial = done
            bar.bar_format = "{desc}  {bar:20}  {remaining} left" if done < total else "{desc}"
            bar.n = done
            count = f" {done}/{total}" if total else ""
            bar.set_description_str(f"{self.name}   running   {clock(time.monotonic() - started)}   {label}{count}")
        bar.close()
