"""Pictures are listed with all below a folder, each under one name, and pairs find each other."""

import os
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from lib.common.files import ROOT
from lib.data.images import PhotographError
from lib.data.listing import list_folder, list_with_splits, match_pairs
from lib.data.names import unique_names


def fill(folder: Path, *files: str) -> Path:
    """Empty files, which listing does not look into."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    return folder


def test_names_are_paths_below_the_folder(tmp_path):
    listing = list_folder(fill(tmp_path, "b.jpg", "beach/p01.jpg", "beach/deep/v1.2.PNG", "a.tif"))
    assert listing.names == ["a", "b", "beach/deep/v1.2", "beach/p01"]
    assert listing.files == ["a.tif", "b.jpg", "beach/deep/v1.2.PNG", "beach/p01.jpg"]
    assert listing.items[3][1:] == (tmp_path / "beach/p01.jpg", None) and not listing.paired


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["p00.jpg", "p00.png", "p01.jpg"], ["p00.jpg", "p00.png", "p01"]),
        (["p00.jpg", "p00.jpg.png", "p00.png"], ["p00.jpg", "p00.jpg.png", "p00.png"]),
        (["a/p.jpg", "b/p.jpg"], ["a/p", "b/p"]),
        (["é.jpg", "é.jpg", "é.png"], ["é.jpg", "é.jpg (2)", "é.png"]),
        (["A.jpg", "a.jpg"], ["A", "a"]),
    ],
)
def test_every_picture_has_a_name_of_its_own(files, names):
    assert unique_names(files) == names


def test_names_do_not_depend_on_the_unicode_form(tmp_path):
    for form in ("NFC", "NFD"):
        listing = list_folder(fill(tmp_path / form, unicodedata.normalize(form, "Zürich.jpg")))
        assert listing.names == [unicodedata.normalize("NFC", "Zürich")]


def test_names_that_are_not_utf8_become_text(tmp_path):
    odd = [os.fsdecode(name) for name in (b"caf\xe9.jpg", b"caf\xe8.jpg", b"\xff/a.jpg")]
    listing, splits, remark = list_with_splits(fill(tmp_path, "a.jpg", *odd))
    assert sorted(listing.names) == ["\\xff/a", "a", "caf\\xe8", "caf\\xe9"] and len(splits) == 4
    (tmp_path / "split.csv").write_text("name,split\na,test\n")
    listing, splits, remark = list_with_splits(tmp_path)
    assert (listing.names, listing.files, splits, remark) == (["a"], ["a.jpg"], ["test"], "")
    assert len(listing.problems) == 3
    assert listing.problems[-2].endswith("caf\\xe9.jpg: not in split.csv, and its name is not UTF-8; rename and add it")
    (tmp_path / "split.csv").write_bytes(b"name,split\na,test\ncaf\xe9.jpg,val\n")
    listing, splits, _ = list_with_splits(tmp_path)
    assert dict(zip(listing.names, splits, strict=True)) == {"a": "test", "caf\\xe9": "val"}


def test_what_is_passed_over_is_counted_without_split_csv(tmp_path):
    fill(tmp_path, "a.jpg", "split.csv", "other.csv", "notes.txt", "beach/more.txt", ".hidden")
    assert list_folder(tmp_path).passed_over == Counter({".txt": 2, ".csv": 1})
    fill(tmp_path / "pairs", "gray/a.jpg", "color/a.jpg", "split.csv", "color/x.md", "readme.md", "more/b.jpg")
    assert list_folder(tmp_path / "pairs").passed_over == Counter({".md": 2, ".jpg": 1})


def test_problems_do_not_end_it(tmp_path):
    fill(tmp_path, "a.jpg")
    (tmp_path / "gone.jpg").symlink_to("nowhere")
    listing = list_folder(tmp_path)
    assert listing.names == ["a"] and "gone.jpg: cannot be read" in listing.problems[0]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "data holds no pictures; give a folder of photographs, or of gray/ and color/"),
        (["a.txt"], "data holds no pictures; 1 file passed over: .txt 1; give a folder"),
        (["gray/a.jpg", "color/x.txt"], "data/color holds no pictures; 1 file passed over: .txt 1; put one side"),
        (
            ["gray/a.jpg", "gray/b.jpg", "color/c.jpg"],
            "data holds no pairs: none of the 2 pictures in gray/, such as a.jpg, has a partner of the same name among "
            "the 1 in color/, such as c.jpg; name both sides of a pair alike",
        ),
        (
            ["train/gray/a.jpg", "train/color/a.jpg", "test/gray/b.jpg", "test/color/b.jpg"],
            "data holds gray/ and color/ in 2 places; give one of .*data/test, .*data/train",
        ),
        (
            ["x/gray/a.jpg", "x/color/a.jpg", "x/b.jpg"],
            "data holds gray/ and color/ in .*x and other pictures beside them; give .*x",
        ),
    ],
)
def test_a_folder_that_will_not_do_is_refused(tmp_path, files, sentence):
    (tmp_path / "data").mkdir()
    with pytest.raises(PhotographError, match=sentence):
        list_folder(fill(tmp_path / "data", *files))


@pytest.mark.skipif(not hasattr(os, "setuid") or os.getuid() != 0, reason="only root can become another user")
def test_a_folder_that_may_not_be_listed_is_named(tmp_path):
    """Locked itself, or readable only by those who know the names inside."""
    fill(tmp_path / "locked", "a.jpg")
    fill(tmp_path / "half", "gray/a.jpg", "color/a.jpg")
    script = """
