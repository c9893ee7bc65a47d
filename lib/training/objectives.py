"""The losses that one network can be trained on."""

from collections.abc import Callable

from torch import Tensor, nn

from lib.losses.perceptual import PerceptualLoss, PrintedPerceptualLoss
from lib.losses.vgg_features import vgg11_features
from lib.training.config import TrainingConfig

Objective = Callable[[nn.Module, Tensor, Tensor], Tensor]  # of a network, gray and color, to a scalar
Painting = Callable[[nn.Module, Tensor, Tensor], tuple[Tensor, Tensor]]  # the same, to a scalar and what is painted


def make_objective(config: TrainingConfig, device: str) -> Objective:
    """The loss to minimize, see `make_painting`."""
    painting = make_painting(config, device)
    return lambda network, gray, color: painting(network, gray, color)[0]


def make_painting(config: TrainingConfig, device: str) -> Painting:
    """The loss to minimize, and the painted colors that it judges.

    The loss is that of RGB `(B, 3, H, W)`, squared or absolute, alone or with a weighted perceptual loss; or the
    network's own, of chroma `(B, 2, H / 4, W / 4)`.
    """
    mse = nn.functional.mse_loss
    if config.is_of_distribution:
        return lambda network, gray, color: network.loss_and_chroma(gray, color, "cautious" in config.loss)
    if config.loss in ("mse", "l1"):
        error = mse if config.loss == "mse" else nn.functional.l1_loss

        def of_colors(network: nn.Module, gray: Tensor, color: Tensor) -> tuple[Tensor, Tensor]:
            prediction = network(gray)
            return error(prediction, color), prediction

        return of_colors
    kind = PerceptualLoss if config.loss == "mse + perceptual" else PrintedPerceptualLoss
    perceptual = kind(vgg11_features(config.vgg_weights)).to(device)

    def both(network: nn.Module, gray: Tensor, color: Tensor) -> tuple[Tensor, Tensor]:
        prediction = network(gray)
        return mse(prediction, color) + config.perceptual_weight * perceptual(prediction, color), prediction

    return both
