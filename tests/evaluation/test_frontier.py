"""The controls at equal colorfulness: found exactly where they are known, compared by tables as those of `evaluate`."""

import numpy as np
import pytest
import torch

from lib.color import composition, spaces
from lib.evaluation import frontier
from lib.evaluation.bootstrap import difference, summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.frontier import (
    CNN_CONSTANT,
    CNN_SCALED,
    CONSTANT,
    SLIDER,
    against_the_frontier,
    frontier_of,
    placed,
)
from lib.evaluation.names import GRAY_COPY, TRUTH, Method
from lib.evaluation.rows import methods_of, of_method, values_of
from lib.evaluation.vividness import SCALED, VIVIDNESS, measure_vividness
from lib.networks.registry import build_network

MIDDLE, TIMES = Method("chroma_adversarial", {"pairs": 8}), Method("chroma_joint_without")


@pytest.fixture(scope="module")
def cnn():
    """An untrained network of the paper whose last layer is scaled, so that it has some color."""
    network = build_network("ColorizationNet", 1, width=4).eval()
    with torch.no_grad():
        network.decoder[-1][0].weight.mul_(20)
    return network


def _vivid(network):
    return lambda gray: composition.join(
        gray, composition.enlarge(network.distribution(gray).chroma(0.6), gray.shape[-2:])
    )


def _times(network, factor):
    return lambda gray: composition.join(
        gray, composition.enlarge(factor * network.distribution(gray).chroma(0.0), gray.shape[-2:])
    )


@pytest.fixture(scope="module")
def compared(network, test_split):
    judged = {MIDDLE: _vivid(network), TIMES: _times(network, 1.3), "loud": lambda gray: torch.cat(
        [torch.ones_like(gray), gray, 0 * gray], 1)}  # fmt: skip
    return against_the_frontier(judged, network, test_split)


def test_each_control_finds_what_it_painted_itself(compared, test_split):
    slider, constant = compared.controls_of(MIDDLE)
    assert (slider.name, constant.name) == (SLIDER, CONSTANT)
    assert slider.settings == {"pairs": 8, "judged": "chroma_adversarial"}
    assert compared.controls_of(MIDDLE)[slider] == pytest.approx(0.6, abs=2e-3)
    assert list(compared.controls_of(TIMES).values())[1] == pytest.approx(1.3, abs=2e-3)
    assert difference(compared.per_image, MIDDLE, slider, "psnr")[0] == pytest.approx(0, abs=0.01)
    assert abs(difference(compared.per_image, MIDDLE, constant, "psnr")[0]) > 0.05
    assert compared.distance_difference(MIDDLE, slider) == pytest.approx((0, 0, 0), abs=2e-3)


def test_controls_are_as_colorful_as_the_judged(compared):
    values = values_of(summarize(compared.per_image))["colorfulness"]
    for judged in (MIDDLE, TIMES):
        for control in compared.controls_of(judged):
            assert values[control] == pytest.approx(values[judged], abs=frontier.EQUAL)


def test_what_no_control_reaches_is_said_and_has_no_rows(compared):
    assert compared.controls_of("loud") == {} and compared.judged == [MIDDLE, TIMES, Method("loud")]
    own = compared.settings[compared.settings["judged"] == Method("loud")]
    assert len(own) == 2 and own["setting"].isna().all() and (own["colorfulness"] > own["most"]).all()
    assert not any(method.settings.get("judged") == "loud" for method in methods_of(compared.per_image))


def test_the_table_is_that_of_evaluate(compared, network, test_split):
    expected = evaluate({GRAY_COPY: spaces.gray_to_rgb, MIDDLE: _vivid(network)}, test_split)
    for method in (GRAY_COPY, MIDDLE):
        ours, theirs = (of_method(table, method).set_index("name") for table in (compared.per_image, expected))
        assert list(ours.columns) == list(theirs.columns)
        assert (ours["psnr"] - theirs["psnr"]).abs().max() < 1e-4
    assert len(methods_of(compared.per_image)) == 1 + 3 + 4


def test_distance_is_that_of_the_vividness_curve(compared, network, test_split):
    row = measure_vividness(network, test_split, (0.6,), ()).iloc[0]
    value, low, high = compared.distance(MIDDLE)
    assert value == pytest.approx(row["distance"], abs=1e-4) and low < high
    assert compared.distance(TRUTH) == (0, 0, 0)
    place = compared.places().loc[MIDDLE]
    assert place["gain"] == pytest.approx(row["gain"], abs=1e-3)
    assert place["colorfulness_ratio"] == pytest.approx(row["colorfulness_ratio"], abs=1e-4)
    rows = compared.distances()
    assert set(rows["metric"]) == {"color_distance"} and len(rows) == 8
    assert values_of(rows).loc[MIDDLE, "color_distance"] == value


def test_a_paired_interval_is_narrower_than_that_of_the_distance(compared):
    _, constant = compared.controls_of(MIDDLE)
    (_, low, high), (_, alone_low, alone_high) = (
        compared.distance_difference(MIDDLE, constant),
        compared.distance(MIDDLE),
    )
    assert high - low < alone_high - alone_low


def test_pictures_are_looked_at_once_for_a_search(network, test_split, monkeypatch):
    looks = []
    real = type(network).distribution
    monkeypatch.setattr(type(network), "distribution", lambda self, gray: looks.append(len(gray)) or real(self, gray))
    (slider, _) = frontier._controls(network)
    found = frontier._settings_at(slider, [12.0, 14.0, 1e9], torch.device("cpu"), test_split)
    assert sum(looks) == len(test_split) and np.isnan(found[2][0])


def test_the_papers_network_has_one_control_which_keeps_its_own_luma(cnn, test_split):
    gray, _ = test_split.tensors(slice(None))
    with torch.inference_mode():
        own = cnn(gray)
        (control,) = frontier._controls(cnn)
        assert (control.at(1.0)(gray) - own).abs().max() < 1e-5
        assert (spaces.luma(control.at(2.0)(gray)) - spaces.luma(own)).abs().max() < 1e-5
        assert control.at(0.0)(gray).std(1).max() < 1e-6
    compared = against_the_frontier({Method("cnn_adversarial"): control.at(1.5)}, cnn, test_split)
    found = compared.controls_of("cnn_adversarial")
    assert [method.name for method in found] == [CNN_CONSTANT]
    assert list(found.values()) == [pytest.approx(1.5, abs=0.02)]
    assert str(next(iter(found))) == "CNN's chroma x constant, as colorful as CNN + critic"


def test_places_and_curves_agree(network, cnn, test_split):
    curve = frontier_of(network, test_split, factors=(1.5,))
    assert set(curve["kind"]) == {VIVIDNESS, SCALED}
    place = placed({7: _times(network, 1.5)}, test_split).loc[7]
    expected = curve[curve["kind"] == SCALED].iloc[0]
    assert list(place) == pytest.approx(list(expected[list(place.index)]), abs=1e-3)
    curve = frontier_of(cnn, test_split, factors=(0.0, 1.0, 2.0))
    assert set(curve["kind"]) == {CNN_SCALED} and curve["setting"].tolist() == [0, 1, 2]
    assert curve["colorfulness_ratio"].is_monotonic_increasing and curve["colorfulness_ratio"][0] < 1e-3
    assert curve["gain"][1] == pytest.approx(placed({"cnn": cnn}, test_split).loc["cnn", "gain"], abs=0.01)
