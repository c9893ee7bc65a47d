"""The bundled colorizer: file and card agree, it colors photographs that it has not seen, it can be made again."""

import hashlib
from dataclasses import replace

import pytest
import torch
from PIL import Image
from safetensors import safe_open

from lib import load_colorizer
from lib.color.spaces import gray_to_rgb, luma
from lib.common.files import read_json
from lib.data.sources import sample_pairs
from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.names import GRAY_COPY
from lib.networks import pretrained
from lib.networks.pretrained import BUNDLED_COLORIZER
from lib.networks.registry import build_network
from lib.networks.storage import load_network
from lib.scripts import pretrain_colorizer
from lib.scripts.pretrain_colorizer import CONFIG, halved

CARD = BUNDLED_COLORIZER.with_suffix(".json")


@pytest.fixture(scope="module")
def samples():
    """Photographs that were not trained on."""
    return sample_pairs(128)


def test_the_card_is_about_this_file():
    card, content = read_json(CARD), BUNDLED_COLORIZER.read_bytes()
    assert card["sha256"] == hashlib.sha256(content).hexdigest()
    assert len(content) <= 10e6 and card["file"] == BUNDLED_COLORIZER.name
    with safe_open(BUNDLED_COLORIZER, "pt") as file:
        assert file.metadata()["network"] == card["configuration"]["network"] == "ChromaNet"
    assert card["configuration"]["pairs"] == sum(counts["train"] for counts in card["photographs"].values())
    assert "python -m lib.scripts.pretrain_colorizer" in card["command"]


def test_the_card_says_that_no_kind_of_photograph_is_worse_than_left_gray():
    card = read_json(CARD)
    scores = card["scores"]
    assert set(scores) == set(card["photographs"]) | set(card["judges"]) and card["judges"]
    for name, methods in scores.items():
        value, low, high = methods["safest"]["gain"]
        assert low <= value <= high and value > 0, name
        assert methods["safest"]["psnr"][0] - methods[GRAY_COPY.label]["psnr"][0] == pytest.approx(value, abs=2e-4)


def test_photographs_of_another_source_come_out_better_than_gray(samples):
    table = evaluate({GRAY_COPY: gray_to_rgb, "safest": load_colorizer(device="cpu")}, samples)
    value = summarize(table).pivot(index="label", columns="metric", values="value")
    assert value.loc["safest", "psnr"] > value.loc[GRAY_COPY.label, "psnr"] + 0.3
    assert value.loc["safest", "ssim"] > value.loc[GRAY_COPY.label, "ssim"]
    assert value.loc["safest", "r2_chroma"] > value.loc[GRAY_COPY.label, "r2_chroma"] + 0.2


def test_the_vividness_goes_from_safe_to_vivid(samples):
    gray, _ = samples.tensors(slice(None))
    network, seen = load_colorizer(device="cpu"), []
    with torch.inference_mode():
        for network.vividness in (0.0, 0.5, 1.0):
            rgb = network(gray)
            assert (luma(rgb) - gray).abs().max() < 1 / 255
            seen.append((rgb - luma(rgb)).abs().mean().item())
    assert seen[0] < 0.9 * seen[1] < 0.9 * seen[2]


def test_half_precision_changes_no_picture_by_more_than_one_level(samples):
    network = build_network("ChromaNet", 0, width=8, side=64).eval()
    small = halved(network)
    kept = {p.dtype for p in small.parameters() if p.ndim == 4}
    assert kept == {torch.float16} and all(p.dtype == torch.float32 for p in network.parameters())
    gray, _ = samples.tensors(slice(0, 2))
    with torch.inference_mode():
        difference = network(gray) - small.float()(gray)
    assert 0 < difference.abs().max() < 1 / 255


@pytest.fixture
def pretraining(tmp_path, monkeypatch, samples):
    """Calls the command line at small size, on two folders and a judge; returns the file of weights and its card."""
    for kind in ("one", "two", "judge"):
        (tmp_path / kind).mkdir()
        rows = ["name,split"]
        for index, picture in enumerate([*samples.color, *samples.color[:, ::-1]]):
            Image.fromarray(picture).resize((64, 64)).save(tmp_path / kind / f"{index}.png")
            rows.append(f"{index},{('train', 'train', 'val', 'test')[index % 4]}")
        (tmp_path / kind / "split.csv").write_text("\n".join(rows))
    target = tmp_path / "models" / "colorizer.safetensors"
    config = replace(CONFIG, options={"width": 4, "side": 32}, start="", crop=32, batch_size=4, validation_pairs=2)
    for module, name, value in (
        (pretrain_colorizer, "BUNDLED_COLORIZER", target),
        (pretrain_colorizer, "CONFIG", config),
        (pretrain_colorizer, "SIZE", 36),
        (pretrain_colorizer, "TRAINED", tmp_path / "trained"),
    ):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(
        pretrain_colorizer, "load_colorizer", lambda vividness: load_colorizer(target, vividness, "cpu")
    )
    monkeypatch.setattr("lib.data.sources.CACHE", tmp_path / "cache")
    folders = [str(tmp_path / "one"), str(tmp_path / "two"), "--judge", str(tmp_path / "judge")]

    def call(*options):
        monkeypatch.setattr("sys.argv", ["pretraining", *folders, *options])
        pretrain_colorizer.main()
        return target, read_json(target.with_suffix(".json"))

    return call


def test_made_again_from_folders(tmp_path, pretraining):
    """Two folders in; weights and card out, the weights being those of the training."""
    target, card = pretraining("--epochs", "4")
    assert card["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert set(card["scores"]) == {"one", "two", "judge"} and card["configuration"]["epochs"] == 4
    assert set(card["photographs"]) == {"one", "two"} and card["command"].endswith(
        "one path/to/two --judge path/to/judge --epochs 4"
    )
    harm = [card["scores"]["judge"]["safest"][name][0] for name in ("worse than gray", "worse by over 1 dB")]
    assert 1 >= harm[0] >= harm[1] >= 0 and card["scores"]["one"]["safest"]["gain"] is not None
    (folder,) = (tmp_path / "trained").iterdir()
    trained, kept = (load_network(path).state_dict() for path in (folder / "network.safetensors", target))
    for name, tensor in trained.items():
        torch.testing.assert_close(kept[name], tensor, atol=1e-3, rtol=1e-3)
    assert pretrained.BUNDLED_COLORIZER == BUNDLED_COLORIZER != target


def test_going_on_from_weights(tmp_path, pretraining):
    """All of the network moves; the card names what it began with, and nothing holds a path of this machine."""
    target, first = pretraining("--epochs", "4")
    beginning = target.rename(tmp_path / "first.safetensors")
    _, card = pretraining("--start", str(beginning), "--epochs", "1")
    assert first["sha256"] in card["training"] and "ImageNet" in card["training"] and "ImageNet" in first["training"]
    assert card["command"].endswith("--judge path/to/judge --start path/to/first.safetensors --epochs 1")
    config = card["configuration"]
    assert (config["start"], config["frozen_epochs"], config["epochs"]) == ("first.safetensors", 0, 1)
    assert config["learning_rate"] == first["configuration"]["tuning_rate"]
    before, after = (load_network(path).state_dict() for path in (beginning, target))
    moved = [name for name in before if not torch.allclose(before[name], after[name], atol=1e-6)]
    assert any(name.startswith("encoder") for name in moved) and any(name.startswith("decoder") for name in moved)
    written = [target.with_suffix(".json"), target, *(tmp_path / "trained").rglob("*.safetensors")]
    assert not any(str(tmp_path).encode() in path.read_bytes() for path in written)
