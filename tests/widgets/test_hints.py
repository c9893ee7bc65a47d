"""The canvas for hints from Python: its state is set and read, without a web browser."""

import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from skimage import data

from lib.color.spaces import LUMA_WEIGHTS
from lib.colorize.hints import Seen
from lib.data.hints import HintsError, read_hints
from lib.networks.pretrained import load_colorizer
from lib.widgets import hints as module
from lib.widgets.hints import HintsCanvas

DOT = {"points": [[0.1, 0.3]], "radius": 0.02, "color": "#e68228"}
STROKE = {"points": [[0.1, 0.9], [0.8, 0.95]], "radius": 0.02, "color": "#4d6b2a"}


@pytest.fixture(scope="module")
def bundled():
    return load_colorizer(device="cpu")


@pytest.fixture
def folder(tmp_path):
    Image.fromarray(data.rocket()).resize((240, 160)).save(tmp_path / "rocket.png")
    return tmp_path


@pytest.fixture
def canvas(bundled, folder):
    return HintsCanvas(bundled, folder / "rocket.png", folder / "out" / "hints.json")


def shown(canvas, picture="picture"):
    return np.asarray(Image.open(io.BytesIO(getattr(canvas, picture)))).astype(int)


def test_the_photograph_is_shown_in_color_from_the_start(canvas):
    assert shown(canvas).shape == (160, 240, 3) and np.ptp(shown(canvas), axis=-1).max() > 20
    assert canvas.hints == [] and canvas.message == "" and canvas.name == "rocket.png"


def test_every_change_of_hints_is_drawn_and_answered(canvas):
    plain = shown(canvas)
    canvas.hints = [DOT]
    red, _, blue = (shown(canvas) - plain)[48, 24]
    assert red > 10 and blue < -10 and canvas.drawn == 1
    canvas.hints = [DOT, STROKE]
    assert canvas.drawn == 2
    canvas.hints = []
    assert (shown(canvas) == plain).all() and canvas.drawn == 3


def test_the_network_looks_only_once(canvas, monkeypatch):
    monkeypatch.setattr(Seen, "of", lambda *_: pytest.fail("the network ran again"))
    canvas.hints, canvas.place, canvas.shows_usefulness = [DOT], [0.5, 0.5], True
    assert canvas.message == "" and canvas.best_place


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (DOT | {"color": "orange"}, "hint 2 needs a color such as #4d6b2a"),
        (DOT | {"points": [[1.4, 0.2]]}, "hint 2 lies outside the picture at [1.4, 0.2]"),
        ("orange", "hint 2 is not an object with points, radius and color"),
    ],
)
def test_a_wrong_hint_is_said_and_answered_and_the_picture_stays(canvas, wrong, sentence):
    canvas.hints = [DOT]
    before = canvas.picture
    canvas.hints = [DOT, wrong]
    assert canvas.message.startswith(sentence) and canvas.picture == before and canvas.drawn == 2
    canvas.hints = [DOT]
    assert canvas.message == ""


def test_a_place_is_answered_with_colors_for_it(canvas):
    canvas.place = [0.1, 0.3]
    sky = canvas.suggested
    assert 1 < len(sky) <= 8 and all(set(one) == {"color", "probability"} for one in sky)
    levels = [
        sum(w * part for w, part in zip(LUMA_WEIGHTS, bytes.fromhex(one["color"][1:]), strict=True)) for one in sky
    ]
    assert max(levels) - min(levels) < 2
    plane = shown(canvas, "all_colors")
    assert plane.shape == (161, 161, 4)
    canvas.place = [0.5, 0.95]
    assert canvas.suggested != sky and (shown(canvas, "all_colors") != plane).any()


def test_the_overlay_shows_where_a_hint_helps_and_moves_on_after_it(canvas):
    canvas.shows_usefulness = True
    first, heat = canvas.best_place, shown(canvas, "usefulness")
    assert 0 < first["share"] < 1 and canvas.message == ""
    height, width, _ = heat.shape
    brightest = heat.sum(-1)[int(first["y"] * height), int(first["x"] * width)]
    assert brightest == heat.sum(-1).max()
    canvas.hints = [DOT | {"points": [[first["x"], first["y"]]]}]
    assert (canvas.best_place["x"], canvas.best_place["y"]) != (first["x"], first["y"])
    canvas.shows_usefulness = False
    assert canvas.best_place == {}


