"""Pages of scans and frames of animations: all are colorized, and the luma of each stays."""

import numpy as np
import pytest
from pictures_by_hand import luma, made_exif, written
from PIL import ExifTags, Image, ImageSequence

from lib.colorize import files


@pytest.fixture
def pages(photograph) -> list[Image.Image]:
    """Three gray pictures of one size that differ."""
    gray = photograph.convert("L")
    return [gray, gray.transpose(Image.Transpose.ROTATE_180), gray.point(lambda level: 255 - level)]


def _save(pages, path, **options):
    pages[0].save(path, save_all=True, append_images=pages[1:], **options)


def _frames(path) -> list[Image.Image]:
    with Image.open(path) as image:
        return [frame.copy() for frame in ImageSequence.Iterator(image)]


def _durations(path) -> list[float]:
    with Image.open(path) as image:
        return [(frame.load(), frame.info.get("duration"))[1] for frame in ImageSequence.Iterator(image)]


def test_all_pages_of_a_tiff_are_colorized(album, colorize, pages):
    pages[1] = pages[1].resize((30, 40))  # a page may have a size of its own
    _save(pages, album / "album.tif", dpi=(300, 300))
    assert colorize() == (0, [f"1 written to {album.parent / 'out'}"], [])
    colored = _frames(album.parent / "out" / "album.tif")
    assert [page.size for page in colored] == [page.size for page in pages]
    for page, truth in zip(colored, pages, strict=True):
        assert page.mode == "RGB" and np.ptp(np.asarray(page).astype(int), axis=2).max() > 10
        np.testing.assert_array_equal(luma(page), luma(truth))
        assert [float(dots) for dots in page.info["dpi"]] == [300, 300]


def test_each_page_has_a_result_in_each_version(album, colorize, pages):
    _save(pages, album / "album.tif")
    assert colorize("--versions", 2)[0] == 0 and colorize(out="plain")[0] == 0
    first, second = (_frames(album.parent / "out" / f"album-{number}.tif") for number in (1, 2))
    plain = _frames(album.parent / "plain" / "album.tif")
    assert len(first) == len(second) == 3
    for one, two, truth in zip(first, second, plain, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(truth))
        assert (np.asarray(one) != np.asarray(two)).any()


def test_more_than_4_gb_of_pages_make_a_bigtiff(album, colorize, pages, monkeypatch):
    monkeypatch.setattr(files, "_CLASSIC_TIFF", 3 * 4 * 48 * 32)
    _save(pages, album / "album.tif")
    assert colorize()[0] == 0
    path = album.parent / "out" / "album.tif"
    assert path.read_bytes()[:4] == b"II\x2b\0"
    for page, truth in zip(_frames(path), pages, strict=True):
        np.testing.assert_array_equal(luma(page), luma(truth))


def test_a_version_that_is_there_is_left_alone(album, colorize, pages):
    _save(pages, album / "album.tif")
    out = album.parent / "out"
    out.mkdir()
    (out / "album-1.tif").write_text("mine")
    assert colorize("--versions", 2)[0] == 0
    assert (out / "album-1.tif").read_text() == "mine" and len(_frames(out / "album-2.tif")) == 3


def test_thumbnails_among_the_pages_are_no_pages(album, colorize, pages):
    thumbnail = pages[0].resize((24, 16))
    thumbnail.encoderinfo = {"tiffinfo": {254: 1}}
    _save([pages[0], thumbnail, pages[2]], album / "album.tif")
    assert colorize()[0] == 0
    assert [page.size for page in _frames(album.parent / "out" / "album.tif")] == [(48, 32), (48, 32)]


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
@pytest.mark.parametrize("loops", [0, 3])
def test_animations_keep_frames_durations_and_loops(album, colorize, pages, suffix, loops):
    _save(pages, album / f"a{suffix}", duration=[100, 200, 300], loop=loops, lossless=True)
    assert colorize()[0] == 0
    (path,) = (album.parent / "out").iterdir()
    assert path.suffix == (".png" if suffix == ".gif" else suffix)
    assert _durations(path) == [100, 200, 300]
    colored = _frames(path)
    for frame, truth in zip(colored, pages, strict=True):
        difference = np.abs(luma(frame.convert("RGB")) - luma(truth))
        assert difference.mean() < 6 if suffix == ".webp" else difference.max() == 0
    with Image.open(path) as image:
        assert image.info["loop"] == (loops + 1 if suffix == ".gif" and loops else loops)


