"""A name or a folder becomes pairs: found locally, decoded once, decoded anew when a file changes."""

import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lib.data import kaggle, locations, sources
from lib.data.images import PhotographError, read_photograph
from lib.data.locations import describe_source, find_source
from lib.data.sources import load_pairs


@pytest.fixture
def color_folder(tmp_path, photograph):
    """Six color photographs, and a split.csv beside them."""
    folder = tmp_path / "landscapes" / "color"
    folder.mkdir(parents=True)
    for index in range(6):
        photograph.rotate(10 * index).save(folder / f"p{index}.png")
    lines = [f"p{index}.png,{'train' if index < 4 else 'val' if index < 5 else 'test'}" for index in range(6)]
    (folder.parent / "split.csv").write_text("\n".join(["name,split", *lines]))
    return folder


@pytest.fixture
def pair_folder(tmp_path, photograph):
    """`gray/` and `color/` with three pairs; the gray sides are darker than the color sides' luma."""
    folder = tmp_path / "both"
    for side in ("gray", "color"):
        (folder / side).mkdir(parents=True)
    for index in range(3):
        picture = photograph.rotate(10 * index)
        picture.save(folder / "color" / f"p{index}.png")
        picture.convert("L").point(lambda level: level // 2).save(folder / "gray" / f"p{index}.png")
    return folder


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def no_decoding(monkeypatch):
    """From now on every decoding fails."""

    def switch_off():
        monkeypatch.setattr(sources, "decode_pairs", lambda *_: pytest.fail("decoded again"))

    return switch_off


def test_a_folder_of_photographs(color_folder, cache):
    pairs = load_pairs(str(color_folder), 16, cache)
    assert pairs.name == "landscapes" and len(pairs) == 6 and pairs.size == 16
    assert pairs.counts() == {"train": 4, "val": 1, "test": 1}
    assert "gray made as Rec. 601 luma" in pairs.description and str(color_folder) in pairs.description
    np.testing.assert_array_equal(pairs.gray[2], np.asarray(Image.fromarray(pairs.color[2]).convert("L")))


def test_a_folder_of_pairs_keeps_its_own_gray(pair_folder, cache):
    pairs = load_pairs(str(pair_folder), 16, cache)
    assert pairs.name == "both" and pairs.names == ["p0", "p1", "p2"]
    luma = np.asarray(Image.fromarray(pairs.color[0]).convert("L"))
    assert np.abs(pairs.gray[0].astype(int) - luma // 2).max() <= 2
    assert describe_source(str(pair_folder)) == f"gray and color pairs in {pair_folder}"


@pytest.mark.parametrize("place", ["both/split.csv", "split.csv"])
def test_split_csv_in_or_beside_a_folder_of_pairs(pair_folder, cache, place):
    (pair_folder.parent / place).write_text("name,split\np0,test\np1,test\np2,val\n")
    assert load_pairs(str(pair_folder), 16, cache).splits.tolist() == ["test", "test", "val"]


def test_pairs_come_from_the_cache_the_second_time(color_folder, cache, no_decoding):
    first = load_pairs(str(color_folder), 16, cache)
    no_decoding()
    second = load_pairs(str(color_folder), 16, cache)
    assert first.fingerprint == second.fingerprint and isinstance(second.color, np.memmap)


def test_a_changed_file_is_decoded_anew(color_folder, cache):
    before = load_pairs(str(color_folder), 16, cache)
    path = color_folder / "p3.png"
    stat = path.stat()
    Image.open(path).transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(path)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1000))
    after = load_pairs(str(color_folder), 16, cache)
    assert before.fingerprint != after.fingerprint
    assert (before.color[3] != after.color[3]).any()


def test_a_touched_file_keeps_the_fingerprint(color_folder, cache):
    before = load_pairs(str(color_folder), 16, cache)
    os.utime(color_folder / "p3.png")
    assert load_pairs(str(color_folder), 16, cache).fingerprint == before.fingerprint


