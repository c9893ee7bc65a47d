"""The points of a sweep as the terminal shows them while they run."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from rich.console import Group
from rich.text import Text

from lib.common.progress import clock
from lib.workbook.live_line import KernelProgress, grid, live
from lib.workbook.sweeps.job import Job


class SweepTable:
    """The points of a sweep: done, running, failed, to go, and the time left; a line for each that is running.

    On a terminal it is drawn anew twice a second; elsewhere each point that ends is one line, enough for a log.
    """

    def __init__(self, title: str, jobs: Sequence[Job], before: Mapping[str, int], workers: int):
        """`before` counts the points that are not run, by state."""
        self.title, self.jobs, self.workers = title, list(jobs), workers
        self.ended: dict[Path, dict] = {}
        self.before, self.total = Counter(before), sum(before.values()) + len(self.jobs)
        self.kernels: dict[Path, KernelProgress] = {}  # of points that were seen running

    def __enter__(self) -> "SweepTable":
        self.live = live(self.render)
        self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def tell(self, job: Job, result: dict) -> None:
        """A point has ended: a line that stays, with the reason where it failed."""
        self.ended[job.folder] = result
        took = "" if result.get("seconds") is None else clock(result["seconds"])
        place = f"{self.total - len(self.jobs) + len(self.ended):>{len(str(self.total))}}/{self.total}"
        self.live.console.out(f"{place}   {result['state']:<11}   {took:>7}   {job.point.label}")
        for line in result["error"]:
            self.live.console.out(f"    {line}")

    def running(self) -> list[Job]:
        """The points that a worker is running."""
        return [job for job in self.jobs if job.folder not in self.ended and job.progress.exists()]

    def time_left(self, running: int) -> str:
        """From the mean time of the points that were done here; unknown before the first."""
        done = [result for result in self.ended.values() if result["state"] == "done"]
        took = [result["seconds"] for result in done if result.get("seconds")]
        if not took:
            return ""
        left = len(self.jobs) - len(self.ended) - running / 2  # those that run are half done, on average
        return f"about {clock(left * fmean(took) / max(1, min(self.workers, left)))} left"

    def render(self) -> Group:
        """The summary and below it the points that are running, as rich draws them."""
        running, states = self.running(), self.before + Counter(result["state"] for result in self.ended.values())
        counts = {"done": states["done"], "running": len(running), "failed": states["failed"]}
        counts["to go"] = self.total - sum(counts.values())
        summary = "   ".join(f"{name} {count}" for name, count in counts.items())
        table = grid(5)
        for job in running:
            kernel = self.kernels.setdefault(job.folder, KernelProgress(job.progress))
            table.add_row(Text(job.point.label), *kernel.cells())
        return Group(Text.assemble((self.title, "bold"), f"   {summary}   {self.time_left(len(running))}"), table)
