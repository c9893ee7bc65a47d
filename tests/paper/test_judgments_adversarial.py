"""Verdicts on adversarial training: above every control over pictures and over seeds, or not."""

import numpy as np
import pandas as pd
import pytest

from lib.evaluation.names import Method
from lib.evaluation.size import Size
from lib.paper.claims import entry_of
from lib.paper.judgments_adversarial import judge_detection, judge_frontier
from lib.paper.own_claims import ADVERSARIAL

OWN = Method("chroma_adversarial", {"pairs": 1000, "epochs": 12, "vividness": 0.5})
CONTROLS = {
    name: Method(name, {**OWN.settings, "judged": OWN.name})
    for name in ("slider_at_equal_color", "constant_at_equal_color")
}


RIVALS = tuple(CONTROLS)
SLIDER = RIVALS[:1]


def frontier(gains, seeds=3, pictures=100):
    """PSNR by method, seed and picture: the judged has `gains` by control on average, which vary over pictures."""
    noise, rows = np.random.default_rng(0).normal(0, 0.1, pictures), []
    for seed in range(seeds):
        for method, gain in {OWN: 0.0, **{CONTROLS[name]: gain for name, gain in gains.items()}}.items():
            values = 24 + 0.01 * seed - gain + (0 if method == OWN else noise)
            head = {"method": method.name, "settings": method.settings_text, "label": method.label, "seed": seed}
            rows.append(pd.DataFrame({**head, "name": [f"p{i}" for i in range(pictures)], "psnr": values}))
    return pd.concat(rows, ignore_index=True)


def distances(seeds=3, difference=0.0, half=0.01):
    """How much farther the judged is; it varies over seeds, and over pictures by `half` each way."""
    rows = []
    for seed in range(seeds):
        own = difference + 0.001 * (seed - 1)
        ends = {"difference": own, "low": own - half, "high": own + half}
        rows += [{"seed": seed, "judged": OWN.name, "control": name, **ends} for name in CONTROLS]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("slider", "constant", "expected"),
    [
        (0.5, 0.5, "supported"),
        (-0.5, 0.5, "not supported"),
        (0.5, -0.5, "not supported"),
        (0.0, 0.5, "cannot tell"),
    ],
)
def test_it_must_lie_above_every_control(slider, constant, expected):
    table = frontier({"slider_at_equal_color": slider, "constant_at_equal_color": constant})
    judgment = judge_frontier(OWN.name, RIVALS, table, distances())
    assert judgment.verdict == expected
    assert judgment.size == Size(pairs=1000, epochs=12, seeds=3, pictures=100)
    assert "against vividness" in judgment.measured and "safe x constant" in judgment.measured
    assert "distance of the colors +0.000 [" in judgment.measured and "on 100 pictures, 3 seeds" in judgment.measured


@pytest.mark.parametrize(
    ("slider", "difference", "expected"),
    [
        (0.0, -0.02, "supported"),  # as accurate, and nearer
        (0.5, 0.02, "not supported"),  # a trade
        (-0.5, -0.02, "not supported"),
        (0.0, 0.02, "not supported"),
    ],
)
def test_the_distance_of_the_colors_counts_too(slider, difference, expected):
    table = frontier({"slider_at_equal_color": slider})
    assert judge_frontier(OWN.name, SLIDER, table, distances(difference=difference)).verdict == expected


def test_a_distance_that_other_pictures_might_not_give_decides_nothing():
    table, rivals = frontier({"slider_at_equal_color": 0.0}), ["slider_at_equal_color"]
    assert judge_frontier(OWN.name, rivals, table, distances(difference=-0.02)).verdict == "supported"
    unsure = distances(difference=-0.02, half=0.03)
    assert judge_frontier(OWN.name, rivals, table, unsure).verdict == "cannot tell"


def test_seeds_that_disagree_decide_nothing():
    table = frontier({"slider_at_equal_color": 0.1})
    table.loc[(table["seed"] == 0) & (table["method"] == OWN.name), "psnr"] -= 0.2  # the mean over pictures stays above
    judgment = judge_frontier(OWN.name, SLIDER, table, distances())
    assert judgment.verdict == "cannot tell"


def test_one_seed_decides_nothing():
    table = frontier({"slider_at_equal_color": 0.5}, seeds=1)
    assert judge_frontier(OWN.name, SLIDER, table, distances(1)).verdict == "cannot tell"


def test_nothing_is_told_beside_a_control_that_cannot_be_as_colorful():
    without = judge_frontier(OWN.name, RIVALS, frontier({"constant_at_equal_color": 0.5}), distances())
    assert without.verdict == "cannot tell" and "vividness cannot be as colorful; +0.4" in without.measured
    worse = judge_frontier(OWN.name, RIVALS, frontier({"constant_at_equal_color": -0.5}), distances())
    assert worse.verdict == "not supported"
    none = judge_frontier(OWN.name, RIVALS, frontier({}), distances().iloc[:0])
    assert none.verdict == "cannot tell" and none.size.seeds == 3


def test_seeds_without_a_control_do_not_count():
    table = frontier({"slider_at_equal_color": 0.5})
    missing = (table["method"] == "slider_at_equal_color") & (table["seed"] == 2)
    assert judge_frontier(OWN.name, SLIDER, table[~missing], distances()).size.seeds == 2


def detected(own, other, seeds=3):
    rows = [
        (method, seed, value + 0.001 * seed)
        for method, value in ((OWN, own), (CONTROLS["slider_at_equal_color"], other))
        for seed in range(seeds)
    ]
    return pd.DataFrame(
        [
            {
                "method": m.name,
                "settings": m.settings_text,
                "label": m.label,
                "seed": seed,
                "accuracy": value,
                "pictures": 100,
            }
            for m, seed, value in rows
        ]
    )


@pytest.mark.parametrize(("own", "other", "expected"), [(0.6, 0.8, "supported"), (0.8, 0.6, "not supported")])
def test_who_is_found_out_less_often_looks_more_real(own, other, expected):
    judgment = judge_detection(OWN.name, "slider_at_equal_color", detected(own, other))
    assert judgment.verdict == expected and judgment.size == Size(pairs=1000, epochs=12, seeds=3, pictures=100)
    assert f"in {100 * own:.0f}% of the cases" in judgment.measured
    assert judge_detection(OWN.name, "slider_at_equal_color", detected(own, other, seeds=1)).verdict == "cannot tell"


def test_what_no_classifier_saw_is_not_judged():
    table = detected(0.6, 0.8)
    alone = judge_detection(OWN.name, "slider_at_equal_color", table[table["method"] == OWN.name])
    assert alone.verdict == "cannot tell" and "vividness cannot be as colorful" in alone.measured
    few = judge_detection(OWN.name, "slider_at_equal_color", table.assign(accuracy=np.nan, pictures=3))
    assert few.verdict == "cannot tell" and "3 pictures, too few for a classifier" in few.measured
    lost = (table["method"] != OWN.name) & (table["seed"] == 2)
    assert judge_detection(OWN.name, "slider_at_equal_color", table[~lost]).size.seeds == 2


def test_the_ledger_names_what_a_small_run_lacks():
    found = {"frontier": frontier({"slider_at_equal_color": 0.5}, seeds=1), "distances": distances(1)}
    entry = entry_of(ADVERSARIAL[2], found)
    assert entry["verdict"] == "not tested at this size" and "3 seeds (here 1)" in entry["measured"]
    assert entry["measured"].endswith("`workbook run --profile paper --only 09`")
