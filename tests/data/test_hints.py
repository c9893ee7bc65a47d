"""Hints: which places they cover, the file that keeps them, whose photograph they are on, what is wrong in a file."""

import json

import numpy as np
import pytest
from PIL import Image

from lib.data.hints import Hint, Hints, HintsError, luma_fingerprint, read_hints, same_luma, write_hints

RED = (200, 30, 40)
DOT = Hint(((0.25, 0.5),), 0.1, RED)
STROKE = Hint(((0.1, 0.9), (0.9, 0.9), (0.9, 0.2)), 0.05, (1, 2, 3))


@pytest.fixture
def file(tmp_path, gray):
    write_hints(tmp_path / "hints.json", Hints.on("cup.png", gray, [DOT, STROKE]))
    return tmp_path / "hints.json"


def test_a_dot_covers_its_circle_and_nothing_else():
    rows, columns = np.nonzero(DOT.covers(60, 80))
    distance = np.hypot(columns + 0.5 - 0.25 * 80, rows + 0.5 - 0.5 * 60)
    assert distance.max() <= 0.1 * 60 < distance.max() + 1
    assert len(rows) == pytest.approx(np.pi * 6**2, rel=0.1)


@pytest.mark.parametrize("place", [(0, 0), (1, 1), (0.999, 0.001), (0.5, 0.5)])
def test_the_smallest_dot_covers_one_cell_at_least(place):
    covered = Hint((place,), 1e-6, RED).covers(7, 9)
    assert covered.sum() == 1
    (row,), (column,) = np.nonzero(covered)
    assert abs(row + 0.5 - 7 * place[1]) <= 1 and abs(column + 0.5 - 9 * place[0]) <= 1


@pytest.mark.parametrize("radius", [0.001, 0.05])
def test_a_stroke_covers_its_whole_way(radius):
    covered = Hint(STROKE.points, radius, RED).covers(40, 40)
    assert covered[36, 5:36].all() and covered[9:36, 36].all()
    assert not covered[:5].any() and not covered[:, :2].any() and not covered[12:24, 5:30].any()


def test_a_file_gives_back_what_was_written(file, gray):
    found = read_hints(file)
    assert (found.photograph, found.width, found.height) == ("cup.png", *gray.size)
    assert found.hints == (DOT, STROKE) and found == Hints.on("cup.png", gray, [DOT, STROKE])
    assert json.loads(file.read_text())["hints"][0]["color"] == "#c81e28"


def test_hints_are_on_one_photograph_at_any_size(file, gray):
    found = read_hints(file)
    for size in ((96, 64), (24, 16), (48, 32)):
        found.check(gray.resize(size, Image.Resampling.BICUBIC))
    for other in (gray.transpose(Image.Transpose.FLIP_LEFT_RIGHT), gray.rotate(180), Image.new("L", gray.size, 128)):
        with pytest.raises(
            HintsError, match=r"the hints are on another picture, cup.png of 48 x 32 px; give hints that"
        ):
            found.check(other)


def test_photographs_have_fingerprints_of_their_own(pairs):
    prints = [luma_fingerprint(Image.fromarray(picture)) for picture in pairs.gray[:20]]
    assert all(same_luma(a, b) == (i == j) for i, a in enumerate(prints) for j, b in enumerate(prints))


def changed(**fields):
    return lambda content: content | fields


def first(**fields):
    return lambda content: content | {"hints": [content["hints"][0] | fields, content["hints"][1]]}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda content: [], "holds no list called hints"),
        (changed(hints={}), "holds no list called hints"),
        (changed(hints=[]), "holds no hints; set one, or leave the file out"),
        (changed(hints=[{}] * 1001), "holds 1,001 hints, and 1,000 is the most"),
        (changed(hints=[7]), "hint 1 is not an object with points, radius and color"),
        (changed(photograph=3), "names no photograph"),
        (changed(width=True), "gives no width and height, in px"),
        (changed(height=0), "gives no width and height, in px"),
        (changed(luma="abc"), "has no fingerprint of the photograph's luma"),
        (first(points=[]), r"hint 1 needs points, a list of \[x, y\]"),
        (first(points=[[0.1]]), r"hint 1 needs points, a list of \[x, y\]"),
        (first(points=[[0.1, "a"]]), r"hint 1 needs points, a list of \[x, y\]"),
        (first(points=[[0.1, 1.2]]), r"hint 1 lies outside the picture at \[0.1, 1.2\]; x and y are fractions"),
        (first(points=[[0.1, 0.2], [-1, 0.2]]), r"hint 1 lies outside the picture at \[-1, 0.2\]"),
        (first(points=[[0.1, float("nan")]]), r"hint 1 lies outside the picture at \[0.1, nan\]"),
        (first(radius=0), "hint 1 needs a radius above 0 and at most 1"),
        (first(radius="big"), "hint 1 needs a radius above 0 and at most 1"),
        (first(color="red"), "hint 1 needs a color such as #4d6b2a"),
        (first(color=[1, 2, 3]), "hint 1 needs a color such as #4d6b2a"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_in_one_sentence(file, change, sentence):
    file.write_text(json.dumps(change(json.loads(file.read_text()))))
    with pytest.raises(HintsError, match=sentence) as caught:
        read_hints(file)
    assert str(caught.value).startswith(f"{file}: ") and "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_file_that_is_not_json_is_named(file, content):
    file.write_bytes(content)
    with pytest.raises(HintsError, match=r"hints.json: is not readable as JSON \(.*\); set the hints again"):
        read_hints(file)
