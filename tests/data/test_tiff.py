"""TIFF pages of every interpretation, depth and layout, written by hand: each as a viewer shows it, or one sentence."""

import itertools
import zlib

import numpy as np
import pytest
import tiff_by_hand as made
from PIL import Image
from tiff_by_hand import tiff, tiff_pages

from lib.data.images import PhotographError, as_seen, frames_of, open_picture, read_photograph

HEIGHT, WIDTH = 19, 37
RAMP = np.linspace(0, 1, WIDTH) * np.ones((HEIGHT, 1))
RAMP[5:9] = 1 - RAMP[5:9]
COLORS = np.dstack([RAMP, RAMP[::-1, ::-1], 1 - RAMP])
LAYOUTS = {
    "plain": {},
    "strips": {"rows": 8},
    "tiles": {"tile": 16},
    "deflate": {"deflate": True, "rows": 8},
    "tiles, deflate": {"tile": 16, "deflate": True},
    "fill order": {"fill": 2},
    "fill order, deflate": {"fill": 2, "deflate": True},
    "BigTIFF": {"big": True, "rows": 8},
}
EVERY_WAY = pytest.mark.parametrize(("layout", "order"), list(itertools.product(LAYOUTS, "<>")))


def in_bits(light, bits):
    return np.rint(light * (2**bits - 1)).astype(np.uint16)


def check(content, truth, levels=1.01):
    """`truth` is light in [0, 1]."""
    truth = truth if truth.ndim == 3 else truth[..., None].repeat(3, 2)
    np.testing.assert_allclose(np.asarray(read_photograph("a.tif", content), float), 255 * truth, atol=levels)


@EVERY_WAY
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 6, 8, 10, 12, 14, 16])
def test_gray(layout, order, bits):
    levels, most = in_bits(RAMP, bits), 2**bits - 1
    predictors = [{}, {"predictor": 2}] if bits in (8, 16) and "deflate" in layout else [{}]
    for predictor in predictors:
        options = LAYOUTS[layout] | predictor
        check(tiff(levels, bits, made.GRAY, order, **options), levels / most)
        check(tiff(most - levels, bits, made.GRAY_INVERTED, order, **options), levels / most)
        check(tiff(levels, bits, None, order, **options), levels / most)  # as libtiff takes it


