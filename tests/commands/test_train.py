"""One training from the command line: settings checked, the network kept where notebooks look, several processes."""

import shutil
import socket
import subprocess
import sys
from dataclasses import fields

import pytest
import torch
from PIL import Image

from lib.commands import workbook
from lib.commands.train import _value, check_pictures, configuration, main
from lib.common.files import ROOT
from lib.data.sources import load_pairs
from lib.data.survey import Survey
from lib.training.config import TrainingConfig
from lib.training.trainer import train

SETTINGS = {
    "pairs": "19", "epochs": "2", "batch_size": "4", "accumulation": "2", "options": "{width: 8}", "snapshots": "[1]",
    "validation_pairs": "6", "learning_rate": "2e-3",
}  # fmt: skip
OPTIONS = [word for name, value in SETTINGS.items() for word in ("-p", name, value)]


@pytest.fixture(scope="module")
def folder(pairs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for name, picture, split in zip(pairs.names, pairs.color, pairs.splits, strict=True):
        Image.fromarray(picture).save(folder / f"{name}.png")
        with (folder / "split.csv").open("a") as file:
            file.write(("" if file.tell() else "name,split\n") + f"{name},{split}\n")
    return folder


def arguments(folder, output):
    return ["--data", str(folder), "--size", "32", "--device", "cpu", "--output", str(output), *OPTIONS]


def test_every_setting_of_a_training_can_be_given():
    texts = {"str": "auto", "int": "3", "float": "0.5", "dict": "{width: 4}", "tuple[int, ...]": "[1, 2]"}
    for field in fields(TrainingConfig):
        kind = str(field.type) if field.name == "snapshots" else field.type.__name__
        value = _value(field.name, texts[kind])
        assert isinstance(value, tuple if kind.startswith("tuple") else field.type)
    assert configuration([["learning_rate", "1e-4"]]).learning_rate == 1e-4  # which YAML takes for a string
    assert configuration([["snapshots", "[1, 3]"]]).snapshots == (1, 3)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (("epoch", "3"), "-p epoch: a training has no such setting; did you mean 'epochs'?"),
        (("epochs", "many"), "-p epochs: must be int, not 'many'."),
        *(
            (("epochs", text), f"-p epochs: must be int, not '{text}'.")
            for text in ("1:30", "0x1F", "1_0", "5 # x", "")
        ),
        (("epochs", "1e1"), "-p epochs: must be int, not '1e1'; write 10."),
        (("epochs", "0"), "epochs is 0; it must be at least 1"),
        (("pairs", "0"), "pairs is 0; it must be at least 1"),
        (("seed", "-1"), "seed is -1; it must be at least 0"),
        (("seed", "4294967296"), "seed is 4294967296; it must be at most 4294967295"),
        (("learning_rate", "0"), "learning_rate is 0.0; it must be greater than 0"),
        (("perceptual_weight", "-1"), "perceptual_weight is -1.0; it must be at least 0"),
        (("loss", "mae"), "loss is one of mse, mse + perceptual, "),
        (
            ("loss", "mse + perceptual"),
            "-p loss: 'mse + perceptual' needs -p vgg_weights too, one of bundled, ",
        ),
        (("schedule", "linear"), "schedule is one of constant, one-cycle, not 'linear'"),
        (("vgg_weights", "vgg"), "vgg_weights is one of bundled, imagenet, not 'vgg'"),
        (("options", "{width: 8, width: 9}"), "line 1: 'width' is given twice, first in line 1; keep one"),
        (("options", "{width: 1e1}"), "-p options: width must be int, not 10.0; write 10."),
        (("options", "{width: 0}"), "width is 0; it must be at least 1"),
        (("epochs", "2.5"), "-p epochs: must be int, not '2.5'."),
        (("options", "8"), "-p options: must be dict, not '8'; write {width: 8}."),
        (("crop", "8"), "crop is 8 px; the networks need at least 16."),
        (("snapshots", "1"), "-p snapshots: must be list[int], not '1'; write [1, 3]."),
        (("options", "{widht: 8}"), "unexpected keyword argument 'widht'"),
        (("options", "{width: ["), "-p options: must be dict"),
        (("network", "Unet"), "no network is called 'Unet'; there are ColorizationNet"),
        (("precision", "float16"), "precision is one of auto, float32, bfloat16, not 'float16'"),
        (("batch_size", "0"), "batch_size is 0; it must be at least 1"),
    ],
)
def test_mistakes_are_one_sentence_before_anything_is_read(setting, sentence, capsys):
    assert main(["--data", "nowhere", "-p", *setting]) == 2
    printed = capsys.readouterr().err
    assert sentence in printed and printed.count("\n") == 1 and printed.startswith("train: ")


@pytest.mark.parametrize(
    ("counts", "options", "sentence"),
    [
        ({"train": 34, "val": 5}, [], "mine has 34 training pictures, fewer than pairs 1000; give -p pairs 34."),
        ({}, ["-p", "network", "ChromaNet", "--size", "36"], "--size is 36 px; ChromaNet trains on sides that are a"),
        ({}, ["--data", ""], "--data is empty; give auto, scenes, kaggle or a folder."),
    ],
)
def test_pictures_that_do_not_suit_are_refused_before_anything_is_decoded(
    counts, options, sentence, monkeypatch, capsys
):
    monkeypatch.setattr("lib.data.survey.survey", lambda data, needed: Survey("toy", counts))
    monkeypatch.setattr("lib.data.sources.load_pairs", lambda *_: pytest.fail("the pictures were decoded"))
    assert main([*([] if "--data" in options else ["--data", "mine"]), *options]) == 2
    assert sentence in capsys.readouterr().err


