"""What a folder teaches: color photographs, photographs with hints, and what is left out with a sentence."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from lib.colorize.hinting import HintedPhotograph
from lib.colorize.hints import Evidence, Seen
from lib.data.hints import Hint, Hints, write_hints
from lib.data.images import PhotographError
from lib.networks.pretrained import load_colorizer
from lib.scripts import corrections
from lib.scripts.corrections import hints_beside, read_material, settled

RED = Hint(((0.5, 0.5),), 0.02, (200, 30, 40))


@pytest.fixture
def network(loud_weights):
    return load_colorizer(loud_weights, device="cpu")


@pytest.fixture
def folder(tmp_path):
    """One color photograph, two gray ones with hints and one without."""
    (tmp_path / "own").mkdir()
    coffee = Image.fromarray(data.coffee()).resize((96, 64))
    coffee.save(tmp_path / "own" / "plain.png")
    gray = coffee.convert("L")
    for number, name in enumerate(("cup.png", "cup.jpg", "still.png")):
        turned = gray.rotate(90 * number, expand=True)
        turned.save(tmp_path / "own" / name)
        if name != "still.png":
            write_hints(tmp_path / "own" / f"{name}.json", Hints.on(name, turned, [RED]))
    return tmp_path / "own"


def test_color_and_corrections_teach_and_gray_does_not(folder, network):
    (folder / "plain.png.json").write_text('{"title": "plain.png", "people": []}')  # as a photo service writes it
    (folder / "notes.txt").write_text("notes")
    found = read_material(folder, 32, network)
    assert found.pairs.names == sorted(found.pairs.names, key=found.pairs.names.index)
    assert set(found.pairs.names) == {"cup.png", "cup.jpg", "plain"}
    assert (found.corrected, found.gray, found.problems) == (2, 1, [])
    assert found.remarks == "2 files passed over: .json 1, .txt 1"
    assert set(found.pairs.splits) == {"train"}
    reach = dict(zip(found.pairs.names, found.reach, strict=True))
    assert reach["plain"].min() == 255
    for name in ("cup.png", "cup.jpg"):
        assert reach[name][16, 16] > 150 > reach[name].min()


def test_a_correction_teaches_the_photograph_with_its_hints(folder, network):
    (folder / "plain.png").unlink()
    found = read_material(folder, 32, network)
    at = found.pairs.names.index("cup.png")
    shown = Image.fromarray(HintedPhotograph(network, folder / "cup.png", 0.0).draw([RED]))
    wanted = np.asarray(shown.crop((16, 0, 80, 64)).resize((32, 32), Image.Resampling.BICUBIC)).astype(int)
    taught = found.pairs.color[at].astype(int)
    assert np.abs(taught - wanted).mean() < 2
    red, _, blue = taught[16, 16]
    assert red > blue + 30


def test_what_the_canvas_saved_is_a_correction(tmp_path, folder, network):
    out = tmp_path / "hints"
    out.mkdir()
    HintedPhotograph(network, folder / "cup.png").save([RED], out / "own-cup.png.json")
    found = read_material(out, 32, network)
    assert found.pairs.names == ["own-cup.png-colored"] and found.corrected == 1 and not found.problems
    beside = read_material(folder, 32, network)
    same = found.pairs.color[0], beside.pairs.color[beside.pairs.names.index("cup.png")]
    assert np.abs(same[0].astype(int) - same[1]).mean() < 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", r"cup.png.json: is not readable as JSON"),
        ('{"hints": 3}', r"cup.png.json: holds no list called hints"),
        ('{"hints": [], "photograph": 3}', r"cup.png.json: names no photograph"),
    ],
)
def test_broken_hints_cost_their_photograph_and_no_other(folder, network, content, sentence):
    (folder / "cup.png.json").write_text(content)
    found = read_material(folder, 32, network)
    assert found.corrected == 1 and set(found.pairs.names) == {"cup.jpg", "plain"}
    (problem,) = found.problems
    assert sentence in problem


def test_hints_on_another_picture_are_said(folder, network):
    (folder / "cup.png.json").write_bytes((folder / "cup.jpg.json").read_bytes())
    lonely = json.loads((folder / "cup.jpg.json").read_text()) | {"photograph": "gone.jpg"}
    (folder / "some.json").write_text(json.dumps(lonely))
    problems = read_material(folder, 32, network).problems
    assert len(problems) == 2
    assert "some.json: has hints on no picture here; name it gone.jpg.json and put gone.jpg beside it" in problems[0]
    assert "cup.png.json: the hints are on another picture, cup.jpg of" in problems[1]


def test_hints_under_the_name_of_a_photograph_that_is_gone(folder):
    (folder / "cup.png").unlink()
    found, problems = hints_beside([folder / "cup.jpg"])
    assert found == {folder / "cup.jpg": folder / "cup.jpg.json"}
    assert problems == [f"{folder / 'cup.png.json'}: has hints on no picture here; put cup.png beside it"]


def test_pictures_of_one_name_from_two_albums_are_two_corrections(tmp_path, folder, network):
    (tmp_path / "other").mkdir()
    Image.open(folder / "cup.jpg").save(tmp_path / "other" / "cup.png")
    out = tmp_path / "hints"
    for album in ("own", "other"):
        HintedPhotograph(network, tmp_path / album / "cup.png").save([RED], out / f"{album}-cup.png.json")
    found = read_material(out, 32, network)
    assert sorted(found.pairs.names) == ["other-cup.png-colored", "own-cup.png-colored"]
    assert found.corrected == 2 and not found.problems


def test_broken_json_that_belongs_to_no_picture_is_left_alone(tmp_path):
    (tmp_path / "cup.png").touch()
    (tmp_path / "config.json").write_text("{")
    assert hints_beside([tmp_path / "cup.png"]) == ({}, [])


def test_a_folder_that_teaches_nothing_is_refused(folder, network):
    for file in (*folder.glob("cup*"), folder / "plain.png"):
        file.unlink()
    (folder / "torn.png").write_bytes(b"torn")
    with pytest.raises(
        PhotographError,
        match=r"own holds nothing to learn from \(1 with neither .* hints; the first problem: .*torn.png: .*\); give",
    ):
        read_material(folder, 32, network)


def test_from_ten_pictures_on_some_are_held_back_and_very_many_are_not_read(tmp_path, network, monkeypatch):
    for number in range(12):
        coffee = Image.fromarray(data.coffee()).resize((64 + number, 64))
        coffee.save(tmp_path / f"p{number}.png")
    lines = ["name,split", "p0,val", *(f"p{number},train" for number in range(1, 12))]
    (tmp_path / "split.csv").write_text("\n".join(lines))
    assert set(read_material(tmp_path, 32, network).pairs.splits) > {"train"}
    monkeypatch.setattr(corrections, "MOST", 5)
    found = read_material(tmp_path, 32, network)
    assert len(found.pairs) == 5 and found.remarks == "7 photographs beyond 5 are not looked at"
    assert set(found.pairs.splits) == {"train"}


def test_hints_settle_their_places_and_less_elsewhere(network):
    gray = torch.from_numpy(np.array(Image.fromarray(data.coffee()).convert("L").resize((48, 32)))).float()
    seen = Seen.of(network, gray[None, None] / 255)
    height, width = seen.luma.shape
    cell = height // 2 * width + width // 2
    found = settled(seen, Evidence(torch.tensor([cell]), torch.zeros(2, 1))).flatten()
    assert found.argmax() == cell and 0.5 < found[cell] <= 1 and found.min() < 0.5 and found.min() >= 0
    more = settled(seen, Evidence(torch.tensor([cell, 0]), torch.zeros(2, 2))).flatten()
    assert (more >= found - 1e-4).all() and more[0] > found[0]


def test_of_very_many_the_corrected_ones_come_first(folder, network, monkeypatch):
    monkeypatch.setattr(corrections, "MOST", 2)
    found = read_material(folder, 32, network)
    assert set(found.pairs.names) == {"cup.png", "cup.jpg"} and (found.corrected, found.problems) == (2, [])
    assert found.remarks == "2 photographs beyond 2 are not looked at"


def test_the_colored_copy_of_a_corrected_photograph_teaches_nothing_twice(folder, network):
    Image.open(folder / "plain.png").save(folder / "cup.png-colored.png")
    found = read_material(folder, 32, network)
    assert set(found.pairs.names) == {"cup.png", "cup.jpg", "plain"} and found.corrected == 2
    assert found.remarks == "left out: 1 colored copy of corrected photographs"
