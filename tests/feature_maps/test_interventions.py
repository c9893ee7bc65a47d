"""Scaling a channel acts on every reader of the layer's output and leaves no hook behind."""

import pytest
import torch
from torch import nn

from lib.color.spaces import rgb_to_ycbcr
from lib.feature_maps.interventions import channel_effects, chroma_difference, intervene, scale_channels
from lib.networks.registry import build_network


class Forked(nn.Module):
    """Three channels (x, 1 - x, x / 2) with two readers: one makes red, green and blue of them, one adds to blue."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 3, 1)
        self.first.weight.data = torch.tensor([1.0, -1.0, 0.5]).reshape(3, 1, 1, 1)
        self.first.bias.data = torch.tensor([0.0, 1.0, 0.0])
        self.relu = nn.ReLU(inplace=True)
        self.flat = nn.Flatten()

    def forward(self, gray):
        maps = self.first(gray)
        blue = 0.25 * maps[:, :1]
        self.flat(gray)
        return self.relu(0.5 * maps) + torch.cat([0 * blue, 0 * blue, blue], dim=1)


@pytest.fixture
def gray():
    return torch.rand(1, 1, 9, 8, generator=torch.Generator().manual_seed(0))


def hooks(network):
    return sum(len(module._forward_hooks) for module in network.modules())


def test_a_channel_switched_off_is_zero_for_every_reader(gray):
    x, network = gray[0, 0], Forked()
    with torch.no_grad():
        usual = network(gray)[0]
    torch.testing.assert_close(usual, torch.stack([x / 2, (1 - x) / 2, x / 4 + x / 4]))
    off = intervene(network, gray, "first", [0, 1, 2])
    torch.testing.assert_close(off[0], torch.stack([0 * x, usual[1], x / 4]))  # red, and its share of blue
    torch.testing.assert_close(off[1], torch.stack([usual[0], 0 * x, usual[2]]))
    torch.testing.assert_close(off[2], torch.stack([usual[0], usual[1], x / 4]))
    assert hooks(network) == 0


def test_switching_off_equals_setting_the_weights_to_zero(gray):
    network, zeroed = (build_network("ColorizationNet", 3, width=4).eval() for _ in range(2))
    for channel in (0, 7):
        convolution = zeroed.encoder[1][0]
        kept = [parameter.detach().clone() for parameter in (convolution.weight, convolution.bias)]
        convolution.weight.data[channel], convolution.bias.data[channel] = 0, 0
        with torch.no_grad():
            expected = zeroed(gray)
        torch.testing.assert_close(intervene(network, gray, "encoder.1.0", [channel]), expected)
        convolution.weight.data, convolution.bias.data = kept


def test_a_factor_scales_and_factor_one_changes_nothing(gray):
    network = Forked()
    with torch.no_grad():
        usual = network(gray)
    torch.testing.assert_close(intervene(network, gray, "first", [0], 1.0), usual)
    torch.testing.assert_close(intervene(network, gray, "first", [0], 0.5)[:, 0], usual[:, 0] / 2)


@pytest.mark.parametrize(
    ("layer", "channel", "sentence"),
    [
        ("second", 0, "no layer is called 'second'"),
        ("first", 3, "first has the channels 0 to 2, not 3"),
        ("first", -1, "first has the channels 0 to 2, not -1"),
        ("flat", 0, "flat has no feature maps to scale"),
    ],
)
def test_an_impossible_intervention_raises_and_leaves_no_hook(gray, layer, channel, sentence):
    network = Forked()
    with pytest.raises(ValueError, match=sentence):
        intervene(network, gray, layer, [channel])
    assert hooks(network) == 0


def test_mirror_images_are_scaled_as_their_pictures_are(gray):
    class Twice(Forked):
        def forward(self, gray):
            straight, mirrored = super().forward(torch.cat([gray, gray.flip(-1)])).chunk(2)
            return (straight + mirrored.flip(-1)) / 2

    expected = intervene(Forked(), gray, "first", [0, 2, 1])
    torch.testing.assert_close(intervene(Twice(), gray, "first", [0, 2, 1]), expected)


def test_a_layer_that_changes_the_batch_cannot_be_scaled(gray):
    class More(Forked):
        def forward(self, gray):
            return super().forward(torch.cat([gray, gray[:1]]))[: len(gray)]

    with pytest.raises(ValueError, match="first has 3 maps per channel for 2 pictures"):
        intervene(More(), gray, "first", [0, 1])


def test_the_hook_is_removed_after_an_error_in_the_block():
    network = Forked()
    with pytest.raises(KeyError), scale_channels(network, "first", [0]):
        assert hooks(network) == 1
        raise KeyError
    assert hooks(network) == 0


def test_effects_are_the_channels_contributions(gray):
    network, ticks = Forked(), []
    effects = channel_effects(network, gray, "first", 3, lambda *counts: ticks.append(counts))
    assert ticks == [(3, 3)] and effects.index.tolist() == [0, 1, 2]
    with torch.no_grad():
        usual = network(gray)
    for channel in range(3):
        added = 255 * (rgb_to_ycbcr(usual) - rgb_to_ycbcr(intervene(network, gray, "first", [channel])))[0, 1:]
        row = effects.loc[channel]
        assert row["moved"] == pytest.approx(added.abs().mean().item(), rel=1e-4)
        assert [row["cb"], row["cr"]] == pytest.approx(added.mean((1, 2)).tolist(), rel=1e-3)
        assert row["cb_above"] == pytest.approx(added[0, :3].mean().item(), rel=1e-3)  # 3 of 9 rows
    assert effects["cr"].idxmax() == 0 and effects["cb"].idxmax() == 2  # red follows channel 0, blue mostly channel 2


def test_effects_do_not_depend_on_the_batches(gray):
    network = build_network("ColorizationNet", 1, width=10)  # 20 channels in the second layer: two batches
    effects = channel_effects(network, gray, "encoder.1.2", 20)
    usual = intervene(network, gray, "encoder.1.2", [0], 1.0)
    alone = chroma_difference(usual, intervene(network, gray, "encoder.1.2", [17])).abs().mean().item()
    assert effects.loc[17, "moved"] == pytest.approx(alone, rel=1e-3, abs=1e-6)


def test_a_dead_channel_has_no_effect(gray):
    network = Forked()
    network.first.weight.data[2] = 0
    assert channel_effects(network, gray, "first", 3).loc[2].abs().max() == 0
