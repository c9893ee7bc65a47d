"""Pictures packed into shards: tar files that others read, written whole or not at all, packing that goes on."""

import io
import json
import os
import subprocess
import sys
import tarfile

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from lib.common.files import ROOT
from lib.data import locations, shards_writing
from lib.data.images import PhotographError
from lib.data.shards import INDEX, Layout, read_index
from lib.data.shards_sources import collect, join_collections
from lib.data.shards_writing import pack
from lib.data.sources import load_pairs

SIZE = 16


@pytest.fixture
def folder(tmp_path, photograph):
    """Nine color photographs, six of them for training."""
    folder = tmp_path / "beach"
    folder.mkdir()
    for index in range(9):
        photograph.rotate(10 * index).save(folder / f"p{index}.v1.png")
    splits = [f"p{index}.v1.png,{'train' if index < 6 else 'val' if index < 8 else 'test'}" for index in range(9)]
    (folder / "split.csv").write_text("\n".join(["name,split", *splits]))
    return folder


@pytest.fixture
def four_a_shard(monkeypatch):
    monkeypatch.setattr(shards_writing, "SHARD_BYTES", 4 * Layout(SIZE, False).bytes)


@pytest.fixture
def inline(monkeypatch):
    """All shards are written in this process, where a test can count and stop them."""
    monkeypatch.setattr(shards_writing, "ProcessPoolExecutor", lambda *_: Inline())


class Inline:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    map = staticmethod(map)


def packed(folder, shards, ticks=None):
    return pack(collect(str(folder)), SIZE, shards, (ticks if ticks is not None else []).append)


def test_shards_are_tar_files_of_pictures_that_anyone_reads(folder, tmp_path, four_a_shard):
    ticks = []
    assert packed(folder, tmp_path / "shards", ticks) == []
    files = {"train-00000.tar": 4, "train-00001.tar": 2, "val-00000.tar": 2, "test-00000.tar": 1}
    assert {path.name for path in (tmp_path / "shards").iterdir()} == {*files, INDEX}
    assert sorted(ticks) == sorted(files.values())
    pairs = load_pairs(str(folder), SIZE, tmp_path / "cache")
    color = dict(zip(pairs.names, pairs.color, strict=True))
    names = iter(read_index(tmp_path / "shards").names)
    for file, count in files.items():
        with tarfile.open(tmp_path / "shards" / file) as tar:
            *pictures, ending = tar.getmembers()
            assert ending.name == "__pictures__"  # webdataset passes over such a name
            assert [member.name for member in pictures] == [f"{file[:-4]}-{i:05d}.ppm" for i in range(count)]
            for member in pictures:
                read = np.asarray(Image.open(io.BytesIO(tar.extractfile(member).read())))
                np.testing.assert_array_equal(read, color[next(names)])


def test_webdataset_reads_them(folder, tmp_path):
    webdataset = pytest.importorskip("webdataset")
    packed(folder, tmp_path / "shards")
    read = list(webdataset.WebDataset(str(tmp_path / "shards" / "train-00000.tar"), shardshuffle=False).decode("rgb8"))
    pairs = load_pairs(str(tmp_path / "shards"), SIZE).split("train")
    np.testing.assert_array_equal([picture["ppm"] for picture in read], pairs.color)


def test_a_packing_that_was_stopped_goes_on(folder, tmp_path, four_a_shard, inline, monkeypatch):
    shards, write, written = tmp_path / "shards", shards_writing._write, []

    def stopping(plan):
        written.append(plan.path.name)
        if len(written) == 3:
            raise KeyboardInterrupt
        return write(plan)

    monkeypatch.setattr(shards_writing, "_write", stopping)
    with pytest.raises(KeyboardInterrupt):
        packed(folder, shards)
    (shards / ".train-00001-abc.tar").write_text("of a process that was killed")
    with pytest.raises(ValueError, match=rf"shards holds tar files without {INDEX}; let `workbook shards` finish"):
        load_pairs(str(shards), SIZE)
    first = {path.name: path.stat().st_mtime_ns for path in shards.glob("t*.tar")}
    ticks = []
    packed(folder, shards, ticks)
    assert written[3:] == ["val-00000.tar", "test-00000.tar"] and sum(ticks) == 9
    assert {name: (shards / name).stat().st_mtime_ns for name in first} == first
    assert not list(shards.glob(".*.tar"))
    whole = tmp_path / "whole"
    packed(folder, whole)
    assert {p.name: p.read_bytes() for p in shards.glob("t*.tar")} == {
        p.name: p.read_bytes() for p in whole.glob("t*.tar")
    }
    assert load_pairs(str(shards), SIZE).fingerprint == load_pairs(str(whole), SIZE).fingerprint


def test_only_shards_with_changed_pictures_are_written_again(folder, tmp_path, four_a_shard, inline, monkeypatch):
    shards, write, written = tmp_path / "shards", shards_writing._write, []
    packed(folder, shards)
    before = load_pairs(str(shards), SIZE).fingerprint
    monkeypatch.setattr(shards_writing, "_write", lambda plan: written.append(plan.path.name) or write(plan))
    packed(folder, shards)
    assert written == []
    path = folder / "p6.v1.png"
    stat = path.stat()
    Image.open(path).transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(path)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1000))
    packed(folder, shards)
    assert written == ["val-00000.tar"] and load_pairs(str(shards), SIZE).fingerprint != before


