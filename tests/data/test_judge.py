"""The judge's photographs: the samples or a folder, never one that is trained on."""

import os
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from lib.data.judge import judge_photographs, names_trained_on
from lib.data.sources import load_pairs, sample_photographs


def write(folder, count=12):
    folder.mkdir(parents=True)
    for i in range(count):
        picture = np.random.default_rng(i).integers(0, 256, (40, 50, 3), dtype=np.uint8)
        Image.fromarray(picture).save(folder / f"p{i:02d}.png")
    return folder


def test_without_a_folder_the_samples_judge(tmp_path):
    judged = judge_photographs("", "scenes", 32, 100, tmp_path)
    assert judged.names == list(sample_photographs()) and judged.size == 32
    assert judged.counts() == {"train": 0, "val": 0, "test": 5} and judged.color.shape == (5, 32, 32, 3)
    assert judge_photographs("", "scenes", 32, 2, tmp_path).names == judged.names[:2]


def test_all_pictures_of_a_folder_judge_whatever_its_splits_say(tmp_path):
    folder = write(tmp_path / "judge")
    (folder / "split.csv").write_text("name,split\np00,train\n")  # the others are not in it
    judged = judge_photographs(str(folder), "scenes", 32, 100, tmp_path / "cache")
    assert sorted(judged.names) == [f"p{i:02d}" for i in range(12)] and set(judged.splits) == {"test"}
    assert not judged.remarks and len(judge_photographs(str(folder), "scenes", 32, 4, tmp_path / "cache")) == 4


@pytest.mark.parametrize("place", ["the same", "around", "inside", "linked"])
def test_what_is_trained_on_does_not_judge(tmp_path, place):
    data = write(tmp_path / "data" / "color")
    splits = ["train"] * 6 + ["val"] * 2 + ["test"] * 4
    lines = "".join(f"p{i:02d},{split}\n" for i, split in enumerate(splits))
    (data / "split.csv").write_text("name,split\n" + lines)
    judge = data
    if place == "around":
        judge = tmp_path / "around"
        judge.mkdir()
        data = shutil.move(data, judge / "color here")
    if place == "inside":
        data = data.parent
    if place == "linked":
        judge = tmp_path / "link"
        judge.symlink_to(data)
    judged = judge_photographs(str(judge), str(data), 32, 100, tmp_path / "cache")
    left = [name.rpartition("/")[2] for name in judged.names]
    assert 0 < len(left) < 12 and judged.remarks.startswith(f"left out, as they are trained on: {12 - len(left)}")
    unseen = load_pairs(str(data), 32, tmp_path / "cache").split("test").names
    assert sorted(left) == sorted(name.rpartition("/")[2] for name in unseen)


def test_a_folder_that_is_trained_on_throughout_is_refused(tmp_path):
    data = write(tmp_path / "data" / "train")
    write(tmp_path / "data" / "val", 3)
    write(tmp_path / "data" / "test", 3)
    sentence = f"{data}: all its pictures are trained on; a judge needs photographs that are not"
    with pytest.raises(ValueError, match=re.escape(sentence)):
        names_trained_on(str(data), str(data.parent))
    assert names_trained_on(str(data.parent / "test"), str(data.parent)) == set()


def test_no_folder_of_several_that_is_trained_on_judges(tmp_path):
    folders = [write(tmp_path / name) for name in ("one", "other")]
    data = os.pathsep.join(map(str, folders))
    trained = names_trained_on(str(folders[1]), data)
    assert trained == names_trained_on(str(folders[1]), str(folders[1])) and 0 < len(trained) < 12
    assert len(names_trained_on(str(tmp_path), data)) == 2 * len(trained)  # the names of both are the same
    assert not names_trained_on(str(write(tmp_path / "third")), data)