def test_size_and_splits_are_part_of_the_fingerprint(color_folder, cache):
    prints = {load_pairs(str(color_folder), size, cache).fingerprint for size in (16, 24)}
    split = color_folder.parent / "split.csv"
    split.write_text(split.read_text().replace("p0.png,train", "p0.png,test"))
    prints.add(load_pairs(str(color_folder), 16, cache).fingerprint)
    assert len(prints) == 3


def test_what_cannot_be_used_is_listed_also_from_the_cache(pair_folder, cache, photograph):
    (pair_folder / "color" / "p1.png").write_bytes(b"")
    load_pairs(str(pair_folder), 16, cache)
    photograph.save(pair_folder / "color" / "lonely.png")
    for _ in range(2):
        pairs = load_pairs(str(pair_folder), 16, cache)
        assert pairs.names == ["p0", "p2"] and len(pairs.splits) == len(pairs.gray) == 2
        assert len(pairs.skipped) == 2
        assert "lonely.png: no gray picture" in pairs.skipped[0] and "p1.png: not readable" in pairs.skipped[1]


def test_folders_without_pictures_are_refused(tmp_path, cache):
    (tmp_path / "empty").mkdir()
    with pytest.raises(PhotographError, match="empty holds no pictures; give a folder of photographs"):
        load_pairs(str(tmp_path / "empty"), 16, cache)
    (tmp_path / "empty" / "a.png").write_text("no picture")
    with pytest.raises(PhotographError, match=r"holds no readable picture; the first problem: .*a\.png"):
        load_pairs(str(tmp_path / "empty"), 16, cache)
    with pytest.raises(ValueError, match="size is 15 px; the networks need at least 16"):
        load_pairs(str(tmp_path / "empty"), 15, cache)


def test_names_of_sources(tmp_path, monkeypatch, pair_folder):
    monkeypatch.setattr(kaggle, "DATA", tmp_path / "data")
    assert find_source("auto") == find_source("scenes") == "scenes"
    with pytest.raises(FileNotFoundError, match="the Kaggle pairs are not in data/kaggle; `make data` downloads them"):
        find_source("kaggle")
    with pytest.raises(FileNotFoundError, match="kagle is neither auto, scenes, kaggle nor a folder"):
        find_source("kagle")
    (tmp_path / "data" / "kaggle").mkdir(parents=True)
    pair_folder.rename(tmp_path / "data" / "kaggle" / "landscape Images")
    assert find_source("auto") == find_source("kaggle") == tmp_path / "data" / "kaggle" / "landscape Images"


def test_scenes_are_rendered_once(tmp_path, monkeypatch):
    monkeypatch.setattr(locations, "SCENES", 6)
    pairs = load_pairs("scenes", 16, tmp_path)
    assert len(pairs) == 6 and pairs.name == "scenes"
    assert describe_source("scenes").startswith("6 landscapes rendered")
    assert np.abs(np.diff(pairs.color.astype(int), axis=-1)).max() > 0
    monkeypatch.setattr(sources, "render_scenes", lambda *_: pytest.fail("rendered again"))
    assert load_pairs("scenes", 16, tmp_path).fingerprint == pairs.fingerprint


def test_the_download_goes_through_kagglehub_into_data(tmp_path, monkeypatch, pair_folder):
    monkeypatch.setattr(kaggle, "DATA", tmp_path)
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(RuntimeError, match="kagglehub is not installed; `make data` installs it"):
        kaggle.download_kaggle()
    asked = {}

    def dataset_download(name, output_dir):
        asked[name] = output_dir

    monkeypatch.setitem(sys.modules, "kagglehub", SimpleNamespace(dataset_download=dataset_download))
    with pytest.raises(RuntimeError, match="came without gray/ and color/ folders"):
        kaggle.download_kaggle()
    (tmp_path / "kaggle").mkdir()
    pair_folder.rename(tmp_path / "kaggle" / "pictures")
    assert kaggle.download_kaggle() == tmp_path / "kaggle" / "pictures"
    assert asked == {"theblackmamba31/landscape-image-colorization": str(tmp_path / "kaggle")}


