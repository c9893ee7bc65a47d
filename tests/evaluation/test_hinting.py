"""How much hints gain: the same hints for all methods, the truth's chroma, the gain over the gray copy."""

from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from lib.classical.levin import nearest_hint
from lib.color.spaces import gray_to_rgb, rgb_to_ycbcr
from lib.evaluation.evaluate import evaluate
from lib.evaluation.hinting import gains_by_hints, lines_by_hints, measure_hints, random_places
from lib.evaluation.names import GRAY_COPY, METRICS, NOT_OF_TEST, OF_HINTS, UNSHOWN, Method
from lib.evaluation.rows import of_method

SIDE = 8


def look(gray):
    return SimpleNamespace(luma=F.interpolate(gray, (SIDE, SIDE), mode="area")[0, 0])


def nearest(seen, cells, chroma):
    return nearest_hint(seen.luma, cells, chroma)


def gray_again(seen, cells, chroma):
    return torch.zeros(2, SIDE, SIDE)


@pytest.fixture(scope="module")
def test_split(pairs):
    return pairs.split("test")


@pytest.fixture(scope="module")
def scores(test_split):
    import pandas as pd

    counts = [SIDE * SIDE, 0, 1, 1]  # in any order, each once
    with_hints = measure_hints(test_split, look, {"nearest_hint": nearest, "nothing": gray_again}, counts)
    return pd.concat([with_hints, evaluate({GRAY_COPY: gray_to_rgb}, test_split)])


def test_no_hints_are_a_gray_copy_and_hints_everywhere_nearly_the_truth(scores):
    rows = gains_by_hints(scores).set_index(["method", "settings"])
    assert set(rows["metric"]) == set(OF_HINTS) and set(rows["n"]) == {12} and len(rows) == 6
    gain = [rows.loc[("nearest_hint", Method("", {"hints": h, "places": "random"}).settings_text)] for h in (0, 64)]
    assert gain[0]["value"] == pytest.approx(0, abs=1e-6) and gain[1]["low"] > 3
    assert rows.loc["nothing", "value"].abs().max() < 1e-6


def test_the_lines_of_a_figure_go_from_few_hints_to_many(scores):
    rows = gains_by_hints(scores)
    lines = lines_by_hints(rows.iloc[::-1].reset_index(drop=True))
    assert [str(line) for line in lines] == ["nothing, places random", "nearest hint, random places"]
    line = lines[Method("nearest_hint", {"places": "random"})]
    assert (
        line["hints"].tolist() == [0, 1, 64]
        and line["value"].tolist() == rows.loc[rows["method"] == "nearest_hint", "value"].tolist()
    )


def test_scores_have_all_that_those_of_evaluate_have(scores, test_split):
    gray, own = (of_method(scores, m) for m in (GRAY_COPY, Method("nothing", {"hints": 1, "places": "random"})))
    assert own["name"].tolist() == test_split.names and not scores.isna().any(axis=None)
    assert own["ciede2000"].tolist() == pytest.approx(gray["ciede2000"].tolist(), abs=1e-4)


def test_all_methods_get_the_true_chroma_of_the_same_random_cells(test_split):
    got = {"one": [], "other": []}

    def remembered(identifier):
        def spread(seen, cells, chroma):
            got[identifier].append((cells, chroma))
            return gray_again(seen, cells, chroma)

        return spread

    measure_hints(test_split, look, {name: remembered(name) for name in got}, [2, 5])
    for (cells, chroma), (others, same) in zip(got["one"], got["other"], strict=True):
        assert torch.equal(cells, others) and torch.equal(chroma, same)
    for (few, _), (more, chroma), name, i in zip(
        got["one"][::2], got["one"][1::2], test_split.names, range(12), strict=True
    ):
        assert torch.equal(few, more[:2]) and torch.equal(more, random_places(torch.empty(SIDE, SIDE), 5, name, 0))
        truth = rgb_to_ycbcr(test_split.tensors(slice(i, i + 1))[1])[0, 1:]
        row, column = divmod(int(more[4]), SIDE)
        block = truth[:, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4].mean((1, 2))
        assert torch.allclose(chroma[:, 4], block, atol=1e-6)


def test_random_places_differ_between_pictures_and_seeds_and_never_repeat():
    luma = torch.empty(SIDE, SIDE)
    one, other, later = (random_places(luma, 64, *given).tolist() for given in (("a", 0), ("b", 0), ("a", 1)))
    assert sorted(one) == list(range(64)) and one != other and one != later


def test_places_may_be_chosen_and_no_more_than_there_are(test_split):
    asked = []

    def first(seen, count):
        asked.append(count)
        return torch.arange(count)

    scores = measure_hints(test_split.split("test", 1), look, {"nearest_hint": nearest}, [99], places={"first": first})
    assert asked == [64] and scores["settings"].tolist() == ['{"hints": 99, "places": "first"}']


def test_gains_with_hints_are_shown_in_no_table_of_scores():
    assert set(OF_HINTS) <= set(METRICS) and set(OF_HINTS) <= set(UNSHOWN) and set(OF_HINTS) <= set(NOT_OF_TEST)
    assert str(Method("levin", {"hints": 5, "places": "random"})) == "Levin alone, hints: 5, random places"
