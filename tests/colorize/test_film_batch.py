"""The command `colorize` on films: what it takes, what it says, what it leaves."""

import argparse
import io
import os
import shutil
import subprocess
import sys
import time
from fractions import Fraction

import films_by_hand as films
import numpy as np
import pytest
from pictures_by_hand import written
from PIL import Image

from lib.colorize import film_batch, video
from lib.colorize.plan import Plan
from lib.common.files import ROOT
from lib.data import formats
from lib.data.clips_reading import open_clip
from lib.networks import pretrained


@pytest.fixture
def film(album):
    return films.make_film(album / "film.mkv")


def test_a_film_becomes_an_mp4_in_color(film, colorize, tmp_path):
    assert colorize(paths=[film]) == (0, [f"1 written to {tmp_path / 'out'}"], [])
    assert written(tmp_path / "out") == ["film.mp4"]
    colored = films.planes(tmp_path / "out" / "film.mp4")
    assert len(colored) == films.COUNT
    assert max(np.abs(plane.astype(int) - 128).max() for plane in colored[3][1:]) > 10
    assert films.packets(tmp_path / "out" / "film.mp4") == films.packets(film)
    code, (line,), _ = colorize(paths=[film])
    assert code == 0 and line.endswith(
        "0 written to " + f"{tmp_path / 'out'}, 1 skipped because there already (--force overwrites)"
    )
    assert colorize("--force", paths=[film])[1] == [f"1 written to {tmp_path / 'out'}"]


def test_lossless_is_matroska(film, colorize, tmp_path):
    assert colorize("--lossless", paths=[film])[0] == 0
    before, after = films.planes(film), films.planes(tmp_path / "out" / "film.mkv")
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(before, after, strict=True))


def test_a_folder_of_photographs_and_films(film, album, colorize, gray, tmp_path):
    gray.save(album / "a.png")
    (album / "b.txt").touch()
    assert colorize() == (0, ["1 file passed over: .txt 1", f"2 written to {tmp_path / 'out'}"], [])
    assert written(tmp_path / "out") == ["a.png", "film.mp4"]


def test_a_part_of_a_film(film, colorize, tmp_path):
    assert colorize("--from", "0.2", "--to", "0:00.4", paths=[film])[0] == 0
    assert films.times(tmp_path / "out" / "film.mp4") == [Fraction(number, 25) for number in range(5)]


@pytest.mark.parametrize("times", [("--to", 0), ("--from", 0.01, "--to", 0.02), ("--from", 0.79)])
def test_a_part_without_a_frame_is_no_damaged_film(film, colorize, tmp_path, times):
    expected = f"{film}: no frame of it begins in this part; name other times after --from and --to"
    assert colorize(*times, paths=[film])[::2] == (1, [expected])
    assert written(tmp_path / "out") == []


@pytest.mark.parametrize("arguments", [("--versions", 2), ("--format", "png"), ("--reference", "a.png")])
def test_what_a_film_does_not_take(film, album, colorize, gray, photograph, arguments, tmp_path):
    """A film that is named is a mistake; in a folder it is passed over."""
    photograph.save(album.parent / "a.png")
    option, value = arguments
    value = album.parent / value if value == "a.png" else value
    code, lines, errors = colorize(option, value, paths=[film])
    assert (code, lines) == (2, []) and errors == [f"colorize: error: {film}: a film takes no {option}; leave it out"]
    assert not (tmp_path / "out").exists()
    if option in ("--versions", "--format"):
        gray.save(album / "b.png")
        code, lines, errors = colorize(option, value)
        assert (code, errors) == (0, []) and lines[0] == "1 file passed over: .mkv 1"


@pytest.mark.parametrize("arguments", [("--lossless",), ("--from", 1), ("--to", 1), ("--preview",), ("--keep-color",)])
def test_what_only_films_take(album, colorize, gray, arguments):
    gray.save(album / "a.png")
    expected = [f"colorize: error: {arguments[0]} is for films, and there is none; leave it out"]
    assert colorize(*arguments) == (2, [], expected)


