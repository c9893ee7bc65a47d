"""The losses that one network can be trained on."""

from collections.abc import Callable

from torch import Tensor, nn

from lib.losses.perceptual import PerceptualLoss, PrintedPerceptualLoss
from lib.losses.vgg_features import vgg11_features
from lib.training.config import TrainingConfig

Objective = Callable[[nn.Module, Tensor, Tensor], Tensor]  # of a network, gray and color, to a scalar


def make_objective(config: TrainingConfig, device: str) -> Objective:
    """The loss to minimize: MSE of the colors, alone or with a weighted perceptual loss, or the network's own."""
    mse = nn.functional.mse_loss
    if config.is_of_distribution:
        return lambda network, gray, color: network.loss(gray, color, "cautious" in config.loss)
    if config.loss == "mse":
        return lambda network, gray, color: mse(network(gray), color)
    kind = PerceptualLoss if config.loss == "mse + perceptual" else PrintedPerceptualLoss
    perceptual = kind(vgg11_features(config.vgg_weights)).to(device)

    def both(network: nn.Module, gray: Tensor, color: Tensor) -> Tensor:
        prediction = network(gray)
        return mse(prediction, color) + config.perceptual_weight * perceptual(prediction, color)

    return both
