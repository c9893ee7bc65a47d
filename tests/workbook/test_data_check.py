"""Data that cannot be used, or is too small, is refused before a kernel starts."""

import re

import pytest
from PIL import Image
from toys import write_notebook, write_photographs

from lib.common.usage import UsageError
from lib.data.survey import Survey
from lib.workbook.data_check import _check_judge, check_counts, check_data
from lib.workbook.parameters import inspect

PARAMETERS = """
data: str = "auto"
counts: list[int] = [200, 400]  # at least 1, at most the training split
pairs: int = 100  # at most the training split
checked: int = 1  # at most the validation split
"""
COUNTS = {"train": 34, "val": 5, "test": 5}


@pytest.fixture
def notebook(tmp_path):
    return inspect(write_notebook(tmp_path, "01_toy", parameters=PARAMETERS))


@pytest.fixture
def surveyed(monkeypatch):
    """The names of the data sets that were looked at."""
    seen = []

    def survey(data, needed):
        assert set(needed) == {"train", "val", "test"}  # the toy notebook trains
        if data == "nowhere":
            raise FileNotFoundError("nowhere is no folder")
        seen.append(data)
        return Survey(
            f"toy {data}", {"train": 1000, "val": 100, "test": 100}, "2 files passed over: .txt 2", ["a: bad"]
        )

    monkeypatch.setattr("lib.data.survey.survey", survey)
    return seen


def test_each_data_set_is_looked_at_once_and_what_is_left_out_is_said(notebook, surveyed, tmp_path, capsys):
    without = inspect(write_notebook(tmp_path, "02_none", parameters="seed: int = 0"))
    found = check_data([(notebook, {}), (notebook, {"data": "b"}), (notebook, {"data": "b"}), (without, {})])
    assert surveyed == list(found) == ["auto", "b"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["Data: toy auto", "2 files passed over: .txt 2", "1 problem; the first: a: bad"]
    assert lines[3] == "Data: toy b" and len(lines) == 6
    with pytest.raises(UsageError, match="nowhere is no folder"):
        check_data([(notebook, {"data": "nowhere"})])


def test_a_judge_that_will_not_do_is_refused_and_another_is_said(tmp_path, capsys):
    text = 'data: str = "scenes"\njudge: str = ""  # path of a folder; "" for samples'
    notebook = inspect(write_notebook(tmp_path, "06_toy", parameters=text))
    data = write_photographs(tmp_path / "data")
    gray = tmp_path / "gray"
    gray.mkdir()
    Image.new("RGB", (40, 40), "gray").save(gray / "a.png")
    with pytest.raises(UsageError, match="gray holds no color: its one picture is gray"):
        check_data([(notebook, {"judge": str(gray)})])
    for path in sorted(data.glob("tile-*.png"))[24:]:
        path.unlink()
    (data / "split.csv").write_text("name,split\n" + "".join(f"tile-{i:02d},train\n" for i in range(24)))
    other = write_photographs(tmp_path / "other")
    with pytest.raises(UsageError, match="all its pictures are trained on"):
        _check_judge(str(data), str(data))
    check_data([(notebook, {"judge": str(other)}), (notebook, {"judge": str(other)}), (notebook, {})])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Judge: ")]
    assert lines[-1] == f"Judge: color photographs in {other}, gray made as Rec. 601 luma"


@pytest.mark.parametrize(
    ("given", "counts", "sentence"),
    [
        (
            {},
            COUNTS,
            "mine has 34 training pictures, fewer than counts 400 and pairs 100; give -p counts '[34]' -p pairs 34.",
        ),
        ({"counts": [10, 34], "pairs": 34}, COUNTS, ""),
        ({"counts": [10, 35], "pairs": 3}, COUNTS, "fewer than counts 35; give -p counts '[10, 34]'."),
        ({"counts": [1], "pairs": 1, "checked": 6}, COUNTS, "has 5 validation pictures, fewer than checked 6; give"),
        ({"counts": [1], "pairs": 2}, {"train": 1}, "has 1 training picture, fewer than pairs 2; give -p pairs 1."),
        ({}, {"train": 0}, "fewer than counts 400 and pairs 100; add pictures, or lines to split.csv."),
        ({}, {}, ""),
    ],
)  # fmt: skip
def test_more_pictures_than_there_are_is_one_sentence_that_says_what_to_give(notebook, given, counts, sentence):
    users = [(notebook, {**notebook.defaults, **given})]
    if not sentence:
        return check_counts("mine", counts, users)
    with pytest.raises(UsageError, match=re.escape(sentence)):
        check_counts("mine", counts, users)


def test_of_several_points_the_largest_number_is_named(notebook):
    users = [(notebook, {**notebook.defaults, "counts": [n], "pairs": 1}) for n in (20, 80, 40)]
    with pytest.raises(UsageError, match=r"fewer than counts 80; give at most 34 in own\.yaml\."):
        check_counts("mine", COUNTS, users, "in own.yaml")
    with pytest.raises(UsageError, match=re.escape("give counts '[34]'.")):
        check_counts("mine", COUNTS, users, option="")
