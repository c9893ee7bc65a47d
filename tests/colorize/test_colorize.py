"""Photographs in, photographs out: every kind of picture, where the results go, and what happens when one fails."""

import functools
import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image, ImageCms
from skimage import data

from lib.colorize.batch import FORMATS, save_colored
from lib.colorize.photograph import colorize_photograph
from lib.commands.colorize import main
from lib.data import images
from lib.networks.pretrained import load_colorizer
from lib.networks.registry import build_network
from lib.networks.storage import save_network
from lib.training.config import TrainingConfig

OPTIONS = {"width": 4, "side": 32}
MAKE, ORIENTATION, GPS_LATITUDE = ExifTags.Base.Make, ExifTags.Base.Orientation, ExifTags.GPS.GPSLatitudeRef
TAKEN = ExifTags.Base.DateTimeOriginal


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """An untrained network whose distributions are made certain enough to give strong colors."""
    network = build_network("ChromaNet", **OPTIONS)
    with torch.no_grad():
        network.colors.weight.mul_(300)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_network(path, network, TrainingConfig(network="ChromaNet", options=OPTIONS, loss="chroma distribution"))
    return path


@pytest.fixture(scope="module")
def network(weights):
    return load_colorizer(weights)


@pytest.fixture
def gray(photograph):
    return photograph.convert("L")


@pytest.fixture
def folder(tmp_path):
    """An empty folder for photographs; `run` writes beside it."""
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def run(weights, folder, capfd):
    """Calls the command line; gives the exit code, the lines of standard output and those of standard error."""

    def call(*arguments, paths=(), out="out"):
        arguments = [*(paths or [folder]), "-o", folder.parent / out, "--weights", weights, *arguments]
        capfd.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:  # argparse
            code = stopped.code
        return code, *(text.splitlines() for text in capfd.readouterr())

    return call


def opened(path):
    with Image.open(path) as image:
        image.load()
        return image


def luma(image):
    return np.asarray(image.convert("L")).astype(int)


