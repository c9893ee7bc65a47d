"""Head first, then gently all: a frozen encoder, a rate for each part, an average of the weights, a known start."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from lib.networks.encoders import EfficientNetLite0, load_imagenet
from lib.networks.registry import build_network
from lib.networks.storage import load_network, save_network
from lib.training import loop, schedules, trainer
from lib.training.config import TrainingConfig
from lib.training.trainer import train

CONFIG = TrainingConfig(
    network="ChromaNet", options={"width": 4, "side": 32}, loss="cautious chroma distribution", pairs=18, epochs=4,
    frozen_epochs=2, batch_size=6, learning_rate=4e-3, tuning_rate=1e-3, encoder_rate=0.25, schedule="one-cycle",
    weight_decay=0.05, average=0.9, gradient_norm=1.0, crop=32, augmentation="crops and damage", snapshots=(2,), seed=3,
    validation_pairs=4,
)  # fmt: skip


def run(config, pairs, folder):
    return train(config, pairs, device="cpu", folder=folder)


def assert_equal(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


@pytest.fixture(scope="module")
def trained(pairs, tmp_path_factory):
    return run(CONFIG, pairs, tmp_path_factory.mktemp("trained"))


def test_the_encoder_stays_as_it_is_and_then_moves(trained):
    start = build_network("ChromaNet", CONFIG.seed, **CONFIG.options).state_dict()
    frozen, tuned = trained.at(2).state_dict(), trained.network.state_dict()
    of_encoder = [name for name in start if name.startswith("encoder.")]
    for name in of_encoder:  # batch norm's statistics too
        assert torch.equal(start[name], frozen[name]), name
    assert all(not torch.equal(start[name], tuned[name]) for name in of_encoder if name.endswith("weight"))
    assert all(not torch.equal(start[name], frozen[name]) for name in start if name.startswith("decoder.0.narrow"))


def test_each_phase_has_a_cycle_of_its_own():
    rates = np.array([schedules.learning_rate(CONFIG, done) for done in np.linspace(0, 0.9999, 1000)])
    assert rates[:500].max() == pytest.approx(4e-3, rel=1e-3) and rates[500:].max() == pytest.approx(1e-3, rel=1e-3)
    assert rates[499] < 1e-5 < rates[500] < 1e-4  # down to nothing, and up again
    assert schedules.learning_rate(replace(CONFIG, tuning_rate=0.0), 0.6) == pytest.approx(4e-3)
    constant = replace(CONFIG, schedule="constant")
    assert [schedules.learning_rate(constant, done) for done in (0, 0.49, 0.5, 0.99)] == [4e-3, 4e-3, 1e-3, 1e-3]


def test_each_part_has_its_rate_and_decay(pairs, tmp_path, monkeypatch):
    used = []

    class AdamW(torch.optim.AdamW):
        def step(self):
            used.append([(group["lr"], group["weight_decay"], len(group["params"])) for group in self.param_groups])
            super().step()

    monkeypatch.setattr(torch.optim, "AdamW", AdamW)
    run(replace(CONFIG, epochs=3, snapshots=()), pairs, tmp_path)
    network = build_network("ChromaNet", **CONFIG.options)
    own = len(list(network.encoder.parameters()))
    for (rate, decay, count), (of_encoder, no_decay, encoder_count) in used:
        assert of_encoder == pytest.approx(rate / 4) and (decay, no_decay) == (0.05, 0.0)
        assert (count, encoder_count) == (len(list(network.parameters())) - own, own)


def test_what_is_kept_is_the_average_of_the_weights(pairs, tmp_path, monkeypatch):
    seen, original = [], loop.train_epoch

    def remembered(step, *args):
        finish = step.finish
        object.__setattr__(step, "finish", lambda steps: (finish(steps), seen.append(weights(step))))
        try:
            return original(step, *args)
        finally:
            object.__setattr__(step, "finish", finish)

    def weights(step):
        return {name: tensor.clone() for name, tensor in step.networks["network"].state_dict().items()}

    monkeypatch.setattr(trainer, "train_epoch", remembered)
    result = run(CONFIG, pairs, tmp_path)
    assert len(seen) == 12  # 3 steps in each of 4 epochs
    expected = build_network("ChromaNet", CONFIG.seed, **CONFIG.options).state_dict()
    expected["frequency"] = result.network.frequency
    for number, now in enumerate(seen, start=1):
        decay = min(0.9, (1 + number) / (10 + number))
        expected = {name: decay * expected[name] + (1 - decay) * now[name] for name in expected}
    for name, tensor in result.network.state_dict().items():
        if tensor.is_floating_point():
            torch.testing.assert_close(tensor, expected[name], atol=1e-5, rtol=1e-4)
    assert not torch.equal(result.network.colors.weight, seen[-1]["colors.weight"])


def test_no_gradient_is_longer_than_asked_for(pairs, tmp_path, monkeypatch):
    lengths = []

    class AdamW(torch.optim.AdamW):
        def step(self):
            parameters = [p.grad for group in self.param_groups for p in group["params"] if p.grad is not None]
            lengths.append(float(nn.utils.get_total_norm(parameters)))
            super().step()

    monkeypatch.setattr(torch.optim, "AdamW", AdamW)
    run(replace(CONFIG, gradient_norm=0.01), pairs, tmp_path / "short")
    assert max(lengths) <= 0.01 * (1 + 1e-4)
    lengths.clear()
    run(replace(CONFIG, gradient_norm=0.0), pairs, tmp_path / "any")
    assert max(lengths) > 0.1


@pytest.mark.parametrize("where", ["in an epoch", "between epochs"])
@pytest.mark.parametrize("frozen", [1, 2])
def test_an_interrupted_training_ends_with_the_same_bits(
    where, frozen, trained, pairs, tmp_path, interrupt, monkeypatch
):
    config = replace(CONFIG, frozen_epochs=frozen)
    whole = trained if frozen == CONFIG.frozen_epochs else run(config, pairs, tmp_path / "whole")
    with monkeypatch.context(), pytest.raises(KeyboardInterrupt):
        interrupt(where)
        run(config, pairs, tmp_path / "broken")
    monkeypatch.undo()
    resumed = run(config, pairs, tmp_path / "broken")
    assert_equal(resumed.network.state_dict(), whole.network.state_dict())


def test_the_cautious_loss_is_that_of_its_formula(pairs):
    network = build_network("ChromaNet", 1, width=4, side=32)
    gray, color = pairs.tensors(slice(0, 6))
    from lib.color import distribution as chromas
    from lib.networks.chroma_net import small_chroma

    with torch.no_grad():
        network.colors.bias.normal_(std=3)  # vivid guesses, which harm some pictures
        logits, mixing = network.eval().predict(gray)
        truth, mean = small_chroma(color), chromas.mix(chromas.expected(logits.softmax(1)), mixing)
        terms = []
        for found, true in zip(mean, truth, strict=True):
            error, of_gray = float((found - true).square().mean()) + 1e-4, float(true.square().mean()) + 1e-4
            terms.append(np.log(error) + max(0, np.log(error / of_gray)))
        expected = float(chromas.cross_entropy(logits, truth)) + 0.6 * np.mean(terms)
        assert float(network.loss(gray, color, True)) == pytest.approx(expected, rel=1e-4)
    harmed = [float((m - t).square().mean()) > float(t.square().mean()) for m, t in zip(mean, truth, strict=True)]
    assert any(harmed)


def test_a_training_may_start_from_imagenet(pairs, tmp_path):
    options = {"width": 4, "side": 32, "encoder": "efficientnet-lite0"}
    config = replace(CONFIG, options=options, start="imagenet", epochs=1, frozen_epochs=1, pairs=6, snapshots=())
    known = EfficientNetLite0()
    load_imagenet(known)
    found = run(config, pairs, tmp_path).network
    assert_equal(found.encoder.state_dict(), known.state_dict())


def test_a_training_may_start_from_a_network_wherever_its_file_lies(trained, pairs, tmp_path):
    file, moved = trained.folder / "network.safetensors", tmp_path / "moved.safetensors"
    moved.write_bytes(file.read_bytes())
    config = replace(CONFIG, start=str(moved), epochs=1, frozen_epochs=1, learning_rate=1e-9, snapshots=())
    assert config.fingerprint(pairs) == replace(config, start=str(file)).fingerprint(pairs)
    again = run(config, pairs, tmp_path / "again")
    for name, tensor in again.network.state_dict().items():
        if "running" not in name and tensor.is_floating_point():
            torch.testing.assert_close(tensor, trained.network.state_dict()[name], atol=1e-6, rtol=1e-5)
    save_network(moved, load_network(file), CONFIG, [{"other": 1}])
    assert config.fingerprint(pairs) != replace(config, start=str(file)).fingerprint(pairs)
    other = replace(config, start=str(file), options={"width": 8, "side": 32})
    with pytest.raises(ValueError, match=r"network.safetensors: holds a network of another shape; give its own"):
        run(other, pairs, tmp_path / "other")
