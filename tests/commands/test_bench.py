"""`workbook bench`: what is asked is what is measured, written and shown."""

import pytest

from lib.commands import workbook
from lib.common.files import read_json
from lib.scripts.benchmark.plan import Plan, measured, unmeasured


def test_the_command_writes_results_and_shows_a_table(pairs, tmp_path, monkeypatch, capsys):
    rows = [*measured("Training", {"printed": [6.0], "ours": [84.0]}, "images/s", True), unmeasured("G", "n", "s", "x")]
    results, asked = {"rows": rows, "notes": ["A note."]}, []
    monkeypatch.setattr("lib.data.sources.load_pairs", lambda *source: asked.append(source) or pairs)
    monkeypatch.setattr("lib.scripts.benchmark.bench.bench", lambda plan, *_: asked.append(plan) or results)
    command = ["bench", "--data", "scenes", "--repeats", "3", "--device", "cpu", "--out", str(tmp_path / "new")]
    assert workbook.main(command) == 0
    assert asked == [("scenes", 144), Plan(repeats=3)]
    assert read_json(tmp_path / "new" / "results.json") == results
    shown = capsys.readouterr().out
    assert all(row["name"] in shown and row["reason"] in shown for row in rows)
    assert "14.0 ×" in shown and "A note." in shown and shown.rstrip().endswith("results.json")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["--size", "100"], "a multiple of 32"), (["--repeats", "0"], "at least 1"), (["--data", "no-such"], "no-such")],
)
def test_a_mistake_in_what_was_asked_is_said(arguments, sentence, capsys):
    assert workbook.main(["bench", *arguments]) == 2
    printed = capsys.readouterr().err
    assert sentence in printed and printed.startswith("workbook: ") and printed.count("\n") == 1
