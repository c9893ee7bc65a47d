"""What one step of the training loop moves: networks, and the updates that optimizers make to them."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from lib.data.pairs import Pairs
from lib.training.config import TrainingConfig
from lib.training.objectives import Objective


@dataclass(frozen=True)
class Update:
    """An optimizer and the loss that it lowers, a scalar of gray `(B, 1, H, W)` and color `(B, 3, H, W)`."""

    optimizer: torch.optim.Optimizer
    loss: Callable[[Tensor, Tensor], Tensor]

    def gradients(self) -> list[Tensor]:
        """The gradients of the optimizer's parameters, of those that have one."""
        return [parameter.grad for parameter in self.parameters() if parameter.grad is not None]

    def parameters(self) -> list[nn.Parameter]:
        """The parameters that the optimizer moves."""
        return [parameter for group in self.optimizer.param_groups for parameter in group["params"]]


@dataclass(frozen=True)
class Step:
    """The networks that are trained, and the updates that each step of the loop makes to them, in order.

    A checkpoint keeps the `networks` under their names, and the history keeps each update's loss under its name.
    Networks that are trained against each other have an update each. The network that is validated and kept is the one
    called "average", if there is one, or else "network".
    """

    networks: Mapping[str, nn.Module]
    updates: Mapping[str, Update]

    @property
    def device(self) -> torch.device:
        """The device that all networks are on."""
        return next(parameter.device for network in self.networks.values() for parameter in network.parameters())

    @property
    def result(self) -> nn.Module:
        """The network that is validated and kept."""
        return self.networks.get("average", self.networks["network"])

    def begin_epoch(self, epoch: int) -> None:
        """Put the networks into training mode, before each `epoch` (from 1)."""
        for network in self.networks.values():
            network.train()

    def finish(self, steps: int) -> None:
        """Called after all updates of a step; `steps` have been made so far, this one included."""

    def updates_in(self, epoch: int) -> Mapping[str, Update]:
        """The updates that the steps of an `epoch` (from 1) make; the others rest."""
        return self.updates

    def measure(self, training: Pairs, validation: Pairs) -> dict[str, float]:
        """What the history is to say of the other networks after an epoch, beside the validation of the result."""
        return {}

    def set_learning_rate(self, rate: float) -> None:
        """Let all optimizers use `rate` from now on, or the share of it that a group of parameters names."""
        for update in self.updates.values():
            for group in update.optimizer.param_groups:
                group["lr"] = rate * group.get("share", 1.0)


@dataclass(frozen=True)
class HeadFirst(Step):
    """One network whose encoder stays frozen in the first epochs, and a running average of all weights.

    Args:
        frozen_epochs: as many epochs leave the encoder as it is: no gradient, no statistics of batch norm.
        decay: of the average, reached in the course of the first steps; 0 where none is kept.
    """

    frozen_epochs: int = 0
    decay: float = 0.0

    def begin_epoch(self, epoch: int) -> None:
        network = self.networks["network"].train()
        if self.frozen_epochs:
            is_frozen = epoch <= self.frozen_epochs
            network.encoder.train(not is_frozen).requires_grad_(not is_frozen)

    @torch.no_grad()
    def finish(self, steps: int) -> None:
        if not self.decay:
            return
        share = 1 - min(self.decay, (1 + steps) / (10 + steps))  # an early average must not remember the first weights
        average, network = (self.networks[name].state_dict().values() for name in ("average", "network"))
        for kept, now in zip(average, network, strict=True):
            kept.lerp_(now, share) if kept.is_floating_point() else kept.copy_(now)


def make_step(config: TrainingConfig, network: nn.Module, objective: Objective) -> HeadFirst:
    """The step that trains one network on one loss, with Adam (decoupled weight decay, none by default)."""
    groups = [{"params": list(network.parameters())}]
    if config.encoder_rate != 1 or config.frozen_epochs:
        own = list(network.encoder.parameters())
        others = [parameter for parameter in network.parameters() if all(parameter is not one for one in own)]
        groups = [{"params": others}, {"params": own, "share": config.encoder_rate, "weight_decay": 0.0}]
    betas = (config.beta1, 0.999)
    optimizer = torch.optim.AdamW(groups, config.learning_rate, betas, weight_decay=config.weight_decay)
    networks = {"network": network}
    if config.average:
        networks["average"] = copy.deepcopy(network).eval()
    updates = {"loss": Update(optimizer, partial(objective, network))}
    return HeadFirst(networks, updates, config.frozen_epochs, config.average)
