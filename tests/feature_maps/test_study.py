"""A study computes every result once, and its errors name the network or photograph."""

import pytest
import torch
from torch import nn

from lib.color.spaces import gray_to_rgb
from lib.data.photographs import Photograph, photographs_of
from lib.feature_maps import study as studies
from lib.feature_maps.activations import capture
from lib.feature_maps.study import Study
from lib.losses.vgg_features import GrayFeatures, vgg11_features
from lib.networks.registry import build_network


class Small(nn.Conv2d):
    """A network that needs 40 px. For a smaller picture, torch raises an error of its own."""

    def __init__(self):
        super().__init__(1, 3, 40)


@pytest.fixture
def study(pairs, kept_network):
    networks = {
        "one": build_network("ColorizationNet", 0, width=2),
        "kept": kept_network,
        "copy": gray_to_rgb,
        "small": Small(),
        "VGG11": GrayFeatures(vgg11_features()),
    }
    return Study(networks, photographs_of(pairs.split("test", 3)))


@pytest.fixture
def name(study):
    return next(iter(study.photographs))


def test_activations_are_computed_once_per_picture_and_network(study, name, monkeypatch):
    calls = []
    monkeypatch.setattr(studies, "capture", lambda network, gray, *_: calls.append(1) or capture(network, gray))
    for _ in range(3):
        study.activations("one", name)
        study.through_training("kept", name, "encoder.0.0")
    assert len(calls) == 1 + 2
    study.activations("one", list(study.photographs)[1])
    assert len(calls) == 4


def test_the_least_recently_used_activations_are_dropped(study, name, monkeypatch):
    monkeypatch.setattr(studies, "_MAX_CACHED", 2)
    study, calls = Study(study.networks, list(study.photographs.values())), []
    monkeypatch.setattr(studies, "capture", lambda network, *rest: calls.append(network) or capture(network, *rest))
    for network in ("one", "kept", "one", "VGG11", "one", "kept"):
        study.activations(network, name)
    assert calls == [study.network(network) for network in ("one", "kept", "VGG11", "kept")]


def test_a_saved_network_is_loaded_once(study):
    assert study.network("kept") is study.network("kept") and not study.network("kept").training


def test_a_photograph_whose_name_is_in_use_gets_a_number(study, name):
    other = Photograph(name, torch.zeros(1, 1, 20, 30), torch.zeros(1, 3, 20, 30))
    assert [study.add(other), study.add(other)] == [f"{name} (2)", f"{name} (3)"]
    assert study.photograph(f"{name} (2)") is other
    assert study.layer("one", f"{name} (2)", "encoder.0.0").maps.shape == (1, 2, 12, 16)  # padded to 24 x 32


def test_dead_channels_are_constant_on_all_initial_photographs(study, name):
    convolution = study.network("one").encoder[0][0]
    convolution.weight.data[0], convolution.bias.data[0] = 1, 0
    convolution.weight.data[1], convolution.bias.data[1] = 0, 0.25
    study.add(Photograph("black", torch.zeros(1, 1, 16, 16), torch.zeros(1, 3, 16, 16)))
    assert study.dead("one", "encoder.0.0") == study.dead("one", "encoder.0.2") == 1 and len(study.initial) == 3


def test_effects_are_cached_and_report_progress(study, name):
    ticks = []
    effects = study.effects("one", name, "encoder.2.0", lambda done, total: ticks.append((done, total)))
    assert ticks[-1] == (8, 8) and len(effects) == 8
    assert study.effects("one", name, "encoder.2.0", lambda *_: pytest.fail("computed again")) is effects


def test_maps_of_every_saved_epoch(study, name):
    found = study.through_training("kept", name, "encoder.0.0")
    assert study.keeps_epochs("kept") and not study.keeps_epochs("one") and not study.keeps_epochs("nobody")
    assert list(found) == [1, 2] and found[1].shape == (2, 16, 16)
    torch.testing.assert_close(found[2], study.layer("kept", name, "encoder.0.0").maps[0])
    assert (found[1] != found[2]).any()


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda s, p: s.activations("nobody", p), "no network is called 'nobody' here"),
        (lambda s, p: s.activations("one", "p"), "no photograph is called 'p' here; upload it again"),
        (lambda s, p: s.activations("copy", p), "copy is not a network: it has no layers to show"),
        (lambda s, p: s.activations("small", p), r"small cannot take .* of 32 x 32 px: .*size"),
        (lambda s, p: s.layer("one", p, "conv9"), "one: no layer is called 'conv9'; there are encoder"),
        (lambda s, p: s.colors("VGG11", p), "VGG11 gives features and no colors"),
        (lambda s, p: s.effects("VGG11", p, "features.0"), "VGG11 gives features and no colors"),
        (lambda s, p: s.through_training("one", p, "encoder.0.0"), "no epochs of one were saved"),
    ],
)
def test_errors_are_one_line(study, name, ask, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        ask(study, name)
    assert "\n" not in str(caught.value)


def test_layers_inside_a_stage_are_counted_and_switched_off(name):
    network = build_network("ChromaNet", 0, width=4, encoder="efficientnet-lite0").eval()
    for weight in network.encoder.parameters():
        weight.data *= 3  # weights that nobody trained let the maps fade from stage to stage
    depthwise = network.encoder[3][1].depthwise[0]
    depthwise.weight.data[5], depthwise.bias.data[5] = 0, 9.0  # always 6 behind its ReLU6: dead
    gray = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    study = Study({"large": network}, [Photograph("p", gray, gray.expand(-1, 3, -1, -1))])
    assert (study.layer("large", "p", "encoder.3.1.depthwise").maps[0, 5] == 6).all()
    maps = study.layer("large", "p", "encoder.3.1.depthwise").maps[0].flatten(1)
    assert study.dead("large", "encoder.3.1.depthwise") == int((maps.amax(1) - maps.amin(1) < 1e-6).sum()) < 40
    assert study.dead("large", "encoder.3") == 0
    assert len(study.effects("large", "p", "encoder.3")) == 40
