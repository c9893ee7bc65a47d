"""Pictures decoded once and kept on the disk."""

import errno
import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from pictures_by_hand import truncated
from PIL import Image

from lib.common.files import ROOT
from lib.data.cache import cached_pairs, decode_pairs
from lib.data.images import PhotographError
from lib.data.listing import match_pairs


def test_decoding_makes_squares_and_lists_what_it_left_out(folders, photograph, tmp_path):
    gray, color = folders
    truncated(color / "been.JPG", photograph)
    matched, _ = match_pairs(gray, color)
    names, grays, colors, problems = decode_pairs(matched, 32, tmp_path)
    assert names == ["été 山"] and grays.shape == (1, 32, 32) and colors.shape == (1, 32, 32, 3)
    assert len(problems) == 1 and "been.JPG" in problems[0]
    np.testing.assert_array_equal(grays[0], np.asarray(photograph.convert("L"))[:, 8:40])


def test_a_made_gray_side_is_the_luma_of_the_color_side(folders, tmp_path):
    _, gray, color, _ = decode_pairs([("a", folders[1] / "été 山.JPG", None)], 20, tmp_path)
    np.testing.assert_array_equal(gray[0], np.asarray(Image.fromarray(color[0]).convert("L")))


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


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("pairs.json", b'{"name": "ti'),
        ("pairs.json", b"\xff"),
        ("pairs.json", b"[1]"),
        ("pairs.json", None),
        ("gray.npy", b""),
        ("color.npy", 1000),
        ("color.npy", np.zeros((3, 32, 32, 3), np.uint8)),
        ("gray.npy", np.zeros((60, 32, 32))),
    ],
)
def test_a_damaged_cache_is_made_again(tmp_path, pairs, file, content):
    def load():
        return cached_pairs(tmp_path, ["key"], lambda _: pairs)

    load()
    (damaged,) = tmp_path.glob(f"*/{file}")
    whole = damaged.read_bytes()
    damaged.unlink()  # a file that is mapped into memory is not to be cut
    if isinstance(content, np.ndarray):
        np.save(damaged, content)
    elif content is not None:
        damaged.write_bytes(whole[:content] if isinstance(content, int) else content)
    again = load()
    np.testing.assert_array_equal(again.gray, pairs.gray)
    np.testing.assert_array_equal(again.color, pairs.color)
    assert damaged.read_bytes() == whole and len(list(tmp_path.iterdir())) == 1


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
    peaks, picture = {}, tmp_path / "one.jpg"
    photograph.resize((256, 256)).save(picture)
    for count in (64, 512):
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
    added = (512 - 64) * 256 * 256 * 4  # bytes of the further pictures, 117 MB
    assert peaks[512] - peaks[64] < added / 3, peaks
