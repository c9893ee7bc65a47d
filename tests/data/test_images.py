"""The reader of photographs: every kind of picture, and what cannot be read."""

import subprocess
import sys

import numpy as np
import pytest
from pictures_by_hand import damaged_exif, truncated
from PIL import Image

from lib.common.files import ROOT
from lib.data.images import PhotographError, as_seen, read_photograph, squared


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
    assert np.array_equal(as_seen(seen), seen)  # what is upright is not turned again


def test_an_ordinary_photograph_is_itself(tmp_path, photograph):
    np.testing.assert_array_equal(pixels(save(photograph, tmp_path / "a.png")), np.asarray(photograph))


BAD = {
    "truncated.jpg": truncated,
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
    path = save(photograph.transpose(Image.Transpose.ROTATE_90), tmp_path / "a.png", exif=damaged_exif(6))
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
