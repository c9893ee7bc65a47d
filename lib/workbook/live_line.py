"""What the terminal shows while kernels work: a line that is drawn anew in its place."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lib.common.progress import clock, read_progress

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

# rich is imported where something is drawn: help and mistakes need not wait for it.

BAR = 20  # characters


@contextmanager
def live(render: Callable[[], "RenderableType"]) -> Iterator["Console"]:
    """Draw what `render` returns twice a second, and nothing of it where standard output is no terminal.

    Yields the console for lines that stay. What is drawn goes when the block ends.
    """
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False, soft_wrap=True)
    if console.is_terminal:
        with Live(console=console, get_renderable=render, refresh_per_second=2, transient=True):
            yield console
    else:
        yield console


def grid(columns: int) -> "Table":
    """An empty table without lines; its rows need not have all of the cells."""
    from rich.table import Table

    table = Table.grid(padding=(0, 3))
    for _ in range(columns):
        table.add_column(no_wrap=True)
    return table


class KernelProgress:
    """How far a kernel is, from the file that `lib.common.progress.progress` writes there."""

    def __init__(self, file: Path):
        self.file, self.started = file, time.monotonic()
        self.label, self.done, self.total = "starting", 0, 0
        self.begun, self.before = self.started, 0  # when the work of this label was first seen, and what was done then

    def cells(self) -> list["RenderableType"]:
        """The time so far and what is being done; a bar and the time left while there is some."""
        from rich.progress_bar import ProgressBar
        from rich.text import Text

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


@contextmanager
def live_line(name: str, progress: Path) -> Iterator[None]:
    """Show a notebook's state on one line while the block executes it; `progress` is its kernel's file."""
    kernel = KernelProgress(progress)

    def render() -> "Table":
        table = grid(6)
        table.add_row(name, "running", *kernel.cells())
        return table

    with live(render):
        yield
