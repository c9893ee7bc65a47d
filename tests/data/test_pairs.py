"""Reading what people have on their disks; pairs, splits, caches, near-duplicates."""

import ctypes
import errno
import json
import mmap
import os
import re
import struct
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from lib.color.spaces import to_tensor
from lib.common.files import ROOT
from lib.data.arrays import Rows, ask_ahead
from lib.data.cache import cached_pairs, decode_pairs
from lib.data.folders import GrayscaleToColorDataset, match_pairs
from lib.data.images import PhotographError, list_pictures, read_photograph, squared, upright
from lib.data.inspection import near_duplicates, sample_table
from lib.data.pairs import Pairs, join_pairs, make_pairs, read_splits, split_by_name

# --- one picture


def pixels(path):
    image = read_photograph(path)
    assert image.mode == "RGB"
    return np.asarray(image)


def save(image, path, **options):
    image.save(path, **options)
    return path


def two_pixels(mode, first, second):
    image = Image.new(mode, (2, 1))
    image.putpixel((0, 0), first)
    image.putpixel((1, 0), second)
    return image


def test_palette(tmp_path):
    image = two_pixels("P", 0, 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    assert pixels(save(image, tmp_path / "a.png")).tolist() == [[[255, 0, 0], [0, 0, 255]]]
    transparent = pixels(save(image, tmp_path / "b.png", transparency=1))
    assert transparent.tolist() == [[[255, 0, 0], [255, 255, 255]]]


def test_gray_with_alpha_lies_on_white(tmp_path):
    path = save(two_pixels("LA", (0, 255), (0, 0)), tmp_path / "a.png")
    assert pixels(path).tolist() == [[[0] * 3, [255] * 3]]


def test_rgb_with_alpha_lies_on_white(tmp_path):
    path = save(two_pixels("RGBA", (255, 0, 0, 255), (255, 0, 0, 51)), tmp_path / "a.png")  # 51 is a fifth
    np.testing.assert_allclose(pixels(path), [[[255, 0, 0], [255, 204, 204]]], atol=1)


@pytest.mark.parametrize("suffix", [".tif", ".jpg"])
def test_cmyk(tmp_path, suffix):
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    np.testing.assert_allclose(pixels(save(image, tmp_path / f"a{suffix}"))[8, 8], (255, 0, 0), atol=3)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_gray_keeps_its_brightness(tmp_path, suffix):
    levels = np.array([[0, 257 * 10, 257 * 128, 257 * 200 + 100, 65535]], np.uint16)
    path = save(Image.fromarray(levels), tmp_path / f"a{suffix}")
    assert pixels(path)[0, :, 0].tolist() == [0, 10, 128, 200, 255]


def test_levels_beyond_16_bits_are_black_and_white(tmp_path):
    path = save(Image.fromarray(np.array([[-70_000, -1, 257 * 10, 65_536, 200_000]], np.int32)), tmp_path / "a.tif")
    assert pixels(path)[0, :, 0].tolist() == [0, 0, 10, 255, 255]


def test_one_bit(tmp_path):
    path = save(two_pixels("1", 0, 1), tmp_path / "a.png")
    assert pixels(path).tolist() == [[[0] * 3, [255] * 3]]


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_exif_rotation_is_applied(tmp_path, photograph, orientation):
    turned = {3: 180, 6: 90, 8: 270}[orientation]  # how the camera was held
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(photograph.rotate(turned, expand=True), tmp_path / "a.jpg", exif=exif, quality=95)
    seen = read_photograph(path)
    assert seen.size == photograph.size
    assert np.abs(np.asarray(seen, float) - np.asarray(photograph, float)).mean() < 8
    assert np.array_equal(upright(seen), seen)  # what is upright is not turned again


def test_an_ordinary_photograph_is_itself(tmp_path, photograph):
    np.testing.assert_array_equal(pixels(save(photograph, tmp_path / "a.png")), np.asarray(photograph))


def truncated_jpeg(path, photograph):
    photograph.save(path, "JPEG")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


BAD = {
    "truncated.jpg": truncated_jpeg,
    "empty.png": lambda path, _: path.write_bytes(b""),
    "text.png": lambda path, _: path.write_text("not a picture"),
    "folder.png": lambda path, _: path.mkdir(),
    "float.tif": lambda path, _: Image.new("F", (8, 8), 0.5).save(path),
    "halfpng.png": lambda path, photograph: (photograph.save(path), path.write_bytes(path.read_bytes()[:200])),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_named(tmp_path, photograph, name):
    BAD[name](tmp_path / name, photograph)
    with pytest.raises(PhotographError, match=f"{name}: ") as caught:
        read_photograph(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_bytes_are_read_as_the_file_is(tmp_path, photograph):
    path = save(photograph, tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(read_photograph("a.png", path.read_bytes())), np.asarray(photograph))
    for content, reason in ((b"no picture", "no format that is known"), (b"", "the file is empty")):
        with pytest.raises(PhotographError) as caught:
            read_photograph("a.png", content)
        assert str(caught.value) == f"a.png: not readable as a picture ({reason}); replace or remove it"


def test_a_missing_picture_is_named(tmp_path):
    with pytest.raises(PhotographError, match=r"nowhere\.png: no such file"):
        read_photograph(tmp_path / "nowhere.png")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_cost_the_picture(tmp_path, photograph):
    path = save(photograph, tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert read_photograph(path).size == photograph.size


def test_damaged_exif_does_not_cost_the_rotation(tmp_path, photograph):
    """A maker that is a fraction: PIL reads it, and raises an `AttributeError` where it would write it again."""
    tags = struct.pack("<HHIIHHII", 0x0112, 3, 1, 6, 0x010F, 5, 1, 8)
    damaged = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + tags + bytes(4)
    path = save(photograph.transpose(Image.Transpose.ROTATE_90), tmp_path / "a.png", exif=damaged)
    np.testing.assert_array_equal(pixels(path), np.asarray(photograph))


def test_the_reader_needs_neither_torch_nor_pandas():
    code = "import sys, lib.data.images; print({'torch', 'pandas', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch, photograph):
    path = save(photograph, tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PhotographError, match=r"bomb\.png: .*decompression bomb"):
        read_photograph(path)


def test_squared_keeps_the_middle(photograph):
    square = np.asarray(squared(photograph, 32))
    assert square.shape == (32, 32, 3)
    np.testing.assert_array_equal(square, np.asarray(photograph)[:, 8:40])
    assert squared(Image.new("RGB", (5, 3)), 16).size == (16, 16)


# --- two folders


@pytest.fixture
def folders(tmp_path, photograph):
    """`gray/` and `color/` with two good pairs, of differing formats."""
    for side in ("gray", "color"):
        (tmp_path / side).mkdir()
    for stem in ("been", "été 山"):
        photograph.convert("L").save(tmp_path / "gray" / f"{stem}.png")
        photograph.save(tmp_path / "color" / f"{stem}.JPG", quality=95)
    return tmp_path / "gray", tmp_path / "color"


def test_the_papers_dataset(folders, photograph):
    dataset = GrayscaleToColorDataset(*folders)
    assert [stem for stem, *_ in dataset.items] == ["been", "été 山"] and not dataset.skipped
    gray, color = dataset[0]
    assert gray.shape == (1, 32, 48) and color.shape == (3, 32, 48) and gray.dtype == color.dtype == torch.float32
    np.testing.assert_allclose(gray[0] * 255, np.asarray(photograph.convert("L")), atol=1e-3)
    assert (color - to_tensor(np.asarray(photograph))).abs().mean() < 0.03
    batch = next(iter(DataLoader(dataset, batch_size=2)))
    assert [tuple(side.shape) for side in batch] == [(2, 1, 32, 48), (2, 3, 32, 48)]


def test_a_transform_goes_over_both_sides(folders):
    gray, color = GrayscaleToColorDataset(*folders, transform=lambda image: torch.tensor(image.size))[1]
    assert gray.tolist() == color.tolist() == [48, 32]


def other_size(gray, _color, photograph):
    photograph.resize((24, 16)).convert("L").save(gray / "been.png")


def no_gray(_gray, color, photograph):
    photograph.save(color / "lonely.png")


def no_color(gray, _color, photograph):
    photograph.save(gray / "lonely.png")


def broken_color(_gray, color, photograph):
    truncated_jpeg(color / "been.JPG", photograph)


@pytest.mark.parametrize(
    ("spoil", "sentence", "left"),
    [
        (other_size, r"been\.png: \(24, 16\) pixels, but .*been\.JPG has \(48, 32\)", 1),
        (no_gray, r"lonely\.png: no gray picture of that name in .*gray", 2),
        (no_color, r"lonely\.png: no color picture of that name in .*color", 2),
        (broken_color, r"been\.JPG: not readable as a picture", 1),
    ],
)
def test_a_bad_pair_stops_or_is_listed(folders, photograph, spoil, sentence, left):
    spoil(*folders, photograph)
    with pytest.raises(PhotographError, match=sentence):
        GrayscaleToColorDataset(*folders)
    dataset = GrayscaleToColorDataset(*folders, on_error="skip")
    assert len(dataset) == left and len(dataset.skipped) == 1
    assert re.search(sentence, dataset.skipped[0])
    assert [stem for stem, *_ in dataset.items] == ["been", "été 山"][-left:]


def test_nothing_usable_is_an_error_in_either_mode(tmp_path):
    (tmp_path / "gray").mkdir()
    (tmp_path / "color").mkdir()
    for mode in ("raise", "skip"):
        with pytest.raises(PhotographError, match="hold no usable pair"):
            GrayscaleToColorDataset(tmp_path / "gray", tmp_path / "color", on_error=mode)
    with pytest.raises(ValueError, match="not 'ignore'"):
        GrayscaleToColorDataset(tmp_path / "gray", tmp_path / "color", on_error="ignore")


def test_two_files_of_one_stem_are_refused(folders, photograph):
    photograph.save(folders[1] / "been.png")
    with pytest.raises(PhotographError, match=r"been\.png and been\.JPG have the same stem; rename one"):
        match_pairs(*folders)


def test_only_pictures_are_listed(folders):
    for name in ("._been.png", "notes.txt", "split.csv", ".DS_Store"):
        (folders[0] / name).write_text("x")
    assert list(list_pictures(folders[0])) == ["been", "été 山"]


def test_pictures_that_colorize_reads_are_listed_too(folders, photograph):
    for suffix in (".gif", ".PPM"):
        photograph.save(folders[1] / f"scan-{suffix[1:]}{suffix}")
    assert list(list_pictures(folders[1])) == ["been", "scan-PPM", "scan-gif", "été 山"]


# --- decoded pairs


def test_decoding_makes_squares_and_lists_what_it_left_out(folders, photograph, tmp_path):
    gray, color = folders
    truncated_jpeg(color / "been.JPG", photograph)
    matched, _ = match_pairs(gray, color)
    names, grays, colors, problems = decode_pairs(matched, 32, tmp_path)
    assert names == ["été 山"] and grays.shape == (1, 32, 32) and colors.shape == (1, 32, 32, 3)
    assert len(problems) == 1 and "been.JPG" in problems[0]
    np.testing.assert_array_equal(grays[0], np.asarray(photograph.convert("L"))[:, 8:40])


def test_a_made_gray_side_is_the_luma_of_the_color_side(folders, tmp_path):
    _, gray, color, _ = decode_pairs([("a", folders[1] / "été 山.JPG", None)], 20, tmp_path)
    np.testing.assert_array_equal(gray[0], np.asarray(Image.fromarray(color[0]).convert("L")))


def test_tensors_are_the_pictures(pairs):
    for chosen in (slice(3, 7), [5, 2], np.array([0])):
        gray, color = pairs.tensors(chosen)
        torch.testing.assert_close(color, to_tensor(pairs.color[chosen]))
        torch.testing.assert_close(gray[:, 0] * 255, torch.from_numpy(pairs.gray[chosen]).float())


def test_a_split_holds_its_own_pairs(pairs):
    assert pairs.counts() == {"train": 36, "val": 12, "test": 12}
    test = pairs.split("test")
    assert len(test) == 12 and set(test.splits) == {"test"} and test.size == 32
    for index, name in enumerate(test.names):
        np.testing.assert_array_equal(test.color[index], pairs.color[pairs.names.index(name)])


def test_a_split_looks_its_pictures_up_as_an_array_would(pairs):
    test, chosen = pairs.split("test"), pairs.indices("test")
    for side in ("gray", "color"):
        rows, whole = getattr(test, side), getattr(pairs, side)[chosen]
        assert isinstance(rows, Rows) and rows.shape == whole.shape and rows.dtype == np.uint8 and len(rows) == 12
        for index in (
            0, -1, np.int64(3), slice(2, 9, 3), slice(0, 0), [4, 1, 4], np.array([5, 0]), np.arange(12) % 2 == 0,
            (slice(1, 3), slice(4, 8)), (2, slice(None), 1), (..., 0), (slice(None), slice(None), slice(8, 16)),
        ):  # fmt: skip
            found = rows[index]
            assert type(found) is np.ndarray or np.isscalar(found)
            np.testing.assert_array_equal(found, whole[index])
        np.testing.assert_array_equal(np.asarray(rows), whole)
        np.testing.assert_array_equal(np.stack(list(rows)), whole)
        assert np.asarray(rows, np.float32).dtype == np.float32
        with pytest.raises(IndexError):
            rows[12]
    of_a_split = replace(test, splits=np.array(["val", "train"] * 6)).split("train", 3)
    for name, picture in zip(of_a_split.names, of_a_split.gray, strict=True):
        np.testing.assert_array_equal(picture, pairs.gray[pairs.names.index(name)])


def in_memory(path):
    """Which pages of a file are in memory."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
        pages = (ctypes.c_ubyte * -(-len(mapped) // mmap.PAGESIZE))()
        start = ctypes.c_char.from_buffer(mapped)
        try:
            done = ctypes.CDLL(None, use_errno=True).mincore(
                ctypes.c_void_p(ctypes.addressof(start)), ctypes.c_size_t(len(mapped)), pages
            )
            assert done == 0, os.strerror(ctypes.get_errno())
        finally:
            del start
        return np.array(pages) % 2 == 1


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux which pages are in memory")
def test_pictures_that_are_looked_up_are_read_ahead_and_nothing_beside_them(tmp_path):
    path, size = tmp_path / "color.npy", 64 * 64 * 3
    np.save(path, np.random.default_rng(0).integers(0, 256, (400, 64, 64, 3), np.uint8))
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    array = np.load(path, mmap_mode="r")
    if in_memory(path)[100:].any():
        pytest.skip("this file system keeps its files in memory")
    ask_ahead(array, np.array([300, 201]))
    wanted = np.zeros(len(in_memory(path)), bool)
    for row in (201, 300):
        first, last = ((128 + row * size + end) // mmap.PAGESIZE for end in (0, size - 1))
        wanted[first : last + 1] = True
    patience = time.monotonic() + 60
    while not in_memory(path)[wanted].all():
        assert time.monotonic() < patience, "they were not read"
        time.sleep(0.01)
    np.testing.assert_array_equal(in_memory(path)[100:], wanted[100:])  # before lies what reading the head brought


def many(names):
    size = len(names)
    return Pairs("m", "", np.zeros((size, 1, 1)), np.zeros((size, 1, 1, 3)), names, np.array(["train"] * size), "f")


def test_a_thousand_pairs_are_among_the_two_thousand():
    names = [f"scene-{index:06d}" for index in range(2500)]
    pairs = many(names)
    two = pairs.indices("train", 2000)
    assert len(set(two)) == 2000
    np.testing.assert_array_equal(pairs.indices("train", 1000), two[:1000])
    assert two[:1000].max() > 2000  # drawn from everywhere, not the first in the folder
    turned = many(names[::-1])
    assert [turned.names[i] for i in turned.indices("train", 1000)] == pairs.split("train", 1000).names


def test_asking_for_more_than_there_is_says_so(pairs):
    with pytest.raises(ValueError, match="37 train pairs were asked for, tiles has 36"):
        pairs.indices("train", 37)
    with pytest.raises(ValueError, match="split is one of train, val, test, not 'validation'"):
        pairs.indices("validation")
    with pytest.raises(ValueError, match="m has no pictures in its test split"):
        many(["a"]).split("test")


def test_fingerprints_stand_for_pixels_names_and_splits(pairs):
    def again(**changed):
        own = dict(names=pairs.names, gray=pairs.gray, color=pairs.color, splits=pairs.splits) | changed
        return make_pairs("other name", "", own["names"], own["gray"], own["color"], own["splits"]).fingerprint

    gray, splits = pairs.gray.copy(), pairs.splits.copy()
    gray[-1, -1, -1] ^= 1
    splits[0] = "test"
    renamed = ["x", *pairs.names[1:]]
    assert again() == pairs.fingerprint
    assert len({pairs.fingerprint, again(gray=gray), again(splits=splits), again(names=renamed)}) == 4


def test_sample_table_tells_what_a_sample_is(pairs):
    table = sample_table(pairs.split("train", 2))
    assert table.index.names == ["name", "side"] and len(table) == 4
    row = table.loc[(pairs.split("train", 2).names[1], "color")]
    picture = pairs.split("train", 2).color[1]
    assert row["shape (H x W x C)"] == "32 x 32 x 3" and row["type"] == "uint8" and row["split"] == "train"
    assert row["range"] == f"{picture.min()} to {picture.max()}"
    assert row["mean by channel"] == " ".join(f"{mean:.1f}" for mean in picture.mean((0, 1)))


# --- splits


def test_split_by_name_never_changes():
    """A changed split would let yesterday's training pictures into today's test."""
    names = ["scene-000000", "scene-000001", "Places365_val_00000001", "été 山", "a", "b", "c"]
    assert split_by_name(names).tolist() == ["val", "train", "train", "test", "train", "train", "train"]
    counts = pd.Series(split_by_name(f"p{i}" for i in range(5000))).value_counts(normalize=True)
    assert counts["train"] == pytest.approx(0.8, abs=0.02) and counts["val"] == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("place", ["in", "beside"])
def test_split_csv_is_honored(tmp_path, place):
    folder = tmp_path / "color"
    folder.mkdir()
    (folder if place == "in" else tmp_path).joinpath("split.csv").write_text(
        "name,split\na.jpg,test\nb,val\nother,train\n"
    )
    assert read_splits(folder, ["a", "b"]).tolist() == ["test", "val"]


def test_split_csv_in_the_folder_goes_first(tmp_path):
    (tmp_path / "color").mkdir()
    (tmp_path / "split.csv").write_text("name,split\na,train\n")
    (tmp_path / "color" / "split.csv").write_text("name,split\na,val\n")
    assert read_splits(tmp_path / "color", ["a"]).tolist() == ["val"]


def test_without_split_csv_names_decide(tmp_path):
    np.testing.assert_array_equal(read_splits(tmp_path, ["a", "b", "c"]), split_by_name(["a", "b", "c"]))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,split\na,train\n", r"split\.csv: does not name b \(2 such pictures\); add a line for each"),
        ("name,split\na,train\nb,valid\nc,test\n", r"split\.csv: needs the columns name,split with split one of train"),
        ("file,part\na,train\n", r"split\.csv: needs the columns name,split"),
        ("name,split\na,train\nb\nc,val\n", r"split\.csv: needs the columns name,split"),
        ("", r"split\.csv"),
        ("name,split\na,train,x,y\nb,c,d,e,f,g\n", r"split\.csv"),
        ("\xff\xfe\x00", r"split\.csv"),
    ],
)
def test_a_split_csv_that_will_not_do_is_named(tmp_path, text, sentence):
    (tmp_path / "split.csv").write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=sentence):
        read_splits(tmp_path, ["a", "b", "c"])


def test_odd_names_in_split_csv_stay_names(tmp_path):
    """Digits, pandas' word for nothing, dots, a byte order mark as spreadsheets write it."""
    (tmp_path / "split.csv").write_text("name,split\n007,test\nNA,val\nv1.2,test\nv1.3.JPG,val\n", encoding="utf-8-sig")
    assert read_splits(tmp_path, ["007", "NA", "v1.2", "v1.3"]).tolist() == ["test", "val", "test", "val"]


# --- several sets as one


@pytest.fixture
def sets(pairs):
    """Two sets that share some names: sea, and hills."""
    return [
        make_pairs(
            name, f"pictures of {name}", pairs.names[part], pairs.gray[part], pairs.color[part], pairs.splits[part]
        )
        for name, part in (("sea", slice(0, 35)), ("hills", slice(20, 60)))
    ]


def test_sets_are_joined_with_their_names_and_splits(sets):
    sea, hills = sets
    both = join_pairs(sets)
    assert both.name == "sea + hills" and both.description == "pictures of sea; pictures of hills"
    assert len(both) == 75 == len(set(both.names)) and both.size == 32
    assert both.names[:35] == [f"sea/{name}" for name in sea.names]
    assert both.names[35:] == [f"hills/{name}" for name in hills.names]
    assert both.counts() == {split: sea.counts()[split] + hills.counts()[split] for split in both.counts()}
    for part, own in ((sea, slice(0, 35)), (hills, slice(35, 75))):
        np.testing.assert_array_equal(both.splits[own], part.splits)
        np.testing.assert_array_equal(both.gray[own], part.gray)
        np.testing.assert_array_equal(both.color[own], part.color)


def test_joined_sets_are_known_by_content_and_order(sets):
    sea, hills = sets
    fewer = sea.split("train")
    prints = [join_pairs(parts).fingerprint for parts in ([sea, hills], [hills, sea], [fewer, hills], [sea])]
    assert len({*prints, sea.fingerprint}) == 5
    assert join_pairs([sea, hills]).fingerprint == prints[0]


def test_sets_of_different_sizes_are_not_joined(sets):
    small = make_pairs(
        "small", "", ["a"], np.zeros((1, 16, 16), np.uint8), np.zeros((1, 16, 16, 3), np.uint8), sets[0].splits[:1]
    )
    with pytest.raises(ValueError, match=r"sets of \[16, 32\] px cannot be joined; load them at one size"):
        join_pairs([*sets, small])


# --- cache


def test_pairs_are_made_once_and_mapped_from_disk(tmp_path, pairs):
    made = []

    def make(_):
        made.append(1)
        return pairs

    for _ in range(2):
        cached = cached_pairs(tmp_path / "cache", ["key"], make)
        assert isinstance(cached.color, np.memmap) and isinstance(cached.gray, np.memmap)
        np.testing.assert_array_equal(cached.color, pairs.color)
        np.testing.assert_array_equal(cached.splits, pairs.splits)
        assert (cached.names, cached.fingerprint, cached.name) == (pairs.names, pairs.fingerprint, pairs.name)
    assert len(made) == 1
    cached_pairs(tmp_path / "cache", ["other key"], make)
    assert len(made) == 2 and len(list((tmp_path / "cache").iterdir())) == 2


def test_a_failed_making_leaves_no_cache(tmp_path):
    with pytest.raises(PhotographError):
        cached_pairs(tmp_path / "cache", ["key"], lambda _: (_ for _ in ()).throw(PhotographError("no")))
    assert not list((tmp_path / "cache").iterdir())


def test_two_processes_may_make_the_same_cache(tmp_path, pairs):
    def make(_):  # meanwhile, another process was faster
        if not (tmp_path / "done").exists():
            (tmp_path / "done").touch()
            cached_pairs(tmp_path / "cache", ["key"], make)
        return pairs

    assert cached_pairs(tmp_path / "cache", ["key"], make).fingerprint == pairs.fingerprint
    (folder,) = (tmp_path / "cache").iterdir()
    assert set(os.listdir(folder)) == {"gray.npy", "color.npy", "pairs.json"}
    assert json.loads((folder / "pairs.json").read_text())["name"] == "tiles"


def test_what_a_killed_process_left_is_removed_after_a_day(tmp_path, pairs):
    old, young = tmp_path / ".making-old", tmp_path / ".making-young"
    for folder in (old, young):
        folder.mkdir()
        (folder / "color.npy").write_bytes(b"half")
    os.utime(old, (time.time() - 25 * 3600,) * 2)
    cached_pairs(tmp_path, ["key"], lambda _: pairs)
    assert not old.exists() and young.exists()


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, folders, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "x")

    monkeypatch.setattr(os, "posix_fallocate", full)
    files, _ = match_pairs(*folders)
    with pytest.raises(OSError, match=r"No space left on device for decoded pictures: .*gray\.npy"):
        cached_pairs(tmp_path / "cache", ["key"], lambda folder: decode_pairs(files, 16, folder))
    assert not list((tmp_path / "cache").iterdir())


_DECODE_AND_TRAIN = """
import sys, threading, time
from pathlib import Path
import torch
import lib.training.trainer
from lib.data.sources import load_pairs
from lib.training.config import TrainingConfig
from lib.training.trainer import train

peak = 0

def look():
    global peak
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = max(peak, *(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon")))

def watch():
    while True:
        look()
        time.sleep(0.01)

make_objective = lib.training.trainer.make_objective

def watched(config, device):
    objective = make_objective(config, device)

    def looking(network, gray, color):
        loss = objective(network, gray, color)
        look()  # where most is held; on a busy machine the thread may sleep through it
        return loss

    return looking

lib.training.trainer.make_objective = watched

if __name__ == "__main__":
    threading.Thread(target=watch, daemon=True).start()
    torch.set_num_threads(1)
    folder, work = Path(sys.argv[1]), Path(sys.argv[2])
    pairs = load_pairs(str(folder), 256, work / "cache")
    config = TrainingConfig(options={"width": 1}, pairs=pairs.counts()["train"], epochs=1, validation_pairs=4)
    train(config, pairs, device="cpu", folder=work / "trained")
    print(len(pairs), peak)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="this system does not tell a process its memory")
def test_more_pictures_take_no_more_memory(tmp_path, photograph):
    """Peak of a process's own memory (not of files mapped into it): decoding and training on N pictures, and on 8 N."""
    peaks, picture = {}, save(photograph.resize((256, 256)), tmp_path / "one.jpg")
    for count in (100, 800):
        folder = tmp_path / str(count)
        folder.mkdir()
        for index in range(count):
            os.link(picture, folder / f"{index}.jpg")
        lines = [f"{index},{'val' if index < 4 else 'test' if index < 8 else 'train'}" for index in range(count)]
        (folder / "split.csv").write_text("\n".join(["name,split", *lines]))
        command = [sys.executable, "-c", _DECODE_AND_TRAIN, str(folder), str(tmp_path / f"work-{count}")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
        found, peaks[count] = map(int, done.stdout.split()[-2:])
        assert found == count
    added = (800 - 100) * 256 * 256 * 4  # bytes of the further pictures, 184 MB
    assert peaks[800] - peaks[100] < added / 3, peaks


# --- near-duplicates


def test_near_duplicates_are_found_across_splits_only(pairs):
    noise = np.random.default_rng(0).integers(-3, 4, (32, 32))
    first, second = pairs.gray[0], pairs.gray[3]
    gray = np.stack(
        [first, second, np.clip(first + noise, 0, 255).astype(np.uint8), second[:, ::-1], first, pairs.gray[9]]
    )
    names = ["a", "b", "a-noisy", "b-mirrored", "a-same-split", "other"]
    splits = np.array(["train", "train", "test", "val", "train", "test"])
    color = np.repeat(gray[..., None], 3, -1)
    found = near_duplicates(make_pairs("n", "", names, gray, color, splits), threshold=0.99)
    assert {frozenset(row) for row in found[["name", "other"]].to_numpy()} == {
        frozenset({"a", "a-noisy"}),
        frozenset({"a-noisy", "a-same-split"}),
        frozenset({"b", "b-mirrored"}),
    }
    assert (found["split"] != found["other_split"]).all()
    assert found["similarity"].is_monotonic_decreasing and found["similarity"].max() <= 1 + 1e-5


def test_flat_pictures_are_no_duplicates_of_everything(pairs):
    gray = np.stack([np.full((32, 32), 90, np.uint8), pairs.gray[0]])
    both = make_pairs("n", "", ["flat", "x"], gray, np.repeat(gray[..., None], 3, -1), np.array(["train", "test"]))
    found = near_duplicates(both)
    assert found.empty and list(found.columns) == ["name", "split", "other", "other_split", "similarity"]
