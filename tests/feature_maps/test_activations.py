"""Activations of networks whose feature maps are known."""

import pytest
import torch
from torch import nn

from lib.feature_maps.activations import capture, parse_address, pick
from lib.networks.registry import build_network


class Known(nn.Module):
    """A convolution with the channels x, -x and 0, an in-place ReLU and a mean. The definition has another order."""

    def __init__(self):
        super().__init__()
        self.last = nn.AvgPool2d(2)
        self.relu = nn.ReLU(inplace=True)
        self.first = nn.Conv2d(1, 3, 1, bias=False)
        self.first.weight.data = torch.tensor([1.0, -1.0, 0.0]).reshape(3, 1, 1, 1)
        self.nothing = nn.Identity()
        self.flat = nn.Flatten()

    def forward(self, x):
        return self.flat(self.last(self.nothing(self.relu(self.first(x)))))


@pytest.fixture
def picture():
    return torch.linspace(-1, 1, 16).reshape(1, 1, 4, 4)


def hooks(network):
    return sum(len(module._forward_hooks) for module in network.modules())


def test_layers_are_captured_in_execution_order_with_their_maps(picture):
    network = Known().train()
    activations = capture(network, picture)
    assert list(activations) == [
        "first",
        "relu",
        "last",
    ]  # no identity, no layer with flat output
    x = picture[0, 0]
    torch.testing.assert_close(activations["first"].maps[0], torch.stack([x, -x, 0 * x]))  # not yet rectified
    torch.testing.assert_close(activations["relu"].maps[0], torch.stack([x.relu(), (-x).relu(), 0 * x]))
    assert activations["last"].maps.shape == (1, 3, 2, 2)
    assert str(activations["first"]) == "first · Conv2d · 3 x 4 x 4"
    assert hooks(network) == 0 and not network.training


def test_hooks_are_removed_after_an_exception(picture):
    network = Known()
    with pytest.raises(RuntimeError):
        capture(network, torch.rand(1, 2, 4, 4))
    assert hooks(network) == 0
    assert list(capture(network, picture)) == ["first", "relu", "last"]


def test_every_layer_of_the_papers_network_is_captured():
    activations = capture(build_network("ColorizationNet", width=8), torch.rand(2, 1, 16, 16))
    assert list(activations)[:2] == ["encoder.0.0", "encoder.0.2"] and list(activations)[-1] == "decoder.2.1"
    assert activations["decoder.2.1"].kind == "Sigmoid" and activations["decoder.2.1"].maps.shape == (2, 3, 16, 16)


def test_an_unknown_layer_raises_with_the_known_ones(picture):
    activations = capture(Known(), picture)
    assert pick(activations, "relu") is activations["relu"]
    with pytest.raises(ValueError, match="no layer is called 'conv9'; there are first, relu, last"):
        pick(activations, "conv9")


def test_an_address_names_layer_and_channel():
    assert parse_address("encoder.2:17") == parse_address(" encoder.2:17 ") == ("encoder.2", 17)
    for text in ("encoder.2", "encoder.2:", ":3", "encoder.2:-1", "a:b", ""):
        with pytest.raises(ValueError, match=f"'{text}' is not an address; write layer:channel"):
            parse_address(text)
