"""`workbook data`: what was downloaded is described; without a network one sentence says so."""

import sys

from PIL import Image

from lib.commands import workbook


def test_what_came_is_described(tmp_path, monkeypatch, capsys):
    for side in ("gray", "color"):
        (tmp_path / side).mkdir()
        Image.new("L", (8, 8)).save(tmp_path / side / "a.png")
    monkeypatch.setattr("lib.data.kaggle.download_kaggle", lambda: tmp_path)
    assert workbook.main(["data"]) == 0
    assert capsys.readouterr().out == f"gray and color pairs in {tmp_path}\n"


def test_a_download_that_fails_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    assert workbook.main(["data"]) == 1
    assert capsys.readouterr().err == "workbook: kagglehub is not installed; `make data` installs it\n"
