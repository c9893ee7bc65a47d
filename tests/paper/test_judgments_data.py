"""The claims on more and on more varied data: verdicts over seeds, on pictures that the networks do not know."""

import numpy as np
import pandas as pd
import pytest

from lib.paper.claims import entry_of
from lib.paper.own_claims import LARGER_DATA, VARIED_DATA, VARIED_DATA_OURS, folders_option


def gains(better, counts=(1000, 4000), seeds=3, kinds=("sea", "all 3 folders"), pictures=100, network="cnn"):
    """`better(kind, pairs, on)` is the mean gain in dB; SSIM goes with it. Seeds differ by a hundredth."""
    generator, tables = np.random.default_rng(0), []
    for seed in range(seeds):
        for kind in kinds:
            for pairs in counts:
                for on in ("home", "elsewhere", "judge"):
                    psnr = better(kind, pairs, on) + generator.normal(0, 0.01) + np.linspace(-3, 3, pictures)
                    names = [f"p{i}" for i in range(pictures)]
                    head = {"network": network, "data": kind, "pairs": pairs, "epochs": 60_000 // pairs}
                    tables.append(pd.DataFrame({**head, "seed": seed, "on": on, "name": names, "psnr": psnr,
                                                "ssim": psnr / 100}))  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def more(kind, pairs, on):
    return pairs / 4000


def varied(kind, pairs, on):
    sign = -1 if on == "home" else 1
    return sign * (kind != "sea")


def entry(claim, table):
    return entry_of(claim, {"data": table})


def test_more_pictures_that_gain_are_supported():
    found = entry(LARGER_DATA, gains(more))
    assert found["verdict"] == "supported"
    assert found["measured"].startswith(
        "CNN, 4,000 pairs against 1,000 of all 3 folders (60,000 pictures seen), 3 seeds: on 100 pictures of "
        "everything else +0.7"
    )
    assert "; on 100 pictures of the judge's photographs +0.7" in found["measured"]


@pytest.mark.parametrize(
    ("better", "verdict"),
    [
        (lambda kind, pairs, on: -pairs / 4000, "not supported"),
        (lambda kind, pairs, on: pairs / 4000 if on == "judge" else -pairs / 4000, "cannot tell"),
        (lambda kind, pairs, on: pairs / 4000 if on != "home" else -9, "supported"),  # home is not asked
        (lambda kind, pairs, on: 0, "cannot tell"),
    ],
)
def test_all_pictures_that_are_not_known_must_agree(better, verdict):
    assert entry(LARGER_DATA, gains(better))["verdict"] == verdict


def test_more_varied_pictures_are_compared_at_equal_numbers_and_what_they_cost_is_said():
    found = entry(VARIED_DATA, gains(varied))
    assert found["verdict"] == "supported"
    assert "CNN, 4,000 pairs of all 3 folders against as many of sea" in found["measured"]
    assert "; on the first folder's own pictures -" in found["measured"]
    ours = gains(lambda kind, pairs, on: -varied(kind, pairs, on), network="chroma_net")
    assert entry(VARIED_DATA_OURS, ours)["verdict"] == "not supported"


def test_the_largest_number_that_both_kinds_have_is_compared():
    table = gains(varied)
    table = table[(table["data"] != "sea") | (table["pairs"] == 1000)]
    assert "1,000 pairs of all 3 folders" in entry(VARIED_DATA, table)["measured"]


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        ({"counts": (400, 800)}, "1,000 training pairs (here 400)"),
        ({"seeds": 2}, "3 seeds (here 2)"),
        ({"pictures": 20}, "100 test pictures (here 20)"),
    ],
)
def test_too_small_an_experiment_is_not_tested(given, lacks):
    found = entry(LARGER_DATA, gains(more, **given))
    assert found["verdict"] == "not tested at this size" and lacks in found["measured"]


def test_one_kind_or_one_number_cannot_tell():
    alone = entry(VARIED_DATA, gains(varied, kinds=("sea",)))
    assert alone["measured"].startswith("Only one kind of pictures was trained on")
    one = entry(LARGER_DATA, gains(more, counts=(1000,)))
    assert "only one number of pairs was trained" in one["measured"]


def test_the_command_names_the_folders_where_they_are_enough():
    assert folders_option("a b:c", "j", 4000) == " -p judge j --data 'a b' --data c"
    for data, train in (("a:b", 3999), ("a", 9000), ("auto", 9000)):
        assert folders_option(data, "", train) == " -p judge FOLDER --data FOLDER --data FOLDER"
