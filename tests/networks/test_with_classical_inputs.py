"""The inputs that classical filters make."""

import pytest
import torch

from lib.color.spaces import to_tensor
from lib.networks.with_classical_inputs import GROUPS, WithClassicalInputs


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


def test_an_unknown_group_is_said_with_the_known_ones():
    with pytest.raises(ValueError, match="no group of filters is called 'edge'; there are edges, smoothed"):
        WithClassicalInputs(["edge"])
