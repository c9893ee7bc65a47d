"""The paper's network: shapes, layers, gradients."""

import pytest
import torch
from torch import nn

from lib.networks.colorization_net import ColorizationNet, count_parameters


@pytest.mark.parametrize("options", [{}, {"norm": "batch"}, {"norm": "group"}], ids=str)
@pytest.mark.parametrize("size", [(8, 8), (16, 24), (21, 17), (9, 30)], ids=str)
def test_colors_of_the_size_of_the_gray_picture(size, options):
    network = ColorizationNet(width=8, **options).eval()
    rgb = network(torch.rand(2, 1, *size))
    assert rgb.shape == (2, 3, *size)
    assert rgb.min() >= 0 and rgb.max() <= 1 and rgb.std() > 0


def test_the_number_of_parameters_that_the_docstring_names():
    assert count_parameters(ColorizationNet(width=64)) == pytest.approx(1.03e6, rel=0.01)


def test_encoder_and_decoder_are_those_of_the_paper():
    modules = list(ColorizationNet(width=8).modules())
    down = [m for m in modules if type(m) is nn.Conv2d]
    up = [m for m in modules if type(m) is nn.ConvTranspose2d]
    assert [(m.stride, m.out_channels) for m in down] == [((2, 2), 8), ((2, 2), 16), ((2, 2), 32)]
    assert [(m.stride, m.kernel_size, m.out_channels) for m in up] == [((2, 2), (4, 4), n) for n in (16, 8, 3)]
    assert isinstance(modules[-1], nn.Sigmoid)


def test_every_weight_gets_a_gradient():
    network = ColorizationNet(width=8, norm="group")
    network(torch.rand(2, 1, 16, 16)).square().mean().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in network.parameters())


def test_pictures_too_small_are_refused():
    with pytest.raises(ValueError, match="pictures of 7 x 64 px are too small for this network; it needs 8 px"):
        ColorizationNet(width=8)(torch.rand(1, 1, 7, 64))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"norm": "layer"}, "norm is one of none, batch, group, not 'layer'"),
        ({"width": 12, "norm": "group"}, "width is 12; it must be at least 1, and divisible by 8"),
        ({"width": 0}, "width is 0; it must be at least 1"),
    ],
)
def test_mistakes_name_what_there_is(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        ColorizationNet(**options)
