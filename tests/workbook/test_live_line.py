"""What is drawn while a kernel works: nothing in a log, one line on a terminal that goes when the work ends."""

import io
import sys

from rich.console import Console

from lib.workbook import live_line
from lib.workbook.live_line import KernelProgress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(kernel):
    table = live_line.grid(4)
    table.add_row(*kernel.cells())
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table)
    return " ".join(console.export_text().split())


def test_a_kernel_is_followed_through_its_file(tmp_path, monkeypatch):
    now, file = [100.0], tmp_path / "progress"
    monkeypatch.setattr(live_line.time, "monotonic", lambda: now[0])
    kernel = KernelProgress(file)
    assert shown(kernel) == "0:00 starting"
    file.write_text("training 10/30")  # of which an earlier run did ten
    assert shown(kernel).startswith("0:00 training 10/30 ━") and "left" not in shown(kernel)
    file.write_text("training 20/30")
    now[0] += 65
    assert shown(kernel).startswith("1:05 training 20/30 ━") and shown(kernel).endswith("1:05 left")
    file.write_text("")  # caught between truncating and writing
    assert "training 20/30" in shown(kernel)
    file.write_text("evaluation 0/8")  # other work: its time left is counted from here
    assert "evaluation 0/8" in shown(kernel) and "left" not in shown(kernel)
    file.write_text("evaluation 8/8")
    assert shown(kernel) == "1:05 evaluation 8/8"


def test_a_line_on_a_terminal_and_nothing_in_a_log(tmp_path, monkeypatch):
    (tmp_path / "progress").write_text("training 1/3")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    for stream, drawn in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stdout", stream)
        with live_line.live_line("02_cnn", tmp_path / "progress"):
            pass
        assert all((text in stream.getvalue()) == drawn for text in ("02_cnn", "running", "training 1/3"))
        assert stream.getvalue() == "" or stream.getvalue().endswith("\x1b[2K")  # gone again
