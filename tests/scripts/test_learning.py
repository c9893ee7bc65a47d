"""Learning a kind of photograph: how far it goes, what refuses it, and that the test split is not looked at."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lib.color.spaces import gray_to_rgb
from lib.evaluation.metrics import psnr
from lib.networks.pretrained import load_colorizer
from lib.networks.registry import build_network
from lib.scripts import learning
from lib.scripts.corrections import Material
from lib.scripts.learning import (
    LARGEST_FALL,
    best_share,
    blended,
    change_on,
    held_pictures,
    learn,
    learning_config,
)

WARM, COLD = (1.2, 1.0, 0.6), (0.6, 1.0, 1.3)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(learning, "STEPS", 30)
    monkeypatch.setattr(learning, "SCENES", 2)
    monkeypatch.setattr(learning, "CROPS", 1)


def tinted(pairs, tint, splits=None):
    """The pairs in one color: what a network can learn in a few steps."""
    color = (np.asarray(pairs.gray)[..., None] * 0.7 * np.array(tint)).astype(np.uint8)
    pairs = replace(pairs, color=color, splits=pairs.splits if splits is None else splits, fingerprint=str(tint))
    return Material(pairs, np.full(np.asarray(pairs.gray).shape, 255, np.uint8), 0, 0, [], "")


def test_another_kind_of_network_is_refused(kept_network):
    with pytest.raises(ValueError, match=r"network.safetensors: holds a ColorizationNet, not a ChromaNet"):
        learning_config(50, kept_network)


@pytest.fixture
def measured(monkeypatch):
    """Lets validation pictures gain `gain(share)` dB, and the photographs that ship lose `fall(share)`."""

    def set_to(gain, fall):
        shares, blend = [0.0], learning.blended
        monkeypatch.setattr(learning, "blended", lambda *args: shares.append(args[-1]) or blend(*args))
        judge = {True: lambda share: -fall(share), False: gain}
        monkeypatch.setattr(learning, "psnr_on", lambda _, part: 20 + judge[part.name == "samples"](shares[-1]))

    return set_to


def test_what_is_learned_is_kept_as_far_as_the_photographs_that_ship_allow(pairs, loud_weights, measured):
    content = loud_weights.read_bytes()
    measured(gain=lambda share: share, fall=lambda share: 0.08 * share)
    learned = learn(tinted(pairs, WARM), loud_weights, "cpu")
    assert learned.share == 0.5 and (learned.gain, learned.fall) == pytest.approx((0.5, 0.04))
    assert learned.validated == 12 and learned.config.pairs == 36
    assert learned.config.start == loud_weights.name  # no path of this machine
    assert loud_weights.read_bytes() == content


def test_a_network_that_forgets_is_refused(pairs, loud_weights, measured):
    measured(gain=lambda share: 2.0 * (share > 0), fall=lambda share: 0.06 * (share > 0))
    learned = learn(tinted(pairs, WARM), loud_weights, "cpu")
    assert learned.share == 0 and (learned.gain, learned.fall) == pytest.approx((2.0, 0.06))
    before = load_colorizer(loud_weights, device="cpu").state_dict()
    assert all(torch.equal(tensor, before[name]) for name, tensor in learned.network.state_dict().items())


def test_what_the_validation_pictures_do_not_want_is_not_kept(pairs, loud_weights, measured):
    measured(gain=lambda share: -0.1 * share, fall=lambda share: 0.0)
    assert learn(tinted(pairs, WARM), loud_weights, "cpu").share == 0


def test_without_validation_pictures_it_goes_as_far_as_is_allowed(pairs, loud_weights, measured):
    measured(gain=None, fall=lambda share: 0.06 * share)
    learned = learn(tinted(pairs, WARM, np.array(["train"] * len(pairs))), loud_weights, "cpu")
    assert (learned.share, learned.validated) == (0.75, 0)


def test_other_pictures_of_the_kind_gain(pairs, loud_weights, monkeypatch):
    monkeypatch.setattr(learning, "LARGEST_FALL", 100.0)
    material, before = tinted(pairs, WARM), load_colorizer(loud_weights, device="cpu")
    learned = learn(material, loud_weights, "cpu")
    same = {name: torch.equal(t, learned.network.state_dict()[name]) for name, t in before.state_dict().items()}
    assert {name.split(".")[0] for name, is_same in same.items() if not is_same} == {"colors", "mixing"}
    assert learned.share > 0 and change_on(material.pairs.split("test"), before, learned.network).difference[0] > 0
    again = learn(material, loud_weights, "cpu")
    assert (again.share, again.fingerprint) == (learned.share, learned.fingerprint)
    assert torch.equal(again.network.colors.bias, learned.network.colors.bias)
    assert learn(tinted(pairs, COLD), loud_weights, "cpu").fingerprint != learned.fingerprint


def test_the_share_is_the_smallest_that_brings_most_of_the_gain():
    assert best_share({0.25: (0.5, 0.0), 0.5: (0.91, 0.0), 0.75: (1.0, 0.0), 1.0: (0.0, 0.0)}) == 0.5
    assert best_share({0.25: (0.0, 0.0), 1.0: (-1.0, 0.0)}) == 0.0
    assert best_share({0.25: (0.2, LARGEST_FALL), 0.5: (0.5, LARGEST_FALL + 0.001), 1.0: (1.0, 1.0)}) == 0.25


def test_a_blend_lies_between_two_networks():
    one, two = (build_network("ChromaNet", seed, width=4, side=32) for seed in (0, 1))
    middle = blended(one, two, 0.25).state_dict()
    name = "decoder.0.narrow.weight"
    assert torch.allclose(middle[name], 0.75 * one.state_dict()[name] + 0.25 * two.state_dict()[name])
    unchanged = blended(one, two, 0.0).state_dict()
    assert all(torch.equal(unchanged[key], tensor) for key, tensor in one.state_dict().items())


def test_what_is_held_is_photographs_their_parts_and_scenes():
    held = held_pictures(32)
    assert held.shape == (5 + 5 + 2, 1, 32, 32) and held.min() >= 0 and held.max() <= 1
    assert torch.equal(held, held_pictures(32)) and not torch.equal(held[0], held[5])


def test_the_change_is_that_of_the_pictures(pairs):
    def warm(gray):
        return gray_to_rgb(gray) * torch.tensor([1.0, 0.95, 0.8]).view(3, 1, 1)

    test = pairs.split("test")
    change = change_on(test, gray_to_rgb, warm)
    gray, color = test.tensors(slice(None))
    rounded = [(colorizer(gray) * 255).round() / 255 for colorizer in (gray_to_rgb, warm)]
    gains = psnr(rounded[1], color) - psnr(rounded[0], color)
    assert change.pictures == 12 and change.before == (0.0, 0.0)
    assert change.after == pytest.approx((gains.mean().item(), (gains < 0).float().mean().item()), abs=1e-4)
    assert change.difference[0] == pytest.approx(gains.mean().item(), abs=1e-4)
    assert change.difference[1] < change.difference[0] < change.difference[2]
