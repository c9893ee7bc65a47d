"""How much a reference picture gains: which references are drawn, what the methods get, what is compared."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from lib.color.spaces import rgb_to_ycbcr
from lib.data.pairs import make_pairs
from lib.evaluation.names import METRICS, NOT_OF_TEST, OF_REFERENCE, Method
from lib.evaluation.reference import (
    ANY,
    OTHER,
    SAME,
    draw_references,
    gains_by_reference,
    in_halves,
    measure_references,
    share_harmed,
)

SIDE = 8


def look(gray):
    return SimpleNamespace(luma=F.interpolate(gray, (SIDE, SIDE), mode="area")[0, 0], gray=gray)


def as_gray(seen):
    return torch.zeros(2, SIDE, SIDE)


def of_kinds(pairs, first):
    """The pairs with names of two kinds in turn, numbered from `first`."""
    return replace(pairs, names=[f"{('sea', 'wood')[i % 2]}-{first + i}" for i in range(len(pairs))])


@pytest.fixture(scope="module")
def drawn(pairs):
    test, training = of_kinds(pairs.split("test"), 0), of_kinds(pairs.split("train"), 100)
    return test, training, draw_references(test, training)


def test_references_are_of_the_same_and_of_another_kind(drawn):
    test, training, references = drawn
    assert set(references) == {SAME, OTHER}
    for kind, is_same in ((SAME, True), (OTHER, False)):
        kinds = [training.names[i].split("-")[0] for i in references[kind]]
        assert all((own == name.split("-")[0]) == is_same for own, name in zip(kinds, test.names, strict=True))
        assert len(set(references[kind])) > 3
    assert references == draw_references(test, training) != draw_references(test, training, seed=1)


def test_without_kinds_any_reference_is_drawn(pairs):
    test, training = (
        replace(part, names=list(map(str, range(len(part))))) for part in map(pairs.split, ("test", "train"))
    )
    assert list(draw_references(test, training)) == [ANY]
    strange = replace(test, names=["desert-1", "desert-2"] * 6)  # of which the training pictures have none
    assert list(draw_references(strange, of_kinds(pairs.split("train"), 0))) == [ANY]


def test_methods_get_the_reference_that_was_drawn(drawn):
    test, training, references = drawn
    got = []

    def remembered(seen, other, chroma):
        got.append((seen, other, chroma))
        return as_gray(seen)

    scores = measure_references(test, training, references, look, as_gray, {"reference": remembered})
    assert len(got) == 2 * len(test) and len(scores) == 3 * len(test)
    gray, color = training.tensors([references[OTHER][3]])
    seen, other, chroma = got[7]
    assert torch.equal(other.gray, gray) and torch.equal(seen.gray, test.tensors([3])[0])
    assert torch.allclose(chroma, F.avg_pool2d(rgb_to_ycbcr(color)[:, 1:], 4)[0], atol=1e-6)


def test_gains_are_over_the_automatic_picture_and_harm_is_counted(pairs):
    """Three of four pictures get their true colors, the others what harms them."""
    test = pairs.split("test")
    itself = {SAME: list(range(len(test)))}
    calls = []

    def mostly_right(seen, other, chroma):
        calls.append(1)
        return chroma if len(calls) % 4 else -chroma

    methods = {"reference": mostly_right, "welsh": lambda seen, other, chroma: chroma}
    methods["reinhard"] = lambda seen, other, chroma: as_gray(seen)  # which is the automatic picture
    scores = measure_references(test, test, itself, look, as_gray, methods)
    rows = gains_by_reference(scores).set_index("method")
    assert set(rows["metric"]) == set(OF_REFERENCE) and set(rows["n"]) == {12} and rows.loc["welsh", "low"] > 3
    assert rows.loc["reference", "value"] < rows.loc["welsh", "value"]
    assert share_harmed(scores, Method("reference", {"reference": SAME})) == 0.25
    assert all(share_harmed(scores, Method(name, {"reference": SAME})) == 0 for name in ("welsh", "reinhard"))


def test_halves_are_two_parts_of_the_same_pictures():
    color = np.random.default_rng(0).integers(0, 255, (6, 16, 16, 3), np.uint8)
    pairs = make_pairs("x", "x", list("abcdef"), color[..., 0], color, np.array(["test"] * 6))
    right, left = in_halves(pairs.split("test", 4))
    order = [pairs.names.index(name) for name in right.names]
    assert right.names == left.names and len(right) == 4
    assert np.array_equal(np.concatenate([left.color, right.color], 2), color[order])
    assert np.array_equal(np.concatenate([left.gray, right.gray], 2), color[order][..., 0])


def test_gains_with_a_reference_are_in_no_table_of_scores():
    assert set(OF_REFERENCE) <= set(METRICS) and set(OF_REFERENCE) <= set(NOT_OF_TEST)
    assert str(Method("welsh", {"reference": SAME})) == "Welsh et al., reference: the same kind"