def test_a_gif_that_is_shown_once_stays_so(album, colorize, pages):
    _save(pages, album / "a.gif", duration=100)
    assert colorize()[0] == 0
    with Image.open(album.parent / "out" / "a.png") as image:
        assert image.info["loop"] == 1


def test_transparency_and_the_still_picture_of_an_animation_are_kept(album, colorize, pages):
    frames = [page.convert("RGBA") for page in pages]
    frames[1].putalpha(Image.linear_gradient("L").resize(frames[1].size))
    _save(frames, album / "a.png", default_image=True, duration=[100, 200])
    assert colorize()[0] == 0
    with Image.open(album.parent / "out" / "a.png") as image:
        assert image.info["default_image"] and image.n_frames == 3
    still, first, second = _frames(album.parent / "out" / "a.png")
    np.testing.assert_array_equal(luma(still.convert("RGB")), luma(pages[0]))
    np.testing.assert_array_equal(np.asarray(first)[..., 3], np.asarray(frames[1])[..., 3])
    np.testing.assert_array_equal(luma(second.convert("RGB")), luma(pages[2]))


@pytest.mark.parametrize(("name", "form"), [("a.tif", "png"), ("a.tif", "jpg"), ("a.gif", "jpg")])
def test_what_a_format_cannot_hold_is_counted(album, colorize, pages, gray, name, form):
    _save(pages, album / name)
    gray.save(album / "plain.png")
    code, lines, errors = colorize("--format", form)
    out = album.parent / "out"
    assert (code, errors) == (0, [])
    assert lines == [
        "1 with more pages or frames than the results hold, only the first of which is colored: " + str(album / name),
        f"2 written to {out}",
    ]
    assert written(out) == [f"a.{form}", f"plain.{form}"]


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_damaged_page_costs_the_file_and_leaves_no_half_one(album, colorize, pages, gray, force):
    _save(pages, album / "album.tif", compression="tiff_lzw")
    content = (album / "album.tif").read_bytes()
    with Image.open(album / "album.tif") as image:
        image.seek(2)
        start = image.tag_v2[273][0]
    (album / "album.tif").write_bytes(content[:start] + b"\xff" * 40 + content[start + 40 :])
    gray.save(album / "plain.png")
    out = album.parent / "out"
    if force:
        out.mkdir()
        (out / "album.tif").write_text("the old one")
    code, lines, errors = colorize(*force)
    assert (code, lines) == (1, [f"1 written to {out}, 1 not done"])
    assert len(errors) == 1 and errors[0].startswith(f"{album / 'album.tif'}: page 3 of 3: ")
    assert written(out) == (["album.tif", "plain.png"] if force else ["plain.png"])
    assert not force or (out / "album.tif").read_text() == "the old one"


def test_a_page_that_is_too_small_is_named(album, colorize, pages):
    _save([pages[0], pages[1].resize((8, 8))], album / "album.tif")
    code, _, (error,) = colorize()
    assert code == 1 and error.startswith(f"{album / 'album.tif'}: page 2 of 2: a picture of 8 x 8 px is too small")
    assert written(album.parent / "out") == []


def test_each_page_keeps_its_description(album, colorize, pages):
    for number, page in enumerate(pages):
        page.encoderinfo = {"exif": made_exif(description=f"page {number}")}
    _save(pages, album / "album.tif", exif=made_exif(description="page 0"))
    assert colorize()[0] == 0
    with Image.open(album.parent / "out" / "album.tif") as image:
        found = [page.getexif().get(ExifTags.Base.ImageDescription) for page in ImageSequence.Iterator(image)]
    assert found == ["page 0", "page 1", "page 2"]