def test_training_needs_no_test_pictures_but_some_for_validation(folder, tmp_path, capsys):
    own, lines = tmp_path / "own", (folder / "split.csv").read_text()
    shutil.copytree(folder, own)
    config = configuration([["pairs", "4"]])
    (own / "split.csv").write_text(lines.replace(",test", ",val"))
    assert check_pictures(config, str(own), 32) == []
    (own / "split.csv").write_text(lines.replace(",val", ",test"))
    assert main(arguments(own, tmp_path)) == 2
    assert capsys.readouterr().err == f"train: {own} has no pictures in its val split; see split.csv or add pictures\n"


def test_what_is_left_out_is_said(folder, tmp_path, monkeypatch, capsys):
    own = tmp_path / "own"
    shutil.copytree(folder, own)
    own.joinpath("bad.png").write_text("no picture")
    with own.joinpath("split.csv").open("a") as file:
        file.write("bad,train\n")
    monkeypatch.setattr("lib.data.sources.CACHE", tmp_path)
    monkeypatch.chdir(tmp_path)  # the pictures are named from where the user is
    assert main(arguments("own", tmp_path)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("Left out: 1 file that cannot be used; the first: ") and "bad.png" in lines[1]


def test_workbook_train_trains(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("lib.data.sources.CACHE", tmp_path)
    assert workbook.main(["train", *arguments(folder, tmp_path)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[-2].startswith("After 2 epochs") and printed[-1].startswith(str(tmp_path))


def test_several_folders_are_trained_on_together(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("lib.data.sources.CACHE", tmp_path)
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    assert main(["--data", str(other), *arguments(folder, tmp_path)]) == 0
    alone = len(load_pairs(str(folder), 32, tmp_path))
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(f"Data: color photographs in {other}, ") and f"{folder}, gray made" in first
    assert f" {2 * alone} pairs at 32 px" in first


def test_a_gpu_that_is_not_there_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main(["--device", "cuda"]) == 2
    assert capsys.readouterr().err.startswith("train: --device cuda: there is no GPU here")


def test_pictures_that_are_not_there_are_one_sentence(tmp_path, capsys):
    assert main(["--data", str(tmp_path / "nowhere")]) == 2
    assert "is neither auto, scenes, kaggle nor a folder" in capsys.readouterr().err


def test_a_training_that_fails_says_where(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("lib.data.sources.CACHE", tmp_path)
    nothing = lambda network, gray, color: network(gray).mean() * float("nan")  # noqa: E731
    monkeypatch.setattr("lib.training.trainer.make_objective", lambda config, device: nothing)
    assert main(arguments(folder, tmp_path)) == 1
    assert "train: the loss is nan on " in capsys.readouterr().err


def test_accelerate_launches_it_and_a_notebook_finds_the_network(folder, tmp_path, monkeypatch):
    """On CPUs `accelerate launch` starts a single process (more would need MPI): `--multi_gpu` makes it start two."""
    pytest.importorskip("accelerate")
    monkeypatch.setenv("WORKBOOK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    config = configuration(list(SETTINGS.items()))
    here = train(config, load_pairs(str(folder), 32, tmp_path / "own cache"), device="cpu", folder=tmp_path / "here")
    for kind in ("--cpu", "--multi_gpu"):
        launch = [sys.executable, "-m", "accelerate.commands.launch", kind, "--num_processes", "2"]
        done = subprocess.run(
            [*launch, "--main_process_port", "0", "-m", "lib.commands.train", *arguments(folder, tmp_path / kind)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        lines = done.stdout.strip().splitlines()
        assert sum(line.startswith("After 2 epochs") for line in lines) == 1  # only one process speaks
        kept = tmp_path / kind / here.folder.name
        assert lines[-1] == str(kept) and not (kept / "checkpoint.safetensors").exists()
        found = train(config, load_pairs(str(folder), 32, tmp_path / "own cache"), device="cpu", folder=tmp_path / kind)
        for name, tensor in found.network.state_dict().items():
            torch.testing.assert_close(tensor, here.network.state_dict()[name], atol=1e-5, rtol=1e-4)


def test_two_machines_train_one_network_from_shards(folder, tmp_path, monkeypatch):
    """Both are this machine: two launches that find each other by address, port and rank."""
    pytest.importorskip("accelerate")
    from lib.commands.workbook import main as command

    for name, value in (("CUDA_VISIBLE_DEVICES", ""), ("OMP_NUM_THREADS", "1")):
        monkeypatch.setenv(name, value)
    assert command(["shards", str(folder), "-o", str(tmp_path / "shards"), "--size", "32"]) == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "2"]
    launch += ["--num_processes", "2", "--main_process_ip", "127.0.0.1", "--main_process_port", port]
    own = ["-m", "lib.commands.train", *arguments(tmp_path / "shards", tmp_path / "two")]
    machines = [
        subprocess.Popen([*launch, "--machine_rank", rank, *own], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for rank in "01"
    ]
    printed = [machine.communicate(timeout=300)[0] for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0]
    assert "After 2 epochs" in printed[0] and "After" not in printed[1]
    config, pairs = configuration(list(SETTINGS.items())), load_pairs(str(tmp_path / "shards"), 32)
    alone = train(config, pairs, device="cpu", folder=tmp_path / "alone")
    both = train(config, pairs, device="cpu", folder=tmp_path / "two")
    for name, tensor in alone.network.state_dict().items():
        torch.testing.assert_close(both.network.state_dict()[name], tensor, atol=1e-5, rtol=1e-4)
