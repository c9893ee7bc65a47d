"""Progress files and times."""

from lib.common import progress


def test_a_progress_file_is_read_as_the_kernel_writes_it(tmp_path):
    path = tmp_path / "progress"
    assert progress.read_progress(path) is None
    path.write_text("epoch 3/30")
    assert progress.read_progress(path) == ("epoch", 3, 30)
    path.write_text("")  # caught between truncating and writing
    assert progress.read_progress(path) is None
    assert [progress.clock(seconds) for seconds in (59.6, 61, 3725)] == ["1:00", "1:01", "1:02:05"]


def test_a_bar_is_shown_while_it_runs_and_leaves_nothing(capsys):
    with progress.progress("training", 4) as tick:
        tick(4)
    shown = capsys.readouterr().out
    assert "training:   0%" in shown
    assert not shown.endswith("\n") and not shown.rsplit("\r", 2)[1].strip()  # blanks over the bar, then back
