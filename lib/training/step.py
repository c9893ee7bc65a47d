"""What one step of the training loop moves: networks, and the updates that optimizers make to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from lib.training.config import TrainingConfig
from lib.training.objectives import Objective


@dataclass(frozen=True)
class Update:
    """An optimizer and the loss that it lowers, a scalar of gray `(B, 1, H, W)` and color `(B, 3, H, W)`."""

    optimizer: torch.optim.Optimizer
    loss: Callable[[Tensor, Tensor], Tensor]

    def gradients(self) -> list[Tensor]:
        """The gradients of the optimizer's parameters, of those that have one."""
        parameters = (parameter for group in self.optimizer.param_groups for parameter in group["params"])
        return [parameter.grad for parameter in parameters if parameter.grad is not None]


@dataclass(frozen=True)
class Step:
    """The networks that are trained, and the updates that each step of the loop makes to them, in order.

    A checkpoint keeps the `networks` under their names, and the history keeps each update's loss under its name.
    Networks that are trained against each other have an update each. A step that leaves part of a network frozen
    overrides `train_mode` to keep that part in eval mode.
    """

    networks: Mapping[str, nn.Module]
    updates: Mapping[str, Update]

    @property
    def device(self) -> torch.device:
        """The device that all networks are on."""
        return next(parameter.device for network in self.networks.values() for parameter in network.parameters())

    def train_mode(self) -> None:
        """Put the networks into training mode, at the start of every epoch."""
        for network in self.networks.values():
            network.train()

    def set_learning_rate(self, rate: float) -> None:
        """Let all optimizers use `rate` from now on."""
        for update in self.updates.values():
            for group in update.optimizer.param_groups:
                group["lr"] = rate


def make_step(config: TrainingConfig, network: nn.Module, objective: Objective) -> Step:
    """The step that trains one network on one loss, with Adam (decoupled weight decay, none by default)."""
    optimizer = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    return Step({"network": network}, {"loss": Update(optimizer, partial(objective, network))})
