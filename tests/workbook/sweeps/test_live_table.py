"""The live table of a sweep."""

import io
from dataclasses import replace

from rich.console import Console
from toy_sweep import job_of

from lib.workbook.sweeps.live_table import SweepTable


def test_the_live_table_counts_every_point_once(toy):
    job = job_of(toy)
    jobs = [replace(job, folder=toy.output / name) for name in "abcd"]
    (toy.output / "b").mkdir()
    jobs[1].progress.write_text("counting 3/7")
    table = SweepTable("4 points", jobs, {"done": 3, "failed": 2}, workers=2)
    table.ended[jobs[0].folder] = {"state": "done", "seconds": 60.0}
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(table.render())
    shown = console.export_text()
    # Two points are to go and one is half done: 2.5 minutes of work for two workers.
    assert "done 4   running 1   failed 2   to go 2   about 1:15 left" in shown
    assert "0:00   counting 3/7" in shown

    table.ended[jobs[1].folder] = {"state": "failed", "seconds": 60.0}
    jobs[1].progress.unlink()
    console.print(table.render())
    assert "done 4   running 0   failed 3   to go 2" in console.export_text()
