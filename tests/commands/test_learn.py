"""`workbook learn`: what a person reads, what lies on the disk afterwards, and what is refused at once."""

import re
import shlex
from dataclasses import replace

import numpy as np
import pytest
import toys
from PIL import Image

from lib.commands import colorize as colorize_command
from lib.commands import learn, workbook
from lib.data.hints import Hint, Hints, write_hints
from lib.networks.storage import load_network, read_config
from lib.scripts import learning, recipe
from lib.scripts.learning import Change


@pytest.fixture
def place(tmp_path, loud_weights, monkeypatch):
    """A folder of 44 photographs, five in hardly any color. The bundled network is tiny, learning takes a few steps."""
    monkeypatch.setattr(learn, "BUNDLED_COLORIZER", loud_weights)
    monkeypatch.setattr(learn, "LEARNED", tmp_path / "learned")
    monkeypatch.setattr(recipe, "SIZE", 32)
    monkeypatch.setattr(learning, "STEPS", 4)
    monkeypatch.setattr(learning, "SCENES", 2)
    monkeypatch.setattr(learning, "CROPS", 1)
    monkeypatch.setattr(learning, "best_share", lambda changes: 0.5)
    return toys.write_photographs(tmp_path / "my album")


def files_of(place):
    return sorted(place.parent.glob("learned/*.safetensors"))


def correct(folder, name):
    """Let a photograph of the folder be gray, with a hint on it."""
    gray = Image.open(folder / name).convert("L")
    gray.save(folder / name)
    write_hints(folder / f"{name}.json", Hints.on(name, gray, [Hint(((0.5, 0.5),), 0.05, (200, 60, 40))]))


def test_the_command_at_the_end_colors_with_what_was_learned(place, loud_weights, capsys):
    content = loud_weights.read_bytes()
    (place / "notes.txt").write_text("notes")
    correct(place, "tile-01.png")
    Image.open(place / "tile-02.png").convert("L").save(place / "tile-02.png")
    assert workbook.main(["learn", str(place), "--device", "cpu"]) == 0
    shown = capsys.readouterr().out
    assert "Data: 37 color photographs and 1 corrected with hints" in shown
    assert "22 to learn from, 7 for validation, 9 held back" in shown
    assert "Not learned from: 6 photographs with neither color nor hints" in shown
    assert "1 file passed over: .txt 1" in shown
    assert "9 held-back pictures" in shown and "5 sample photographs" in shown
    assert "Photographs of other kinds may come out a little worse than before" in shown
    (file,) = files_of(place)
    assert file.name.startswith("my album-") and f"{file} keeps it; remove that file to undo it." in shown
    assert type(load_network(file)).__name__ == "ChromaNet" and read_config(file)["pairs"] == 22
    assert loud_weights.read_bytes() == content
    words = shlex.split(shown.strip().splitlines()[-1])
    assert words[1] == "path/to/gray" and words[-2:] == ["--weights", str(file)]
    out = place.parent / "colored"
    assert colorize_command.main([str(place / "tile-00.png"), "-o", str(out), *words[-2:]]) == 0
    assert Image.open(out / "tile-00.png").mode == "RGB"
    assert [path.name for path in (place.parent / "learned").iterdir()] == [file.name]


def test_what_cannot_be_used_is_said_and_costs_nothing_else(place, capsys):
    correct(place, "tile-01.png")
    (place / "tile-01.png.json").write_text('{"hints": []}')
    (place / "tile-03.png").write_bytes(b"torn")
    assert workbook.main(["learn", str(place), "--device", "cpu"]) == 1
    printed = capsys.readouterr()
    assert "tile-01.png.json: names no photograph" in printed.err
    assert re.search(r"tile-03.png: .*not readable", printed.err)
    assert "21 to learn from" in printed.out and len(files_of(place)) == 1


def test_one_correction_is_enough(place, capsys):
    for file in set(place.iterdir()) - {place / "tile-00.png"}:
        file.unlink()
    (only,) = place.iterdir()
    correct(place, only.name)
    assert workbook.main(["learn", str(place), "--device", "cpu"]) == 0
    shown = capsys.readouterr().out
    assert "Data: 0 color photographs and 1 corrected with hints · 1 to learn from, 0 for validation" in shown
    assert "No picture was held back: whether others of the kind gain was not measured." in shown
    assert "It keeps 50% of the change to the bundled weights.\n" in shown and len(files_of(place)) == 1


def test_the_same_photographs_give_the_same_file_and_others_another(place, capsys):
    assert [workbook.main(["learn", str(place), "--device", "cpu"]) for _ in range(2)] == [0, 0]
    (first,) = files_of(place)
    content = first.read_bytes()
    Image.fromarray(np.full((40, 40, 3), (200, 90, 40), np.uint8)).save(place / "tile-00.png")
    correct(place, "tile-01.png")
    assert workbook.main(["learn", str(place), "--device", "cpu"]) == 0
    assert len(files_of(place)) == 2 and first.read_bytes() == content