def test_shards_of_pictures_that_are_gone_are_removed(folder, tmp_path, four_a_shard):
    packed(folder, tmp_path / "shards")
    lines = (folder / "split.csv").read_text()
    (folder / "split.csv").write_text(
        lines.replace("p0.v1.png,train", "p0.v1.png,val").replace("p1.v1.png,train", "p1.v1.png,val")
    )
    packed(folder, tmp_path / "shards")
    assert not (tmp_path / "shards" / "train-00001.tar").exists()
    assert load_pairs(str(tmp_path / "shards"), SIZE).counts() == {"train": 4, "val": 4, "test": 1}


def test_a_bad_photograph_costs_itself_and_is_counted(folder, tmp_path):
    (folder / "p1.v1.png").write_bytes(b"")
    problems = packed(folder, tmp_path / "shards")
    assert len(problems) == 1 and "p1.v1.png: not readable" in problems[0]
    pairs = load_pairs(str(tmp_path / "shards"), SIZE)
    assert pairs.skipped == problems and len(pairs) == 8
    assert packed(folder, tmp_path / "shards") == problems  # also when nothing is to be done
    decoded = load_pairs(str(folder), SIZE, tmp_path / "cache").split("train")
    np.testing.assert_array_equal(pairs.split("train").color, decoded.color)


def test_several_folders_become_one_set(folder, tmp_path, photograph):
    for side in ("gray", "color"):
        (tmp_path / "both" / side).mkdir(parents=True)
    for index in range(8):
        picture = photograph.rotate(7 * index)
        picture.save(tmp_path / "both" / "color" / f"{index}.png")
        picture.convert("L").point(lambda level: level // 2).save(tmp_path / "both" / "gray" / f"{index}.png")
    data = [str(folder), str(tmp_path / "both")]
    pack(join_collections([collect(name) for name in data]), SIZE, tmp_path / "shards", lambda _: None)
    joined = load_pairs(str(tmp_path / "shards"), SIZE)
    assert joined.name == "beach + both" and len(joined) == 17
    for name in data:
        for single, gray, color in _rows(load_pairs(name, SIZE, tmp_path / "cache")):
            at = joined.names.index(f"{os.path.basename(name)}/{single}")
            np.testing.assert_array_equal(joined.gray[at], gray)
            np.testing.assert_array_equal(joined.color[at], color)
    with pytest.raises(ValueError, match="two folders are called beach and beach; rename one of them"):
        join_collections([collect(data[0]), collect(data[0])])


def _rows(pairs):
    return zip(pairs.names, pairs.gray, pairs.color, strict=True)


def test_scenes_are_packed_too(tmp_path, monkeypatch):
    monkeypatch.setattr(locations, "SCENES", 12)
    pack(collect("scenes"), SIZE, tmp_path / "shards", lambda _: None)
    packed_pairs, rendered = load_pairs(str(tmp_path / "shards"), SIZE), load_pairs("scenes", SIZE, tmp_path / "cache")
    for split in ("train", "test"):
        np.testing.assert_array_equal(packed_pairs.split(split).gray, rendered.split(split).gray)
        np.testing.assert_array_equal(packed_pairs.split(split).color, rendered.split(split).color)


def test_folders_that_will_not_do_are_refused(folder, tmp_path):
    shards = tmp_path / "shards"
    packed(folder, shards)
    with pytest.raises(ValueError, match="shards holds shards; give the folder of photographs"):
        collect(str(shards))
    with pytest.raises(ValueError, match=r"beach holds other files, such as p0\.v1\.png; give a new folder"):
        packed(folder, folder)
    with FileLock(shards / ".lock"), pytest.raises(ValueError, match="another process packs into this folder"):
        packed(folder, shards)
    own = tmp_path / "own"
    own.mkdir()
    with tarfile.open(own / "train-00000.tar", "w") as tar:
        tar.add(folder / "p0.v1.png", "a.png")
    content = (own / "train-00000.tar").read_bytes()
    with pytest.raises(ValueError, match=r"own/train-00000\.tar: damaged, or not written by `workbook shards`; remove"):
        packed(folder, own)
    assert (own / "train-00000.tar").read_bytes() == content
    for path in folder.glob("*.png"):
        Image.new("L", (20, 20), 90).save(path)
    with pytest.raises(PhotographError, match="holds no color: all 9 pictures are gray"):
        packed(folder, tmp_path / "gray")


def test_what_writes_shards_does_not_import_torch():
    script = "import sys, lib.data.shards_writing; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 0


def test_the_index_is_json_of_names(folder, tmp_path):
    packed(folder, tmp_path / "shards")
    index = json.loads((tmp_path / "shards" / INDEX).read_text())
    assert sorted(name for shard in index["shards"] for name in shard["names"]) == [f"p{i}.v1" for i in range(9)]
    assert index["size"] == SIZE and [shard["bytes"] for shard in index["shards"]] == [
        (tmp_path / "shards" / shard["file"]).stat().st_size for shard in index["shards"]
    ]
