"""Hints on a film: a still to set them on, the files that belong to it, and the shots that they are of."""

import av
import films_by_hand as films
import numpy as np
import pytest
from PIL import Image
from skimage import data

from lib.colorize.film_guides import guides_of
from lib.colorize.hint_files import hints_given, is_frame_of
from lib.colorize.stills import write_still
from lib.commands.colorize import main
from lib.data.clips import FilmError
from lib.data.clips_reading import open_clip
from lib.data.hints import Hint, Hints, write_hints
from lib.data.numbered_frames import NumberedFrames
from lib.data.scenes.films import Events, make_film
from lib.networks.pretrained import load_colorizer

RATE = 25
RED = Hint(((0.5, 0.5),), 0.05, (200, 60, 50))


@pytest.fixture(scope="module")
def lumas():
    """A cup of coffee for 10 frames, then a cat for 10."""
    return make_film([data.coffee(), data.chelsea()], (64, 96), 10, seed=3, events=Events(thing=False)).luma


@pytest.fixture
def film(tmp_path, lumas):
    """These frames as a lossless film."""
    path = tmp_path / "in" / "film.mkv"
    path.parent.mkdir()
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "gray"
        for luma in lumas:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(luma, format="gray")))
        container.mux(stream.encode())
    return path


def hints_on(picture, *hints):
    with Image.open(picture) as image:
        return Hints.on(picture.name, image, hints or (RED,))


@pytest.fixture
def file(film, tmp_path):
    """A file of hints on frame 15."""
    still = write_still(open_clip(film), 0.6, tmp_path / "stills")
    write_hints(tmp_path / "stills" / "any name.json", hints_on(still))
    return tmp_path / "stills" / "any name.json"


@pytest.mark.parametrize(("seconds", "frame"), [(0, 0), (0.039, 0), (0.04, 1), (0.5, 12), (0.79, 19)])
def test_a_still_is_the_frame_that_is_shown_then(film, tmp_path, lumas, seconds, frame):
    still = write_still(open_clip(film), seconds, tmp_path / "new" / "stills")
    assert still.name == f"film.mkv-{frame / RATE:.3f}s.png" and still.parent == tmp_path / "new" / "stills"
    np.testing.assert_array_equal(np.asarray(Image.open(still)), np.asarray(lumas[frame]))
    assert is_frame_of(still.name, film) and not is_frame_of(still.name, film.with_name("other.mkv"))


@pytest.mark.parametrize(("seconds", "frame"), [(0, 0), (4.9, 0), (5, 5), (9.5, 5), (12, 10)])
def test_a_still_of_a_film_whose_frames_last_long(tmp_path, seconds, frame):
    path = films.make_film(tmp_path / "slow.mkv", times=[5000 * number for number in range(4)])
    assert write_still(open_clip(path), seconds, tmp_path).name == f"slow.mkv-{frame}.000s.png"


@pytest.mark.parametrize(("seconds", "shown"), [(9, "9"), (1e30, r"1e\+30")])
def test_no_still_after_the_end(film, tmp_path, seconds, shown):
    with pytest.raises(FilmError, match=rf"film\.mkv: has no frame at {shown} s; name an earlier time after --still"):
        write_still(open_clip(film), seconds, tmp_path)


def test_photographs_beside_a_still_are_left_alone_and_not_called_done(film, gray, tmp_path, capsys):
    gray.save(tmp_path / "a.png")
    assert main([str(film), str(tmp_path / "a.png"), "-o", str(tmp_path / "stills"), "--still", "0"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"1 written to {tmp_path / 'stills'}"


def test_hints_count_for_the_shot_that_their_frame_is_of(film, file):
    network = load_colorizer(device="cpu")
    guides, missing = guides_of(
        open_clip(film), [(file, hints_on(file.parent / "film.mkv-0.600s.png"))], network, 0.5, False
    )
    assert list(guides) == [1] and missing == []
    guides, missing = guides_of(
        open_clip(film, end=0.5), [(file, hints_on(file.parent / "film.mkv-0.600s.png"))], network, 0.5, False
    )
    assert guides == {} and missing == [file]


def test_hints_on_another_picture_under_the_frames_name(film, file):
    other = Image.fromarray(data.rocket()).convert("L")
    wrong = Hints.on("film.mkv-0.600s.png", other, (RED,))
    with pytest.raises(FilmError, match=r"any name\.json: the hints are on another picture"):
        guides_of(open_clip(film), [(file, wrong)], load_colorizer(device="cpu"), 0.5, False)


def test_hints_on_numbered_frames_name_the_picture(tmp_path, lumas):
    folder = tmp_path / "frames"
    folder.mkdir()
    for number, luma in enumerate(lumas):
        Image.fromarray(luma).save(folder / f"frame-{number}.png")
    write_hints(tmp_path / "hints.json", hints_on(folder / "frame-12.png"))
    found = hints_given(tmp_path / "hints.json", {}, [folder])
    guides, _ = guides_of(
        NumberedFrames(folder, RATE, False), found.films[folder], load_colorizer(device="cpu"), 0.5, False
    )
    assert list(guides) == [1]


def test_files_of_a_folder_are_sorted_by_what_they_are_on(film, file):
    photograph = film.with_name("cat.png")
    (file.parent / "cat.png.json").write_bytes(file.read_bytes())
    (file.parent / "broken.json").write_text("{")
    found = hints_given(file.parent, {photograph: photograph.relative_to(film.parent)}, [film])
    assert found.photographs == {photograph: file.parent / "cat.png.json"}
    assert [path for path, _ in found.films[film]] == [file]
    assert found.idle == [file.parent / "broken.json"]


def test_hints_on_nothing_that_is_colorized(film, file):
    other = film.with_name("other.mkv")
    with pytest.raises(ValueError, match=r"another picture, film\.mkv-0\.600s\.png; .* --still makes of other\.mkv"):
        hints_given(file, {}, [other])
    with pytest.raises(ValueError, match="has hints on none of the films; set them on a picture that --still makes"):
        hints_given(file.parent, {}, [other])
    with pytest.raises(ValueError, match="no such file of hints"):
        hints_given(film.with_name("none.json"), {}, [film])


def test_from_still_to_colored_film(film, tmp_path, capsys):
    stills, out = tmp_path / "stills", tmp_path / "out"
    assert main([str(film), "-o", str(stills), "--still", "0.6"]) == 0
    still = stills / "film.mkv-0.600s.png"
    assert capsys.readouterr().out.splitlines() == [f"{still}: set hints on it", f"1 written to {stills}"]
    write_hints(stills / "hints.json", hints_on(still))
    assert main([str(film), "-o", str(out)]) == 0
    before = red_of(out / "film.mp4")
    capsys.readouterr()
    assert main([str(film), "-o", str(out), "--hints", str(stills)]) == 0  # again, although the result exists
    assert capsys.readouterr().out.splitlines() == ["1 of 1 have hints", f"1 written to {out}"]
    after = red_of(out / "film.mp4")
    assert (after[10:] > before[10:] + 15).all() and np.abs(after[:10] - before[:10]).max() < 3


def red_of(path):
    """How much redder than green the middle of each frame is, in levels."""
    with av.open(path) as container:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
    return np.array([(frame[24:40, 36:60, 0] - frame[24:40, 36:60, 1]).mean() for frame in frames])
