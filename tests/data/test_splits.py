"""Splits: from split.csv as people and spreadsheets write it, from folders, from names."""

import os
import unicodedata

import pandas as pd
import pytest

from lib.data.splits import read_splits, split_by_name


def test_split_by_name_never_changes():
    """A changed split would let yesterday's training pictures into today's test."""
    names = ["scene-000000", "scene-000001", "Places365_val_00000001", "été 山", "a", "b", "c"]
    assert split_by_name(names) == ["val", "train", "train", "test", "train", "train", "train"]
    counts = pd.Series(split_by_name(f"p{i}" for i in range(5000))).value_counts(normalize=True)
    assert counts["train"] == pytest.approx(0.8, abs=0.02) and counts["val"] == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("place", ["in", "beside"])
def test_split_csv_is_honored(tmp_path, place):
    folder = tmp_path / "color"
    folder.mkdir()
    (folder if place == "in" else tmp_path).joinpath("split.csv").write_text(
        "name,split\na.jpg,test\nb,val\nother,train\n"
    )
    assert read_splits(folder, ["a", "b"]) == (["test", "val"], "split.csv names 1 picture that is not here, other")


def test_split_csv_in_the_folder_goes_first(tmp_path):
    (tmp_path / "color").mkdir()
    (tmp_path / "split.csv").write_text("name,split\na,train\n")
    (tmp_path / "color" / "split.csv").write_text("name,split\na,val\n")
    assert read_splits(tmp_path / "color", ["a"]) == (["val"], "")


def test_without_split_csv_names_decide(tmp_path):
    assert read_splits(tmp_path, ["a", "b", "c"]) == (split_by_name(["a", "b", "c"]), "")


NEEDS = r"split\.csv: needs the columns name,split with split one of train, val, test; "


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,split\na,train\n", r"split\.csv: does not name b \(2 such pictures\); add a line for each"),
        ("name,split\na,train\nx,val\ny,val\n", r"add a line for each; split\.csv names 2 pictures that are not here"),
        ("name,split\na,train\nb,spare\nc,test\n", NEEDS + "line 3 has 'spare'"),
        ("file,part\na,train\n", NEEDS + "its first line is 'file,part'"),
        ("a,train\nb,val\nc,test", NEEDS + "its first line is 'a,train'"),
        ("name split\na train\n", NEEDS + "its first line is 'name split'"),
        ("name,split,split\na,train,val\n", NEEDS + "its first line"),
        ("name,split\na,train\nb\nc,val\n", NEEDS + "line 3 has no split"),
        ("name,split\n,train\n", NEEDS + "line 2 has no name"),
        ("name,split\na,train,x,y\n", NEEDS + "line 2 has more values than columns"),
        ("", NEEDS + "it is empty"),
        ("name,split\n", r"does not name a \(3 such"),
        (
            "name,split\na,train\nb,val\nc,val\na,test\n",
            r"split\.csv: a is in train and in test; keep one",
        ),
        ("name,split\na,train\nb,val\nc,val\na.jpg,test\n", r"a\.jpg is in train and in test; keep one"),
        ("name,split\nA,train\nb,val\nc,val\nA.jpg,test\n", r"A\.jpg is in train and in test; keep one"),
        ("\xff\xfe\x00", r"split\.csv: not readable as lines of name,split"),
    ],
)
def test_a_split_csv_that_will_not_do_is_named(tmp_path, text, sentence):
    (tmp_path / "split.csv").write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=sentence):
        read_splits(tmp_path, ["a", "b", "c"], ["a.jpg", "b.jpg", "c.jpg"])


def test_a_split_csv_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "split.csv").mkdir()
    with pytest.raises(ValueError, match=r"split\.csv: cannot be read \(Is a directory\); correct or remove it"):
        read_splits(tmp_path, ["a"])


@pytest.mark.parametrize(
    "content",
    [
        b"name, split\na, train\nb, val\n",
        b"Name ,SPLIT\n a ,Train\nb,VAL \n",
        b"\xef\xbb\xbfname,split\r\na,train\r\nb,val\r\n",
        b"name,split\ra,train\rb,val\r",
        b"name;split\na;train\nb;val\n",
        b"name\tsplit\na\ttrain\nb\tval\n",
        b'"name", "split"\n"a", "train"\n"b.jpg" , "val"\n',
        b"split,place,name\ntrain,sea,a\nval,,b\n",
        b"\nname,split,\na,train,\n\nb,validation,\n,,\n\n",
        b"name,split\na,training\nb,dev\n",
        b"name,split\na,train\na,train\nb,valid\n",
        b"name,split\n./a.jpg,train\n.\\b.png,val\n",
        b"name,split\ncolor/a.jpg,train\n/data/old/b.jpg,val\n",
        b"name,split\nA.JPG,train\nB,val\n",
        "name,split\na,train\nb,val\n".encode("utf-16"),
    ],
)
@pytest.mark.parametrize("file", ["split.csv", "Split.csv"])
def test_split_csv_as_people_write_it(tmp_path, content, file):
    (tmp_path / file).write_bytes(content)
    assert read_splits(tmp_path, ["a", "b"], ["a.jpg", "b.jpg"]) == (["train", "val"], "")