def test_a_line_says_how_many_frames_keep_their_colors(album, colorize, tmp_path):
    path = films.make_film(album / "film.mkv", tones=lambda number: "color")
    gray = films.make_film(album / "gray.mkv", tones=lambda number: "sepia")
    assert colorize("--keep-color", "--lossless")[1][:2] == [
        f"{path}: 20 of 20 frames are in color already, and keep their colors",
        f"{gray}: no shot of it is in color already",
    ]
    for before, after in zip(films.planes(path), films.planes(tmp_path / "out" / "film.mkv"), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_what_is_no_film_costs_only_itself(film, album, colorize, tmp_path):
    (album / "text.mp4").write_bytes(b"no film\n" * 99)
    (album / "empty.mov").touch()
    films.make_sound(album / "song.mp3").rename(album / "song.mp4")
    code, lines, errors = colorize()
    assert code == 1 and lines == [f"1 written to {tmp_path / 'out'}, 3 not done"] and len(errors) == 3
    assert all(str(album / name) in "\n".join(errors) for name in ("text.mp4", "empty.mov", "song.mp4"))
    assert written(tmp_path / "out") == ["film.mp4"]


def test_a_small_film_is_one_sentence(album, colorize, tmp_path):
    path = films.make_film(album / "film.mkv", size=(40, 14))
    code, _, errors = colorize()
    assert code == 1 and len(errors) == 1 and errors[0].startswith(f"{path}: ") and "too small" in errors[0]
    assert written(tmp_path / "out") == []


def test_a_damaged_film_is_one_sentence_and_a_film_up_to_there(album, colorize, tmp_path):
    path = films.make_film(album / "film.mkv", times=[120 * number for number in range(films.COUNT)])
    films.cut_off(path, amid=12)
    code, lines, errors = colorize()
    target = tmp_path / "out" / "film.mp4"
    count = len(films.planes(target))
    seconds = 0.12 * (count - 1)
    assert (code, lines) == (1, [f"1 written to {tmp_path / 'out'}, 1 not whole"])
    assert errors == [f"{path}: lost from 0:00:0{seconds:.2f} on; {target} holds the {count} frames that could be read"]


def test_the_time_of_damage_is_that_of_the_film_also_in_a_part(album, colorize):
    path = films.make_film(album / "film.mkv", times=[120 * number for number in range(films.COUNT)])
    films.cut_off(path, amid=12)
    whole = colorize()[2][0].split(";")[0]
    assert colorize("--from", 0.6, "--force")[2][0].split(";")[0] == whole


@pytest.mark.parametrize("again", [(), ("--vividness", 1), ("--to", 0.75)])
def test_ctrl_c_and_a_command_again(film, colorize, monkeypatch, tmp_path, again):
    """The same command goes on, another one begins anew."""
    whole = video.colors_of_film

    def stopped(*arguments, **options):
        for number, colored in enumerate(whole(*arguments, **options)):
            if number == 12:
                limit = time.monotonic() + 20
                while not list(tmp_path.glob("out/.film.mp4.part/piece_*")) and time.monotonic() < limit:
                    time.sleep(0.01)
                raise KeyboardInterrupt
            yield colored._replace(begins=number in films.SCENES)

    with monkeypatch.context() as patched:
        patched.setattr(video, "colors_of_film", stopped)
        code, lines, errors = colorize(paths=[film])
    assert (code, lines, errors) == (130, [], [f"{film}: stopped; the same command goes on after the last whole shot"])
    assert not (tmp_path / "out" / "film.mp4").exists()
    colored = []

    def counted(*arguments, **options):
        for one in whole(*arguments, **options):
            colored.append(one)
            yield one

    monkeypatch.setattr(video, "colors_of_film", counted)
    assert colorize(*again, paths=[film])[0] == 0
    assert (len(colored) >= 19) is bool(again)
    assert written(tmp_path / "out") == ["film.mp4"]


def test_other_weights_in_the_same_file_begin_anew(film, loud_weights, monkeypatch, tmp_path):
    """Also the bundled file, which is not named."""
    bundled = tmp_path / "bundled.safetensors"
    shutil.copy(loud_weights, bundled)
    monkeypatch.setattr(pretrained, "BUNDLED_COLORIZER", bundled)
    options = argparse.Namespace(**dict.fromkeys(film_batch._SAME), weights=None, frames=False)
    first = film_batch._asked(open_clip(film), options, Plan())
    os.utime(bundled, (0, 0))
    assert film_batch._asked(open_clip(film), options, Plan()) == first  # a copy of the same file will do
    content = bytearray(bundled.read_bytes())
    content[-1] ^= 1
    bundled.write_bytes(content)
    assert film_batch._asked(open_clip(film), options, Plan()) != first


def test_transparency_is_left_out_with_a_remark(album, colorize, tmp_path):
    path = films.make_film(album / "film.mkv", pixel_format="yuva420p")
    assert colorize()[1] == [f"{path}: its transparency is left out", f"1 written to {tmp_path / 'out'}"]


def test_sound_that_mp4_cannot_hold_is_named(album, colorize, tmp_path):
    path = films.make_film(album / "film.avi", sound="pcm_mulaw")
    assert colorize()[1][0] == f"{path}: left out, because MP4 cannot hold it: sound (pcm_mulaw)"


def test_numbered_frames_become_a_film(album, colorize, tmp_path):
    frames = album / "scene"
    frames.mkdir()
    for number in range(8, 12):  # 9 comes before 10
        Image.fromarray(films.luma(number, levels=(0, 255))).save(frames / f"frame-{number}.png")
    (frames / "notes.txt").touch()
    assert colorize("--frames", "--fps", 12.5, paths=[frames]) == (0, [f"1 written to {tmp_path / 'out'}"], [])
    assert films.times(tmp_path / "out" / "scene.mp4") == [Fraction(2 * number, 25) for number in range(4)]
    assert colorize("--frames", "--fps", 12.5, "--lossless", paths=[frames])[0] == 0
    for number, planes in zip(range(8, 12), films.planes(tmp_path / "out" / "scene.mkv"), strict=True):
        assert np.array_equal(planes[0], films.luma(number, levels=(0, 255)))
    limited = open_clip(tmp_path / "out" / "scene.mp4")
    assert not limited.look.layout.is_full_range


def test_numbered_frames_of_two_sizes(album, colorize, gray, tmp_path):
    gray.save(album / "1.png")
    gray.resize((30, 20)).save(album / "2.png")
    code, _, errors = colorize("--frames", "--fps", 25)
    expected = f"{album / '2.png'}: has 30 x 20 px and the first frame 48 x 32; give all frames one size"
    assert (code, errors) == (1, [expected]) and written(tmp_path / "out") == []


def test_a_damaged_frame_is_named(album, colorize, gray, tmp_path):
    gray.save(album / "1.png")
    (album / "2.png").write_bytes(b"")
    code, _, errors = colorize("--frames", "--fps", 25)
    assert code == 1 and len(errors) == 1 and errors[0].startswith(f"{album / '2.png'}: not readable as a picture")


def test_without_pyav_films_are_passed_over_or_named(film, album, colorize, gray, monkeypatch, tmp_path):
    gray.save(album / "a.png")
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    code, lines, _ = colorize()
    assert code == 0 and lines[0].startswith(f"{album}: its films are passed over: films need PyAV; `")
    assert lines[1] == "1 file passed over: .mkv 1"
    code, _, errors = colorize(paths=[film])
    assert code == 1 and errors[0].startswith(f"{film}: films need PyAV; `")


def test_a_film_without_its_suffix_is_known_by_its_content(film, colorize, tmp_path):
    film = film.rename(film.with_suffix(".old"))
    assert colorize(paths=[film])[0] == 0
    assert written(tmp_path / "out") == ["film.mp4"]


def test_ts_is_a_film_where_it_is_named(album, colorize, gray, tmp_path):
    """In a folder it may be a program."""
    film = films.make_film(album / "film.ts", codec="libx264", sound="mp2")
    gray.save(album / "a.png")
    assert colorize()[1] == ["1 file passed over: .ts 1", f"1 written to {tmp_path / 'out'}"]
    assert colorize(paths=[film])[0] == 0
    assert written(tmp_path / "out") == ["a.png", "film.mp4"]


def test_films_that_would_become_one_file(film, album, colorize, tmp_path):
    films.make_film(album / "film.mp4", codec="libx264")
    code, _, errors = colorize()
    assert code == 1 and len(errors) == 2 and "would become" in errors[0]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_of_frames_on_a_terminal(film, colorize, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    assert colorize(paths=[film])[0] == 0
    assert "film.mkv: " in terminal.getvalue() and "frame" in terminal.getvalue() and "photo" not in terminal.getvalue()


def test_mistakes_are_answered_without_torch(film, album):
    """And a film that cannot be read, too."""
    (album / "text.mp4").write_bytes(b"no film\n" * 99)
    code = "import sys; from lib.commands.colorize import main\ntry: code = main(sys.argv[1:])\n"
    code += "except SystemExit as stopped: code = stopped.code\nprint(code, 'torch' in sys.modules)"
    calls = {
        "2 False": ([film, "--versions", "2"], [film, "--from", "2", "--to", "1"], [album, "--frames"]),
        "1 False": ([album / "text.mp4"],),
    }
    for expected, several in calls.items():
        for arguments in several:
            command = [sys.executable, "-c", code, *map(str, arguments), "-o", str(album.parent / "out")]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            assert done.stdout.splitlines()[-1] == expected, done
    assert not (album.parent / "out").exists()