def test_sample_photographs_are_at_hand_and_in_color():
    samples = sources.sample_photographs()
    assert {"coffee", "astronaut", "rocket"} <= set(samples)
    for path in samples.values():
        picture = np.asarray(read_photograph(path))
        assert min(picture.shape[:2]) >= 300 and np.ptp(picture.astype(int), axis=-1).mean() > 10


@pytest.fixture
def album(tmp_path, photograph):
    """A second folder: four photographs, all of them for training, and a file that is none."""
    folder = tmp_path / "album"
    (folder / "beach").mkdir(parents=True)
    for index in range(4):
        photograph.rotate(7 * index).save(folder / "beach" / f"p{index}.png")
    (folder / "notes.txt").touch()
    (folder / "broken.png").write_bytes(b"nothing")
    lines = "".join(f"beach/p{index},train\n" for index in range(4))
    (folder / "split.csv").write_text("name,split\nbroken,train\n" + lines)
    return folder


def test_several_folders_are_one_data_set(color_folder, album, cache):
    both = load_pairs(f"{color_folder}{os.pathsep}{album}", 16, cache)
    one, other = load_pairs(str(color_folder), 16, cache), load_pairs(str(album), 16, cache)
    assert both.name == "landscapes + album" and both.counts() == {"train": 8, "val": 1, "test": 1}
    assert both.names[0] == "landscapes/p0" and both.names[-1] == "album/beach/p3"
    np.testing.assert_array_equal(both.color[:], np.concatenate([one.color, other.color]))
    assert both.skipped == other.skipped and len(both.skipped) == 1 and "broken.png" in both.skipped[0]
    assert both.remarks == "album: 1 file passed over: .txt 1"
    assert both.fingerprint not in (one.fingerprint, other.fingerprint)
    assert both.fingerprint == load_pairs(f"{color_folder}{os.pathsep}{album}", 16, cache).fingerprint


def test_several_folders_are_not_decoded_again(color_folder, album, cache, no_decoding):
    load_pairs(str(color_folder), 16, cache)
    load_pairs(str(album), 16, cache)
    no_decoding()
    assert len(load_pairs(f"{album}{os.pathsep}{color_folder}", 16, cache)) == 10


def test_folders_of_one_name_are_called_by_what_is_around_them(tmp_path, photograph, cache):
    folders = [tmp_path / "summer" / "album", tmp_path / "winter" / "album", tmp_path / "other"]
    for folder in folders:
        folder.mkdir(parents=True)
        photograph.save(folder / "p.png")
    joined = os.pathsep.join(map(str, folders))
    assert [part.name for part in sources.load_parts(joined, 16, cache)] == ["summer/album", "winter/album", "other"]
    assert load_pairs(joined, 16, cache).names == ["summer/album/p", "winter/album/p", "other/p"]


def test_a_folder_whose_name_holds_the_separator_is_one(tmp_path, photograph, cache):
    odd, plain = tmp_path / f"a{os.pathsep}b", tmp_path / "plain"
    for folder in (odd, plain):
        folder.mkdir()
        photograph.save(folder / "p.png")
    assert locations.parts_of(str(odd)) == [str(odd)] and load_pairs(str(odd), 16, cache).names == ["p"]
    joined = os.pathsep.join([str(plain), str(odd), "scenes"])
    assert locations.parts_of(joined) == [str(plain), str(odd), "scenes"]
    assert locations.data_arguments(joined) == ["--data", str(plain), "--data", str(odd), "--data", "scenes"]
    assert locations.data_arguments("auto") == [] and locations.data_arguments("scenes") == ["--data", "scenes"]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (["a", "a"], "/a and .*/a share pictures; name one of them"),
        (["a", "a/inner"], "/inner and .*/a share pictures; name one of them"),
        (["a", ""], "names a folder without a name; remove a '.'"),
        (["a", "nowhere"], "nowhere is neither auto, scenes, kaggle nor a folder"),
        (["scenes", "a", "scenes"], "scenes and scenes share pictures"),
    ],
)
def test_folders_that_cannot_be_joined(tmp_path, monkeypatch, parts, sentence):
    (tmp_path / "a" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ValueError, OSError), match=sentence):
        locations.find_sources(os.pathsep.join(parts))
