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
from lib.networks.storage import load_network, read_config
from lib.scripts import learning
from lib.scripts.learning import Change


@pytest.fixture
def place(tmp_path, loud_weights, monkeypatch):
    """A folder of photographs; the bundled network is tiny here, and learning takes a few steps."""
    monkeypatch.setattr(learn, "BUNDLED_COLORIZER", loud_weights)
    monkeypatch.setattr(learn, "LEARNED", tmp_path / "learned")
    monkeypatch.setattr(learning, "CONFIG", replace(learning.CONFIG, crop=32))
    monkeypatch.setattr(learning, "STEPS", 4)
    monkeypatch.setattr(learning, "STEPS_AN_EPOCH", 2)
    monkeypatch.setattr(learning, "best_share", lambda psnr: 0.5)
    return toys.write_photographs(tmp_path / "my album")


def files_of(place):
    return sorted(place.parent.glob("learned/*.safetensors"))


def test_the_command_at_the_end_colors_with_what_was_learned(place, loud_weights, capsys):
    content = loud_weights.read_bytes()
    (place / "torn.jpg").write_bytes(b"torn")
    with (place / "split.csv").open("a") as file:
        file.write("torn,train\n")
    (place / "notes.txt").write_text("notes")
    assert workbook.main(["learn", str(place), "--device", "cpu"]) == 0
    shown = capsys.readouterr().out
    assert "24 to learn from, 8 for validation, 12 held back" in shown
    assert "1 file passed over: .txt 1" in shown and "Left out: 1 file that cannot be used; the first: " in shown
    assert "12 held-back photographs" in shown and "5 sample photographs" in shown
    assert "Photographs of other kinds may come out worse than before" in shown
    (file,) = files_of(place)
    assert file.name.startswith("my album-") and str(file) in shown
    assert type(load_network(file)).__name__ == "ChromaNet" and read_config(file)["pairs"] == 24
    assert loud_weights.read_bytes() == content
    words = shlex.split(shown.strip().splitlines()[-1])
    assert words[1] == "path/to/gray" and words[-2:] == ["--weights", str(file)]
    out = place.parent / "colored"
    assert colorize_command.main([str(place / "tile-00.png"), "-o", str(out), *words[-2:]]) == 0
    assert Image.open(out / "tile-00.png").mode == "RGB"


def test_the_same_photographs_give_the_same_file_and_others_another(place, capsys):
    assert [workbook.main(["learn", str(place), "--device", "cpu"]) for _ in range(2)] == [0, 0]
    (first,) = files_of(place)
    content = first.read_bytes()
    Image.fromarray(np.full((40, 40, 3), (200, 90, 40), np.uint8)).save(place / "tile-00.png")
    assert workbook.main(["learn", str(place), "--device", "cpu"]) == 0
    assert len(files_of(place)) == 2 and first.read_bytes() == content


def test_where_nothing_is_gained_nothing_is_written(place, monkeypatch, capsys):
    monkeypatch.setattr(learning, "best_share", lambda psnr: 0.0)
    assert workbook.main(["learn", str(place), "--device", "cpu"]) == 1
    assert (
        "no better than the bundled network on 8 validation photographs: no file is written" in capsys.readouterr().err
    )
    assert not files_of(place)


def with_splits(folder, train, val=2, test=2, color=(200, 90, 40)):
    """A folder of plain pictures, half of each in a color."""
    folder.mkdir()
    splits = ["train"] * train + ["val"] * val + ["test"] * test
    (folder / "split.csv").write_text("name,split\n" + "".join(f"p{i}.png,{s}\n" for i, s in enumerate(splits)))
    for i in range(len(splits)):
        picture = np.full((40, 40, 3), 128, np.uint8)
        picture[:, :20] = color
        Image.fromarray(picture).save(folder / f"p{i}.png")
    return folder


@pytest.mark.parametrize(
    ("splits", "sentence"),
    [
        (dict(train=9), r"photos has 9 photographs to learn from; 10 are the least, and 50 to 500 are better"),
        (dict(train=1), r"photos has 1 photograph to learn from"),
        (dict(train=12, val=0), r"photos has no pictures in its val split"),
        (dict(train=12, test=0), r"photos has no pictures in its test split"),
        (dict(train=12, color=(90, 90, 90)), r"photos holds no color: all 16 pictures are gray"),
    ],
)
def test_photographs_that_will_not_do_are_refused(tmp_path, splits, sentence, capsys):
    folder = with_splits(tmp_path / "photos", **splits)
    assert workbook.main(["learn", str(folder)]) == 2
    printed = capsys.readouterr().err
    assert re.search(sentence, printed) and printed.startswith("workbook: ") and printed.count("\n") == 1


def test_photographs_that_cannot_be_read_do_not_count(tmp_path, capsys):
    folder = with_splits(tmp_path / "photos", train=11)
    for number in (3, 4):
        (folder / f"p{number}.png").write_bytes(b"torn")
    assert workbook.main(["learn", str(folder)]) == 2
    assert "photos has 9 photographs to learn from" in capsys.readouterr().err


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
