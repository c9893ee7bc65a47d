"""The paper's perceptual loss (section III-B): as it is printed, and corrected."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.losses.vgg_features import check_pictures, normalize


class PrintedPerceptualLoss(nn.Module):
    """The paper's PerceptualLoss (section III-B, Enhancement) with its faults kept; `PerceptualLoss` corrects them.

    Both passes run without gradients. Alone, its `.backward()` raises RuntimeError; added to another loss, it changes
    no gradient. The pictures are not normalized. One thing differs from the paper's listing, which runs all of VGG11's
    feature layers: this class runs the first five, as the paper's text says.
    """

    def __init__(self, features: nn.Module) -> None:
        super().__init__()
        self.features = features

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        """The mean squared difference of the features of two `(B, 3, H, W)` in [0, 1]: a scalar without gradient."""
        check_pictures(pred, target)
        with torch.no_grad():
            return F.mse_loss(self.features(pred), self.features(target))


class PerceptualLoss(nn.Module):
    """The corrected loss: gradients flow through the prediction, and VGG sees normalized pictures, as in its training.

    Args:
        features: see `vgg11_features`. Its weights are buffers, so the loss has no parameters and saves nothing.
    """

    def __init__(self, features: nn.Module) -> None:
        super().__init__()
        self.features = features

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        """The mean squared difference of the features of two `(B, 3, H, W)` in [0, 1], differentiable in `pred`.

        Raises `ValueError` for pictures of another shape, smaller than 2 px, or of differing sizes.
        """
        check_pictures(pred, target)
        with torch.no_grad():
            wanted = self.features(normalize(target))
        return F.mse_loss(self.features(normalize(pred)), wanted)
