"""VGG11's first five layers as a feature extractor: their weights, and a distance between their features.

The features are 128 channels at half the picture's resolution (conv3-64, ReLU, max-pool 2, conv64-128, ReLU). Their
weights are buffers and not parameters, so no optimizer and no checkpoint of a loss ever holds them.
"""

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from lib.color.spaces import gray_to_rgb
from lib.common.files import MODELS

BUNDLED = MODELS / "vgg11-features5.safetensors"
WEIGHTS = {
    "bundled": "bundled (VGG11-shaped, distilled from VGG16 relu2_2 on photographs)",
    "imagenet": "imagenet (torchvision VGG11)",
}
IMAGENET_MEAN = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
IMAGENET_STD = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)


def normalize(rgb: Tensor) -> Tensor:
    """RGB `(B, 3, H, W)` in [0, 1] to what ImageNet's networks were trained on: zero mean, unit deviation a channel."""
    return (rgb - IMAGENET_MEAN.to(rgb)) / IMAGENET_STD.to(rgb)


def vgg11_structure() -> nn.Sequential:
    """The layers of torchvision's `vgg11().features[:5]`, weights not set; a test holds the two equal.

    The ReLUs write to a tensor of their own: in place, a hook on a convolution would be shown the rectified map.
    """
    with torch.device("meta"):  # no time spent on weights that are replaced
        return nn.Sequential(
            nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(64, 128, 3, padding=1), nn.ReLU()
        )


def _imagenet_weights() -> dict[str, Tensor]:
    from torchvision.models import (
        VGG11_Weights,  # here, because it takes seconds and the bundled weights do not need it
    )

    try:
        return VGG11_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError) as error:  # no network, or a download that does not match its hash
        raise RuntimeError(
            f"torchvision's VGG11 weights could not be downloaded ({error}): connect to the network, "
            'or choose the weights "bundled"'
        ) from error


def freeze(features: nn.Module) -> nn.Module:
    """Turn every parameter of `features` into a buffer that is not saved, and return it in evaluation mode.

    `.to(device)` still moves the weights, but `.parameters()` and `.state_dict()` are empty. A loss that is put into
    training mode takes its features along; VGG's hold no dropout and no batch norm, so their answer stays the same.
    """
    for module in features.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            delattr(module, name)
            module.register_buffer(name, weight.detach(), persistent=False)
    return features.eval()


def vgg11_features(weights: str = "bundled") -> nn.Sequential:
    """The first five layers of VGG11, frozen: normalized RGB `(B, 3, H, W)` to `(B, 128, H // 2, W // 2)`, all >= 0.

    `weights` is a name of `WEIGHTS`: "bundled" needs no network, "imagenet" is downloaded by torchvision (about
    500 MB, once). Raises ValueError for another name, RuntimeError when the download fails.
    """
    if weights not in WEIGHTS:
        raise ValueError(f"unknown VGG11 weights {weights!r}: choose one of {', '.join(WEIGHTS)}")
    state = load_file(BUNDLED) if weights == "bundled" else _imagenet_weights()
    features = vgg11_structure()
    own = {name: state[f"features.{name}"] for name in features.state_dict()}
    features.load_state_dict(own, assign=True)
    return freeze(features)


class GrayFeatures(nn.Module):
    """VGG's features of a gray picture: a network to look into beside the colorizers, though it gives no colors."""

    def __init__(self, features: nn.Module) -> None:
        super().__init__()
        self.features = features

    def forward(self, gray: Tensor) -> Tensor:
        """`(B, 1, H, W)` in [0, 1], taken as RGB and normalized, to `(B, 128, H // 2, W // 2)`."""
        return self.features(normalize(gray_to_rgb(gray)))


def check_pictures(pred: Tensor, target: Tensor) -> None:
    for picture in (pred, target):
        if picture.ndim != 4 or picture.shape[1] != 3 or min(picture.shape[2:]) < 2:
            raise ValueError(f"VGG features need pictures (B, 3, H, W) of 2 px or more, got {tuple(picture.shape)}")
    if pred.shape != target.shape:
        raise ValueError(f"pictures to compare differ in shape: {tuple(pred.shape)} and {tuple(target.shape)}")


@torch.no_grad()
def feature_distance(features: nn.Module, a: Tensor, b: Tensor) -> Tensor:
    """How far each picture of `a` lies from its partner in `b`, both `(B, 3, H, W)` in [0, 1], as `(B,)`.

    The mean squared difference of the normalized pictures' features: the metric `vgg_distance`, whose mean over a
    batch is `PerceptualLoss`. Its scale belongs to the weights: name them wherever it is shown.
    """
    check_pictures(a, b)
    # A few pictures at a time: the first layer's maps take 64 floats a pixel.
    chunks = zip(a.split(16), b.split(16), strict=True)
    return torch.cat([(features(normalize(x)) - features(normalize(y))).square().mean((1, 2, 3)) for x, y in chunks])
