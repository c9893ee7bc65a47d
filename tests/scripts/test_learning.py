"""Learning a kind of photograph: only the decoder moves, only as far as pays, and the test split is not looked at."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lib.color.distribution import COLORS
from lib.color.spaces import gray_to_rgb
from lib.evaluation.metrics import psnr
from lib.networks.pretrained import load_colorizer
from lib.networks.registry import build_network
from lib.networks.storage import save_network
from lib.scripts import learning
from lib.scripts.learning import MOST, STEPS, best_share, blended, change_on, learn, learning_config, repeated
from lib.training import trainer
from lib.training.config import TrainingConfig


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(learning, "CONFIG", replace(learning.CONFIG, crop=32))
    monkeypatch.setattr(learning, "STEPS", 8)
    monkeypatch.setattr(learning, "STEPS_AN_EPOCH", 4)


def tinted(pairs, of: dict[str, tuple[float, float, float]]):
    """The pairs in one color for each split: what a network can learn in a few steps."""
    gray = np.asarray(pairs.gray)[..., None] * 0.7
    tints = np.array([of[split] for split in pairs.splits])[:, None, None]
    return replace(pairs, color=(gray * tints).astype(np.uint8), fingerprint=str(of))


WARM, COLD = (1.2, 1.0, 0.6), (0.6, 1.0, 1.3)
ALL_WARM = dict.fromkeys(("train", "val", "test"), WARM)


@pytest.mark.parametrize("count", [10, 14, 33, 40, 81, 400, 1000])
def test_any_number_of_photographs_makes_about_as_many_steps(count, loud_weights, monkeypatch):
    monkeypatch.setattr(learning, "STEPS", STEPS)
    monkeypatch.setattr(learning, "STEPS_AN_EPOCH", 20)
    config = learning_config(count, loud_weights)
    steps = config.epochs * -(-config.pairs // config.batch_size)
    assert 0.9 * STEPS < steps < 1.1 * STEPS and config.frozen_epochs == config.epochs
    assert config.pairs == count * learning.repetitions(count)
    assert config.options == {"width": 4, "side": 32}


def test_very_many_photographs_take_no_longer(loud_weights, monkeypatch):
    monkeypatch.setattr(learning, "STEPS", STEPS)
    config = learning_config(100_000, loud_weights)
    assert config.pairs == MOST and config.epochs == 1


def test_another_kind_of_network_is_refused(kept_network):
    with pytest.raises(ValueError, match=r"network.safetensors: holds a ColorizationNet, not a ChromaNet"):
        learning_config(50, kept_network)


def test_only_training_pictures_are_repeated(pairs):
    more = repeated(pairs, 3)
    assert more.counts() == pairs.counts() | {"train": 108}
    for split in ("val", "test"):
        assert more.split(split).names == pairs.split(split).names
        assert np.array_equal(more.split(split).color, pairs.split(split).color)


def test_the_decoder_learns_and_the_encoder_stays(pairs, loud_weights, tmp_path, monkeypatch):
    warm, content = tinted(pairs, ALL_WARM), loud_weights.read_bytes()
    learned = learn(warm, "cpu", loud_weights, tmp_path)
    before = load_colorizer(loud_weights, device="cpu")
    same = {
        name: torch.equal(tensor, learned.network.state_dict()[name]) for name, tensor in before.state_dict().items()
    }
    assert all(same[name] for name in same if name.startswith("encoder."))
    assert not all(same[name] for name in same if name.startswith("decoder."))
    assert same["frequency"]
    assert learned.share > 0 and learned.config.pairs == 36 and learned.validated == "12 validation photographs"
    assert learned.config.start == loud_weights.name  # no path of this machine
    assert change_on(warm, before, learned.network).difference[1] > 0
    assert loud_weights.read_bytes() == content
    monkeypatch.setattr(trainer, "train_epoch", None)  # what is trained already is not trained again
    again = learn(warm, "cpu", loud_weights, tmp_path)
    assert again.share == learned.share and again.history == learned.history


def test_what_the_validation_photographs_do_not_want_is_not_kept(pairs, tmp_path, monkeypatch):
    other = tinted(pairs, ALL_WARM | {"val": COLD})
    network = build_network("ChromaNet", width=4, side=32)
    with torch.no_grad():  # it begins at gray, from where every step toward warm leads away from cold
        network.colors.weight.zero_()
        network.colors.bias.copy_(-200 * torch.as_tensor(np.asarray(COLORS), dtype=torch.float32).square().sum(1))
    start = tmp_path / "gray.safetensors"
    save_network(start, network, TrainingConfig(network="ChromaNet", options={"width": 4, "side": 32}))
    monkeypatch.setattr(learning, "STEPS", 40)
    learned = learn(other, "cpu", start, tmp_path)
    assert learned.share == 0
    kept, first = learned.network.state_dict(), network.state_dict()
    assert all(torch.equal(kept[name], first[name]) for name in first)


def test_the_share_is_the_smallest_that_brings_most_of_the_gain():
    assert best_share({0.0: 20.0, 0.25: 20.5, 0.5: 20.91, 0.75: 21.0, 1.0: 20.0}) == 0.5
    assert best_share({0.0: 20.0, 0.25: 20.0, 1.0: 19.0}) == 0.0
    assert best_share({0.0: 20.0, 0.25: 20.5, 1.0: 22.0}) == 1.0


def test_a_blend_lies_between_two_networks():
    one, two = (build_network("ChromaNet", seed, width=4, side=32) for seed in (0, 1))
    middle = blended(one, two, 0.25).state_dict()
    name = "decoder.0.narrow.weight"
    assert torch.allclose(middle[name], 0.75 * one.state_dict()[name] + 0.25 * two.state_dict()[name])
    unchanged = blended(one, two, 0.0).state_dict()
    assert all(torch.equal(unchanged[key], tensor) for key, tensor in one.state_dict().items())


def test_the_change_is_that_of_the_test_pictures(pairs):
    def warm(gray):
        return gray_to_rgb(gray) * torch.tensor([1.0, 0.95, 0.8]).view(3, 1, 1)

    change = change_on(pairs, gray_to_rgb, warm)
    gray, color = pairs.split("test").tensors(slice(None))
    rounded = [(colorizer(gray) * 255).round() / 255 for colorizer in (gray_to_rgb, warm)]
    gains = psnr(rounded[1], color) - psnr(rounded[0], color)
    assert change.pictures == 12 and change.before == (0.0, 0.0)
    assert change.after == pytest.approx((gains.mean().item(), (gains < 0).float().mean().item()), abs=1e-4)
    assert change.difference[0] == pytest.approx(gains.mean().item(), abs=1e-4)
    assert change.difference[1] < change.difference[0] < change.difference[2]
