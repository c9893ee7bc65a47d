"""What is read of damaged films."""

import films_by_hand as films
import pytest

from lib.data.clips_reading import open_clip

LONG = [120 * number for number in range(films.COUNT)]  # 2.4 s


def read(path):
    reader = open_clip(path).reader()
    return [frame.time for frame in reader.frames()], reader


@pytest.mark.parametrize(("name", "codec"), [("film.mkv", "ffv1"), ("film.mp4", "libx264"), ("film.avi", "mpeg4")])
def test_a_whole_film_is_not_damaged(tmp_path, name, codec):
    times, reader = read(films.make_film(tmp_path / name, codec=codec, sound="mp2"))
    assert len(times) == films.COUNT and reader.damaged_at is None and not reader.is_cut


@pytest.mark.parametrize(("name", "codec"), [("film.mkv", "ffv1"), ("film.mp4", "libx264")])
def test_sound_that_lasts_longer_is_no_damage(tmp_path, name, codec):
    path = films.make_film(tmp_path / name, codec=codec, times=[40 * number for number in range(3)])
    times, reader = read(path)
    assert len(times) == 3 and reader.damaged_at is None


@pytest.mark.parametrize(("name", "codec"), [("film.mkv", "ffv1"), ("film.mp4", "libx264"), ("film.nut", "ffv1")])
def test_a_film_that_begins_late_is_whole_and_has_parts(tmp_path, name, codec):
    path = films.make_film(tmp_path / name, codec=codec, sound=None, times=[5000 + 40 * t for t in range(20)])
    _, reader = read(path)
    assert (reader.damaged_at, reader.is_cut) == (None, False)
    clip = open_clip(path, 5.2)
    assert clip.seconds == pytest.approx(5.8, abs=0.05)
    assert float(next(clip.reader().frames()).time * clip.time_base) == pytest.approx(5.2)


def make_long(path):
    """A film of 2.4 s with a key frame every 5 frames, which can be read while it is loaded."""
    is_mp4 = path.suffix == ".mp4"
    codec, form_options = ("libx264", {"movflags": "faststart"}) if is_mp4 else ("ffv1", {})
    options = {"g": "5", "bf": "0"} if is_mp4 else {}
    return films.make_film(path, codec=codec, times=LONG, options=options, form_options=form_options)


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4"])
def test_a_film_that_is_cut_off_is_read_up_to_there(tmp_path, name):
    path = make_long(tmp_path / name)
    whole, _ = read(path)
    films.cut_off(path, amid=12)
    times, reader = read(path)
    assert times == whole[: len(times)] and len(times) in (12, 13)  # what there is of the last one may be shown
    assert reader.is_cut and reader.damaged_at == times[-1]


def test_a_film_with_a_damaged_middle_is_read_on_after_it(tmp_path):
    path = make_long(tmp_path / "film.mp4")
    whole, _ = read(path)
    films.damage(path, frame=12)
    times, reader = read(path)
    lost = [time for time in whole if time not in times]
    assert lost and times[-1] == whole[-1] and not reader.is_cut
    assert reader.damaged_at == whole[whole.index(lost[0]) - 1]


def test_damage_before_the_wanted_part_does_not_count(tmp_path):
    path = make_long(tmp_path / "film.mp4")
    films.damage(path, frame=11)
    damaged_at = open_clip(path).at(read(path)[1].damaged_at)
    assert damaged_at < 1.5
    reader = open_clip(path, 1.6).reader()  # decoded from the key frame at 1.2 s on
    assert len(list(reader.frames())) == 6 and reader.damaged_at is None
