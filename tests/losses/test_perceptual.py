"""VGG11 features, both perceptual losses, the bundled weights and the program that makes them."""

import hashlib
import sys
from urllib.error import URLError

import numpy as np
import pytest
import scipy.stats
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file
from skimage import data
from torch import nn
from torchvision.models import VGG11_Weights, vgg11

from lib.color.spaces import gray_to_rgb, luma, to_tensor
from lib.common.files import read_json
from lib.losses.perceptual import PerceptualLoss, PrintedPerceptualLoss
from lib.losses.vgg_features import (
    BUNDLED,
    IMAGENET_MEAN,
    IMAGENET_STD,
    WEIGHTS,
    GrayFeatures,
    feature_distance,
    freeze,
    normalize,
    vgg11_features,
)
from lib.scripts import distill_vgg, rank_agreement
from lib.scripts.picture_changes import COLOR_CHANGES, OTHER_CHANGES, recolor


@pytest.fixture(scope="module")
def features():
    return vgg11_features("bundled")


@pytest.fixture(scope="module")
def photographs():
    """Three photographs that scikit-image ships, 128 px from the middle, `(3, 3, 128, 128)`."""
    images = [data.astronaut(), data.chelsea(), data.coffee()]
    middles = [(image.shape[0] // 2 - 64, image.shape[1] // 2 - 64) for image in images]
    return torch.stack([to_tensor(i[y : y + 128, x : x + 128]) for i, (y, x) in zip(images, middles, strict=True)])


def _pair(size=(2, 3, 16, 16), dtype=torch.float32):
    generator = torch.Generator().manual_seed(3)
    return torch.rand(size, generator=generator, dtype=dtype), torch.rand(size, generator=generator, dtype=dtype)


# --- the features


@pytest.mark.parametrize(("height", "width"), [(2, 2), (17, 30), (64, 64)])
def test_features_have_128_channels_at_half_the_resolution(features, height, width):
    maps = features(torch.rand(2, 3, height, width))
    assert maps.shape == (2, 128, height // 2, width // 2)
    assert maps.min() >= 0


def test_features_are_torchvisions_first_five_layers(features):
    with torch.device("meta"):
        reference = vgg11().features[:5]
    reference.load_state_dict(dict(features.named_buffers()), assign=True)
    pictures, _ = _pair()
    assert torch.equal(features(pictures), reference(pictures))


def test_a_hook_on_a_convolution_sees_its_own_output_and_not_the_rectified_one(features):
    seen = []
    handle = features[0].register_forward_hook(lambda layer, inputs, output: seen.append(output))
    features(torch.rand(1, 3, 16, 16))
    handle.remove()
    assert seen[0].min() < 0


def test_frozen_weights_enter_no_optimizer_and_no_checkpoint_but_move_with_the_loss():
    features = vgg11_features("bundled")
    assert sum(weight.numel() for weight in features.buffers()) == 3 * 64 * 9 + 64 + 64 * 128 * 9 + 128
    assert not features.training
    pred, target = _pair(dtype=torch.float64)
    for loss in (PerceptualLoss(features), PrintedPerceptualLoss(features)):
        assert list(loss.parameters()) == []
        assert loss.state_dict() == {}
        assert loss.double()(pred, target).dtype == torch.float64
        assert loss.train()(pred, target) == loss.eval()(pred, target)


def test_normalization_is_the_one_of_torchvisions_weights():
    preset = VGG11_Weights.IMAGENET1K_V1.transforms()
    assert IMAGENET_MEAN.flatten().tolist() == pytest.approx(preset.mean)
    assert IMAGENET_STD.flatten().tolist() == pytest.approx(preset.std)
    assert normalize(IMAGENET_MEAN[None]).abs().max() == 0
    assert torch.allclose(normalize(IMAGENET_MEAN[None] + IMAGENET_STD), torch.ones(1, 3, 1, 1))


def test_unknown_weights_are_refused_with_the_names_to_choose_from():
    with pytest.raises(ValueError, match=r"'vgg19'.*bundled, imagenet"):
        vgg11_features("vgg19")
    assert set(WEIGHTS) == {"bundled", "imagenet"}


def test_imagenet_weights_without_a_network_say_what_to_do(monkeypatch):
    def unreachable(*args, **kwargs):
        raise URLError("no network here")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", unreachable)
    with pytest.raises(RuntimeError, match=r"could not be downloaded.*no network here.*bundled"):
        vgg11_features("imagenet")


def test_imagenet_weights_are_read_from_the_whole_network(monkeypatch):
    shapes = {"features.0": (64, 3, 3, 3), "features.3": (128, 64, 3, 3), "features.6": (256, 128, 3, 3)}
    whole = {f"{name}.weight": torch.rand(shape) for name, shape in shapes.items()}
    whole |= {f"{name}.bias": torch.rand(shape[0]) for name, shape in shapes.items()}
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", lambda *args, **kwargs: whole)
    layers = vgg11_features("imagenet")
    assert torch.equal(layers[0].weight, whole["features.0.weight"])
    assert torch.equal(layers[3].bias, whole["features.3.bias"])


# --- the losses


def test_gray_pictures_are_seen_as_normalized_rgb(features):
    gray = torch.rand(1, 1, 8, 8)
    torch.testing.assert_close(GrayFeatures(features)(gray), features(normalize(gray.repeat(1, 3, 1, 1))))


def test_printed_loss_alone_cannot_train(features):
    pred, target = _pair()
    loss = PrintedPerceptualLoss(features)(pred.requires_grad_(), target)
    assert loss > 0
    with pytest.raises(RuntimeError, match="does not require grad"):
        loss.backward()


def test_printed_loss_added_to_mse_changes_no_bit_of_any_gradient(features):
    gray, target = _pair((2, 1, 16, 16))[0], _pair()[1]
    network = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 1), nn.Sigmoid())
    gradients = {}
    for name, extra in {
        "mse": lambda pred: 0,
        "printed": lambda pred: PrintedPerceptualLoss(features)(pred, target),
        "corrected": lambda pred: PerceptualLoss(features)(pred, target),
    }.items():
        pred = network(gray)
        (F.mse_loss(pred, target) + extra(pred)).backward()
        gradients[name] = torch.cat([p.grad.flatten() for p in network.parameters()])
        network.zero_grad()
    assert torch.equal(gradients["mse"], gradients["printed"])
    assert not torch.allclose(gradients["mse"], gradients["corrected"])


def test_printed_loss_does_not_normalize_and_the_corrected_one_does(features):
    pred, target = _pair()
    printed = PrintedPerceptualLoss(features)
    assert printed(pred, target) == F.mse_loss(features(pred), features(target))
    assert printed(normalize(pred), normalize(target)) == PerceptualLoss(features)(pred, target)


def test_corrected_loss_gives_the_prediction_a_gradient_and_vgg_none(features):
    pred, target = _pair()
    loss = PerceptualLoss(features).train()
    loss(pred.requires_grad_(), target.requires_grad_()).backward()
    assert torch.isfinite(pred.grad).all() and pred.grad.abs().min() > 0
    assert target.grad is None
    assert all(weight.grad is None and not weight.requires_grad for weight in features.buffers())


def test_corrected_loss_gradient_is_the_slope_of_its_value():
    exact = vgg11_features("bundled").double()
    pred, target = _pair((1, 3, 4, 4), torch.float64)
    assert torch.autograd.gradcheck(lambda x: PerceptualLoss(exact)(x, target), pred.requires_grad_(), eps=1e-7)


def test_corrected_loss_pulls_a_gray_picture_towards_the_truth(features, photographs):
    gray = gray_to_rgb(luma(photographs)).clone().requires_grad_()
    PerceptualLoss(features)(gray, photographs).backward()
    toward = (photographs - gray).detach()
    assert (gray.grad * toward).sum() < 0


@pytest.mark.parametrize("loss", [PrintedPerceptualLoss, PerceptualLoss])
def test_pictures_that_cannot_be_compared_are_refused(features, loss):
    with pytest.raises(ValueError, match=r"2 px or more.*\(1, 3, 1, 8\)"):
        loss(features)(torch.rand(1, 3, 1, 8), torch.rand(1, 3, 1, 8))
    with pytest.raises(ValueError, match=r"\(1, 1, 8, 8\)"):
        loss(features)(torch.rand(1, 1, 8, 8), torch.rand(1, 3, 8, 8))
    with pytest.raises(ValueError, match="differ in shape"):
        loss(features)(torch.rand(1, 3, 8, 8), torch.rand(2, 3, 8, 8))


def test_feature_distance_is_the_loss_of_each_picture(features):
    a, b = _pair((18, 3, 12, 10))
    distances = feature_distance(features, a, b)
    assert distances.shape == (18,)
    loss = PerceptualLoss(features)
    alone = torch.stack([loss(x[None], y[None]) for x, y in zip(a, b, strict=True)])
    assert torch.allclose(distances, alone, rtol=1e-4)
    assert distances.mean() == pytest.approx(loss(a, b).item(), rel=1e-4)
    assert feature_distance(features, a, a).abs().max() == 0


# --- the bundled weights


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


def test_bundled_distance_grows_as_color_fades(features, photographs):
    distances = [
        feature_distance(features, photographs, recolor(photographs, saturation))
        for saturation in (0.75, 0.5, 0.25, 0.0)
    ]
    assert (torch.stack(distances).diff(dim=0) > 0).all()


# --- making the weights again


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


def test_changes_keep_shape_and_range_and_change_something(photographs):
    for name, change in (COLOR_CHANGES | OTHER_CHANGES).items():
        changed = change(photographs)
        assert changed.shape == photographs.shape and changed.dtype == photographs.dtype, name
        assert changed.min() >= 0 and changed.max() <= 1 and not torch.equal(changed, photographs), name
    assert torch.allclose(COLOR_CHANGES["gray copy"](photographs), gray_to_rgb(luma(photographs)), atol=1e-5)
    assert torch.allclose(recolor(photographs, 1.0), photographs, atol=1e-5)


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
