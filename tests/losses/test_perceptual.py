"""The perceptual loss as printed, and corrected."""

import pytest
import torch
import torch.nn.functional as F
from pictures_by_hand import random_pair
from torch import nn

from lib.color.spaces import gray_to_rgb, luma
from lib.losses.perceptual import PerceptualLoss, PrintedPerceptualLoss
from lib.losses.vgg_features import normalize, vgg11_features


def test_printed_loss_alone_cannot_train(features):
    pred, target = random_pair()
    loss = PrintedPerceptualLoss(features)(pred.requires_grad_(), target)
    assert loss > 0
    with pytest.raises(RuntimeError, match="does not require grad"):
        loss.backward()


def test_printed_loss_added_to_mse_changes_no_bit_of_any_gradient(features):
    gray, target = random_pair((2, 1, 16, 16))[0], random_pair()[1]
    network = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 1), nn.Sigmoid())
    gradients = {}
    for name, extra in {
        "mse": lambda pred: 0,
        "printed": lambda pred: PrintedPerceptualLoss(features)(pred, target),
        "corrected": lambda pred: PerceptualLoss(features)(pred, target),
    }.items():
        pred = network(gray)
        (F.mse_loss(pred, target) + extra(pred)).backward()
        gradients[name] = torch.cat([p.grad.flatten() for p in network.parameters()])
        network.zero_grad()
    assert torch.equal(gradients["mse"], gradients["printed"])
    assert not torch.allclose(gradients["mse"], gradients["corrected"])


def test_printed_loss_does_not_normalize_and_the_corrected_one_does(features):
    pred, target = random_pair()
    printed = PrintedPerceptualLoss(features)
    assert printed(pred, target) == F.mse_loss(features(pred), features(target))
    assert printed(normalize(pred), normalize(target)) == PerceptualLoss(features)(pred, target)


def test_corrected_loss_gives_the_prediction_a_gradient_and_vgg_none(features):
    pred, target = random_pair()
    loss = PerceptualLoss(features).train()
    loss(pred.requires_grad_(), target.requires_grad_()).backward()
    assert torch.isfinite(pred.grad).all() and pred.grad.abs().min() > 0
    assert target.grad is None
    assert all(weight.grad is None and not weight.requires_grad for weight in features.buffers())


def test_corrected_loss_gradient_is_the_slope_of_its_value():
    exact = vgg11_features("bundled").double()
    pred, target = random_pair((1, 3, 4, 4), torch.float64)
    assert torch.autograd.gradcheck(lambda x: PerceptualLoss(exact)(x, target), pred.requires_grad_(), eps=1e-7)


def test_corrected_loss_pulls_a_gray_picture_towards_the_truth(features, three_photographs):
    gray = gray_to_rgb(luma(three_photographs)).clone().requires_grad_()
    PerceptualLoss(features)(gray, three_photographs).backward()
    toward = (three_photographs - gray).detach()
    assert (gray.grad * toward).sum() < 0


@pytest.mark.parametrize("loss", [PrintedPerceptualLoss, PerceptualLoss])
def test_pictures_that_cannot_be_compared_are_refused(features, loss):
    with pytest.raises(ValueError, match=r"2 px or more.*\(1, 3, 1, 8\)"):
        loss(features)(torch.rand(1, 3, 1, 8), torch.rand(1, 3, 1, 8))
    with pytest.raises(ValueError, match=r"\(1, 1, 8, 8\)"):
        loss(features)(torch.rand(1, 1, 8, 8), torch.rand(1, 3, 8, 8))
    with pytest.raises(ValueError, match="differ in shape"):
        loss(features)(torch.rand(1, 3, 8, 8), torch.rand(2, 3, 8, 8))
