"""Learning without forgetting: which layers move, what the two parts of the loss say, and what holding keeps."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lib.networks.chroma_net import small_chroma
from lib.networks.registry import build_network
from lib.training import feedback
from lib.training.config import TrainingConfig
from lib.training.feedback import Frozen, Lessons, hold_loss, lesson_loss, outputs, taught

CONFIG = TrainingConfig(network="ChromaNet", epochs=15, batch_size=4, learning_rate=3e-3)
WARM = torch.tensor([0.9, 0.6, 0.3]).view(1, 3, 1, 1)


@pytest.fixture(params=["plain", "efficientnet-lite0"])
def network(request):
    return build_network("ChromaNet", width=4, side=32, encoder=request.param).eval()


@pytest.fixture
def gray(pairs):
    return pairs.tensors(slice(8))[0]


def lessons_of(network, gray, reach=1.0):
    return Lessons.of(network, gray, gray * WARM, torch.full_like(gray, reach))


def test_what_the_last_layers_see_gives_what_the_network_gives(network, gray):
    frozen = Frozen.of(network, gray)
    assert len(frozen) == 8
    for chosen, views in (([0, 5], gray[[0, 5]]), ([8, 13], gray[[0, 5]].flip(-1))):
        with torch.no_grad():
            found, wanted = outputs(network, frozen.at(torch.tensor(chosen))), network.predict(views)
        for one, other in zip(found, wanted, strict=True):
            assert torch.allclose(one, other, atol=1e-5)


def test_a_color_photograph_teaches_what_it_teaches_in_training(network, gray):
    color = gray * WARM
    with torch.no_grad():
        new = network.predict(gray)
        found = lesson_loss(new, [-part for part in new], small_chroma(color), torch.ones(8, 1, 8, 8))
        assert found.item() == pytest.approx(network.loss(gray, color, is_cautious=True).item(), rel=1e-4)


def test_where_nothing_is_known_nothing_is_learned(network, gray):
    old = [part.detach() for part in network.predict(gray)]
    new = [part.clone().requires_grad_() for part in old]
    lesson_loss(new, old, small_chroma(gray * WARM), torch.zeros(8, 1, 8, 8)).backward()
    assert new[0].grad.abs().max() < 1e-7
    lesson_loss(new, old, small_chroma(gray * WARM), torch.full((8, 1, 8, 8), 0.5)).backward()
    assert new[0].grad.abs().max() > 1e-4


def test_to_hold_is_to_stay(network, gray):
    old = [part.detach() for part in network.predict(gray)]
    new = [part.clone().requires_grad_() for part in old]
    same = hold_loss(new, old)
    same.backward()
    assert same.item() == pytest.approx(0, abs=1e-5) and new[0].grad.abs().max() < 1e-6
    assert hold_loss([old[0] + torch.randn_like(old[0]), old[1]], old) > 0.1


def test_a_mirror_image_has_mirrored_colors(network, gray):
    lessons = lessons_of(network, gray)
    chroma, reach = lessons.at(torch.tensor([3, 11]))
    assert torch.equal(chroma[1], chroma[0].flip(-1)) and not torch.equal(chroma[1], chroma[0])
    assert torch.equal(chroma[0], lessons.chroma[3]) and reach.shape == (2, 1, 8, 8)


def test_only_the_last_layers_move_and_the_network_before_does_not(network, gray):
    first = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    ticks = []
    after = taught(network, lessons_of(network, gray), Frozen.of(network, gray), CONFIG, ticks.append)
    moved = {name.split(".")[0] for name, tensor in after.state_dict().items() if not torch.equal(tensor, first[name])}
    assert moved == {"colors", "mixing"} | ({"context"} if network.context else set())
    assert all(torch.equal(tensor, first[name]) for name, tensor in network.state_dict().items())
    assert ticks == [4] * 15 and not after.training


def test_the_lesson_is_learned_and_what_is_held_is_kept(network, pairs, monkeypatch):
    own, others = pairs.tensors(slice(4))[0], pairs.tensors(slice(30, 42))[0]
    lessons, held = lessons_of(network, own), Frozen.of(network, others)

    def distances(after):
        with torch.no_grad():
            error = (after.distribution(own).chroma() - lessons.chroma).square().mean()
            return error.item(), hold_loss(after.predict(others), network.predict(others)).item()

    before, _ = distances(network)
    learned, moved = distances(taught(network, lessons, held, replace(CONFIG, epochs=40), lambda _: None))
    monkeypatch.setattr(feedback, "HOLD", 0.0)
    _, moved_freely = distances(taught(network, lessons, held, replace(CONFIG, epochs=40), lambda _: None))
    assert learned < before and moved < 0.7 * moved_freely


def test_the_seed_decides(network, gray):
    lessons, held = lessons_of(network, gray), Frozen.of(network, gray)

    def bias(seed):
        return taught(network, lessons, held, replace(CONFIG, seed=seed, epochs=3), lambda _: None).colors.bias

    assert torch.equal(bias(0), bias(0)) and not torch.equal(bias(0), bias(1))


def test_a_loss_that_is_not_finite_is_said(network, gray):
    lessons = replace(lessons_of(network, gray), chroma=torch.full((8, 2, 8, 8), torch.nan))
    with pytest.raises(FloatingPointError, match=r"the loss is nan after 0 steps"):
        taught(network, lessons, Frozen.of(network, gray), CONFIG, lambda _: None)


@pytest.mark.parametrize("count", [1, 3, 8, 20])
def test_pictures_take_turns(count):
    drawn = feedback._drawn(count, 8, np.random.default_rng(0))
    assert len(drawn) == 8 and drawn.min() >= 0 and drawn.max() < 2 * count
    each = torch.bincount(drawn % count, minlength=count)
    assert each.max() - each.min() <= 1
