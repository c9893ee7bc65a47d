"""What is wrong with a data set is said before anything starts; `load_pairs` says the same."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from lib.common.files import ROOT
from lib.data import locations
from lib.data.sources import load_pairs
from lib.data.survey import survey

SPLIT = "name,split\n" + "".join(f"p{i},{('train', 'val', 'test')[i % 3]}\n" for i in range(6))


@pytest.fixture
def folder(tmp_path, photograph):
    """Six color photographs, two in each split."""
    folder = tmp_path / "album"
    folder.mkdir()
    for index in range(6):
        photograph.rotate(10 * index).save(folder / f"p{index}.png")
    (folder / "split.csv").write_text(SPLIT)
    return folder


def grays(folder, *indices):
    for index in indices:
        Image.open(folder / f"p{index}.png").convert("L").save(folder / f"p{index}.png")


def test_a_good_folder(folder, tmp_path):
    (folder / "notes.txt").touch()
    (folder / "gone.jpg").symlink_to("nowhere")
    (folder / "split.csv").write_text(SPLIT + "lost,val\n")
    found = survey(str(folder))
    assert found.description == f"color photographs in {folder}, gray made as Rec. 601 luma"
    assert found.counts == {"train": 2, "val": 2, "test": 2}
    remark = "1 file passed over: .txt 1; split.csv names 1 picture that is not here, lost"
    assert found.passed_over == remark
    assert len(found.problems) == 1 and "gone.jpg: cannot be read" in found.problems[0]
    grays(folder, 0)
    pairs = load_pairs(str(folder), 16, tmp_path / "cache")
    assert pairs.counts() == found.counts and pairs.skipped == found.problems
    assert pairs.remarks == remark + "; pictures without color: 1 of 6"
    (folder / "notes.txt").unlink()
    (folder / "gone.jpg").unlink()
    again = load_pairs(str(folder), 16, tmp_path / "cache")
    assert not again.skipped and not again.remarks.startswith("1 file passed over")


def empty_split(folder):
    (folder / "split.csv").write_text(SPLIT.replace("test", "val"))


def broken_split(folder):
    (folder / "split.csv").write_text(SPLIT.replace("test", "spare"))


def no_color(folder):
    grays(folder, *range(6))


def no_color_to_test(folder):
    grays(folder, 2, 5)


def toned(folder):
    grays(folder, *range(6))
    for path in folder.glob("*.png"):
        level = np.asarray(Image.open(path)) / 255
        Image.fromarray((255 * np.stack([level**0.8, level, level**1.3], -1)).astype(np.uint8)).save(path)


def unreadable(folder):
    for path in folder.glob("*.png"):
        path.write_text("no picture")


def no_pictures(folder):
    for path in folder.glob("*.png"):
        path.rename(path.with_suffix(".txt"))


GRAY = r"are gray or toned in one color\. Training and scoring need color photographs; "


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (broken_split, r"split\.csv: needs the columns .* line 4 has 'spare'"),
        (no_color, rf"album holds no color: all 6 pictures {GRAY}to color these, use colorize$"),
        (toned, rf"album holds no color: all 6 pictures {GRAY}"),
        (
            no_color_to_test,
            rf"album: its test split holds no color: all 2 pictures {GRAY}name some for it in split",
        ),
        (unreadable, r"album holds no readable picture; the first problem: .*p\d\.png"),
        (no_pictures, r"album holds no pictures; 6 files passed over: \.txt 6; give a folder"),
    ],
)
def test_what_will_not_do_is_refused_with_one_sentence(folder, tmp_path, spoil, sentence):
    spoil(folder)
    for look in (survey, lambda data: load_pairs(data, 16, tmp_path / "cache")):
        with pytest.raises(ValueError, match=sentence):
            look(str(folder))


def test_a_split_that_is_needed_must_hold_pictures_that_can_be_read(folder):
    for index in (2, 5):
        (folder / f"p{index}.png").write_text("no picture")
    with pytest.raises(ValueError, match=r"album: no picture of its test split can be read; .*p2\.png"):
        survey(str(folder))
    assert survey(str(folder), ("train", "val")).counts["test"] == 2
    empty_split(folder)
    with pytest.raises(ValueError, match="album has no pictures in its test split; see split"):
        survey(str(folder))
    assert survey(str(folder), ("train", "val")).counts["test"] == 0


def test_sides_of_different_sizes_are_found(tmp_path, photograph):
    for side in ("gray", "color"):
        (tmp_path / side).mkdir()
    for index in range(3):
        photograph.save(tmp_path / "color" / f"p{index}.png")
        photograph.convert("L").resize((20, 10)).save(tmp_path / "gray" / f"p{index}.png")
    (tmp_path / "split.csv").write_text("name,split\np0,train\np1,val\np2,test\n")
    with pytest.raises(ValueError, match=r"holds no readable picture; the first problem: .*\(20, 10\) pixels, but"):
        survey(str(tmp_path))


def test_scenes_are_counted_by_their_names(monkeypatch, tmp_path):
    monkeypatch.setattr(locations, "SCENES", 6)
    found = survey("scenes")
    assert found.counts == load_pairs("scenes", 16, tmp_path).counts()
    assert found.description.startswith("6 landscapes rendered") and not found.passed_over and not found.problems


def test_a_folder_whose_name_is_not_utf8_is_refused(tmp_path):
    folder = os.path.join(tmp_path, os.fsdecode(b"caf\xe9"))
    os.mkdir(folder)
    with pytest.raises(ValueError, match=r"caf\\xe9: the folder's name is not UTF-8 and cannot be kept; rename it"):
        survey(folder)


def test_a_locked_picture_is_read_once_it_is_unlocked(folder, tmp_path, monkeypatch):
    """Its content and its time do not change by that."""
    import lib.data.images as images

    read = images.read_photograph

    def denied(path, *rest):
        if path.name == "p1.png" and path.stat().st_mode & 0o777 == 0:
            raise images.PhotographError(f"{path}: Permission denied")
        return read(path, *rest)

    monkeypatch.setattr(images, "read_photograph", denied)
    (folder / "p1.png").chmod(0)
    assert len(load_pairs(str(folder), 16, tmp_path / "cache")) == 5
    (folder / "p1.png").chmod(0o644)
    assert len(load_pairs(str(folder), 16, tmp_path / "cache")) == 6


def test_a_picture_that_disappears_costs_nothing_else(folder, tmp_path, monkeypatch):
    from lib.data import sources

    listed = sources.list_with_splits

    def late(*source):
        found = listed(*source)
        (folder / "p1.png").unlink()
        return found

    monkeypatch.setattr(sources, "list_with_splits", late)
    pairs = load_pairs(str(folder), 16, tmp_path / "cache")
    assert len(pairs) == 5 and pairs.skipped == [f"{folder / 'p1.png'}: cannot be read (No such file or directory)"]


def test_a_survey_imports_neither_torch_nor_pandas(folder):
    script = (
        "import sys; from lib.data.survey import survey; print(survey(sys.argv[1]).counts['train'], "
        "{'torch', 'pandas', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "2 set()"


def test_several_folders(folder, tmp_path, photograph):
    other = tmp_path / "training"
    other.mkdir()
    for index in range(3):
        photograph.rotate(5 * index).save(other / f"q{index}.png")
    (other / "notes.txt").touch()
    (other / "split.csv").write_text("name,split\nq0,train\nq1,train\nq2,train\n")
    both = f"{folder}{os.pathsep}{other}"
    found = survey(both)  # the second has neither validation nor test pictures, the first has
    assert found.counts == {"train": 5, "val": 2, "test": 2} == load_pairs(both, 16, tmp_path / "cache").counts()
    assert found.description.split("; ")[1] == survey(str(other), ("train",)).description
    assert found.passed_over == f"{other}: 1 file passed over: .txt 1" and not found.problems
    empty_split(folder)
    with pytest.raises(ValueError, match=r"training has no pictures in its test split; see split\.csv or add pictures"):
        survey(both)
    assert survey(both, ("train", "val")).counts["val"] == 4
