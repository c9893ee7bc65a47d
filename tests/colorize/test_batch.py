"""Folders of photographs: where the results go, and what happens when one fails."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from pictures_by_hand import failing_save, luma, opened, truncated, written
from PIL import Image
from skimage import data

from lib.color import composition
from lib.colorize.files import FORMATS, save_colored
from lib.colorize.photograph import colorize_photograph
from lib.data.formats import SUFFIXES


@pytest.mark.parametrize(("suffix", "tolerance"), [(".jpg", 2), (".webp", 6)])
def test_lossy_formats_lose_little(album, colorize, gray, suffix, tolerance):
    gray.save(album / f"a{suffix}", quality=100)
    assert colorize()[0] == 0
    result = opened(album.parent / "out" / f"a{suffix}")
    assert np.abs(luma(result) - luma(opened(album / f"a{suffix}"))).mean() < tolerance
    if suffix == ".jpg":
        assert [component[1:3] for component in result.layer] == [(1, 1)] * 3  # chroma is not subsampled


@pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
def test_what_has_no_alpha_lies_on_white(network, tmp_path, photograph, suffix):
    image = photograph.convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 16, 32))
    save_colored(colorize_photograph(image, network)[0], tmp_path / f"a{suffix}")
    result = opened(tmp_path / f"a{suffix}")
    assert result.mode == "RGB" and np.asarray(result)[:, :8].min() > 245
    assert np.abs(luma(result) - luma(photograph))[:, 24:].mean() < 3


def test_folders_names_and_formats_are_kept(album, colorize, gray):
    names = ["a.jpg", "b/c.PNG", "b/été 山/d.e.tiff", "f.webp", "g.bmp", "h.gif", "i.jpeg"]
    for name in names:
        (album / name).parent.mkdir(parents=True, exist_ok=True)
        gray.save(album / name)
    (album / "notes.txt").write_text("no photograph")
    (album / ".trash").mkdir()
    gray.save(album / ".trash" / "j.png")
    gray.save(album / ".k.png")
    assert colorize() == (0, ["1 file passed over: .txt 1", f"7 written to {album.parent / 'out'}"], [])
    out = album.parent / "out"
    assert written(out) == sorted([*(name for name in names if name != "h.gif"), "h.png"])
    kinds = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".tiff": "TIFF", ".webp": "WEBP", ".bmp": "BMP"}
    assert {opened(path).format == kinds[path.suffix.lower()] for path in out.rglob("*.*")} == {True}


@pytest.mark.parametrize(("form", "kind"), [("png", "PNG"), ("jpg", "JPEG")])
def test_a_format_is_chosen(album, colorize, gray, form, kind):
    (album / "b").mkdir()
    gray.save(album / "a.tif")
    gray.save(album / "b" / "c.JPG")
    assert colorize("--format", form, paths=[album / "a.tif", album / "b"])[0] == 0
    assert written(album.parent / "out") == [f"a.{form}", f"c.{form}"]
    assert opened(album.parent / "out" / f"c.{form}").format == kind


def test_versions_differ_and_the_first_is_the_plain_one(album, colorize, gray):
    gray.save(album / "a.png")
    assert colorize("--versions", 9)[0] == 0 and colorize(out="plain")[0] == 0
    assert written(album.parent / "out") == [f"a-{number}.png" for number in range(1, 10)]
    pictures = [np.asarray(opened(album.parent / "out" / f"a-{number}.png")) for number in range(1, 10)]
    np.testing.assert_array_equal(pictures[0], np.asarray(opened(album.parent / "plain" / "a.png")))
    assert len({picture.tobytes() for picture in pictures}) == 9
    for picture in pictures:
        np.testing.assert_array_equal(luma(Image.fromarray(picture)), luma(gray))


def test_what_is_there_is_overwritten_only_by_force(album, colorize, gray):
    out = album.parent / "out"
    out.mkdir()
    for name in ("a.png", "b.png"):
        gray.save(album / name)
    (out / "a.png").write_text("mine")
    assert colorize() == (0, [f"1 written to {out}, 1 skipped because there already (--force overwrites)"], [])
    assert (out / "a.png").read_text() == "mine"
    before = (out / "b.png").read_bytes()
    assert colorize("--vividness", 0)[1] == [
        f"0 written to {out}, 2 skipped because there already (--force overwrites)"
    ]
    assert (out / "b.png").read_bytes() == before
    assert colorize("--vividness", 0, "--force") == (0, [f"2 written to {out}"], [])
    assert (out / "b.png").read_bytes() != before
    np.testing.assert_array_equal(luma(opened(out / "a.png")), luma(gray))


def test_a_version_that_is_missing_is_made(album, colorize, gray):
    gray.save(album / "a.png")
    colorize("--versions", 3)
    out = album.parent / "out"
    (out / "a-2.png").unlink()
    (out / "a-3.png").write_text("mine")
    assert colorize("--versions", 3)[1] == [f"1 written to {out}"]
    assert opened(out / "a-2.png").size == gray.size and (out / "a-3.png").read_text() == "mine"


def test_results_inside_the_folder_are_not_colorized_again(album, colorize, gray):
    gray.save(album / "a.png")
    for _ in range(2):
        assert colorize(out="in/results")[0] == 0
    assert written(album) == ["a.png", "results/a.png"]


def test_two_photographs_for_one_name_are_left_out_and_the_others_done(album, colorize, gray):
    for name in ("a.png", "b.gif", "b.png", "b.bmp"):
        gray.save(album / name)
    code, lines, errors = colorize()
    out = album.parent / "out"
    assert (code, lines) == (1, [f"2 written to {out}, 2 not done"])
    assert errors == [
        f"{album / one}: would become {out / 'b.png'}, and so would {album / other}; colorize them into two folders"
        for one, other in (("b.gif", "b.png"), ("b.png", "b.gif"))
    ]
    assert written(out) == ["a.png", "b.bmp"]


def test_a_photograph_that_is_named_twice_is_done_once(album, colorize, gray):
    gray.save(album / "a.png")
    again = album / ".." / "in" / "a.png"
    assert colorize(paths=[album, again, album / "a.png"])[:2] == (0, [f"1 written to {album.parent / 'out'}"])


@pytest.mark.parametrize("force", [(), ("--force",)])
@pytest.mark.parametrize("way", ["itself", "folder", "symlink", "hard link"])
def test_a_photograph_is_never_written_onto(album, colorize, gray, way, force):
    gray.save(album / "a.png")
    before, out = (album / "a.png").read_bytes(), album.parent / "out"
    out.mkdir()
    if way == "symlink":
        (out / "a.png").symlink_to(album / "a.png")
    if way == "hard link":
        (out / "a.png").hardlink_to(album / "a.png")
    paths = [album / "a.png"] if way == "itself" else [album]
    code, lines, errors = colorize(*force, paths=paths, out="in" if way in ("itself", "folder") else "out")
    assert (code, lines, len(errors)) == (2, [], 1) and "name another folder after -o" in errors[0]
    assert (album / "a.png").read_bytes() == before and written(album) == ["a.png"]


def header_of_a_bomb(path, _):
    size = struct.pack(">II", 20_000, 20_000) + b"\x08\0\0\0\0"
    buffer = io.BytesIO()
    Image.new("L", (16, 16)).save(buffer, "PNG")
    made = bytearray(buffer.getvalue())
    made[16:29] = size
    made[29:33] = struct.pack(">I", zlib.crc32(made[12:29]))
    path.write_bytes(made)


BAD = {
    "truncated.jpg": (truncated, "not readable as a picture"),
    "truncated.png": (truncated, "not readable as a picture"),
    "truncated.tif": (truncated, "not readable as a picture"),
    "empty.jpg": (lambda path, _: path.write_bytes(b""), "not readable as a picture"),
    "text.webp": (lambda path, _: path.write_text("no picture\n"), "not readable as a picture"),
    "no pixels.pgm": (lambda path, _: path.write_bytes(b"P5 0 16 255\n"), "not readable as a picture"),
    "bomb.png": (header_of_a_bomb, "bytes cannot hold"),
    "float.tif": (lambda path, _: Image.new("F", (32, 32), 0.5).save(path), "save it with 8 or 16 bits"),
    "small.png": (lambda path, gray: gray.crop((0, 0, 15, 32)).save(path), "too small to colorize; it needs 16 px"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_photograph_is_one_line_and_the_others_are_done(album, colorize, gray, name):
    make, reason = BAD[name]
    make(album / name, gray)
    gray.save(album / "a.png")
    gray.save(album / "z.png")
    code, lines, errors = colorize()
    assert (code, lines) == (1, [f"2 written to {album.parent / 'out'}, 1 not done"])
    assert len(errors) == 1 and errors[0].startswith(f"{album / name}: ") and reason in errors[0]
    assert written(album.parent / "out") == ["a.png", "z.png"]


def test_a_missing_path_is_one_line_and_the_others_are_done(album, colorize, gray):
    gray.save(album / "a.png")
    code, lines, errors = colorize(paths=[album / "nowhere.jpg", album / "a.png"])
    assert (code, lines) == (1, [f"1 written to {album.parent / 'out'}, 1 not done"])
    assert errors == [f"{album / 'nowhere.jpg'}: no such file or folder; check the path"]


def test_what_cannot_be_written_is_one_line_and_the_others_are_done(album, colorize, gray):
    (album / "b").mkdir()
    Image.new("L", (70_000, 16)).save(album / "a.png")  # too long for JPEG
    for name in ("b/1.png", "b/2.png", "c.png"):
        gray.save(album / name)
    out = album.parent / "out"
    out.mkdir()
    (out / "b").write_text("in the way")
    code, lines, errors = colorize("--format", "jpg", "--versions", 2)
    assert (code, lines) == (1, [f"1 written to {out}, 3 not done"])
    assert [error.split(":")[0] for error in errors] == [
        str(out / name) for name in ("a-1.jpg", "b/1-1.jpg", "b/2-1.jpg")
    ]
    assert "holds 65,535 px each way, and the picture has 70,000 x 16; choose --format png" in errors[0]
    assert all("could not be written" in error for error in errors[1:])
    assert written(out) == ["b", "c-1.jpg", "c-2.jpg"]


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_results_are_whole_or_not_there(album, colorize, gray, monkeypatch, force):
    gray.save(album / "a.png")
    out = album.parent / "out"
    if force:
        out.mkdir()
        (out / "a.png").write_text("the old one")
    monkeypatch.setattr(Image.Image, "save", failing_save(OSError(28, "No space left on device")))
    code, lines, errors = colorize(*force)
    assert code == 1 and len(errors) == 1 and "out/a.png: could not be written (No space left" in errors[0]
    assert lines == [f"0 written to {out}, 1 not done"]
    assert written(out) == (["a.png"] if force else [])
    assert not force or (out / "a.png").read_text() == "the old one"


def test_no_photographs(album, colorize):
    assert colorize()[2] == [f"colorize: error: no photographs and no films in {album}; there is no file in it"]
    (album / "notes.txt").write_text("no photograph")
    code, lines, errors = colorize()
    assert (code, lines) == (2, [])
    assert errors == [f"colorize: error: no photographs and no films in {album}; 1 file passed over: .txt 1"]


def test_a_full_memory_costs_one_photograph(album, colorize, gray, monkeypatch):
    for name in ("a.png", "b.png"):
        gray.save(album / name)
    paint, calls = composition.paint, []

    def failing(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise cv2.error("OpenCV: alloc.cpp: error: (-4:Insufficient memory) Failed to allocate 268435456 bytes")
        return paint(*arguments)

    monkeypatch.setattr(composition, "paint", failing)
    code, lines, errors = colorize()
    assert (code, lines) == (1, [f"1 written to {album.parent / 'out'}, 1 not done"])
    assert errors == [f"{album / 'a.png'}: the memory is full; close other programs, or make the photograph smaller"]


def test_the_largest_size_can_be_chosen(album, colorize, gray):
    gray.save(album / "a.png")
    code, _, (error,) = colorize("--max-megapixels", 0.001)
    assert code == 1 and error.startswith(f"{album / 'a.png'}: 48 x 32 px are ")
    assert colorize("--max-megapixels", 1)[0] == 0


def test_what_is_written_can_be_read_and_what_is_listed_is_known_to_pil():
    assert set(FORMATS) < SUFFIXES <= set(Image.registered_extensions())
    assert {Image.registered_extensions()[suffix] for suffix in FORMATS} <= set(Image.SAVE)


def test_the_command_gives_what_the_function_gives(album, colorize, network):
    image = Image.fromarray(data.coffee()).resize((150, 101))
    image.save(album / "a.png")
    assert colorize("--vividness", 0.8, "--versions", 2)[0] == 0
    for number, result in enumerate(colorize_photograph(image, network, 0.8, 2), 1):
        np.testing.assert_array_equal(np.asarray(opened(album.parent / "out" / f"a-{number}.png")), np.asarray(result))
