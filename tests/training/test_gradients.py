"""Measures of gradients, on networks small enough to know the answer."""

import pytest
import torch
from torch import nn

from lib.losses.perceptual import PerceptualLoss, PrintedPerceptualLoss
from lib.losses.vgg_features import vgg11_features
from lib.networks.registry import build_network
from lib.training.config import TrainingConfig
from lib.training.gradients import compare_accumulation, gradients, kept_megabytes, largest_change, saved_for_backward


def test_gradients_are_those_of_the_loss():
    layer = nn.Linear(2, 1, bias=False)
    x = torch.tensor([[1.0, 2.0]])
    (gradient,) = gradients(layer, lambda: (3 * layer(x)).sum())
    assert gradient.tolist() == [[3.0, 6.0]]
    assert layer.weight.grad is None  # no gradient is left on the parameters


def test_the_largest_change_between_two_losses():
    layer = nn.Linear(2, 1, bias=False)
    x = torch.tensor([[1.0, 2.0]])
    assert largest_change(layer, lambda: layer(x).sum(), lambda: layer(x).sum()) == 0.0
    assert largest_change(layer, lambda: layer(x).sum(), lambda: 3 * layer(x).sum()) == 4.0


def test_the_printed_perceptual_loss_changes_nothing_and_the_corrected_does(pairs):
    network, features = build_network("ColorizationNet", 0, width=8), vgg11_features("bundled")
    gray, truth = pairs.tensors(slice(0, 4))

    def mse():
        return nn.functional.mse_loss(network(gray), truth)

    printed, corrected = PrintedPerceptualLoss(features), PerceptualLoss(features)
    assert largest_change(network, lambda: mse() + printed(network(gray), truth), mse) == 0.0
    assert largest_change(network, lambda: mse() + corrected(network(gray), truth), mse) > 0


def test_memory_kept_for_the_backward_pass():
    layer = nn.Linear(100, 50)
    x = torch.rand(8, 100, requires_grad=True)
    assert saved_for_backward(lambda: layer(x)) == 8 * 100 * 4  # the input; weights are not counted
    assert saved_for_backward(lambda: torch.sigmoid(layer(x))) == 8 * (100 + 50) * 4
    assert saved_for_backward(lambda: layer(x) + layer(x)) == 8 * 100 * 4  # one storage, counted once
    with torch.no_grad():
        assert saved_for_backward(lambda: layer(x)) == 0


def test_memory_kept_by_a_batch_of_a_training(pairs):
    def kept(network=None, **changes):
        config = TrainingConfig(**{"options": {"width": 8}, "pairs": 20, "batch_size": 8} | changes)
        return kept_megabytes(config, network or build_network(config.network, **config.options).eval(), pairs)

    whole = kept()
    assert whole == kept() and kept(batch_size=4) == pytest.approx(whole / 2, rel=0.05)
    assert kept(batch_size=40) == pytest.approx(whole * 20 / 8, rel=0.05)  # the pairs are only 20
    pixels = 8 * 32 * 32 * 4 / 1e6  # one channel of the batch at full size, in MB
    assert 4 * pixels < whole < 30 * pixels
    assert kept(loss="mse + perceptual", vgg_weights="bundled") > whole + 64 * pixels  # VGG11's first layer
    assert kept(crop=16) < whole / 3
    network = build_network("ColorizationNet", width=8, norm="batch").eval()
    before = [tensor.clone() for tensor in network.state_dict().values()]
    kept(network, options={"width": 8, "norm": "batch"})
    assert not network.training
    assert all(torch.equal(a, b) for a, b in zip(before, network.state_dict().values(), strict=True))


@pytest.mark.parametrize("count", [8, 7])
def test_accumulation_is_exact_but_for_batch_norm(pairs, count):
    table = compare_accumulation(*pairs.tensors(slice(10, 10 + count)), seed=0, width=8)
    assert table.index.tolist() == ["none", "group", "batch"]
    differs = table["gradient differs by (%)"]
    assert differs["none"] < 0.01 and differs["group"] < 0.01 < 0.1 < differs["batch"]
    kept = table["MB kept, half batch"] / table["MB kept, whole batch"]
    assert ((kept > 0.4) & (kept < 0.55)).all()
