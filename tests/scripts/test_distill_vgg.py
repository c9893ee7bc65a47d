"""Making the bundled VGG weights again: their card, the changes that they rank, the program."""

import hashlib
import sys

import numpy as np
import pytest
import scipy.stats
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file
from skimage import data
from torch import nn

from lib.color.spaces import gray_to_rgb, luma, to_tensor
from lib.common.files import read_json
from lib.losses.vgg_features import BUNDLED, feature_distance, freeze, normalize, vgg11_features
from lib.scripts import distill_vgg, rank_agreement
from lib.scripts.rank_agreement import COLOR_CHANGES, OTHER_CHANGES, recolor


def test_card_belongs_to_the_bundled_file():
    card = read_json(BUNDLED.with_suffix(".json"))
    assert card["file"] == BUNDLED.name
    assert card["sha256"] == hashlib.sha256(BUNDLED.read_bytes()).hexdigest()
    assert BUNDLED.stat().st_size < 1_000_000


def test_card_says_that_the_weights_rank_pictures_better_than_the_controls():
    scores = read_json(BUNDLED.with_suffix(".json"))["scores"]
    assert set(scores) == {"bundled", "random weights", "pixel MSE"}
    for group, (value, low, high) in scores["bundled"].items():
        assert -1 <= low <= value <= high <= 1, group
    for group in ("all pairs", "color changes", "within a photograph"):
        for control in ("random weights", "pixel MSE"):
            assert scores["bundled"][group][1] > scores[control][group][2], (group, control)


def test_bundled_distance_grows_as_color_fades(three_photographs):
    features = vgg11_features()
    distances = [
        feature_distance(features, three_photographs, recolor(three_photographs, saturation))
        for saturation in (0.75, 0.5, 0.25, 0.0)
    ]
    assert (torch.stack(distances).diff(dim=0) > 0).all()


def test_rank_agreement_is_scipys_rank_correlation_ties_included():
    changes = len(COLOR_CHANGES) + len(OTHER_CHANGES)
    own, wanted = np.random.default_rng(0).integers(0, 6, (2, 4, changes))
    scores = rank_agreement.rank_agreement(own, wanted)
    rows = [scipy.stats.spearmanr(x, y).statistic for x, y in zip(own, wanted, strict=True)]
    assert scores["within a photograph"][0] == pytest.approx(np.mean(rows), abs=1e-4)
    assert scores["all pairs"][0] == pytest.approx(
        scipy.stats.spearmanr(own.ravel(), wanted.ravel()).statistic, abs=1e-4
    )


def test_rank_agreement_is_one_for_any_rising_function():
    changes = len(COLOR_CHANGES) + len(OTHER_CHANGES)
    wanted = np.random.default_rng(1).random((20, changes))
    for value, low, high in rank_agreement.rank_agreement(wanted**3, wanted).values():
        assert (value, low, high) == (1, 1, 1)
    assert rank_agreement.rank_agreement(-wanted, wanted)["color changes"] == [-1, -1, -1]


def test_changes_keep_shape_and_range_and_change_something(three_photographs):
    for name, change in (COLOR_CHANGES | OTHER_CHANGES).items():
        changed = change(three_photographs)
        assert changed.shape == three_photographs.shape and changed.dtype == three_photographs.dtype, name
        assert changed.min() >= 0 and changed.max() <= 1 and not torch.equal(changed, three_photographs), name
    assert torch.allclose(
        COLOR_CHANGES["gray copy"](three_photographs), gray_to_rgb(luma(three_photographs)), atol=1e-5
    )
    assert torch.allclose(recolor(three_photographs, 1.0), three_photographs, atol=1e-5)


def _vgg16_teacher(path):
    torch.manual_seed(1)
    sizes = {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128)}
    layers = {index: nn.Conv2d(*channels, 3) for index, channels in sizes.items()}
    state = {f"features.{i}.{name}": w.detach() for i, layer in layers.items() for name, w in layer.named_parameters()}
    save_file(state, path)


def test_distillation_writes_weights_and_card_and_leaves_held_out_pictures_alone(tmp_path, monkeypatch):
    folder = tmp_path / "cats" / "color"
    folder.mkdir(parents=True)
    rows = ["name,split"]
    for index in range(14):
        Image.fromarray(data.chelsea()[index : 100 + index, 3 * index : 100 + 3 * index]).save(folder / f"{index}.png")
        rows.append(f"{index}.png,{'train' if index < 8 else 'test'}")
    (folder.parent / "split.csv").write_text("\n".join(rows))
    _vgg16_teacher(tmp_path / "teacher.safetensors")
    monkeypatch.setattr(distill_vgg, "BUNDLED", tmp_path / "weights.safetensors")
    monkeypatch.setattr(distill_vgg, "CROP", 24)
    monkeypatch.setattr(rank_agreement, "RESAMPLES", 10)
    monkeypatch.setattr(rank_agreement, "SCORED_SIZE", 32)
    arguments = ["--teacher", str(tmp_path / "teacher.safetensors"), "--photographs", str(folder), "--steps", "2"]
    monkeypatch.setattr(sys, "argv", ["distillation", *arguments])
    distill_vgg.main()

    state = load_file(tmp_path / "weights.safetensors")
    assert {name: tuple(weight.shape) for name, weight in state.items()} == {
        f"features.{name}": tuple(weight.shape) for name, weight in vgg11_features().named_buffers()
    }
    card = read_json(tmp_path / "weights.json")
    assert card["photographs"] == {"cats": {"training": 8, "held out": 6}}
    assert card["sha256"] == hashlib.sha256((tmp_path / "weights.safetensors").read_bytes()).hexdigest()
    assert str(tmp_path) not in str(card)


def test_distillation_brings_the_student_nearer(tmp_path, monkeypatch):
    monkeypatch.setattr(distill_vgg, "CROP", 24)
    path = tmp_path / "teacher.safetensors"
    _vgg16_teacher(path)
    teacher = distill_vgg.load_teacher(path)
    for index in range(8):
        Image.fromarray(data.coffee()[index * 20 : 60 + index * 20, 200:260]).save(tmp_path / f"{index}.png")
    training, held_out = distill_vgg.split_photographs(tmp_path)
    assert (len(training), held_out) == (8, [])
    picture = normalize(to_tensor(data.coffee()[100:164, 200:264])[None])
    start, student = freeze(distill_vgg.random_student(0)), distill_vgg.distill(teacher, training, 15, seed=0)
    assert F.mse_loss(student(picture), teacher(picture)) < 0.5 * F.mse_loss(start(picture), teacher(picture))
