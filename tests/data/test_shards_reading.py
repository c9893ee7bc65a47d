"""Pairs from shards: the same as from the cache, read only where they are asked for, damage found."""

import json
import os
import shutil

import numpy as np
import pytest
import torch

from lib.data import shards_reading, shards_writing
from lib.data.arrays import Rows
from lib.data.pairs import join_pairs, make_pairs
from lib.data.shards import INDEX, Layout
from lib.data.shards_sources import Collection
from lib.data.sources import load_pairs
from lib.data.survey import survey

SPLITS = ["train"] * 40 + ["val"] * 10 + ["test"] * 10


@pytest.fixture(scope="module", params=[False, True], ids=["photographs", "pairs"])
def sides(request, pairs):
    """Decoded pictures of 32 px, and whether their gray side is one of its own."""
    gray = 255 - pairs.gray if request.param else pairs.gray
    return make_pairs("tiles", "tiles", pairs.names, gray, pairs.color, np.array(SPLITS)), request.param


@pytest.fixture(scope="module")
def whole(sides, tmp_path_factory):
    """Shards of seven pictures each at most."""
    pairs, paired = sides
    folder = tmp_path_factory.mktemp("whole") / "shards"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards_writing, "SHARD_BYTES", 7 * Layout(pairs.size, paired).bytes)
        patch.setattr(shards_writing, "_picture", lambda i, _: (np.asarray(pairs.gray[i]), np.asarray(pairs.color[i])))
        patch.setattr(
            shards_writing, "_written", lambda plans, _: {p.path.name: shards_writing._write(p) for p in plans}
        )
        numbers = list(range(len(pairs)))
        collection = Collection("tiles", "tiles", pairs.names, SPLITS, numbers, numbers, paired)
        shards_writing.pack(collection, pairs.size, folder, lambda _: None)
    return folder


@pytest.fixture
def shards(whole, tmp_path):
    """A copy to be damaged."""
    return shutil.copytree(whole, tmp_path / "shards")


def test_pairs_are_those_of_the_arrays(whole, sides):
    pairs, read = sides[0], load_pairs(str(whole), 32)
    assert read.counts() == pairs.counts() and read.size == 32 and read.name == "tiles"
    for split in ("train", "val", "test"):
        own, theirs = read.split(split), pairs.split(split)
        assert own.names == theirs.names  # so a training takes the same pictures in the same order
        for chosen in (slice(None), [3, 0, 3], np.array([9]), slice(2, 8)):
            for one, other in zip(own.tensors(chosen), theirs.tensors(chosen), strict=True):
                assert torch.equal(one, other)
    first = pairs.names.index(read.names[0])
    np.testing.assert_array_equal(read.color[0], pairs.color[first])
    np.testing.assert_array_equal(read.gray[0], pairs.gray[first])
    np.testing.assert_array_equal(read.color[..., 1], np.asarray(read.color)[..., 1])


def test_all_pictures_of_a_judge_are_in_its_split(whole):
    assert load_pairs(str(whole), 32, split="test").counts() == {"train": 0, "val": 0, "test": 60}
    assert survey(str(whole), ("test",), split="test").counts == {"train": 0, "val": 0, "test": 60}


def test_a_batch_reads_its_pictures_once_and_no_others(whole, monkeypatch):
    read, places = os.pread, []
    monkeypatch.setattr(os, "pread", lambda file, count, place: places.append(count) or read(file, count, place))
    training = load_pairs(str(whole), 32).split("train")
    assert places == []
    training.tensors([5, 1, 30])
    assert len(places) == 3 and len(set(places)) == 1  # for gray and color together


def test_few_files_are_open_at_a_time(whole, monkeypatch):
    monkeypatch.setattr(shards_reading, "_MOST_OPEN", 2)
    everything = load_pairs(str(whole), 32)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    np.asarray(everything.color)
    assert before == 0 or len(os.listdir("/proc/self/fd")) <= before + 2


def test_shards_join_other_pairs(whole, sides):
    read = load_pairs(str(whole), 32)
    both = join_pairs([read, sides[0]])
    assert isinstance(both.color, Rows) and len(both) == 120
    assert torch.equal(both.tensors([3])[1], read.tensors([3])[1])


def test_a_survey_counts_without_reading_a_picture(whole, monkeypatch):
    monkeypatch.setattr(os, "pread", lambda *_: pytest.fail("a picture was read"))
    found = survey(str(whole))
    assert found.counts == {"train": 40, "val": 10, "test": 10} and found.problems == []
    assert found.description == f"tiles; packed at 32 px in {whole}"


def test_another_size_is_refused(whole):
    with pytest.raises(ValueError, match="its pictures are packed at 32 px and not 64; give that size, or pack"):
        load_pairs(str(whole), 64)


def test_a_changed_picture_is_found_when_it_is_read(shards):
    path = shards / "train-00002.tar"
    content = bytearray(path.read_bytes())
    content[600] ^= 1
    path.write_bytes(content)
    training = load_pairs(str(shards), 32).split("train")
    training.tensors(slice(0, 14))
    with pytest.raises(
        ValueError, match=rf"train-00002\.tar: {training.names[14]} is damaged; remove this file and run"
    ):
        training.tensors([14])


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda path: path.unlink(), r"train-00001\.tar: cannot be read \(No such file or directory\); put it back"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), r"train-00001\.tar: has [\d,]+ bytes and not [\d,]+;"),
        (lambda path: path.with_name(INDEX).write_text("{}"), rf"{INDEX}: damaged, or of another version; remove it"),
        (lambda path: path.with_name(INDEX).write_text("{"), rf"{INDEX}: damaged, or of another version; remove it"),
        (lambda path: another_format(path.with_name(INDEX)), rf"{INDEX}: damaged, or of another version; remove it"),
    ],
)
def test_damage_is_one_sentence_before_anything_is_trained(damage, sentence, shards):
    damage(shards / "train-00001.tar")
    for look in (survey, lambda folder: load_pairs(folder, 32)):
        with pytest.raises(ValueError, match=sentence):
            look(str(shards))


def another_format(index):
    index.write_text(json.dumps(json.loads(index.read_text()) | {"format": 0}))