def test_odd_names_in_split_csv_stay_names(tmp_path):
    """Digits, pandas' word for nothing, dots, a comma in quotes."""
    (tmp_path / "split.csv").write_text('name,split\n007,test\nNA,val\nv1.2,test\nv1.3.JPG,val\n"a, b",test\n')
    names = ["007", "NA", "v1.2", "v1.3", "a, b"]
    assert read_splits(tmp_path, names)[0] == ["test", "val", "test", "val", "test"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_unicode_forms_of_names_are_one(tmp_path, form):
    (tmp_path / "split.csv").write_text(unicodedata.normalize(form, "name,split\nZürich,val\n"), encoding="utf-8")
    assert read_splits(tmp_path, ["Zürich"], ["Zürich.jpg"]) == (["val"], "")


def test_a_table_that_is_not_utf8(tmp_path):
    """From a spreadsheet on Windows; or with the very bytes of a name that is not UTF-8."""
    (tmp_path / "split.csv").write_bytes("name;split\nZürich;val\ncafé;test\n".encode("latin-1"))
    assert read_splits(tmp_path, ["Zürich", r"caf\xe9"]) == (["val", "test"], "")


def test_a_name_without_suffix_means_all_files_of_that_name(tmp_path):
    names, files = ["p00.jpg", "p00.png", "p01"], ["p00.jpg", "p00.png", "p01.jpg"]
    (tmp_path / "split.csv").write_text("name,split\np00,val\np01,test\n")
    assert read_splits(tmp_path, names, files) == (["val", "val", "test"], "")
    (tmp_path / "split.csv").write_text("name,split\np00.png,train\np00,val\np01,test\n")
    assert read_splits(tmp_path, names, files) == (["val", "train", "test"], "")


def test_names_in_folders(tmp_path):
    names, files = (
        ["beach/p01", "beach/p02", "hill/p01", "p01"],
        ["beach/p01.jpg", "beach/p02.jpg", "hill/p01.jpg", "p01.jpg"],
    )
    (tmp_path / "split.csv").write_text("name,split\nbeach/p01.jpg,val\nBeach\\P02,test\nhill/p01,test\np01,train\n")
    assert read_splits(tmp_path, names, files) == (["val", "test", "test", "train"], "")
    (tmp_path / "split.csv").write_text("name,split\np01,val\np02,test\n")  # p02 is the only one, beach/p01 is not p01
    with pytest.raises(ValueError, match=r"does not name beach/p01 \(2 such pictures\)"):
        read_splits(tmp_path, names, files)


def test_lines_without_a_picture_are_counted(tmp_path):
    (tmp_path / "split.csv").write_text("name,split\na,train\ngone.jpg,val\nlost,val\n")
    remark = "split.csv names 2 pictures that are not here, such as gone.jpg"
    assert read_splits(tmp_path, ["a"]) == (["train"], remark)


def test_folders_named_like_splits_decide(tmp_path):
    assert read_splits(tmp_path, ["Train/a", "valid/b", "test/beach/c"]) == (["train", "val", "test"], "")
    assert read_splits(tmp_path, ["test/a", "beach/b"]) == (split_by_name(["test/a", "beach/b"]), "")  # a kind
    for names, reason in (
        (["train/a", "test/b"], "there is no val/"),
        (["train/a", "val/b", "test/c", "d"], "d is in none of them"),
    ):
        remark = f"splits are made by name, not by the folders train/, val/ and test/, because {reason}"
        assert read_splits(tmp_path, names) == (split_by_name(names), remark)


def test_a_parent_that_may_not_be_searched_is_no_obstacle(tmp_path, monkeypatch):
    def denied(path):
        raise PermissionError

    monkeypatch.setattr(os, "stat", denied)
    assert read_splits(tmp_path / "x", ["a"]) == (split_by_name(["a"]), "")