import os, sys
from lib.data.listing import list_folder
from pathlib import Path
os.setuid(65534)
half = list_folder(Path(sys.argv[1], "half"))
print(half.names, *half.problems)
try:
    list_folder(Path(sys.argv[1], "locked"))
except ValueError as error:
    print(error)
"""
    (tmp_path / "locked").chmod(0)
    (tmp_path / "half").chmod(0o711)
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    command = [sys.executable, "-c", script, str(tmp_path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.splitlines()
    (tmp_path / "locked").chmod(0o755)
    denied = "cannot be read (Permission denied); check its permissions"
    assert lines[0] == f"['a'] {tmp_path / 'half'}: {denied}"
    assert lines[1].startswith(f"{tmp_path / 'locked'} holds no pictures; {tmp_path / 'locked'}: {denied}")


@pytest.mark.parametrize("sides", [("gray", "color"), ("Gray", "Color"), ("grey", "COLOUR"), ("grayscale", "color")])
def test_pairs_further_down_are_found(tmp_path, sides):
    """An unpacked archive has one folder more. Gray pictures must never count as color photographs."""
    gray, color = sides
    fill(tmp_path / "x" / "set", f"{gray}/beach/a.jpg", f"{color}/beach/a.jpg")
    fill(tmp_path, "x/readme.txt")
    for folder in (tmp_path / "x", tmp_path / "x" / "set"):
        listing = list_folder(folder)
        assert listing.folder == tmp_path / "x" / "set" and listing.paired
        (item,) = listing.items
        assert item == ("beach/a", listing.folder / gray / "beach/a.jpg", listing.folder / color / "beach/a.jpg")
    assert list_folder(tmp_path / "x").passed_over == Counter({".txt": 1})


@pytest.mark.parametrize(
    ("gray", "color", "pairs", "problems"),
    [
        (["a.png", "b.png"], ["a.jpg", "b.JPG"], ["a a.png a.jpg", "b b.png b.JPG"], 0),
        (["A.png"], ["a.jpg"], ["a A.png a.jpg"], 0),
        (["Zu\u0308rich.png"], ["Z\u00fcrich.png"], ["Z\u00fcrich Zu\u0308rich.png Z\u00fcrich.png"], 0),
        (["a.jpg", "a.png"], ["a.jpg", "a.png"], ["a.jpg a.jpg a.jpg", "a.png a.png a.png"], 0),
        (["a.jpg", "a.png", "b.png"], ["a.tif", "b.png"], ["b b.png b.png"], 1),
        (["a.jpg", "a.png"], ["a.png"], ["a a.png a.png"], 1),
        (["a.png", "A.png"], ["a.jpg"], ["a a.png a.jpg"], 1),
        (["a.png"], ["A.jpg", "A.tif"], [], 1),
        (["x/a.png", "a.png"], ["x/a.jpg", "b.jpg"], ["x/a x/a.png x/a.jpg"], 2),
    ],
)
def test_pairs_find_each_other(tmp_path, gray, color, pairs, problems):
    fill(tmp_path / "gray", *gray)
    fill(tmp_path / "color", *color)
    found, sentences = match_pairs(tmp_path / "gray", tmp_path / "color")
    shown = [f"{n} {g.relative_to(tmp_path / 'gray')} {c.relative_to(tmp_path / 'color')}" for n, g, c in found]
    assert shown == pairs and len(sentences) == problems
