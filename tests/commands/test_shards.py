"""`workbook shards` packs, and `workbook train` takes what it packed."""

import pytest
from toys import write_photographs

from lib.commands import workbook
from lib.data.sources import load_pairs


@pytest.fixture
def folder(tmp_path):
    return write_photographs(tmp_path / "tiles")


def test_a_training_on_shards_gives_the_weights_of_one_on_photographs(folder, tmp_path, monkeypatch, capsys):
    import torch

    from lib.networks.storage import load_network

    monkeypatch.setattr("lib.data.sources.CACHE", tmp_path / "cache")
    shards = tmp_path / "shards"
    assert workbook.main(["shards", str(folder), "-o", str(shards), "--size", "32"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Data: color photographs in {folder}, gray made as Rec. 601 luma"
    assert lines[-2].startswith("44 pictures in 3 shards, 0.2 MB, after 0:0") and lines[-2].endswith("; 0 left out")
    assert lines[-1] == str(shards)
    settings = {"pairs": "20", "epochs": "2", "options": "{width: 8}", "crop": "24"}
    options = [word for name, value in settings.items() for word in ("-p", name, value)]
    weights = []
    for data in (folder, shards):
        output = tmp_path / f"trained on {data.name}"
        assert (
            workbook.main(
                ["train", "--data", str(data), "--size", "32", "--output", str(output), "--device", "cpu", *options]
            )
            == 0
        )
        (file,) = output.glob("*/network.safetensors")
        weights.append(load_network(file).state_dict())
    assert all(torch.equal(weights[0][name], tensor) for name, tensor in weights[1].items())
    assert not (tmp_path / "cache" / "shards").exists()


def test_what_is_left_out_makes_the_exit_code_non_zero(folder, tmp_path, capsys):
    (folder / "tile-03.png").write_bytes(b"no picture")
    assert workbook.main(["shards", str(folder), "-o", str(tmp_path / "shards"), "--size", "16"]) == 1
    printed = capsys.readouterr()
    assert "tile-03.png: not readable as a picture" in printed.err and printed.err.count("\n") == 1
    assert printed.out.splitlines()[-2].endswith("; 1 left out")
    assert len(load_pairs(str(tmp_path / "shards"), 16)) == 43


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "-o", "{out}"], "nowhere is neither auto, scenes, kaggle nor a folder; give one of these"),
        (["{folder}", "-o", "{folder}"], "tiles holds other files, such as split.csv; give a new folder"),
        (["{folder}", "{folder}", "-o", "{out}"], "share pictures; name one of them"),
        (["{folder}", "-o", "{out}", "--size", "8"], "size is 8 px; the networks need at least 16"),
    ],
)
def test_mistakes_are_one_sentence(arguments, sentence, folder, tmp_path, capsys):
    given = [word.format(folder=folder, out=tmp_path / "out") for word in arguments]
    assert workbook.main(["shards", *given]) == 2
    printed = capsys.readouterr().err
    assert sentence in printed and printed.count("\n") == 1