def test_where_too_much_would_be_lost_nothing_is_written(place, monkeypatch, capsys):
    learned = learning.learn

    def refused(*args):
        return replace(learned(*args), share=0.0, gain=0.456, fall=0.123)

    monkeypatch.setattr(learning, "learn", refused)
    assert workbook.main(["learn", str(place), "--device", "cpu"]) == 1
    assert (
        "workbook: no file is written: 7 validation pictures would gain +0.46 dB and the photographs that ship would "
        "change by -0.12 dB; what was learned is kept only where it gains, and costs these at most 0.05 dB."
    ) in capsys.readouterr().err
    assert not files_of(place)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "the folder's name is empty; give a folder of photographs."),
        ("scenes", "scenes names no folder here; give a folder of photographs."),
        ("no/such", "no/such is neither auto, scenes, kaggle nor a folder; give one of these"),
    ],
)
def test_what_is_no_folder_is_refused(name, sentence, capsys):
    assert workbook.main(["learn", name]) == 2
    assert capsys.readouterr().err.strip().endswith(sentence)


def test_a_folder_without_anything_to_learn_is_refused(place, capsys):
    for file in set(place.iterdir()) - {place / "tile-00.png"}:
        file.unlink()
    (only,) = place.iterdir()
    Image.open(only).convert("L").save(only)
    assert workbook.main(["learn", str(place)]) == 2
    printed = capsys.readouterr().err
    assert (
        printed.count("\n") == 1
        and "my album holds nothing to learn from (1 with neither color nor hints); give" in printed
    )


def test_without_pictures_to_learn_from_it_is_refused(place, capsys):
    lines = (place / "split.csv").read_text().replace("train", "val")
    (place / "split.csv").write_text(lines)
    assert workbook.main(["learn", str(place)]) == 2
    assert "my album has no pictures in its train split; see split.csv or add pictures" in capsys.readouterr().err


def test_a_missing_or_damaged_bundled_network_is_said(place, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(learn, "BUNDLED_COLORIZER", tmp_path / "colorizer.safetensors")
    assert workbook.main(["learn", str(place)]) == 2
    assert "colorizer.safetensors: the bundled network is missing; copy it from the project again." in (
        capsys.readouterr().err
    )
    (tmp_path / "colorizer.safetensors").write_bytes(b"half a file")
    assert workbook.main(["learn", str(place)]) == 2
    assert "colorizer.safetensors: is no whole safetensors file" in capsys.readouterr().err


def test_a_training_that_breaks_down_is_said_and_leaves_no_file(place, monkeypatch, capsys):
    def broken(*_):
        raise FloatingPointError("the loss is nan on tile-00; try a lower learning rate")

    monkeypatch.setattr(learning, "learn", broken)
    assert workbook.main(["learn", str(place)]) == 1
    assert capsys.readouterr().err == "workbook: the loss is nan on tile-00; try a lower learning rate\n"
    assert not files_of(place)


@pytest.mark.parametrize(
    ("difference", "pictures", "sentence"),
    [
        ((1.0, 0.5, 1.5), 10, "it gains +1.00 dB [+0.50, +1.50] compared with the bundled network."),
        ((1.0, -0.5, 2.5), 10, "compared with the bundled network, which may be chance."),
        ((1.0, np.nan, np.nan), 4, "it gains +1.00 dB compared with the bundled network (4 pictures: too few for an"),
        ((-0.1, -0.5, 0.3), 10, "it is no better, and the bundled one will do."),
    ],
)
def test_the_sentence_says_what_the_held_back_photographs_show(difference, pictures, sentence):
    assert sentence in learn._about_own(Change(pictures, (1.0, 0.1), (2.0, 0.1), difference))


@pytest.mark.parametrize(
    ("name", "start"), [("a/b", "a b"), ("..", "photographs"), ("", "photographs"), ("é" * 300, "é" * 40)]
)
def test_any_folder_gives_a_name_that_a_disk_takes(name, start):
    file = learn.file_name(name, "0123456789abcdef")
    assert file == f"{start}-012345.safetensors" and len(file.encode()) < 255


def test_a_folder_that_cannot_be_written_to_is_said_at_once(place, capsys):
    (place.parent / "learned").write_text("in the way")
    assert workbook.main(["learn", str(place)]) == 2
    printed = capsys.readouterr()
    assert not printed.out and f"{place.parent / 'learned'}: cannot be made (File exists); remove what" in printed.err
