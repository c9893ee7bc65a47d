"""Networks by name, from a seed."""

import pytest
import torch

from lib.networks.registry import NETWORKS, build_network


def test_weights_are_drawn_from_the_seed_alone():
    def weights(seed):
        return next(build_network("ColorizationNet", seed, width=8).parameters())

    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    first = weights(3)
    assert torch.rand(1) == expected  # the caller's generator is left alone
    assert torch.equal(first, weights(3)) and not torch.equal(first, weights(4))


def test_an_unknown_network_is_said_with_the_known_ones():
    with pytest.raises(ValueError, match="no network is called 'ColorNet'; there are ColorizationNet, "):
        build_network("ColorNet")


def test_every_network_is_a_colorizer(pairs):
    gray, _ = pairs.tensors(slice(0, 2))
    for name in NETWORKS:
        options = {"groups": ["edges"]} if name == "WithClassicalInputs" else {}
        assert build_network(name, width=8, **options)(gray).shape == (2, 3, 32, 32)
