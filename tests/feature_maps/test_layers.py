"""Small networks are listed layer by layer, large ones by their blocks."""

import pytest
import torch
from torch import nn

from lib.feature_maps.activations import capture
from lib.feature_maps.layers import MANY, in_brief, listed_layers
from lib.feature_maps.measures import layer_summary, layers_to_read, rectified_layers, shown_layers
from lib.losses.vgg_features import GrayFeatures, vgg11_features
from lib.networks.registry import build_network

LARGE = ("efficientnet-lite0", "efficientnet-lite0-from-nothing")


@pytest.fixture(scope="module", params=LARGE)
def large(request):
    return build_network("ChromaNet", 0, width=4, encoder=request.param).eval()


def test_a_large_encoder_is_listed_by_its_stages(large):
    maps = capture(large, torch.rand(2, 1, 64, 96))  # the network also looks at the mirror images
    stages = [f"encoder.{stage}" for stage in range(8)]
    assert list(maps) == [*stages, "decoder.0", "decoder.1", "context", "colors", "mixing"]
    assert all(len(activation.maps) == 2 for activation in maps.values())
    assert str(maps["encoder.3"]) == "encoder.3 · 2 × inverted residual 5×5, stride 2 · 40 x 16 x 24"
    assert str(maps["encoder.7"]) == "encoder.7 · inverted residual 3×3 · 320 x 4 x 6"
    assert str(maps["decoder.1"]) == "decoder.1 · 3 convolutions up to 3×3, ReLU last · 16 x 16 x 24"
    assert str(maps["colors"]) == "colors · Conv2d · 169 x 16 x 24"
    assert maps["encoder.0"].does.startswith("convolution 3×3, stride 2") and maps["encoder.0"].maps.max() <= 6


def test_stages_end_linear_and_are_read_all_the_same(large):
    gray = torch.rand(2, 1, 64, 64)
    maps = capture(large, gray)
    summary = layer_summary(maps, gray)
    assert list(rectified_layers(summary).index) == ["encoder.0", "decoder.0", "decoder.1"]
    assert all((maps[f"encoder.{stage}"].maps < 0).any() for stage in range(1, 8))
    assert layers_to_read(summary) is summary
    assert list(shown_layers(summary))[:3] == ["type", "does", "maps"]


def test_what_is_inside_a_stage_is_captured_by_its_name(large):
    gray = torch.rand(1, 1, 64, 64)
    inner = capture(
        large, gray, ["encoder.3.1.depthwise", "encoder.3.1.depthwise.0", "encoder.3", "nothing", "encoder"]
    )
    assert list(inner) == ["encoder.3.1.depthwise.0", "encoder.3.1.depthwise", "encoder.3"]
    depthwise = inner["encoder.3.1.depthwise"]
    assert depthwise.kind == "ReLU6" and depthwise.does.startswith("depthwise convolution 5×5")
    assert depthwise.maps.min() >= 0 and depthwise.maps.max() <= 6 and depthwise.maps.shape == (1, 240, 16, 16)
    assert inner["encoder.3.1.depthwise.0"].kind == "Conv2d"  # no name of a class that is private
    torch.testing.assert_close(inner["encoder.3"].maps, capture(large, gray)["encoder.3"].maps)


@pytest.mark.parametrize(
    "network",
    [
        build_network("ColorizationNet", 0, width=2, norm="batch"),
        build_network("ChromaNet", 0, width=2),
        GrayFeatures(vgg11_features()),
    ],
    ids=("ColorizationNet", "ChromaNet", "VGG11"),
)
def test_smaller_networks_are_listed_layer_by_layer(network):
    gray = torch.rand(1, 1, 64, 64)
    maps = capture(network, gray)
    assert not any(activation.does for activation in maps.values()) and len(maps) <= MANY
    modules = dict(network.named_modules())
    assert all(not list(modules[name].children()) for name in maps)
    assert all(activation.kind == type(modules[name]).__name__ for name, activation in maps.items())
    summary = layer_summary(maps, gray)
    assert "does" not in summary and layers_to_read(summary).equals(rectified_layers(summary))


class Several(nn.Module):
    """A block that returns two maps, and so none that can be shown: an encoder as many people write it."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(*(nn.Conv2d(1, 1, 1) for _ in range(MANY)))
        self.second = nn.Conv2d(1, 2, 1)
        self.unused = nn.Sequential(nn.Linear(1, 1))

    def forward(self, x):
        return self.first(x), self.second(x)


class Joined(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.last = Several(), nn.Conv2d(2, 3, 1)

    def forward(self, x):
        return self.last(self.encoder(x)[1])


def test_a_block_without_a_map_is_replaced_by_its_parts():
    maps = capture(Joined(), torch.rand(1, 1, 8, 8))
    assert [str(activation) for activation in maps.values()] == [
        f"encoder.first · {MANY} × convolution 1×1 · 1 x 8 x 8",
        "encoder.second · Conv2d · 2 x 8 x 8",
        "last · Conv2d · 3 x 8 x 8",
    ]


def test_a_plain_row_of_many_layers_is_listed_by_where_its_blocks_end():
    row = nn.Sequential(*(layer for _ in range(30) for layer in (nn.Conv2d(1, 1, 3, padding=1), nn.ReLU())))
    assert list(listed_layers(row).items())[:2] == [("1", "convolution 3×3, ReLU"), ("3", "convolution 3×3, ReLU")]
    maps = capture(row, torch.rand(1, 1, 8, 8))
    assert len(maps) == 30 and all(activation.kind == "ReLU" for activation in maps.values())


def test_blocks_in_brief():
    assert in_brief([nn.Conv2d(1, 1, 3)]) == in_brief([nn.Flatten()]) == ""
    assert in_brief([nn.Sequential(nn.Flatten(), nn.Linear(1, 1))]) == "flatten, linear"
    many = nn.Sequential(*(nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU()) for _ in range(4)))
    assert in_brief([many]) == "4 × (convolution 3×3, ReLU)"
    mixed = nn.Sequential(*many, nn.Sequential(nn.Conv2d(1, 1, 5, stride=2), nn.BatchNorm2d(1), nn.ReLU()))
    assert in_brief([mixed]) == "5 convolutions up to 5×5, ReLU last"
