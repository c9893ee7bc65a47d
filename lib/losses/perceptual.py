"""The perceptual loss of the paper (section III-B): as printed, and corrected."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.losses.vgg_features import check_pictures, normalize


class PrintedPerceptualLoss(nn.Module):
    """The paper's PerceptualLoss (section III-B, Enhancement) with its faults kept; `PerceptualLoss` is the cure.

    Both passes run without gradients, so alone its `.backward()` raises RuntimeError, and added to another loss it
    leaves every gradient as it was. The pictures are not normalized. One thing differs from the listing: that runs
    all of VGG11's features though its text says the first five layers; here it is the five.
    """

    def __init__(self, features: nn.Module) -> None:
        super().__init__()
        self.features = features

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        """Mean squared difference of the features of two `(B, 3, H, W)` in [0, 1]: a scalar without gradient."""
        check_pictures(pred, target)
        with torch.no_grad():
            return F.mse_loss(self.features(pred), self.features(target))


class PerceptualLoss(nn.Module):
    """The corrected loss: the gradient flows through `pred`, and VGG sees pictures as it was trained on them.

    `features` comes from `vgg11_features`: its weights are buffers, so the loss has no parameters and saves nothing.
    """

    def __init__(self, features: nn.Module) -> None:
        super().__init__()
        self.features = features

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        """Mean squared difference of the features of two `(B, 3, H, W)` in [0, 1]: a scalar, differentiable in `pred`.

        Raises ValueError for pictures of another shape, smaller than 2 px, or of differing sizes.
        """
        check_pictures(pred, target)
        with torch.no_grad():
            wanted = self.features(normalize(target))
        return F.mse_loss(self.features(normalize(pred)), wanted)
