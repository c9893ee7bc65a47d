"""How large a picture may be: by memory, by an option, by what its file can hold, and several at a time."""

import struct
import subprocess
import sys
import threading
import time
import zlib

import pytest
from PIL import Image, PngImagePlugin

from lib.common.files import ROOT
from lib.data import limits
from lib.data.images import PhotographError, open_picture, read_photograph


def flat(tmp_path, width, height):
    path = tmp_path / "large.png"
    Image.new("1", (width, height)).save(path)
    return path


def test_what_does_not_fit_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    path = flat(tmp_path, 1500, 1000)
    monkeypatch.setattr(limits, "free_memory", lambda: 24 * 1_200_000)
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", lambda _: pytest.fail("decoded"))
    for read in (read_photograph, open_picture):
        with pytest.raises(PhotographError) as caught:
            read(path)
        assert str(caught.value) == (
            f"{path}: 1500 x 1000 px are 1.5 megapixels, and 1.2 fit into the free memory; make it smaller (colorize "
            "--max-megapixels 2 tries it all the same)"
        )


def test_an_option_takes_the_place_of_what_fits(tmp_path, monkeypatch):
    path = flat(tmp_path, 1500, 1000)
    with pytest.raises(PhotographError, match=r"are 1\.5 megapixels, more than the limit of 1\.0; make it smaller"):
        open_picture(path, max_pixels=10**6)
    monkeypatch.setattr(limits, "free_memory", lambda: 0)
    assert open_picture(path, max_pixels=2 * 10**6).size == (1500, 1000)


@pytest.mark.filterwarnings("error")
def test_pils_own_limit_is_silent(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "free_memory", lambda: 10**12)
    assert open_picture(flat(tmp_path, 20_000, 9_500)).size == (20_000, 9_500)  # 190 megapixels, of one bit


@pytest.mark.parametrize("side", [30_000, 100_000, 10**9])
def test_a_header_that_lies_is_refused_at_once(side):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(9)))
    in_words = f"its header says {side} x {side} px, which .* bytes cannot hold|larger than the free memory"
    with pytest.raises(PhotographError, match=f"a.png: .*({in_words})"):
        read_photograph("a.png", content)


def test_several_at_a_time_wait_for_each_other(monkeypatch):
    monkeypatch.setattr(limits, "free_memory", lambda: 5 * 24 * 2 * 10**6)  # room for five of two megapixels
    inside, most, lock = [0], [0], threading.Lock()

    def decode():
        with limits.room_for((2000, 1000)):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.02)
            with lock:
                inside[0] -= 1

    threads = [threading.Thread(target=decode) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert 1 < most[0] <= 5 and limits._taken == [0]


def test_one_that_only_fits_alone_waits_and_is_read(monkeypatch):
    monkeypatch.setattr(limits, "free_memory", lambda: 24 * 3 * 10**6)
    done = []
    with limits.room_for((2000, 1000)):
        thread = threading.Thread(target=lambda: limits.room_for((2900, 1000)).__enter__() or done.append(1))
        thread.start()
        thread.join(0.1)
        assert not done
    thread.join(5)
    assert done == [1]
    limits._taken[0] = 0


def test_the_memory_of_a_control_group(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "_CGROUPS", tmp_path)
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("900\n")
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 300\n")
    found = limits._cgroup_memory()
    assert not found or min(found) == 400  # where this machine has control groups of version 2
    (tmp_path / "memory.max").write_text("max\n")
    assert limits._cgroup_memory() == []


def test_the_limit_of_a_process(tmp_path):
    pytest.importorskip("resource")
    code = "import resource; from lib.data import limits; before = limits.free_memory()\n"
    code += "resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30)); print(limits.free_memory() < 2 << 30)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_a_png_with_a_long_comment_is_read(tmp_path):
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", "x" * 3_000_000, zip=True)
    Image.new("RGB", (20, 20)).save(tmp_path / "a.png", pnginfo=text)
    assert read_photograph(tmp_path / "a.png").size == (20, 20)
