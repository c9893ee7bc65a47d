"""What reaches the weights, on networks small enough to know the answer."""

import pytest
import torch
from torch import nn

from lib.gradients import compare_accumulation, gradients, largest_change, saved_for_backward
from lib.networks import build_network
from lib.perceptual import PerceptualLoss, PrintedPerceptualLoss, vgg11_features


def test_gradients_are_those_of_the_loss():
    layer = nn.Linear(2, 1, bias=False)
    x = torch.tensor([[1.0, 2.0]])
    (gradient,) = gradients(layer, lambda: (3 * layer(x)).sum())
    assert gradient.tolist() == [[3.0, 6.0]]
    assert layer.weight.grad is None  # nothing is left behind


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


@pytest.mark.parametrize("count", [8, 7])
def test_accumulation_is_exact_but_for_batch_norm(pairs, count):
    table = compare_accumulation(*pairs.tensors(slice(10, 10 + count)), seed=0, width=8)
    assert table.index.tolist() == ["none", "group", "batch"]
    differs = table["gradient differs by (%)"]
    assert differs["none"] < 0.01 and differs["group"] < 0.01 < 0.1 < differs["batch"]
    kept = table["MB kept, half batch"] / table["MB kept, whole batch"]
    assert ((kept > 0.4) & (kept < 0.55)).all()