@EVERY_WAY
@pytest.mark.parametrize("bits", [4, 5, 8, 12, 16])
@pytest.mark.parametrize("planes", [{}, {"separate": True}])
def test_rgb_with_and_without_more_samples(layout, order, bits, planes):
    levels, options = in_bits(COLORS, bits), LAYOUTS[layout] | planes
    truth, full = levels / (2**bits - 1), np.full((HEIGHT, WIDTH), 2**bits - 1, np.uint16)
    check(tiff(levels, bits, made.RGB, order, **options), truth)
    for extra in ([0], [1], [2]):
        check(tiff(np.dstack([levels, full]), bits, made.RGB, order, tags={338: extra}, **options), truth)
    two = np.dstack([levels, full, full // 3])
    check(tiff(two, bits, made.RGB, order, tags={338: [2, 0]}, **options), truth)


@EVERY_WAY
def test_other_interpretations(layout, order):
    options = LAYOUTS[layout]
    for bits, count in ((1, 2), (2, 4), (4, 16), (8, 256)):
        index, map_ = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) % count, np.linspace(0, 255, 3 * count).round()
        truth = map_.reshape(3, count).T[index] / 255
        for scale in (257, 1):  # entries of 16 bits, and of 8 by some writers' mistake
            tags = {320: (map_.astype(int) * scale).tolist()}
            check(tiff(index.astype(np.uint16), bits, made.PALETTE, order, tags=tags, **options), truth)
    for bits, planes in itertools.product((8, 16), ({}, {"separate": True})):
        inks = np.dstack([1 - COLORS, np.zeros((HEIGHT, WIDTH))])
        check(tiff(in_bits(inks, bits), bits, made.CMYK, order, **options, **planes), COLORS)
    rgb = Image.fromarray(in_bits(COLORS, 8).astype(np.uint8))
    for planes in ({}, {"separate": True}):
        content = tiff(np.asarray(rgb.convert("YCbCr")), 8, made.YCBCR, order, tags={530: [1, 1]}, **options, **planes)
        check(content, np.asarray(rgb) / 255, levels=3)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("photometric", "bits", "white", "zero"),
    [
        (made.CIELAB, 8, 255, 0),
        (made.ICCLAB, 8, 255, 128),
        (made.CIELAB, 16, 65535, 0),
        (made.ICCLAB, 16, 65280, 32768),
    ],
)
def test_lab(order, photometric, bits, white, zero):
    zeros = np.full((HEIGHT, WIDTH), zero)
    lab = np.dstack([np.rint(RAMP * white), zeros, zeros]).astype(np.uint16)
    f = (100 * RAMP + 16) / 116
    light = np.where(f > 6 / 29, f**3, (f - 16 / 116) / 7.787)
    check(
        tiff(lab, bits, photometric, order),
        np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light),
        2,
    )
    lab[..., 1] = {0: 60, 128: 188, 32768: 128 * 256 + 60 * 256}[zero] * (256 if (bits, zero) == (16, 0) else 1)
    red = np.asarray(read_photograph("a.tif", tiff(lab, bits, photometric, order)), int)[:, WIDTH // 2]
    assert (red[..., 0] > red[..., 1] + 50).all()  # a > 0 is red


@pytest.mark.parametrize("associated", [True, False])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_alpha(bits, associated):
    alpha = np.linspace(0.2, 1, HEIGHT)[:, None] * np.ones(WIDTH)
    for light, photometric in ((COLORS, made.RGB), (RAMP[..., None], made.GRAY)):
        stored = np.dstack([light * alpha[..., None] if associated else light, alpha])
        content = tiff(in_bits(stored, bits), bits, photometric, tags={338: [1 if associated else 2]})
        check(content, (light * alpha[..., None] + 1 - alpha[..., None]) * np.ones(3), levels=4)
        assert as_seen(open_picture("a.tif", content)).mode == "RGBA"


@pytest.mark.parametrize(("wide", "high"), [(2, 2), (2, 1), (4, 1), (1, 2), (4, 4)])
@pytest.mark.parametrize("deflate", [True, False])
def test_subsampled_chroma(wide, high, deflate):
    y, x = np.mgrid[0:16, 0:32]
    rgb = Image.fromarray(np.dstack([8 * x, 16 * y, 255 - 8 * x]).astype(np.uint8))
    luma, *chroma = np.moveaxis(np.asarray(rgb.convert("YCbCr")).astype(float), 2, 0)
    blocks = [luma.reshape(16 // high, high, 32 // wide, wide).swapaxes(1, 2).reshape(16 // high, 32 // wide, -1)]
    blocks += [plane.reshape(16 // high, high, 32 // wide, wide).mean((1, 3))[..., None] for plane in chroma]
    data = np.concatenate(blocks, 2).round().astype(np.uint8).tobytes()
    pieces = [zlib.compress(data) if deflate else data]
    content = tiff(
        np.zeros((16, 32, 3), np.uint8), 8, 6, pieces=pieces, compression=8 if deflate else 1, tags={530: [wide, high]}
    )
    check(content, np.asarray(rgb) / 255, levels=45 if (wide, high) == (4, 4) else 24)


def test_pixels_without_an_agreed_range_are_refused():
    kinds = {
        np.float16: "floating-point",
        np.float64: "floating-point",
        np.int8: "signed 8-bit",
        np.int16: "signed 16-bit",
    }
    kinds |= {np.int32: "signed 32-bit", np.uint32: "32-bit integer", np.uint64: "64-bit integer"}
    for (kind, words), order, light in itertools.product(kinds.items(), "<>", (RAMP, COLORS)):
        for photometric in (made.GRAY_INVERTED, made.GRAY) if light.ndim == 2 else (made.RGB,):
            content = tiff((light * 100).astype(kind), np.dtype(kind).itemsize * 8, photometric, order)
            with pytest.raises(PhotographError, match=f"^a.tif: {words} pixels have no agreed range; save it with"):
                read_photograph("a.tif", content)


@pytest.mark.parametrize(
    ("photometric", "options", "words"),
    [
        (made.MASK, {}, "it is a transparency mask without a picture"),
        (32803, {}, "it is a camera's raw file, of which only a small preview"),
        (made.GRAY, {"tags": {50706: [1]}}, "it is a camera's raw file"),
        (made.GRAY, {"tags": {254: [1], 330: [8]}}, "it is a camera's raw file"),
        (32844, {}, "logarithmic"),
        (77, {}, r"its photometric interpretation \(77\) is not known"),
        (made.GRAY, {"compression": 34712}, "compression JPEG 2000, 1 x 8 bits"),
        (made.GRAY, {"compression": 99}, "compression 99"),
        (made.GRAY, {"compression": 5}, r"the TIFF is damaged, or its compression \(LZW\) is not known here"),
    ],
)
def test_what_is_no_picture_is_refused(photometric, options, words):
    with pytest.raises(PhotographError, match=f"^a.tif: .*{words}"):
        read_photograph("a.tif", tiff(in_bits(RAMP, 8), 8, photometric, **options))


def test_other_inks_are_refused():
    inks = np.zeros((HEIGHT, WIDTH, 4), np.uint16)
    with pytest.raises(PhotographError, match="inks are other than cyan"):
        read_photograph("a.tif", tiff(inks, 8, made.CMYK, separate=True, tags={332: [2]}))


def test_smaller_copies_and_masks_are_no_pages():
    small, large = in_bits(RAMP[:4, :4], 8), in_bits(1 - RAMP, 8)
    page = lambda levels, kind: (levels, 8, made.GRAY, {"tags": {254: [kind]}})  # noqa: E731
    content = tiff_pages(page(small, 1), page(large, 0), page(small, 4), page(large, 2))
    check(content, large / 255)  # the thumbnail comes first
    assert frames_of(open_picture("a.tif", content)) == [1, 3]
    assert frames_of(open_picture("a.tif", tiff_pages(page(small, 1)))) == [0]


def test_pages_of_several_kinds():
    levels = in_bits(RAMP, 8)
    kinds = [
        (levels, 8, made.GRAY, {}),
        (65535 - levels * 257, 16, made.GRAY_INVERTED, {}),
        (levels // 16, 4, made.GRAY, {}),
    ]
    image = open_picture("a.tif", tiff_pages(*kinds))
    for number in (0, 1, 2, 1, 0):
        image.seek(number)
        image.load()
        np.testing.assert_allclose(np.asarray(as_seen(image), int), levels, atol=16 if number == 2 else 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_page_by_hand_is_turned_once(orientation):
    levels = in_bits(RAMP, 12)
    plain, turned = (tiff(levels[:, :20], bits, 1, tags={274: [orientation]}) for bits in (8, 12))
    plain = tiff(levels[:, :20] // 16, 8, 1, tags={274: [orientation]})
    np.testing.assert_allclose(
        np.asarray(read_photograph("a.tif", turned), int), np.asarray(read_photograph("a.tif", plain), int), atol=2
    )


def test_a_tiff_that_the_caller_opened(tmp_path):
    levels = in_bits(RAMP, 16)
    (tmp_path / "a.tif").write_bytes(tiff(65535 - levels, 16, made.GRAY_INVERTED))
    np.testing.assert_allclose(np.asarray(as_seen(Image.open(tmp_path / "a.tif"))), levels / 257, atol=0.6)


@pytest.mark.filterwarnings("ignore")  # of PIL, about what is damaged
def test_damaged_pages_have_one_sentence():
    whole = tiff(in_bits(COLORS, 12), 12, made.RGB, separate=True)
    width, most = whole.index(b"\0\1\3\0\1\0\0\0"), range(len(whole) - 120, len(whole) - 20)
    damaged = [whole[:at] + bytes([value]) + whole[at + 1 :] for at in (*most, width) for value in (0, 255)]
    for content in [*damaged, *(whole[:length] for length in range(0, len(whole), 40))]:
        try:
            read_photograph("a.tif", content)
        except PhotographError as error:
            assert str(error).startswith("a.tif: ") and "\n" not in str(error)
