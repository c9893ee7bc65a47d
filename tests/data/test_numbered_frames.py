"""A folder of numbered pictures as a film."""

from fractions import Fraction

import films_by_hand  # noqa: F401  (skips where PyAV is not installed)
import numpy as np
import pytest
from PIL import Image

from lib.data.clips import FilmError
from lib.data.numbered_frames import NumberedFrames


def picture(level: int, mode: str = "L") -> Image.Image:
    return Image.new("L", (32, 24), level).convert(mode)


def opened(folder, is_lossless=True):
    return NumberedFrames(folder, Fraction(25), is_lossless)


def test_pictures_come_by_their_numbers(tmp_path):
    names = ["a9.png", "a10.png", "a100.png", "b1.png"]
    for level, name in enumerate(names):
        picture(60 * level).save(tmp_path / name)
    picture(255).save(tmp_path / ".a1.png")  # hidden
    (tmp_path / "a11.txt").touch()
    source = opened(tmp_path)
    assert (source.count, source.at(2)) == (4, 0.08)
    found = list(source.reader().frames())
    assert [(frame.time, frame.luma[0, 0], frame.chroma) for frame in found] == [(n, 60 * n, None) for n in range(4)]
    assert [frame.time for frame in source.reader().frames(2)] == [2, 3]
    limited = [frame.luma[0, 0] for frame in opened(tmp_path, is_lossless=False).frames()]
    assert limited == [16, 68, 119, 171]


def test_a_folder_called_like_a_picture_is_no_frame(tmp_path):
    picture(60).save(tmp_path / "1.png")
    (tmp_path / "0.png").mkdir()
    assert opened(tmp_path).count == 1


def test_equal_numbers_have_one_order(tmp_path, monkeypatch):
    for name in ("1.png", "01.png", "001.png"):
        picture(60).save(tmp_path / name)
    files = sorted(tmp_path.iterdir())
    for listed in (files, files[::-1]):
        monkeypatch.setattr(type(tmp_path), "iterdir", lambda self, listed=listed: iter(listed))
        assert [opened(tmp_path).frame_name(number) for number in range(3)] == ["001.png", "01.png", "1.png"]


def test_a_folder_that_may_not_be_read_is_one_sentence(tmp_path, monkeypatch):
    def locked(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "iterdir", locked)
    with pytest.raises(FilmError, match=r"cannot be read \(Permission denied\); check its permissions"):
        opened(tmp_path)


def test_pictures_are_seen_as_photographs_are(tmp_path):
    image = picture(90, "RGB")
    exif = image.getexif()
    exif[0x0112] = 6  # turned by a quarter
    image.save(tmp_path / "1.jpg", exif=exif)
    source = opened(tmp_path)
    assert (source.look.width, source.look.height) == (24, 32)
    assert next(source.frames()).luma.shape == (32, 24)


@pytest.mark.parametrize("is_lossless", [False, True])
def test_their_own_colors(tmp_path, is_lossless):
    red = Image.new("RGB", (32, 24), (200, 60, 60))
    red.save(tmp_path / "1.png")
    picture(90).save(tmp_path / "2.png")
    source = opened(tmp_path, is_lossless)
    first, second = source.reader("yuv420p").frames()
    assert next(source.reader().frames()).chroma is None and second.chroma is None
    span = 255 if is_lossless else 224
    _, cb, cr = np.asarray(red.convert("YCbCr"), float)[0, 0] - 128
    for plane, value in zip(first.chroma, (cb, cr), strict=True):
        assert plane.shape == (12, 16) and np.abs(plane - 128.0 - value * span / 255).max() <= 1


def test_another_picture_is_another_film(tmp_path):
    for number in range(3):
        picture(number).save(tmp_path / f"{number}.png")
    before = opened(tmp_path).fingerprint()
    assert opened(tmp_path).fingerprint() == before
    picture(9, "RGB").save(tmp_path / "1.png")
    changed = opened(tmp_path).fingerprint()
    (tmp_path / "2.png").unlink()
    assert len({before, changed, opened(tmp_path).fingerprint()}) == 3


@pytest.mark.parametrize(("name", "reason"), [("nowhere", "takes folders"), ("", "there is no picture in it")])
def test_what_is_no_film(tmp_path, name, reason):
    with pytest.raises(FilmError, match=reason):
        opened(tmp_path / name)


def test_a_picture_of_another_size_or_damaged(tmp_path):
    picture(1).save(tmp_path / "1.png")
    picture(1).resize((30, 20)).save(tmp_path / "2.png")
    (tmp_path / "3.png").write_bytes(b"no picture")
    frames = opened(tmp_path).frames()
    next(frames)
    with pytest.raises(FilmError, match=r"2\.png: has 30 x 20 px and the first frame 32 x 24"):
        next(frames)
    with pytest.raises(FilmError, match=r"3\.png: not readable"):
        list(opened(tmp_path).frames(2))
