"""Adversarial training: a network that paints, and a critic that tells its colors from true ones (Goodfellow 2014).

There are two ways. In pix2pix (Isola et al. 2017, section 3.3) both begin with random weights and learn in turns, with
`adversary="vanilla"` beside `loss="l1"`. In NoGAN (Antic 2019) the network has learned before (`start`), the critic
learns while the network rests (`critic_epochs`), and then both learn for a short time, with `adversary="hinge"`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.data.pairs import Pairs
from lib.networks.chroma_net import ChromaNet
from lib.networks.critics import ChromaCritic, PatchCritic
from lib.training.config import TrainingConfig
from lib.training.objectives import Painting
from lib.training.step import HeadFirst, Update, make_step

_BATCH = 32  # pictures at a time where the critic's accuracy is measured


def critic_loss(kind: str, of_true: Tensor, of_painted: Tensor) -> Tensor:
    """What the critic minimizes, a scalar, halved as in pix2pix (section 3.3): the mean over true and painted colors.

    Args:
        kind: "vanilla", the cross entropy of Goodfellow et al. 2014, or "hinge" (Lim and Ye 2017).
        of_true: its logits for true colors, which are to be above 0.
        of_painted: its logits for painted colors, which are to be below 0.
    """
    of_true, of_painted = of_true.float(), of_painted.float()  # half precision is for the networks
    bound = F.softplus if kind == "vanilla" else lambda negated: F.relu(1 + negated)
    return (bound(-of_true).mean() + bound(of_painted).mean()) / 2


def deceiving_loss(kind: str, of_painted: Tensor) -> Tensor:
    """What the network minimizes to deceive the critic, a scalar of the critic's logits for its colors."""
    of_painted = of_painted.float()
    return F.softplus(-of_painted).mean() if kind == "vanilla" else -of_painted.mean()


@dataclass(frozen=True, kw_only=True)
class Adversarial(HeadFirst):
    """Two updates a step: first the critic learns, then the network.

    Args:
        paints: gives the network's colors for gray and color pictures, see `lib.training.objectives.make_painting`.
        critic_epochs: in the first epochs the critic alone learns.
    """

    paints: Callable[[nn.Module, Tensor, Tensor], Tensor]
    critic_epochs: int = 0

    def updates_in(self, epoch: int) -> Mapping[str, Update]:
        return {"critic": self.updates["critic"]} if epoch <= self.critic_epochs else self.updates

    def begin_epoch(self, epoch: int) -> None:
        super().begin_epoch(epoch)
        self.networks["critic"].train()
        if epoch <= self.critic_epochs:
            self.networks["network"].eval()  # its batch norm rests too

    @torch.no_grad()
    def measure(self, training: Pairs, validation: Pairs) -> dict[str, float]:
        """The critic's accuracy on validation and on as many training pictures: a large difference says it overfits.

        It is the share of patches that it judges rightly, half of them true; 0.5 is chance.
        """
        network, critic = (self.networks[name].eval() for name in ("network", "critic"))
        found = {}
        for name, pairs in (("critic_accuracy", validation), ("critic_accuracy_training", training)):
            right = []
            for start in range(0, min(len(pairs), len(validation)), _BATCH):
                gray, color = pairs.tensors(slice(start, min(start + _BATCH, len(validation))), self.device)
                of_true = critic(gray, critic.true_colors(color)) > 0
                of_painted = critic(gray, self.paints(network, gray, color)) < 0
                right.append((of_true.float() + of_painted.float()).mean((1, 2, 3)) / 2)
            found[name] = float(torch.cat(right).mean())
        return found


def make_adversarial_step(
    config: TrainingConfig, network: nn.Module, painting: Painting, device: torch.device, side: int
) -> Adversarial:
    """The step of a configuration with an adversary, for pictures of `side` px.

    `ChromaNet` gets a `ChromaCritic`, any other network a `PatchCritic`. Its first weights depend on the seed alone.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        is_chroma, width = isinstance(network, ChromaNet), config.critic_width
        critic = ChromaCritic(width) if is_chroma else PatchCritic(side, width)
    critic = critic.to(device).to(memory_format=torch.channels_last)

    def for_critic(gray: Tensor, color: Tensor) -> Tensor:
        with torch.no_grad():
            painted = painting(network, gray, color)[1]
        return critic_loss(config.adversary, critic(gray, critic.true_colors(color)), critic(gray, painted))

    def for_network(_network: nn.Module, gray: Tensor, color: Tensor) -> Tensor:
        loss, painted = painting(network, gray, color)
        with _resting(critic):
            return loss + config.adversarial_weight * deceiving_loss(config.adversary, critic(gray, painted))

    own = make_step(config, network, for_network)
    group = {"params": list(critic.parameters()), "share": config.critic_rate / config.learning_rate}
    update = Update(torch.optim.Adam([group], config.critic_rate, (config.beta1, 0.999)), for_critic)
    return Adversarial(
        networks={**own.networks, "critic": critic},
        updates={"critic": update, **own.updates},
        frozen_epochs=own.frozen_epochs,
        decay=own.decay,
        paints=lambda *given: painting(*given)[1],
        critic_epochs=config.critic_epochs,
    )


@contextmanager
def _resting(critic: nn.Module) -> Iterator[None]:
    """Inside, gradients go through the critic and leave none in its weights, which saves a quarter of its backward."""
    critic.requires_grad_(False)
    try:
        yield
    finally:
        critic.requires_grad_(True)
