"""`as_seen`: every mode, color profiles, the gamma and transparent colors of PNG, and what PIL reads wrong of PSD."""

import io
import struct
import zlib

import numpy as np
import pytest
from pictures_by_hand import profile
from PIL import Image, ImageCms
from profiles_by_hand import fixed, gray_profile, made_profile, rgb_profile

from lib.data.images import PhotographError, as_seen, open_picture, read_photograph
from lib.data.pixels import PixelError

RAMP = np.arange(0, 256, 5, dtype=np.uint8)[None].repeat(4, 0)  # 4 x 52
COLORS = np.dstack([RAMP, RAMP[:, ::-1], 255 - RAMP // 2])


def cmyk_profile():
    """Inks by which any cyan is mid-gray: nothing else would show that the profile was applied. Black is black."""
    lab = [(0 if i & 1 else 255 - 127 * bool(i & 8), 128, 128) for i in range(16)]  # the first channel varies slowest
    line = bytes(range(256))
    lut = struct.pack(">4s4xBBBx", b"mft1", 4, 3, 2) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    return made_profile(b"CMYK", {b"A2B0": lut + line * 4 + bytes(sum(lab, ())) + line * 3}, b"Lab ", b"prtr")


def srgb_of(light):
    return 255 * np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)


def with_profile(levels, icc, mode=None):
    image = Image.fromarray(levels)
    image = image.convert(mode) if mode else image
    image.info["icc_profile"] = icc
    return image


def test_a_gray_profile_is_applied():
    seen = as_seen(with_profile(RAMP, gray_profile(1.8)))
    assert seen.mode == "L" and "icc_profile" not in seen.info
    np.testing.assert_allclose(np.asarray(seen), srgb_of((RAMP / 255) ** (round(1.8 * 256) / 256)), atol=1.5)


def test_gray_of_16_bits_goes_through_its_profile_without_bands():
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    seen = np.asarray(as_seen(with_profile(levels, gray_profile(1.8)))).ravel().astype(int)
    np.testing.assert_allclose(seen, srgb_of((levels.ravel() / 65535) ** (round(1.8 * 256) / 256)), atol=2)
    assert set(np.diff(seen)) == {0, 1}  # every level, one after the other


@pytest.mark.parametrize("suffix", ["JPEG", "PNG", "TIFF"])
def test_profiles_are_read_from_files(suffix):
    file = io.BytesIO()
    Image.fromarray(RAMP).save(file, suffix, icc_profile=gray_profile(1.8))
    gray = np.asarray(read_photograph("a", file.getvalue()))[..., 0]
    np.testing.assert_allclose(gray, srgb_of((RAMP / 255) ** 1.8), atol=4)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_an_rgb_profile_is_applied(mode):
    seen = as_seen(with_profile(COLORS, rgb_profile(1.8), mode))
    assert seen.mode == mode and "icc_profile" not in seen.info
    np.testing.assert_allclose(np.asarray(seen)[..., :3], srgb_of((COLORS / 255) ** 1.8), atol=3)


def test_a_palette_has_a_profile_too():
    swapped = as_seen(with_profile(COLORS, rgb_profile(2.2, swapped=True)).quantize(16))
    assert swapped.mode == "RGB"  # `quantize` drops the profile
    image = Image.fromarray(COLORS).quantize(16)
    image.info["icc_profile"] = rgb_profile(2.2, swapped=True)
    red, green = np.asarray(as_seen(image), int)[0, -1, :2]
    assert green > red  # which is red without its profile


def test_a_cmyk_profile_is_applied():
    image = Image.new("CMYK", (4, 4), (255, 0, 0, 0))
    plain = as_seen(image).getpixel((1, 1))
    image.info["icc_profile"] = cmyk_profile()
    seen = as_seen(image)
    assert plain == (0, 255, 255) and np.ptp(seen.getpixel((1, 1))) <= 3 and 100 < seen.getpixel((1, 1))[0] < 140
    assert "icc_profile" not in seen.info


def test_srgb_itself_leaves_the_pixels_alone():
    image = with_profile(COLORS, profile())
    assert as_seen(image) is image  # and its profile may be passed on


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_profile_of_other_channels_or_damaged_is_ignored(mode):
    others = {"L": rgb_profile(1.8), "RGB": gray_profile(1.8), "CMYK": rgb_profile(1.8)}[mode]
    own = {"L": gray_profile(1.8), "RGB": rgb_profile(1.8), "CMYK": cmyk_profile()}[mode]
    for icc in (others, own[:150], b"no profile", b"", own[:40] + bytes(len(own) - 40)):
        plain, image = Image.fromarray(COLORS).convert(mode), with_profile(COLORS, icc, mode)
        np.testing.assert_array_equal(np.asarray(as_seen(image)), np.asarray(as_seen(plain)))
        assert not as_seen(image).info.get("icc_profile")


def test_rotation_and_profile_together():
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    Image.fromarray(RAMP).save(file, "PNG", icc_profile=gray_profile(1.8), exif=exif.tobytes())
    seen = as_seen(open_picture("a", file.getvalue()))
    assert seen.size == (4, 52)
    np.testing.assert_allclose(np.asarray(seen)[:, 0], srgb_of((RAMP[0] / 255) ** 1.8), atol=2)


def png(levels, bits, kind, *chunks):
    """A PNG with more chunks, each `(name, data)`."""
    rows = levels.reshape(len(levels), -1)
    if bits < 8:
        each = rows[..., None] >> np.arange(bits - 1, -1, -1) & 1
        rows = np.packbits(each.reshape(len(rows), -1).astype(np.uint8), axis=1)
    rows = rows.astype(">u2" if bits == 16 else np.uint8)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    head = struct.pack(">IIBBBBB", levels.shape[1], levels.shape[0], bits, kind, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IDAT", data), (b"IEND", b"")]
    framed = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_the_transparent_level_of_a_gray_png(bits):
    levels = np.rint(RAMP / 255 * (2**bits - 1)).astype(np.uint16)
    key = int(levels[0, 20])
    seen = np.asarray(read_photograph("a", png(levels, bits, 0, (b"tRNS", struct.pack(">H", key)))))[..., 0]
    np.testing.assert_allclose(seen, np.where(levels == key, 255, levels * (255 / (2**bits - 1))), atol=1)


def test_the_transparent_color_of_a_16_bit_png():
    levels = COLORS.astype(np.uint16) * 257
    key = struct.pack(">HHH", *map(int, levels[0, 20]))
    seen = np.asarray(read_photograph("a", png(levels, 16, 2, (b"tRNS", key))))
    assert seen[0, 20].tolist() == [255] * 3 and seen[0, 21].tolist() == COLORS[0, 21].tolist()


@pytest.mark.parametrize("bits", [8, 16])
def test_the_gamma_of_a_png(bits):
    levels = RAMP.astype(np.uint16) * (257 if bits == 16 else 1)
    for gamma, exponent in ((45455, 1), (55556, 1 / (0.55556 * 2.2)), (100000, 1 / 2.2), (0, 1)):
        seen = np.asarray(read_photograph("a", png(levels, bits, 0, (b"gAMA", struct.pack(">I", gamma)))))[..., 0]
        np.testing.assert_allclose(seen, 255 * (RAMP / 255) ** exponent, atol=1)
    both = png(levels, bits, 0, (b"gAMA", struct.pack(">I", 100000)), (b"sRGB", b"\0"))
    assert np.array_equal(np.asarray(read_photograph("a", both))[..., 0], RAMP)


@pytest.mark.parametrize("maximum", [1, 100, 255, 256, 1000, 4095, 65535])
def test_a_pgm_is_scaled_by_its_maximum(maximum):
    levels = np.rint(RAMP / 255 * maximum)
    content = b"P5 52 4 %d\n" % maximum + levels.astype(">u2" if maximum > 255 else np.uint8).tobytes()
    np.testing.assert_allclose(np.asarray(read_photograph("a", content))[..., 0], levels * 255 / maximum, atol=1)


def psd(planes, bits, kind):
    height, width = planes[0].shape
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, len(planes), height, width, bits, kind) + bytes(12) + bytes(2)
    pack = {1: lambda p: np.packbits(p, axis=1), 8: lambda p: p, 16: lambda p: p.astype(">u2") * 257}[bits]
    return head + b"".join(pack(plane).tobytes() for plane in planes)


def test_psd():
    planes = list(np.moveaxis(COLORS, 2, 0).copy())
    half = np.full_like(RAMP, 128)
    for content, truth in (
        (psd([RAMP < 128], 1, 0), np.where(RAMP < 128, 0, 255)),  # 1 is black
        (psd([RAMP], 8, 8), RAMP),  # duotone
        (psd([*planes, half], 8, 3), COLORS),  # any selection, or colors that lie on white already
    ):
        truth = truth if truth.ndim == 3 else truth[..., None].repeat(3, 2)
        np.testing.assert_array_equal(np.asarray(read_photograph("a.psd", content)), truth)
    for content, words in ((psd([RAMP], 16, 1), "a PSD with more than 8 bits"), (psd(planes, 8, 7), "separate inks")):
        with pytest.raises(PhotographError, match=f"a.psd: it is .*{words}"):
            read_photograph("a.psd", content)


def test_every_mode():
    rgb = Image.fromarray(COLORS)
    lab = ImageCms.profileToProfile(
        rgb, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    for image, mode in (
        *((rgb.convert(mode), mode) for mode in ("L", "RGB", "RGBA")),
        *((rgb.convert(mode), "RGB") for mode in ("P", "YCbCr", "HSV", "RGBX", "CMYK")),
        *((rgb.convert(first).convert(mode), "RGBA") for first, mode in (("LA", "La"), ("RGBA", "RGBa"), ("P", "PA"))),
        (rgb.convert("1"), "L"),
        (lab, "RGB"),
        (Image.fromarray(RAMP.astype(np.int32) * 257), "L"),
    ):
        before = image.tobytes()
        seen = as_seen(image)
        assert seen.mode == mode and image.tobytes() == before
        tolerance = 90 if image.mode in ("1", "P", "PA") else 12
        difference = np.asarray(seen.convert("L"), int) - np.asarray(rgb.convert("L"), int)
        assert image.mode.startswith("I") or image.mode == "1" or np.abs(difference).max() <= tolerance, image.mode


@pytest.mark.parametrize("levels", [RAMP.astype(np.float32), RAMP.astype(np.int32) - 1, RAMP.astype(np.int32) * 300])
def test_pixels_without_an_agreed_range(levels):
    with pytest.raises(PixelError, match="have no agreed range; save it with 8 or 16 bits"):
        as_seen(Image.fromarray(levels))
