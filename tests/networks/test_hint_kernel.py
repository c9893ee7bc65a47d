"""Which places share a color: a covariance by definition, the one that was learned, and which network it belongs to."""

import copy
import hashlib

import pytest
import torch

from lib.common.files import read_json
from lib.networks import hint_kernel
from lib.networks.hint_kernel import BUNDLED_KERNEL, HintKernel, kernel_of
from lib.networks.pretrained import BUNDLED_COLORIZER, load_colorizer
from lib.networks.registry import build_network

CARD = BUNDLED_KERNEL.with_suffix(".json")
HIGH, WIDE = 6, 8


@pytest.fixture
def maps():
    """Features, luma and variance of two pictures; in the left half of the first the network finds one thing."""
    generator = torch.Generator().manual_seed(0)
    features, luma = (torch.rand(2, c, HIGH, WIDE, generator=generator) for c in (16, 1))
    features[0, :, :, : WIDE // 2] = features[0, :, :1, :1]
    return features, luma, 0.01 + 0.02 * torch.rand(2, 1, HIGH, WIDE, generator=generator)


@pytest.fixture
def covariance(maps):
    return HintKernel(16).requires_grad_(False)(*maps)


EVERYWHERE = torch.arange(HIGH * WIDE).expand(2, -1)


def test_a_new_kernel_has_the_variance_of_the_network(maps, covariance):
    all_pairs = covariance.between(EVERYWHERE, EVERYWHERE)
    torch.testing.assert_close(all_pairs.diagonal(dim1=1, dim2=2), maps[2].flatten(1), atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(all_pairs, all_pairs.transpose(1, 2), atol=1e-7, rtol=1e-4)
    assert torch.linalg.eigvalsh(all_pairs.double()).min() > -1e-6  # else it were no covariance


def test_a_variance_of_almost_nothing_counts_as_a_little(maps):
    sure = HintKernel(16).requires_grad_(False)(maps[0], maps[1], torch.zeros_like(maps[2]))
    assert sure.deviation.square().min() > 5e-4


def test_what_the_network_finds_alike_goes_together(maps):
    features, luma, variance = maps
    found = HintKernel(16).requires_grad_(False)(features, torch.full_like(luma, 0.5), torch.full_like(variance, 0.01))
    first, (same, other) = torch.zeros(2, 1, dtype=torch.long), torch.tensor([WIDE // 2 - 1, WIDE // 2]).view(2, 1, 1)
    same, other = (found.between(first, place.expand(2, 1))[0, 0, 0] for place in (same, other))
    assert same > 1.3 * other  # neighbors of each other, on both sides of the border


def test_darker_places_and_far_ones_go_together_less(maps):
    features, _, variance = maps
    luma = torch.full((2, 1, HIGH, WIDE), 0.5)
    luma[0, 0, 0, 1], luma[1, 0, 0, 1] = 0.5, 0.1
    found = HintKernel(16).requires_grad_(False)(torch.ones_like(features), luma, torch.full_like(variance, 0.01))
    row = found.between(torch.zeros(2, 1, dtype=torch.long), EVERYWHERE)[:, 0]
    assert row[0, 1] > 1.5 * row[1, 1] and row[0, 1] > row[0, 2] > row[0, WIDE - 1] > row[0, -1]


def test_hints_spread_as_equation_225_says(covariance):
    cells, missing = torch.tensor([[3, 20, 40], [0, 7, 9]]), torch.tensor([[[0.1, -0.2, 0.05], [0.0, 0.1, 0.1]]] * 2)
    noise = torch.tensor([[1e-3, 2e-3, 1e-3]] * 2)
    found = covariance.spread(cells, missing, noise)
    for picture in range(2):
        k = covariance.between(EVERYWHERE, EVERYWHERE)[picture].double()
        own = cells[picture]
        among = k[own][:, own] + noise[picture].double().diag()
        by_definition = (k[:, own] @ torch.linalg.inv(among) @ missing[picture].double().T).T
        torch.testing.assert_close(found[picture].double(), by_definition, atol=1e-4, rtol=1e-3)


def test_a_hint_of_endless_noise_says_nothing(covariance):
    cells, missing = torch.tensor([[3, 20]] * 2), torch.full((2, 2, 2), 0.2)
    both = covariance.spread(cells, missing, torch.tensor([[1e-3, 1e6]] * 2))
    one = covariance.spread(cells[:, :1], missing[..., :1], torch.tensor([[1e-3]] * 2))
    torch.testing.assert_close(both, one, atol=1e-5, rtol=1e-3)


def test_the_bundled_kernel_belongs_to_the_features_of_the_bundled_network():
    """Also where only the heads and the context have moved, as in `workbook learn`."""
    network = load_colorizer(device="cpu")
    learned, new = kernel_of(network).state_dict(), HintKernel().state_dict()
    assert not torch.equal(learned["alike"], new["alike"])
    taught, trained_further = copy.deepcopy(network), copy.deepcopy(network)
    with torch.no_grad():
        taught.colors.weight[0, 0] += 0.1
        trained_further.decoder[-1].narrow.weight[0, 0] += 0.1
    assert torch.equal(kernel_of(taught).alike, learned["alike"])
    for other in (trained_further, build_network("ChromaNet", width=8)):
        channels = other.colors.in_channels
        found, fresh = kernel_of(other).state_dict(), HintKernel(channels).state_dict()
        assert all(torch.equal(found[name], fresh[name]) for name in fresh)


def test_a_missing_file_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(hint_kernel, "BUNDLED_KERNEL", tmp_path / "hints.safetensors")
    hint_kernel._bundled.cache_clear()
    with pytest.raises(FileNotFoundError, match="the bundled kernel for hints is missing; copy it from"):
        kernel_of(build_network("ChromaNet", width=8))


def test_the_card_is_about_this_file_and_this_network():
    card = read_json(CARD)
    assert BUNDLED_KERNEL.stat().st_size <= 2e6
    assert card["sha256"] == hashlib.sha256(BUNDLED_KERNEL.read_bytes()).hexdigest()
    assert card["colorizer"] == hashlib.sha256(BUNDLED_COLORIZER.read_bytes()).hexdigest()  # else: train it again
