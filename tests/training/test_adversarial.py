"""Adversarial trainings go through the loop of all: two updates a step, resting networks, resumed to the bit."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss

from lib.networks.chroma_net import small_chroma
from lib.networks.critics import PatchCritic
from lib.networks.registry import build_network
from lib.networks.storage import load_network, save_network
from lib.training import trainer
from lib.training.adversarial import critic_loss, deceiving_loss
from lib.training.config import TrainingConfig
from lib.training.objectives import make_painting
from lib.training.schedules import shuffled
from lib.training.trainer import train

PIX2PIX = TrainingConfig(
    options={"width": 8}, loss="l1", adversary="vanilla", adversarial_weight=0.01, learning_rate=2e-4, beta1=0.5,
    critic_width=4, pairs=18, epochs=2, batch_size=4, seed=5, validation_pairs=4,
)  # fmt: skip
NOGAN = TrainingConfig(
    network="ChromaNet", options={"width": 4, "side": 32}, loss="chroma distribution", adversary="hinge",
    adversarial_weight=0.5, critic_epochs=2, epochs=4, frozen_epochs=4, average=0.9, gradient_norm=1.0, crop=24,
    learning_rate=1e-3, critic_rate=2e-3, critic_width=4, pairs=18, batch_size=6, accumulation=2, seed=3,
    snapshots=(2,), validation_pairs=4,
)  # fmt: skip


def run(config, pairs, folder):
    return train(config, pairs, device="cpu", folder=folder)


def steps_of(monkeypatch):
    """The steps that trainings make from now on, to look into afterwards."""
    made, make = [], trainer.make_adversarial_step

    def remembered(*args):
        made.append(make(*args))
        return made[-1]

    monkeypatch.setattr(trainer, "make_adversarial_step", remembered)
    return made


def assert_equal(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


def test_the_losses_are_those_of_the_papers():
    true, painted = torch.randn(3, 1, 4, 4), torch.randn(3, 1, 4, 4)
    ones, zeros = torch.ones_like(true), torch.zeros_like(true)
    entropy = binary_cross_entropy_with_logits
    by_hand = (entropy(true, ones) + entropy(painted, zeros)) / 2
    torch.testing.assert_close(critic_loss("vanilla", true, painted), by_hand)
    torch.testing.assert_close(deceiving_loss("vanilla", painted), entropy(painted, ones))
    hinge = ((1 - true).clamp(min=0).mean() + (1 + painted).clamp(min=0).mean()) / 2
    torch.testing.assert_close(critic_loss("hinge", true, painted), hinge)
    torch.testing.assert_close(deceiving_loss("hinge", painted), -painted.mean())


def test_pix2pix_is_trained_as_by_hand(pairs, tmp_path, monkeypatch):
    made = steps_of(monkeypatch)
    result, few = run(PIX2PIX, pairs, tmp_path), pairs.split("train", 18)
    network = build_network("ColorizationNet", 5, width=8).to(memory_format=torch.channels_last)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        critic = PatchCritic(pairs.size, 4).to(memory_format=torch.channels_last)
    of_critic = torch.optim.Adam(critic.parameters(), 2e-4, (0.5, 0.999))
    of_network = torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999))
    for epoch in (1, 2):
        order = shuffled(18, 5, epoch)
        for start in range(0, 18, 4):
            gray, color = few.tensors(order[start : start + 4])
            of_critic.zero_grad()
            critic_loss("vanilla", critic(gray, color), critic(gray, network(gray).detach())).backward()
            of_critic.step()
            of_network.zero_grad()
            painted = network(gray)
            (l1_loss(painted, color) + 0.01 * deceiving_loss("vanilla", critic(gray, painted))).backward()
            of_network.step()
    assert_equal(made[0].networks["critic"].state_dict(), critic.state_dict())
    assert_equal(result.network.state_dict(), network.state_dict())
    assert result.history[["loss", "critic"]].gt(0).all(axis=None)


def test_first_the_critic_learns_alone_then_both(pairs, tmp_path, monkeypatch):
    made = steps_of(monkeypatch)
    result = run(NOGAN, pairs, tmp_path)
    start = build_network("ChromaNet", 3, **NOGAN.options)
    start.count_colors(pairs.split("train", 18).tensors(slice(None))[1])
    assert_equal(result.at(2).state_dict(), start.state_dict())  # weights, batch norm, average
    for name, tensor in start.state_dict().items():
        if name.startswith("encoder"):
            assert torch.equal(result.network.state_dict()[name], tensor), name
    moved = result.network.state_dict()["decoder.0.narrow.weight"]
    assert not torch.equal(moved, start.state_dict()["decoder.0.narrow.weight"])
    assert [math.isnan(value) for value in result.history["loss"]] == [True, True, False, False]
    assert result.history["critic"].notna().all()
    assert result.history["critic"].iloc[1] < result.history["critic"].iloc[0]
    step = made[0]
    assert not torch.equal(step.networks["network"].state_dict()["decoder.0.narrow.weight"], moved)  # not averaged


def test_the_accuracy_is_the_share_of_patches_judged_rightly(pairs, tmp_path, monkeypatch):
    made = steps_of(monkeypatch)
    history = run(PIX2PIX, pairs, tmp_path).history
    few, held = pairs.split("train", 4), pairs.split("val", 4)
    critic, network = made[0].networks["critic"], made[0].networks["network"]
    for column, part in (("critic_accuracy", held), ("critic_accuracy_training", few)):
        gray, color = part.tensors(slice(None))
        with torch.no_grad():
            right = torch.cat([critic(gray, color) > 0, critic(gray, network(gray)) < 0]).float().mean()
        assert history[column].iloc[-1] == pytest.approx(right.item(), abs=1e-3)


@pytest.mark.parametrize("config", [PIX2PIX, NOGAN], ids=["pix2pix", "NoGAN"])
@pytest.mark.parametrize("where", ["in an epoch", "between epochs"])
def test_an_interrupted_training_ends_with_the_same_bits(config, where, pairs, tmp_path, monkeypatch, interrupt):
    made = steps_of(monkeypatch)
    whole = run(config, pairs, tmp_path / "whole")
    interrupt(where)
    with pytest.raises(KeyboardInterrupt):
        run(config, pairs, tmp_path / "resumed")
    resumed = run(config, pairs, tmp_path / "resumed")
    first, _, last = made
    for name in first.networks:
        assert_equal(last.networks[name].state_dict(), first.networks[name].state_dict())
    same = [name for name in whole.history if name != "seconds"]
    assert resumed.history[same].equals(whole.history[same])


def test_a_network_paints_for_the_critic_what_its_loss_judges(pairs):
    gray, color = pairs.split("train", 4).tensors(slice(None))
    network = build_network("ChromaNet", 1, width=4, side=32).eval()
    loss, painted = make_painting(NOGAN, "cpu")(network, gray, color)
    assert painted.shape == small_chroma(color).shape and torch.equal(loss, network.loss(gray, color))
    loss, painted = make_painting(PIX2PIX, "cpu")(torch.nn.Identity(), color, color.flip(0))
    assert torch.equal(painted, color) and loss == (color - color.flip(0)).abs().mean()


def test_it_starts_from_a_file_and_runs_in_half_precision(pairs, tmp_path):
    save_network(tmp_path / "known", build_network("ChromaNet", 9, **NOGAN.options), NOGAN)
    config = replace(NOGAN, start=str(tmp_path / "known"), precision="bfloat16", snapshots=())
    history = run(config, pairs, tmp_path).history
    assert history["critic"].notna().all() and history["psnr"].gt(0).all()
    assert (
        load_network(tmp_path / "known").state_dict().keys()
        == build_network("ChromaNet", **NOGAN.options).state_dict().keys()
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"adversary": "wasserstein"}, 'adversary is one of "", vanilla, hinge'),
        ({"critic_epochs": 2}, "critic_epochs is 2; it must be at least 0, and below epochs"),
        ({"critic_epochs": 1, "adversary": ""}, "critic_epochs needs an adversary"),
        ({"beta1": 1.0}, "beta1 is 1.0; it must be below 1"),
        ({"critic_width": 0}, "critic_width is 0; it must be at least 1"),
    ],
)
def test_what_cannot_be_is_refused(change, says):
    with pytest.raises(ValueError, match=says):
        replace(PIX2PIX, **change)


def test_a_training_without_an_adversary_keeps_the_fingerprint_that_it_had():
    class Pictures:
        fingerprint = "0123456789abcdef"

    assert TrainingConfig().fingerprint(Pictures) == "914f01a0ec83232f"  # computed before there were critics
    assert TrainingConfig(adversary="hinge").fingerprint(Pictures) != "914f01a0ec83232f"
    assert TrainingConfig(beta1=0.5).fingerprint(Pictures) != "914f01a0ec83232f"
