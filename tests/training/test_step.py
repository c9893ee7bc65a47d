"""Steps of other kinds go through the same loop: two networks against each other, and a part that stays frozen."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from lib.networks.registry import build_network
from lib.training import trainer
from lib.training.config import TrainingConfig
from lib.training.objectives import make_objective
from lib.training.schedules import shuffled
from lib.training.step import Step, Update
from lib.training.trainer import train

CONFIG = TrainingConfig(
    options={"width": 8, "norm": "batch"}, pairs=18, epochs=3, batch_size=4, seed=5, validation_pairs=4
)


def make_discriminator(seed):
    """Judges a gray picture with its colors; dropout shows whether a resumed training draws the same numbers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(4, 8, 3, stride=2), nn.BatchNorm2d(8), nn.LeakyReLU(0.2), nn.Dropout(0.2), nn.Conv2d(8, 1, 3)
        )


def judged(discriminator, gray, color, real):
    logits = discriminator(torch.cat([gray, color], dim=1))
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, real))


def adversarial_step(config, network, objective):
    """A generator and a discriminator in turns (Goodfellow et al. 2014, the generator's loss as in pix2pix)."""
    discriminator = make_discriminator(config.seed)

    def discriminator_loss(gray, color):
        fake = network(gray).detach()
        return judged(discriminator, gray, color, 1.0) + judged(discriminator, gray, fake, 0.0)

    def generator_loss(gray, color):
        return objective(network, gray, color) + 0.01 * judged(discriminator, gray, network(gray), 1.0)

    return Step(
        {"network": network, "discriminator": discriminator},
        {
            "discriminator loss": Update(
                torch.optim.Adam(discriminator.parameters(), betas=(0.5, 0.999)), discriminator_loss
            ),
            "loss": Update(torch.optim.Adam(network.parameters()), generator_loss),
        },
    )


class FrozenEncoder(Step):
    """One network whose encoder stays as it is."""

    def begin_epoch(self, epoch):
        super().begin_epoch(epoch)
        self.networks["network"].encoder.eval()


def frozen_step(config, network, objective):
    network.encoder.requires_grad_(False)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.5)
    return FrozenEncoder(
        {"network": network}, {"loss": Update(optimizer, lambda gray, color: objective(network, gray, color))}
    )


def trained_with(make, config, pairs, folder, monkeypatch):
    """The step that `make` makes, after a whole training with it, and what came of the training."""
    made = []

    def remembered(*args):
        made.append(make(*args))
        return made[-1]

    monkeypatch.setattr(trainer, "make_step", remembered)
    result = train(config, pairs, device="cpu", folder=folder)
    return made[-1], result


def state_of(step):
    """All tensors of all networks and optimizers, by name."""
    tensors = nn.ModuleDict(step.networks).state_dict()
    for name, update in step.updates.items():
        for index, state in update.optimizer.state_dict()["state"].items():
            tensors |= {f"{name}.{index}.{key}": value for key, value in state.items()}
    return tensors


def assert_equal(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


def test_two_networks_in_turns_are_trained_as_by_hand(pairs, tmp_path, monkeypatch):
    step, result = trained_with(adversarial_step, CONFIG, pairs, tmp_path, monkeypatch)
    few = pairs.split("train", CONFIG.pairs)
    network = build_network(CONFIG.network, CONFIG.seed, **CONFIG.options).to(memory_format=torch.channels_last)
    by_hand = adversarial_step(CONFIG, network, make_objective(CONFIG, "cpu"))
    discriminator = by_hand.networks["discriminator"]
    first, second = (update.optimizer for update in by_hand.updates.values())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(CONFIG.seed)
        for epoch in range(1, CONFIG.epochs + 1):
            network.train()
            order = shuffled(len(few), CONFIG.seed, epoch)
            for start in range(0, len(order), CONFIG.batch_size):
                gray, color = few.tensors(order[start : start + CONFIG.batch_size])
                first.zero_grad()
                fake = network(gray).detach()
                (judged(discriminator, gray, color, 1.0) + judged(discriminator, gray, fake, 0.0)).backward()
                first.step()
                second.zero_grad()
                loss = mse_loss(network(gray), color) + 0.01 * judged(discriminator, gray, network(gray), 1.0)
                loss.backward()
                second.step()
    assert_equal(state_of(step), state_of(by_hand))
    start = adversarial_step(CONFIG, build_network(CONFIG.network, CONFIG.seed, **CONFIG.options), None)
    for name, tensor in nn.ModuleDict(start.networks).state_dict().items():
        assert not torch.equal(tensor, state_of(step)[name]), f"{name} was not trained"
    assert result.history[["discriminator loss", "loss"]].gt(0).all(axis=None)
    assert result.history["loss"].iloc[-1] < result.history["loss"].iloc[0]


@pytest.mark.parametrize("make", [adversarial_step, frozen_step])
@pytest.mark.parametrize("where", ["in an epoch", "between epochs"])
def test_an_interrupted_step_of_another_kind_ends_with_the_same_bits(
    make, where, pairs, tmp_path, monkeypatch, interrupt
):
    config = replace(CONFIG, schedule="one-cycle", crop=24, accumulation=2)
    whole, expected = trained_with(make, config, pairs, tmp_path / "whole", monkeypatch)
    calls = interrupt(where)
    with pytest.raises(KeyboardInterrupt):
        trained_with(make, config, pairs, tmp_path / "resumed", monkeypatch)
    resumed, found = trained_with(make, config, pairs, tmp_path / "resumed", monkeypatch)
    assert len(calls) == 4  # two before, two after: the first epoch was not trained again
    assert_equal(state_of(resumed), state_of(whole))
    losses = ["epoch", *whole.updates]
    assert found.history[losses].equals(expected.history[losses])
    assert not list(found.folder.glob("checkpoint*"))


def test_a_frozen_part_stays_as_it_was_to_the_bit(pairs, tmp_path, monkeypatch):
    start = build_network(CONFIG.network, CONFIG.seed, **CONFIG.options).state_dict()
    frozen = trained_with(frozen_step, CONFIG, pairs, tmp_path, monkeypatch)[1].network.state_dict()
    assert {name.split(".")[0] for name in start} == {"encoder", "decoder"}
    assert any("running_mean" in name and name.startswith("encoder") for name in start)
    for name, tensor in start.items():  # weights, and statistics and counts of batch norm
        assert torch.equal(tensor, frozen[name]) == name.startswith("encoder"), name