def written(folder):
    """Names of all files below a folder, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# --- kinds of pictures


def sixteen_bits(gray):
    """Levels that are nearest to those of 8 bits: at them and, in every second row, somewhat above or below."""
    levels = np.asarray(gray).astype(np.uint16) * 257
    beside = np.where(levels < 32_768, 100, -100)
    beside[::2] = 0
    return (levels + beside).astype(np.uint16)


def palette(photograph):
    return photograph.quantize(16)


def lab(photograph):
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.profileToProfile(photograph, *profiles, outputMode="LAB")


KINDS = {
    "8 bits.png": lambda photograph: photograph.convert("L"),
    "8 bits.tif": lambda photograph: photograph.convert("L"),
    "8 bits.bmp": lambda photograph: photograph.convert("L"),
    "16 bits.png": lambda photograph: Image.fromarray(sixteen_bits(photograph.convert("L"))),
    "16 bits.tif": lambda photograph: Image.fromarray(sixteen_bits(photograph.convert("L"))),
    "32 bits.tif": lambda photograph: Image.fromarray(sixteen_bits(photograph.convert("L")).astype(np.int32)),
    "16 bits.pgm": lambda photograph: Image.fromarray(sixteen_bits(photograph.convert("L")).astype(np.int32)),
    "1 bit.png": lambda photograph: photograph.convert("1"),
    "palette.png": palette,
    "palette.gif": palette,
    "rgb.png": lambda photograph: photograph,
    "cmyk.tif": lambda photograph: photograph.convert("CMYK"),
    "lab.tif": lab,
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_picture_keeps_size_and_luma(folder, run, photograph, name):
    image = KINDS[name](photograph)
    image.save(folder / name)
    seen = opened(folder / name)
    truth = luma(photograph if "bits" in name else seen.convert("RGB"))
    assert run() == (0, [f"1 written to {folder.parent / 'out'}"], [])
    (path,) = (folder.parent / "out").iterdir()
    result = opened(path)
    assert path.suffix == (".png" if name.endswith((".gif", ".pgm")) else path.suffix)
    assert result.mode == "RGB" and result.size == photograph.size
    np.testing.assert_array_equal(luma(result), truth)
    np.testing.assert_array_equal(luma(images.read_photograph(folder / name)), truth)  # as every other way in has it
    assert (np.ptp(np.asarray(result).astype(int), axis=2).max() > 30) or name.startswith("1 bit")


@pytest.mark.parametrize(("suffix", "tolerance"), [(".jpg", 2), (".webp", 6)])
def test_lossy_formats_lose_little(folder, run, gray, suffix, tolerance):
    gray.save(folder / f"a{suffix}", quality=100)
    assert run()[0] == 0
    result = opened(folder.parent / "out" / f"a{suffix}")
    assert np.abs(luma(result) - luma(opened(folder / f"a{suffix}"))).mean() < tolerance
    if suffix == ".jpg":
        assert [component[1:3] for component in result.layer] == [(1, 1)] * 3  # chroma is not subsampled


def with_alpha(photograph, mode):
    """A picture with transparency of some kind, and its alpha."""
    alpha = Image.fromarray(np.linspace(0, 255, photograph.width * photograph.height).astype(np.uint8).reshape(32, 48))
    if mode in ("LA", "RGBA"):
        image = photograph.convert(mode)
        image.putalpha(alpha)
        return image, np.asarray(alpha)
    image = photograph.quantize(16) if mode == "P" else photograph.convert(mode)
    key = (255, 0, 0) if mode == "RGB" else 3
    image.putpixel((5, 6), key)
    image.info["transparency"] = key
    transparent = np.all(np.asarray(image).reshape(*image.size[::-1], -1) == key, axis=2)
    return image, np.where(transparent, 0, 255)


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P", "L", "RGB"])
def test_alpha_is_kept(folder, run, photograph, mode):
    image, alpha = with_alpha(photograph, mode)
    image.save(folder / "a.png")
    assert run()[0] == 0
    result = opened(folder.parent / "out" / "a.png")
    assert result.mode == "RGBA" and alpha.min() == 0 and alpha.max() == 255
    np.testing.assert_array_equal(np.asarray(result)[..., 3], alpha)
    truth = luma(image.convert("RGBA").convert("RGB"))
    np.testing.assert_array_equal(luma(result.convert("RGB")), truth)


def test_levels_beyond_16_bits_are_black_and_white(network):
    image = Image.fromarray(np.repeat(np.array([[-70_000, -1, 65_536, 200_000]], np.int32), 16, 0)).resize((16, 16), 0)
    assert luma(colorize_photograph(image, network)[0])[0, ::4].tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize("mode", ["YCbCr", "HSV", "RGBX", "RGBa"])
def test_modes_of_no_file(network, photograph, mode):
    image = photograph.convert("RGBA").convert(mode) if mode == "RGBa" else photograph.convert(mode)
    np.testing.assert_array_equal(luma(colorize_photograph(image, network)[0]), luma(image.convert("RGB")))


def test_palette_with_alpha_of_its_own(network, photograph):
    image = photograph.quantize(16).convert("PA")
    image.putalpha(Image.linear_gradient("L").resize(photograph.size))
    (result,) = colorize_photograph(image, network)
    np.testing.assert_array_equal(np.asarray(result)[..., 3], np.asarray(image.getchannel("A")))


@pytest.mark.parametrize("suffix", [".tif", ".webp"])
def test_alpha_is_kept_in_other_formats(folder, run, photograph, suffix):
    image, alpha = with_alpha(photograph, "RGBA")
    image.save(folder / f"a{suffix}", lossless=True)
    assert run()[0] == 0
    np.testing.assert_array_equal(np.asarray(opened(folder.parent / "out" / f"a{suffix}"))[..., 3], alpha)


@pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
def test_what_has_no_alpha_lies_on_white(network, tmp_path, photograph, suffix):
    image = photograph.convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 16, 32))
    save_colored(colorize_photograph(image, network)[0], tmp_path / f"a{suffix}")
    result = opened(tmp_path / f"a{suffix}")
    assert result.mode == "RGB" and np.asarray(result)[:, :8].min() > 245
    assert np.abs(luma(result) - luma(photograph))[:, 24:].mean() < 3


def test_the_first_frame_is_taken(folder, run, gray):
    for suffix in (".gif", ".tif"):
        gray.save(folder / f"{suffix[1:]}{suffix}", save_all=True, append_images=[Image.new("L", gray.size, 200)])
    assert run()[0] == 0
    for name in ("gif.png", "tif.tif"):
        result = opened(folder.parent / "out" / name)
        np.testing.assert_array_equal(luma(result), luma(gray))
        assert getattr(result, "n_frames", 1) == 1


# --- what a file says of itself


def made_exif(orientation=1, description=""):
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = "Kodak", orientation
    exif.get_ifd(ExifTags.IFD.Exif)[TAKEN] = "1936:03:01 12:00:00"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[GPS_LATITUDE] = "N"
    exif[ExifTags.Base.ImageDescription] = description
    return exif.tobytes()


TURNED = {  # how a photograph is stored that is shown upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("orientation", TURNED)
def test_rotation_is_applied_and_said_no_more(folder, run, gray, orientation, suffix):
    gray.transpose(TURNED[orientation]).save(folder / f"a{suffix}", exif=made_exif(orientation))
    assert run()[0] == 0
    result = opened(folder.parent / "out" / f"a{suffix}")
    np.testing.assert_array_equal(luma(result), luma(gray))
    assert ORIENTATION not in result.getexif() and result.getexif()[MAKE] == "Kodak"


def test_16_bits_are_rotated_too(network, gray):
    stored = Image.fromarray(sixteen_bits(gray)).transpose(TURNED[6])
    stored.getexif()[ORIENTATION] = 6
    np.testing.assert_array_equal(luma(colorize_photograph(stored, network)[0]), luma(gray))


@pytest.mark.parametrize("before", [".jpg", ".png", ".webp", ".tif"])
def test_exif_is_kept(network, tmp_path, gray, before):
    gray.save(tmp_path / f"a{before}", exif=made_exif(6))
    with open(tmp_path / f"a{before}", "rb") as file, Image.open(file) as image:
        (colored,) = colorize_photograph(image, network)
    for after in (".jpg", ".png", ".webp", ".tif"):
        save_colored(colored, tmp_path / "out" / f"a{after}")
        result = opened(tmp_path / "out" / f"a{after}")
        exif = result.getexif()
        assert exif[MAKE] == "Kodak" and ORIENTATION not in exif
        assert exif.get_ifd(ExifTags.IFD.Exif)[TAKEN].startswith("1936")
        assert exif.get_ifd(ExifTags.IFD.GPSInfo)[GPS_LATITUDE] == "N"
        assert np.abs(luma(result) - luma(gray.transpose(Image.Transpose.ROTATE_270))).mean() < 6
        if after != ".tif":  # nothing of how a TIFF stored the gray pixels
            assert ExifTags.Base.Compression not in exif and ExifTags.Base.PhotometricInterpretation not in exif


def test_damaged_exif_costs_neither_picture_nor_rotation(folder, run, gray):
    """A maker that is a fraction: PIL reads it, and raises an `AttributeError` where it would write it again."""
    tags = struct.pack("<HHIIHHII", ORIENTATION, 3, 1, 6, MAKE, 5, 1, 8)
    damaged = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + tags + bytes(4)
    gray.transpose(TURNED[6]).save(folder / "a.png", exif=damaged)
    gray.save(folder / "b.png", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert run() == (0, [f"2 written to {folder.parent / 'out'}"], [])
    for name in ("a.png", "b.png"):
        np.testing.assert_array_equal(luma(opened(folder.parent / "out" / name)), luma(gray))


def test_exif_that_no_jpeg_can_hold_is_left_out(folder, run, gray):
    gray.save(folder / "a.png", exif=made_exif(description="x" * 70_000))
    assert run("--format", "jpg")[0] == 0
    assert not opened(folder.parent / "out" / "a.jpg").getexif()


@functools.cache  # it holds the second in which it is made
def profile(space=b"RGB "):
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made[:16] + space + made[20:]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_a_profile_is_kept_where_it_is_about_rgb(folder, run, photograph, suffix):
    photograph.save(folder / f"rgb{suffix}", icc_profile=profile())
    photograph.convert("L").save(folder / f"gray{suffix}", icc_profile=profile(b"GRAY"))
    if suffix in (".jpg", ".tif"):
        photograph.convert("CMYK").save(folder / f"cmyk{suffix}", icc_profile=profile(b"CMYK"))
    assert run()[0] == 0
    for path in (folder.parent / "out").iterdir():
        assert opened(path).info.get("icc_profile") == (profile() if path.stem == "rgb" else None)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".bmp"])
def test_dots_per_inch_are_kept(folder, run, gray, suffix):
    gray.save(folder / f"a{suffix}", dpi=(300, 300))
    assert run()[0] == 0
    np.testing.assert_allclose([float(x) for x in opened(folder.parent / "out" / f"a{suffix}").info["dpi"]], 300, 0.01)


# --- where the results go


def test_folders_names_and_formats_are_kept(folder, run, gray):
    names = ["a.jpg", "b/c.PNG", "b/été 山/d.e.tiff", "f.webp", "g.bmp", "h.gif", "i.jpeg"]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        gray.save(folder / name)
    (folder / "notes.txt").write_text("no photograph")
    (folder / ".trash").mkdir()
    gray.save(folder / ".trash" / "j.png")
    gray.save(folder / ".k.png")
    assert run() == (0, [f"7 written to {folder.parent / 'out'}"], [])
    out = folder.parent / "out"
    assert written(out) == sorted([*(name for name in names if name != "h.gif"), "h.png"])
    kinds = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".tiff": "TIFF", ".webp": "WEBP", ".bmp": "BMP"}
    assert {opened(path).format == kinds[path.suffix.lower()] for path in out.rglob("*.*")} == {True}


@pytest.mark.parametrize(("form", "kind"), [("png", "PNG"), ("jpg", "JPEG")])
def test_a_format_is_chosen(folder, run, gray, form, kind):
    (folder / "b").mkdir()
    gray.save(folder / "a.tif")
    gray.save(folder / "b" / "c.JPG")
    assert run("--format", form, paths=[folder / "a.tif", folder / "b"])[0] == 0
    assert written(folder.parent / "out") == [f"a.{form}", f"c.{form}"]
    assert opened(folder.parent / "out" / f"c.{form}").format == kind


def test_versions_differ_and_the_first_is_the_plain_one(folder, run, gray):
    gray.save(folder / "a.png")
    assert run("--versions", 9)[0] == 0 and run(out="plain")[0] == 0
    assert written(folder.parent / "out") == [f"a-{number}.png" for number in range(1, 10)]
    pictures = [np.asarray(opened(folder.parent / "out" / f"a-{number}.png")) for number in range(1, 10)]
    np.testing.assert_array_equal(pictures[0], np.asarray(opened(folder.parent / "plain" / "a.png")))
    assert len({picture.tobytes() for picture in pictures}) == 9
    for picture in pictures:
        np.testing.assert_array_equal(luma(Image.fromarray(picture)), luma(gray))


def test_what_is_there_is_overwritten_only_by_force(folder, run, gray):
    out = folder.parent / "out"
    out.mkdir()
    for name in ("a.png", "b.png"):
        gray.save(folder / name)
    (out / "a.png").write_text("mine")
    assert run() == (0, [f"1 written to {out}, 1 skipped because there already (--force overwrites)"], [])
    assert (out / "a.png").read_text() == "mine"
    before = (out / "b.png").read_bytes()
    assert run("--vividness", 0)[1] == [f"0 written to {out}, 2 skipped because there already (--force overwrites)"]
    assert (out / "b.png").read_bytes() == before
    assert run("--vividness", 0, "--force") == (0, [f"2 written to {out}"], [])
    assert (out / "b.png").read_bytes() != before
    np.testing.assert_array_equal(luma(opened(out / "a.png")), luma(gray))


def test_a_version_that_is_missing_is_made(folder, run, gray):
    gray.save(folder / "a.png")
    run("--versions", 3)
    out = folder.parent / "out"
    (out / "a-2.png").unlink()
    (out / "a-3.png").write_text("mine")
    assert run("--versions", 3)[1] == [f"1 written to {out}"]
    assert opened(out / "a-2.png").size == gray.size and (out / "a-3.png").read_text() == "mine"


def test_results_inside_the_folder_are_not_colorized_again(folder, run, gray):
    gray.save(folder / "a.png")
    for _ in range(2):
        assert run(out="in/results")[0] == 0
    assert written(folder) == ["a.png", "results/a.png"]


def test_two_photographs_for_one_name_are_refused(folder, run, gray):
    for name in ("a.png", "b.gif", "b.png"):
        gray.save(folder / name)
    code, lines, (error,) = run()
    assert (code, lines) == (2, []) and "b.gif" in error and "in/b.png" in error and "out/b.png" in error
    assert not (folder.parent / "out").exists()


def test_a_photograph_that_is_named_twice_is_done_once(folder, run, gray):
    gray.save(folder / "a.png")
    again = folder / ".." / "in" / "a.png"
    assert run(paths=[folder, again, folder / "a.png"])[:2] == (0, [f"1 written to {folder.parent / 'out'}"])


@pytest.mark.parametrize("force", [(), ("--force",)])
@pytest.mark.parametrize("way", ["itself", "folder", "symlink", "hard link"])
def test_a_photograph_is_never_written_onto(folder, run, gray, way, force):
    gray.save(folder / "a.png")
    before, out = (folder / "a.png").read_bytes(), folder.parent / "out"
    out.mkdir()
    if way == "symlink":
        (out / "a.png").symlink_to(folder / "a.png")
    if way == "hard link":
        (out / "a.png").hardlink_to(folder / "a.png")
    paths = [folder / "a.png"] if way == "itself" else [folder]
    code, lines, errors = run(*force, paths=paths, out="in" if way in ("itself", "folder") else "out")
    assert (code, lines, len(errors)) == (2, [], 1) and "name another folder after -o" in errors[0]
    assert (folder / "a.png").read_bytes() == before and written(folder) == ["a.png"]


# --- what goes wrong


def truncated(path, gray):
    gray.save(path, **({"compression": "tiff_lzw"} if path.suffix == ".tif" else {}))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


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
    "bomb.png": (header_of_a_bomb, "exceeds limit"),
    "float.tif": (lambda path, _: Image.new("F", (32, 32), 0.5).save(path), "save it with 8 or 16 bits"),
    "small.png": (lambda path, gray: gray.crop((0, 0, 15, 32)).save(path), "too small to colorize; it needs 16 px"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_photograph_is_one_line_and_the_others_are_done(folder, run, gray, name):
    make, reason = BAD[name]
    make(folder / name, gray)
    gray.save(folder / "a.png")
    gray.save(folder / "z.png")
    code, lines, errors = run()
    assert (code, lines) == (1, [f"2 written to {folder.parent / 'out'}, 1 not done"])
    assert len(errors) == 1 and errors[0].startswith(f"{folder / name}: ") and reason in errors[0]
    assert written(folder.parent / "out") == ["a.png", "z.png"]


def test_a_missing_path_is_one_line_and_the_others_are_done(folder, run, gray):
    gray.save(folder / "a.png")
    code, lines, errors = run(paths=[folder / "nowhere.jpg", folder / "a.png"])
    assert (code, lines) == (1, [f"1 written to {folder.parent / 'out'}, 1 not done"])
    assert errors == [f"{folder / 'nowhere.jpg'}: no such photograph or folder; check the path"]


@pytest.mark.filterwarnings("error")
def test_a_large_photograph_is_no_warning(folder, run, gray, monkeypatch):
    gray.save(folder / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", gray.width * gray.height - 1)  # PIL refuses from twice as many
    assert run() == (0, [f"1 written to {folder.parent / 'out'}"], [])


def test_what_cannot_be_written_is_one_line_and_the_others_are_done(folder, run, gray):
    (folder / "b").mkdir()
    Image.new("L", (70_000, 16)).save(folder / "a.png")  # too long for JPEG
    for name in ("b/1.png", "b/2.png", "c.png"):
        gray.save(folder / name)
    out = folder.parent / "out"
    out.mkdir()
    (out / "b").write_text("in the way")
    code, lines, errors = run("--format", "jpg", "--versions", 2)
    assert (code, lines) == (1, [f"1 written to {out}, 3 not done"])
    assert [error.split(":")[0] for error in errors] == [
        str(out / name) for name in ("a-1.jpg", "b/1-1.jpg", "b/2-1.jpg")
    ]
    assert all("could not be written" in error for error in errors)
    assert written(out) == ["b", "c-1.jpg", "c-2.jpg"]


def failing_save(error):
    def save(image, path, **_):
        path.write_bytes(b"half of a pict")
        raise error

    return save


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_results_are_whole_or_not_there(folder, run, gray, monkeypatch, force):
    gray.save(folder / "a.png")
    out = folder.parent / "out"
    if force:
        out.mkdir()
        (out / "a.png").write_text("the old one")
    monkeypatch.setattr(Image.Image, "save", failing_save(OSError(28, "No space left on device")))
    code, lines, errors = run(*force)
    assert code == 1 and len(errors) == 1 and "out/a.png: could not be written ([Errno 28] No space left" in errors[0]
    assert lines == [f"0 written to {out}, 1 not done"]
    assert written(out) == (["a.png"] if force else [])
    assert not force or (out / "a.png").read_text() == "the old one"


def test_ctrl_c_ends_quietly(folder, run, gray, monkeypatch):
    gray.save(folder / "a.png")
    monkeypatch.setattr(Image.Image, "save", failing_save(KeyboardInterrupt()))
    assert run() == (130, [], [])
    assert written(folder.parent / "out") == []


def test_no_photographs(folder, run):
    (folder / "notes.txt").write_text("no photograph")
    code, lines, errors = run()
    assert (code, lines, len(errors)) == (2, [], 1) and f"no photographs in {folder}" in errors[0]


def test_a_network_that_cannot_be_used_is_one_sentence(folder, run, gray, tmp_path):
    gray.save(folder / "a.png")
    (tmp_path / "text").write_text("no network")
    other = TrainingConfig(options={"width": 2})
    save_network(tmp_path / "other", build_network("ColorizationNet", width=2), other)
    for name, reason in (
        ("nowhere", "no such network"),
        ("text", "no whole safetensors"),
        ("other", "not a ChromaNet"),
    ):
        code, lines, errors = run("--weights", tmp_path / name)
        assert (code, lines, len(errors)) == (2, [], 1) and reason in errors[0] and str(tmp_path / name) in errors[0]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        *(("--vividness", value) for value in ("1.1", "nan", "much")),
        *(("--versions", value) for value in ("0", "10")),
        ("--format", "gif"),
        ("-o", "a.png"),
    ],
)
def test_mistakes_in_options(folder, run, gray, arguments):
    gray.save(folder / "a.png")
    code, lines, errors = run(*arguments)
    assert (code, lines) == (2, []) and errors[-1].startswith("colorize: error: ") and arguments[1] in errors[-1]
    assert written(folder.parent) == ["in/a.png"]


def test_a_file_is_no_folder_for_results(folder, run, gray):
    gray.save(folder / "a.png")
    (folder.parent / "out").write_text("a file")
    assert run()[0] == 2 and (folder.parent / "out").read_text() == "a file"


# --- the terminal, and Python


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_and_problems_on_a_terminal(folder, run, gray, monkeypatch):
    gray.save(folder / "a.png")
    (folder / "b.png").write_bytes(b"")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    assert run()[1] == [f"1 written to {folder.parent / 'out'}, 1 not done"]
    assert "0/2" in terminal.getvalue() and "photo" in terminal.getvalue()
    assert f"\r{folder / 'b.png'}: not readable" in terminal.getvalue().replace("\r\r", "\r").replace(" ", " ")


def test_help_needs_no_torch():
    code = "import sys, lib.commands.colorize as c\ntry: c.main(['--help'])\nfinally: print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.endswith("False\n") and "--vividness" in done.stdout


def test_what_is_written_can_be_read_and_what_is_listed_is_known_to_pil():
    assert set(FORMATS) < images.SUFFIXES <= set(Image.registered_extensions())
    assert {Image.registered_extensions()[suffix] for suffix in FORMATS} <= set(Image.SAVE)


def test_the_command_gives_what_the_function_gives(folder, run, network):
    image = Image.fromarray(data.coffee()).resize((150, 101))
    image.save(folder / "a.png")
    assert run("--vividness", 0.8, "--versions", 2)[0] == 0
    for number, result in enumerate(colorize_photograph(image, network, 0.8, 2), 1):
        np.testing.assert_array_equal(np.asarray(opened(folder.parent / "out" / f"a-{number}.png")), np.asarray(result))


@pytest.mark.parametrize("size", [(640, 427), (96, 1000), (40, 16)])
def test_the_colors_are_those_of_the_network(network, size):
    """The picture is made small in whole gray levels here, and in floats there."""
    gray = Image.fromarray(data.coffee()).resize(size).convert("L")
    shown = np.asarray(colorize_photograph(gray, network, vividness=0.0)[0]) / 255
    with torch.inference_mode():
        truth = network(torch.tensor(np.asarray(gray))[None, None] / 255)[0].movedim(0, -1).numpy()
    assert np.ptp(truth, axis=2).max() > 0.1
    np.testing.assert_allclose(shown, truth, atol=2 / 255)


def test_the_caller_s_picture_is_left_as_it_was(network, photograph):
    photograph.info["icc_profile"] = profile()
    photograph.getexif()[ORIENTATION] = 6
    before, info = photograph.tobytes(), dict(photograph.info)
    colorize_photograph(photograph, network)
    assert photograph.tobytes() == before and photograph.info == info and photograph.getexif()[ORIENTATION] == 6
