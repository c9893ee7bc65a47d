"""The blocks of a network: true shapes, true connections, and a network that is left as it was."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lib.losses.vgg_features import GrayFeatures, vgg11_features
from lib.networks.anatomy import Block, blocks_of
from lib.networks.colorization_net import count_parameters
from lib.networks.registry import build_network

GRAY = torch.linspace(0, 1, 2 * 64 * 64).reshape(2, 1, 64, 64)


def named(blocks: list[Block]) -> dict[str, Block]:
    return {block.name: block for block in blocks}


def fed_by(blocks: list[Block], name: str) -> set[str]:
    return {blocks[place].name for place, _ in named(blocks)[name].sources}


class Encoder(nn.Module):
    """Three maps, each of half the resolution of the one before; ReLUs as functions."""

    def __init__(self, give=list):
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in ((1, 4), (4, 8), (8, 16)))
        self.give = give

    def forward(self, x):
        maps = []
        for layer in self.layers:
            x = layer(x).relu()
            maps.append(x)
        return self.give(maps)


class Join(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 3, padding=1)

    def forward(self, x, skip):
        return self.convolution(torch.cat([F.interpolate(x, scale_factor=2), skip], 1))


class Toy(nn.Module):
    """An encoder that gives several maps, a decoder that joins them, numpy in the middle of the head."""

    def __init__(self, give=list):
        super().__init__()
        self.encoder = Encoder(give)
        self.decoder = nn.ModuleList([Join(24, 8), Join(12, 4)])
        self.head = nn.Conv2d(4, 3, 1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, gray):
        maps = self.encoder(gray)
        first, second, third = maps.values() if isinstance(maps, dict) else maps
        x = self.dropout(self.decoder[1](self.decoder[0](third, second), first))
        return self.head(torch.from_numpy(x.numpy().copy()))


@pytest.mark.parametrize(("width", "norm"), [(8, "none"), (24, "batch"), (16, "group")])
def test_the_papers_network_has_six_blocks_of_true_shapes(width, norm):
    network = build_network("ColorizationNet", width=width, norm=norm)
    blocks = blocks_of(network, GRAY)
    assert [block.outputs for block in blocks] == [
        ((channels, side, side),)
        for channels, side in (
            *((1, 64), (width, 32), (2 * width, 16), (4 * width, 8)),
            *((2 * width, 16), (width, 32), (3, 64), (3, 64)),
        )
    ]
    assert [block.sources for block in blocks] == [(), *(((place, 0),) for place in range(7))]
    assert sum(block.parameters for block in blocks) == count_parameters(network)
    between = {"none": "", "batch": "batch norm, ", "group": "group norm, "}[norm]
    assert blocks[1].operation == f"convolution 3×3, stride 2, {between}ReLU"
    assert blocks[-2].operation == "transposed convolution 4×4, stride 2, sigmoid"


def test_a_shell_around_a_network_is_looked_into():
    blocks = blocks_of(build_network("WithClassicalInputs", groups=["edges"], width=8), GRAY)
    assert [block.name for block in blocks[1:-1]] == [f"network.{p}.{i}" for p in ("encoder", "decoder") for i in "012"]
    assert blocks[1].sources == ((0, 0),) and blocks[1].parameters == 3 * 9 * 8 + 8


@pytest.mark.parametrize("width", [4, 6])
def test_the_skips_of_our_network_are_found(width):
    network = build_network("ChromaNet", width=width, side=64)
    blocks = blocks_of(network, GRAY)
    assert named(blocks)["encoder.3"].outputs == ((10 * width, 2, 2),)
    assert fed_by(blocks, "decoder.0") == {"encoder.2", "encoder.3"}
    assert fed_by(blocks, "decoder.1") == {"encoder.1", "decoder.0"}
    assert fed_by(blocks, "mixing") == fed_by(blocks, "colors") == {"decoder.1"}
    assert fed_by(blocks, "output") == {"input", "colors", "mixing"}  # the luma is kept
    assert len(blocks) == 10 and sum(block.parameters for block in blocks) == count_parameters(network)
    assert named(blocks)["encoder.1"].operation == "convolution 3×3, stride 2, batch norm, ReLU, residual block"
    assert "upsampling ×2, addition, convolution 3×3" in named(blocks)["decoder.0"].operation


def test_the_stages_of_a_large_encoder_are_blocks():
    network = build_network("ChromaNet", encoder="efficientnet-lite0")
    blocks = blocks_of(network, GRAY)
    assert [block.name for block in blocks[1:9]] == [f"encoder.{stage}" for stage in range(8)]
    assert fed_by(blocks, "decoder.0") == {"encoder.5", "encoder.7"}
    assert fed_by(blocks, "decoder.1") == {"encoder.2", "encoder.3", "decoder.0"}  # also the edges of stride 4
    first = "convolution 3×3, stride 2, ReLU6", "inverted residual 3×3", "2 × inverted residual 3×3, stride 2"
    assert tuple(block.operation for block in blocks[1:4]) == first
    assert sum(block.parameters for block in blocks) == count_parameters(network)


def test_frozen_features_are_blocks_with_their_weights():
    blocks = blocks_of(GrayFeatures(vgg11_features()), GRAY)
    assert [block.operation for block in blocks[1:-1]] == [
        "convolution 3×3, ReLU", "max pooling 2×2", "convolution 3×3, ReLU",
    ]  # fmt: skip
    assert [block.parameters for block in blocks] == [0, 1792, 0, 73856, 0]
    assert blocks[-1].outputs == ((128, 32, 32),)
    alone = blocks_of(vgg11_features(), GRAY.expand(-1, 3, -1, -1))
    assert [block.name for block in alone[1:-1]] == ["layer 0", "layer 2", "layer 3"]
    assert [block.outputs for block in alone[1:]] == [block.outputs for block in blocks[1:]]


@pytest.mark.parametrize("give", [list, tuple, lambda maps: dict(zip("abc", maps, strict=True))])
def test_an_encoder_may_give_several_maps(give):
    blocks = blocks_of(Toy(give), GRAY)
    names = ["input", "encoder", "decoder.0", "decoder.1", "dropout", "head", "output"]
    assert [block.name for block in blocks] == names
    assert named(blocks)["encoder"].outputs == ((4, 32, 32), (8, 16, 16), (16, 8, 8))
    assert named(blocks)["encoder"].operation == "3 × (convolution 3×3, stride 2, ReLU)"
    assert named(blocks)["decoder.0"].sources == ((1, 1), (1, 2))
    assert named(blocks)["decoder.1"].sources == ((1, 0), (2, 0))
    assert named(blocks)["decoder.1"].operation == "upsampling ×2, concatenation, convolution 3×3"


def test_after_numpy_the_block_before_is_taken():
    blocks = blocks_of(Toy(), GRAY)
    place = [block.name for block in blocks].index("head")
    assert blocks[place].sources == ((place - 1, 0),)


def test_maps_that_are_changed_in_place_stay_known():
    class InPlace(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(1, 2, 1), nn.Conv2d(2, 2, 1)
            self.end = nn.Conv2d(2, 3, 1)

        def forward(self, gray):
            x = self.a(gray)
            y = self.b(x)
            y[:, :1] += x[:, 1:]
            return self.end(y.relu_())

    assert fed_by(blocks_of(InPlace(), GRAY), "end") == {"a", "b"}


@pytest.mark.parametrize("training", [True, False])
def test_network_and_random_state_are_left_as_they_were(training):
    network = build_network("ChromaNet", width=2, side=32).train(training)
    network.encoder[0].eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    modes, state = [module.training for module in network.modules()], torch.get_rng_state()
    picture = GRAY.clone()
    blocks_of(network, picture)
    assert [module.training for module in network.modules()] == modes
    assert torch.equal(torch.get_rng_state(), state) and torch.equal(picture, GRAY)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_a_network_that_fails_is_left_as_it_was():
    network = build_network("ColorizationNet", width=2).train()
    with pytest.raises(ValueError, match="too small"):
        blocks_of(network, GRAY[..., :4, :4])
    assert network.training and not any(module._forward_hooks for module in network.modules())
