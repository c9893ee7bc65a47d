"""VGG11 features: their layers, their weights, the distance between them."""

from urllib.error import URLError

import pytest
import torch
from pictures_by_hand import random_pair
from torchvision.models import VGG11_Weights, vgg11

from lib.losses.perceptual import PerceptualLoss, PrintedPerceptualLoss
from lib.losses.vgg_features import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    WEIGHTS,
    GrayFeatures,
    feature_distance,
    normalize,
    vgg11_features,
)


@pytest.mark.parametrize(("height", "width"), [(2, 2), (17, 30), (64, 64)])
def test_features_have_128_channels_at_half_the_resolution(features, height, width):
    maps = features(torch.rand(2, 3, height, width))
    assert maps.shape == (2, 128, height // 2, width // 2)
    assert maps.min() >= 0


def test_features_are_torchvisions_first_five_layers(features):
    with torch.device("meta"):
        reference = vgg11().features[:5]
    reference.load_state_dict(dict(features.named_buffers()), assign=True)
    pictures, _ = random_pair()
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
    pred, target = random_pair(dtype=torch.float64)
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


def test_gray_pictures_are_seen_as_normalized_rgb(features):
    gray = torch.rand(1, 1, 8, 8)
    torch.testing.assert_close(GrayFeatures(features)(gray), features(normalize(gray.repeat(1, 3, 1, 1))))


def test_feature_distance_is_the_loss_of_each_picture(features):
    a, b = random_pair((18, 3, 12, 10))
    distances = feature_distance(features, a, b)
    assert distances.shape == (18,)
    loss = PerceptualLoss(features)
    alone = torch.stack([loss(x[None], y[None]) for x, y in zip(a, b, strict=True)])
    assert torch.allclose(distances, alone, rtol=1e-4)
    assert distances.mean() == pytest.approx(loss(a, b).item(), rel=1e-4)
    assert feature_distance(features, a, a).abs().max() == 0
