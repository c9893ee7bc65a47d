"""Networks: shapes, ranges, seeds, the inputs that classical filters make."""

import pytest
import torch
from torch import nn

from lib.color import to_tensor
from lib.networks import NETWORKS, ColorizationNet, WithClassicalInputs, build_network, count_parameters
from lib.networks.with_classical_inputs import GROUPS


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


def test_weights_are_drawn_from_the_seed_alone():
    def weights(seed):
        return next(build_network("ColorizationNet", seed, width=8).parameters())

    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    first = weights(3)
    assert torch.rand(1) == expected  # the caller's generator is left alone
    assert torch.equal(first, weights(3)) and not torch.equal(first, weights(4))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: build_network("ColourNet"), "no network is called 'ColourNet'; there are ColorizationNet, "),
        (lambda: ColorizationNet(norm="layer"), "norm is one of none, batch, group, not 'layer'"),
        (lambda: ColorizationNet(width=12, norm="group"), "width is 12; it must be at least 1, and divisible by 8"),
        (lambda: ColorizationNet(width=0), "width is 0; it must be at least 1"),
        (lambda: WithClassicalInputs(["edge"]), "no group of filters is called 'edge'; there are edges, smoothed"),
    ],
)
def test_mistakes_name_what_there_is(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


@pytest.mark.parametrize("groups", [[], ["edges"], ["smoothed"], ["segments"], ["high-pass"], list(GROUPS)], ids=str)
def test_classical_inputs_stand_beside_the_gray_picture(pairs, groups):
    network = WithClassicalInputs(groups, width=8).eval()
    gray, _ = pairs.tensors(slice(20, 23))
    channels = network.channels(gray)
    filters = [f for group in groups for f in GROUPS[group]]
    assert channels.shape == (3, len(filters), 32, 32)
    for index, function in enumerate(filters):
        torch.testing.assert_close(channels[1, index], to_tensor(function(pairs.gray[21]))[0])
    assert network(gray).shape == (3, 3, 32, 32)


def test_segments_are_evenly_spaced_grays(pairs):
    levels = set(
        WithClassicalInputs(["segments"], 8).channels(pairs.tensors([30])[0]).mul(255).round().flatten().tolist()
    )
    assert levels == {0, 85, 170, 255}


def test_every_network_is_a_colorizer(pairs):
    gray, _ = pairs.tensors(slice(0, 2))
    for name in NETWORKS:
        options = {"groups": ["edges"]} if name == "WithClassicalInputs" else {}
        assert build_network(name, width=8, **options)(gray).shape == (2, 3, 32, 32)
