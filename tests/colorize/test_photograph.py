"""One photograph: every kind of picture keeps its size, its luma and what its file says of it."""

import numpy as np
import pytest
import torch
from pictures_by_hand import (
    GPS_LATITUDE,
    MAKE,
    ORIENTATION,
    TAKEN,
    TURNED,
    damaged_exif,
    luma,
    made_exif,
    opened,
    profile,
    sixteen_bits,
)
from PIL import ExifTags, Image, ImageCms
from profiles_by_hand import rgb_profile
from skimage import data

from lib.colorize.files import save_colored
from lib.colorize.photograph import colorize_photograph
from lib.data import images
from lib.data.seen import as_seen


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
    "16 bits.pgm": lambda photograph: Image.fromarray(sixteen_bits(photograph.convert("L")).astype(np.int32)),
    "1 bit.png": lambda photograph: photograph.convert("1"),
    "palette.png": palette,
    "palette.gif": palette,
    "rgb.png": lambda photograph: photograph,
    "cmyk.tif": lambda photograph: photograph.convert("CMYK"),
    "lab.tif": lab,
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_picture_keeps_size_and_luma(album, colorize, photograph, name):
    image = KINDS[name](photograph)
    image.save(album / name)
    seen = opened(album / name)
    truth = luma(photograph if "bits" in name else seen.convert("RGB"))
    assert colorize() == (0, [f"1 written to {album.parent / 'out'}"], [])
    (path,) = (album.parent / "out").iterdir()
    result = opened(path)
    assert path.suffix == (".png" if name.endswith((".gif", ".pgm")) else path.suffix)
    assert result.mode == "RGB" and result.size == photograph.size
    np.testing.assert_array_equal(luma(result), truth)
    np.testing.assert_array_equal(luma(images.read_photograph(album / name)), truth)  # as every other way in has it
    assert (np.ptp(np.asarray(result).astype(int), axis=2).max() > 30) or name.startswith("1 bit")


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
def test_alpha_is_kept(album, colorize, photograph, mode):
    image, alpha = with_alpha(photograph, mode)
    image.save(album / "a.png")
    assert colorize()[0] == 0
    result = opened(album.parent / "out" / "a.png")
    assert result.mode == "RGBA" and alpha.min() == 0 and alpha.max() == 255
    np.testing.assert_array_equal(np.asarray(result)[..., 3], alpha)
    truth = luma(image.convert("RGBA").convert("RGB"))
    np.testing.assert_array_equal(luma(result.convert("RGB")), truth)


def test_levels_beyond_16_bits_are_refused(network):
    image = Image.fromarray(np.repeat(np.array([[-70_000, -1, 65_536, 200_000]], np.int32), 16, 0)).resize((16, 16), 0)
    with pytest.raises(ValueError, match="32-bit integer pixels have no agreed range"):
        colorize_photograph(image, network)


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
def test_alpha_is_kept_in_other_formats(album, colorize, photograph, suffix):
    image, alpha = with_alpha(photograph, "RGBA")
    image.save(album / f"a{suffix}", lossless=True)
    assert colorize()[0] == 0
    np.testing.assert_array_equal(np.asarray(opened(album.parent / "out" / f"a{suffix}"))[..., 3], alpha)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("orientation", TURNED)
def test_rotation_is_applied_and_said_no_more(album, colorize, gray, orientation, suffix):
    gray.transpose(TURNED[orientation]).save(album / f"a{suffix}", exif=made_exif(orientation))
    assert colorize()[0] == 0
    result = opened(album.parent / "out" / f"a{suffix}")
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


def test_damaged_exif_costs_neither_picture_nor_rotation(album, colorize, gray):
    gray.transpose(TURNED[6]).save(album / "a.png", exif=damaged_exif(6))
    gray.save(album / "b.png", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert colorize() == (0, [f"2 written to {album.parent / 'out'}"], [])
    for name in ("a.png", "b.png"):
        np.testing.assert_array_equal(luma(opened(album.parent / "out" / name)), luma(gray))


def test_exif_that_no_jpeg_can_hold_is_left_out(album, colorize, gray):
    gray.save(album / "a.png", exif=made_exif(description="x" * 70_000))
    assert colorize("--format", "jpg")[0] == 0
    assert not opened(album.parent / "out" / "a.jpg").getexif()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_a_profile_is_kept_where_it_is_about_rgb_and_equals_srgb(album, colorize, photograph, suffix):
    photograph.save(album / f"rgb{suffix}", icc_profile=profile())
    photograph.convert("L").save(album / f"gray{suffix}", icc_profile=profile(b"GRAY"))
    if suffix in (".jpg", ".tif"):
        photograph.convert("CMYK").save(album / f"cmyk{suffix}", icc_profile=profile(b"CMYK"))
    assert colorize()[0] == 0
    for path in (album.parent / "out").iterdir():
        assert opened(path).info.get("icc_profile") == (profile() if path.stem == "rgb" else None)


def test_a_profile_that_was_applied_is_not_kept(album, colorize, photograph):
    """Otherwise viewers would apply it a second time."""
    photograph.save(album / "a.png", icc_profile=rgb_profile(1.8))
    assert colorize()[0] == 0
    result, source = (opened(folder / "a.png") for folder in (album.parent / "out", album))
    assert "icc_profile" not in result.info
    np.testing.assert_array_equal(luma(as_seen(result)), luma(as_seen(source)))
    assert np.abs(luma(result) - luma(photograph)).mean() > 5


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".bmp"])
def test_dots_per_inch_are_kept(album, colorize, gray, suffix):
    gray.save(album / f"a{suffix}", dpi=(300, 300))
    assert colorize()[0] == 0
    np.testing.assert_allclose([float(x) for x in opened(album.parent / "out" / f"a{suffix}").info["dpi"]], 300, 0.01)


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