def test_the_overlay_waits_while_a_hint_is_dragged(canvas):
    canvas.shows_usefulness = True
    before = canvas.usefulness
    canvas.is_dragging = True
    canvas.hints = [DOT]
    assert canvas.usefulness == before and canvas.drawn == 1
    canvas.is_dragging = False
    assert canvas.usefulness != before


def test_the_overlay_is_computed_once_for_the_same_hints(canvas, monkeypatch):
    canvas.shows_usefulness = True
    monkeypatch.setattr(module.HintedPhotograph, "usefulness", lambda *_: pytest.fail("computed again"))
    canvas.is_dragging = True
    canvas.is_dragging = False
    assert canvas.message == ""


def test_hints_are_saved_with_the_picture_and_loaded_again(canvas, bundled, folder):
    canvas.hints = [DOT, STROKE]
    canvas._handle_custom_msg("save", [])  # as the page asks for it
    file, picture = folder / "out" / "hints.json", folder / "out" / "hints-colored.png"
    assert canvas.message == f"saved 2 hints to {file}, the picture to {picture}"
    assert json.loads(file.read_text())["hints"] == [DOT, STROKE] and read_hints(file).photograph == "rocket.png"
    assert Image.open(picture).size == (240, 160)
    again = HintsCanvas(bundled, folder / "rocket.png", file)
    assert again.hints == [DOT, STROKE] and again.message == f"2 hints loaded from {file}"
    assert again.picture == canvas.picture


def test_what_was_said_about_a_save_stays_until_the_hints_change(canvas):
    canvas.hints = [DOT]
    canvas.save()
    saved = canvas.message
    canvas.place, canvas.shows_usefulness = [0.4, 0.4], True
    assert canvas.message == saved != ""
    canvas.hints = [DOT, STROKE]
    assert canvas.message == ""


def test_a_second_save_is_said_again(canvas):
    canvas.hints = [DOT]
    canvas.save()
    heard = []
    canvas.observe(lambda change: heard.append(change.new), "message")
    canvas.save()
    assert heard == ["", canvas.message]


def test_without_hints_nothing_is_saved(canvas, folder):
    canvas.save()
    assert canvas.message == "there are no hints to save; set one first"
    assert not (folder / "out").exists()


def test_a_file_that_cannot_be_written_is_said(bundled, folder):
    (folder / "taken").write_text("")
    canvas = HintsCanvas(bundled, folder / "rocket.png", folder / "taken.json")
    canvas._file = folder / "taken" / "hints.json"
    canvas.hints = [DOT]
    canvas.save()
    assert "taken" in canvas.message and "\n" not in canvas.message


def test_hints_on_another_photograph_are_refused_at_the_start(bundled, folder):
    Image.fromarray(data.coffee()).resize((240, 160)).save(folder / "coffee.png")
    first = HintsCanvas(bundled, folder / "rocket.png", folder / "hints.json")
    first.hints = [DOT]
    first.save()
    with pytest.raises(HintsError, match=r"hints.json: holds hints on another picture, rocket.png of 240 x 160 px"):
        HintsCanvas(bundled, folder / "coffee.png", folder / "hints.json")


def test_the_page_loads_nothing_from_elsewhere(canvas):
    """All that it needs is in the widget's own state: it works offline."""
    for text in (canvas._esm, canvas._css):
        assert len(text) > 1000
        assert not any(word in text for word in ("http:", "https:", "import ", "import(", "url(", "fetch(", "eval("))


def test_the_parts_of_the_page_fit_together():
    """Each takes only what an earlier one has, and no name is given twice: joined, they are one module."""
    exported, names = {}, []
    for part in module._PARTS:
        text = (module._HERE / part).read_text()
        for wanted, where in re.findall(r'^import \{ (.*) \} from "\./(.*)";$', text, re.MULTILINE):
            assert set(wanted.split(", ")) <= exported[where]
        found = re.findall(r"^(export )?(?:const|class|function) (\w+)", text, re.MULTILINE)
        exported[part] = {name for is_exported, name in found if is_exported}
        names += [name for _, name in found]
    assert len(names) == len(set(names)) > 10 and sorted(exported) == sorted(p.name for p in module._HERE.glob("*.js"))
