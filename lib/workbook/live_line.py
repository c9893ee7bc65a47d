"""What the terminal shows while kernels work: a line that is drawn anew in its place."""

import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from lib.common.progress import clock, read_progress

BAR = 20  # characters


def live(render: Callable[[], RenderableType]) -> Live:
    """A block during which what `render` returns is drawn twice a second; it goes when the block ends.

    Lines that stay are written to its console. Where standard output is no terminal, nothing is drawn.
    """
    console = Console(highlight=False, soft_wrap=True)
    return Live(console=console, get_renderable=render, refresh_per_second=2, transient=True)


def grid(columns: int) -> Table:
    """An empty table without lines; its rows need not have all of the cells."""
    return Table.grid(*(Column(no_wrap=True) for _ in range(columns)), padding=(0, 3))


class KernelProgress:
    """How far a kernel is, from the file that `lib.common.progress.progress` writes there."""

    def __init__(self, file: Path):
        self.file, self.started = file, time.monotonic()
        self.label, self.done, self.total = "starting", 0, 0
        self.begun, self.before = self.started, 0  # when the work of this label was first seen, and what was done then

    def cells(self) -> list[RenderableType]:
        """The time so far and what is being done; a bar and the time left while there is some."""
        now = time.monotonic()
        label, done, total = read_progress(self.file) or (self.label, self.done, self.total)
        if (label, total) != (self.label, self.total):
            self.begun, self.before = now, done
        self.label, self.done, self.total = label, done, total
        cells: list[RenderableType] = [clock(now - self.started), Text(f"{label} {done}/{total}" if total else label)]
        if done < total:
            speed = (done - self.before) / max(now - self.begun, 1e-3)
            cells += [ProgressBar(total, done, BAR), f"{clock((total - done) / speed)} left" if speed > 0 else ""]
        return cells


def live_line(name: str, progress: Path) -> Live:
    """A notebook's state on one line, shown while the block executes it; `progress` is its kernel's file."""
    kernel = KernelProgress(progress)

    def render() -> Table:
        table = grid(6)
        table.add_row(name, "running", *kernel.cells())
        return table

    return live(render)
