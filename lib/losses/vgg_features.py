"""The first five layers of VGG11 as a feature extractor, their weights, and a distance between features.

The features are 128 channels at half the picture's resolution (conv3-64, ReLU, max-pool 2, conv64-128, ReLU). Their
weights are buffers, not parameters, so that no optimizer and no checkpoint holds them.
"""

import torch
from torch import Tensor, nn

from lib.color.spaces import gray_to_rgb
from lib.common.files import MODELS
from lib.common.tensors import read_tensors

BUNDLED = MODELS / "vgg11-features5.safetensors"
WEIGHTS = {
    "bundled": "bundled (VGG11-shaped, distilled from VGG16 relu2_2 on photographs)",
    "imagenet": "imagenet (torchvision VGG11)",
}
IMAGENET_MEAN = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
IMAGENET_STD = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)


def normalize(rgb: Tensor) -> Tensor:
    """RGB `(B, 3, H, W)` in [0, 1] as ImageNet's networks expect it: mean 0 and deviation 1 in each channel."""
    return (rgb - IMAGENET_MEAN.to(rgb)) / IMAGENET_STD.to(rgb)


def vgg11_structure() -> nn.Sequential:
    """The layers of torchvision's `vgg11().features[:5]`, without weights.

    Their ReLUs do not work in place: a hook on a convolution would otherwise see the rectified map.
    """
    with torch.device("meta"):  # no time spent on weights that are replaced
        return nn.Sequential(
            nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(64, 128, 3, padding=1), nn.ReLU()
        )


def _imagenet_weights() -> dict[str, Tensor]:
    # Imported here, because it takes seconds and the bundled weights do not need it.
    from torchvision.models import VGG11_Weights

    try:
        return VGG11_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError) as error:  # no network, or a download that does not match its hash
        raise RuntimeError(
            f"torchvision's VGG11 weights could not be downloaded ({error}): connect to the network, "
            'or choose the weights "bundled"'
        ) from error


def freeze(features: nn.Module) -> nn.Module:
    """The module itself, in evaluation mode, its parameters turned into buffers that are not saved.

    `.to(device)` still moves the weights, but `.parameters()` and `.state_dict()` are empty. Training mode of a loss
    does not change the features: these layers have neither dropout nor batch norm.
    """
    for module in features.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            delattr(module, name)
            module.register_buffer(name, weight.detach(), persistent=False)
    return features.eval()


def vgg11_features(weights: str = "bundled") -> nn.Sequential:
    """The first five layers of VGG11, frozen: normalized RGB `(B, 3, H, W)` to `(B, 128, H // 2, W // 2)`, all >= 0.

    Args:
        weights: "bundled" for those that come with the workbook, or "imagenet" for torchvision's, which are downloaded
            once (about 500 MB).

    Raises:
        ValueError: another name.
        RuntimeError: the download fails.
    """
    if weights not in WEIGHTS:
        raise ValueError(f"unknown VGG11 weights {weights!r}: choose one of {', '.join(WEIGHTS)}")
    state = read_tensors(BUNDLED)[0] if weights == "bundled" else _imagenet_weights()
    features = vgg11_structure()
    own = {name: state[f"features.{name}"] for name in features.state_dict()}
    features.load_state_dict(own, assign=True)
    return freeze(features)


class GrayFeatures(nn.Module):
    """VGG's features of gray pictures, to be looked into beside the feature maps of colorizers."""

    def __init__(self, features: nn.Module) -> None:
        super().__init__()
        self.features = features

    def forward(self, gray: Tensor) -> Tensor:
        """`(B, 1, H, W)` in [0, 1], taken as RGB and normalized, to `(B, 128, H // 2, W // 2)`."""
        return self.features(normalize(gray_to_rgb(gray)))


def check_pictures(pred: Tensor, target: Tensor) -> None:
    """Raise `ValueError` unless both are pictures `(B, 3, H, W)` of 2 px or more, of one shape."""
    for picture in (pred, target):
        if picture.ndim != 4 or picture.shape[1] != 3 or min(picture.shape[2:]) < 2:
            raise ValueError(f"VGG features need pictures (B, 3, H, W) of 2 px or more, got {tuple(picture.shape)}")
    if pred.shape != target.shape:
        raise ValueError(f"pictures to compare differ in shape: {tuple(pred.shape)} and {tuple(target.shape)}")


@torch.no_grad()
def feature_distance(features: nn.Module, a: Tensor, b: Tensor) -> Tensor:
    """How much each picture differs from its partner in VGG's features: the metric `vgg_distance`.

    The mean squared difference of the features; its mean over a batch is `PerceptualLoss`. The scale depends on the
    weights, so name them wherever it is shown.

    Args:
        features: see `vgg11_features`.
        a: `(B, 3, H, W)` in [0, 1].
        b: the same.

    Returns:
        `(B,)`, without gradients.
    """
    check_pictures(a, b)
    # A few pictures at a time: the first layer's maps take 64 floats a pixel.
    chunks = zip(a.split(16), b.split(16), strict=True)
    return torch.cat([(features(normalize(x)) - features(normalize(y))).square().mean((1, 2, 3)) for x, y in chunks])
