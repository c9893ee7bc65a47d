"""Claims judged over the seeds of a sweep: pairing, verdicts, words, and all that may be missing."""

import numpy as np
import pytest
from scipy import stats
from sweeps_by_hand import results, write_point, write_sweep

from lib.evaluation.names import Method
from lib.workbook.analysis.long_table import load_long_table
from lib.workbook.analysis.verdicts import claims_of_sweeps, judge_over_seeds, judged_in_words
from lib.workbook.records.finding import find_results

FEW, MANY = [20.0, 20.4, 21.1], [21.0, 21.5, 22.2]
CLAIM = {
    "claim": "More pairs beat fewer",
    "paper": "Fig. 4",
    "better": {"method": "cnn", "pair_counts": [400]},
    "than": {"method": "cnn", "pair_counts": [100]},
}


def scores(pair_counts, seed, few=FEW, many=MANY, ssim=0.01, **_):
    value = (many if pair_counts == [400] else few)[seed]
    method = Method("cnn", {"pairs": pair_counts[0]})
    return {"gray_copy": {"psnr": 23.0, "ssim": 0.9}, method: {"psnr": value, "ssim": 0.5 + ssim * (value - 20)}}


def judged(folder, claim=CLAIM, **options):
    varied = {"pair_counts": [[100], [400]], "seed": [0, 1, 2]}
    sweep = write_sweep(folder / "s", varied, lambda **values: scores(**values, **options))
    return judge_over_seeds(load_long_table(find_results(str(sweep))[0]), claim)


def test_a_claim_is_judged_by_the_interval_over_seeds(tmp_path):
    gains = np.subtract(MANY, FEW)
    low, high = stats.t.interval(0.95, 2, np.mean(gains), stats.sem(gains))
    assert judged(tmp_path) == {
        "claim": "More pairs beat fewer",
        "paper": "Fig. 4",
        "measured": "CNN, pair_counts 400, against CNN, pair_counts 100: "
        f"{np.mean(gains):+.2f} dB [{low:+.2f}, {high:+.2f}], "
        f"{np.mean(gains) / 100:+.3f} SSIM [{low / 100:+.3f}, {high / 100:+.3f}] on 16 pictures, 3 seeds",
        "verdict": "supported",
        "seeds": 3,
    }


@pytest.mark.parametrize(
    ("options", "verdict"),
    [
        ({"few": MANY, "many": FEW}, "not supported"),
        ({"few": FEW, "many": [20.1, 20.2, 21.4]}, "cannot tell"),
        ({"ssim": -0.01}, "cannot tell"),  # PSNR and SSIM disagree
    ],
)
def test_every_verdict_can_come_out(tmp_path, options, verdict):
    entry = judged(tmp_path, **options)
    assert entry["verdict"] == verdict and ("disagree" in entry["measured"]) == ("ssim" in options)


def test_the_same_values_in_other_pairs_are_another_verdict(tmp_path):
    """Spread over seeds that both sides share is no doubt: unpaired, these values would tell nothing."""
    few, many = [10.0, 20.0, 30.0], [10.5, 20.6, 30.4]
    assert judged(tmp_path / "paired", few=few, many=many)["verdict"] == "supported"
    assert judged(tmp_path / "mixed", few=few, many=many[::-1])["verdict"] == "cannot tell"


def test_what_neither_side_names_is_averaged_within_a_seed(tmp_path):
    varied = {"pair_counts": [[100], [400]], "epochs": [3, 6], "seed": [0, 1]}
    sweep = write_sweep(
        tmp_path / "s", varied,
        lambda pair_counts, epochs, seed: scores(pair_counts, seed, FEW, [22.0, 23.0] if epochs == 3 else [21.0, 22.0]),
    )  # fmt: skip
    entry = judge_over_seeds(load_long_table(find_results(str(sweep))[0]), CLAIM)
    gains = np.mean([[22.0, 23.0], [21.0, 22.0]], axis=0) - FEW[:2]
    low, high = stats.t.interval(0.95, 1, np.mean(gains), stats.sem(gains))
    assert f"{np.mean(gains):+.2f} dB [{low:+.2f}, {high:+.2f}]" in entry["measured"]
    assert entry["measured"].endswith("on 16 pictures, 2 seeds")  # not four: a seed counts once


def test_a_seed_that_lacks_a_setting_is_not_judged_by_the_others(tmp_path):
    varied = {"pair_counts": [[100], [400]], "epochs": [3, 6], "seed": [0, 1, 2]}
    sweep = write_sweep(tmp_path / "s", varied, lambda pair_counts, epochs, seed: scores(pair_counts, seed))
    (sweep / "pair_counts=[400],epochs=6,seed=2" / "point.json").unlink()
    entry = judge_over_seeds(load_long_table(find_results(str(sweep))[0]), CLAIM)
    assert entry["measured"].endswith("on 16 pictures, 2 seeds")


def test_seeds_with_as_many_but_other_settings_are_not_judged_together(tmp_path):
    varied = {"pair_counts": [[100], [400]], "epochs": [3, 6], "seed": [0, 1]}
    sweep = write_sweep(tmp_path / "s", varied, lambda pair_counts, epochs, seed: scores(pair_counts, seed))
    for epochs, seed in ((3, 0), (6, 1)):
        (sweep / f"pair_counts=[400],epochs={epochs},seed={seed}" / "point.json").unlink()
    entry = judge_over_seeds(load_long_table(find_results(str(sweep))[0]), CLAIM)
    assert entry["verdict"] == "cannot tell" and "1 seed in pairs" in entry["measured"]


def test_what_one_side_names_holds_for_both(tmp_path):
    claim = CLAIM | {"than": {"method": "gray_copy"}}
    entry = judged(tmp_path, claim)
    assert (
        entry["measured"].startswith("CNN, pair_counts 400, against gray copy: -1.43 dB")
        and "3 seeds" in entry["measured"]
    )


def test_without_a_method_each_is_compared_with_itself(tmp_path):
    entry = judged(tmp_path, CLAIM | {"better": {"pair_counts": [400]}, "than": {"pair_counts": [100]}})
    gains = np.subtract(MANY, FEW) / 2  # the copy, which stays the same, is the other half
    assert entry["measured"].startswith(f"pair_counts 400, against pair_counts 100: {np.mean(gains):+.2f} dB")


def test_settings_choose_among_the_lines_of_a_method(tmp_path):
    def both(pair_counts, seed):
        early, late = (Method("cnn", {"pairs": pair_counts[0], "epochs": epochs}) for epochs in (4, 6))
        return {early: {"psnr": FEW[seed], "ssim": 0.5}, late: {"psnr": MANY[seed], "ssim": 0.6}}

    sweep = write_sweep(tmp_path / "s", {"pair_counts": [[100], [400]], "seed": [0, 1, 2]}, both)
    table = load_long_table(find_results(str(sweep))[0])
    than = {"method": "cnn", "settings": {"epochs": 4}, "pair_counts": [400]}
    entry = judge_over_seeds(table, CLAIM | {"better": {"method": "cnn", "pair_counts": [400]}, "than": than})
    head = "CNN, 6 epochs, pair_counts 400, against CNN, 4 epochs, pair_counts 400: "
    assert entry["measured"].startswith(f"{head}{np.mean(np.subtract(MANY, FEW)):+.2f} dB")


def test_one_seed_cannot_tell(tmp_path):
    sweep = write_sweep(tmp_path / "s", {"pair_counts": [[100], [400]], "seed": [0]}, scores)
    entry = judge_over_seeds(load_long_table(find_results(str(sweep))[0]), CLAIM)
    assert entry["verdict"] == "cannot tell"
    assert entry["measured"].endswith("+1.00 dB, +0.010 SSIM with 1 seed in pairs; an interval needs 2")


@pytest.mark.parametrize(
    ("side", "words"),
    [
        ({"method": "cnn", "pair_counts": [800]}, "no results of CNN, pair_counts 800"),
        ({"method": "cnm"}, "no results of cnm"),
        ({"method": "cnn", "settings": {"pairs": 5}}, "no results of CNN, 5 pairs"),
        ({"method": "gray_copy", "epochs": 9}, "the sweep varies no epochs"),
    ],
)
def test_what_a_sweep_lacks_cannot_tell_and_says_so(tmp_path, side, words):
    entry = judged(tmp_path, CLAIM | {"better": side})
    assert entry["verdict"] == "cannot tell" and entry["measured"].endswith(words)


def test_scores_of_different_pictures_are_not_compared(tmp_path):
    for size in (32, 64):
        for seed in (0, 1):
            kept = results({"net": {"psnr": 9.0, "ssim": 0.5}}, {"seed": seed, "size": size}, pictures=str(size))
            write_point(tmp_path / f"{size}-{seed}", kept, None)
    claim = {"claim": "c", "better": {"method": "net", "size": 64}, "than": {"method": "net", "size": 32}}
    entry = judge_over_seeds(load_long_table(find_results(f"{tmp_path}/*")[0]), claim)
    assert entry["verdict"] == "cannot tell" and entry["measured"].endswith("measured on different pictures")


def test_sweeps_speak_only_on_the_same_pictures(tmp_path):
    varied = {"pair_counts": [[100], [400]], "seed": [0, 1, 2]}
    for name in ("one", "two"):
        write_sweep(tmp_path / name, varied, scores, claims=[CLAIM | {"claim": name}])
    same, other = ({"data": {"fingerprint": name, "tested": "t"}} for name in ("p", "q"))
    entries, left_out = claims_of_sweeps([f"{tmp_path}/*"], same)
    assert [(entry["claim"], entry["verdict"]) for entry in entries] == [("one", "supported"), ("two", "supported")]
    assert left_out == []
    entries, left_out = claims_of_sweeps([str(tmp_path / "one"), str(tmp_path / "none")], other)
    assert entries == []
    assert left_out[0] == "one: its scores are of other pictures; its claims are left out."
    assert left_out[1].endswith("none: there is no sweep; its folder holds a sweep.json.")


def test_only_what_is_judged_is_heard_and_more_seeds_before_fewer(tmp_path):
    pair_counts, own = [[100], [400]], {"data": {"fingerprint": "p", "tested": "t"}}
    for name, seeds in (("a", 1), ("b", 3), ("c", 2)):
        write_sweep(tmp_path / name, {"pair_counts": pair_counts, "seed": list(range(seeds))}, scores, claims=[CLAIM])
    assert claims_of_sweeps([str(tmp_path / "a")], own)[0] == []  # so that the run's own entry stays
    entries, left_out = claims_of_sweeps([f"{tmp_path}/*"], own)
    assert [entry["measured"].partition(" pictures, ")[2] for entry in entries] == ["3 seeds"]
    assert set(entries[0]) == {"claim", "paper", "measured", "verdict"}  # what the ledger has
    assert left_out[0].startswith("a: More pairs beat fewer: ") and left_out[0].endswith("an interval needs 2.")
    assert left_out[1] == "c: More pairs beat fewer: b judges it over more seeds."
    assert claims_of_sweeps([str(tmp_path / name) for name in "cb"], own)[1] == [
        "c: More pairs beat fewer: b judges it over more seeds."
    ]
    write_sweep(tmp_path / "d", {"pair_counts": pair_counts, "seed": [0, 1, 2]}, scores, claims=[CLAIM])
    assert claims_of_sweeps([str(tmp_path / name) for name in "bd"], own)[1] == [
        "b: More pairs beat fewer: d judges it over as many seeds."
    ]


COMMAND = "workbook sweep notebooks/02_net.ipynb s --profile paper"


@pytest.mark.parametrize(
    ("needs", "missing"),
    [
        ({"pairs": 100, "seeds": 3, "pictures": 16}, ""),
        ({"pairs": 101}, "101 training pairs (here 100)"),  # the smaller of the two trainings
        ({"epochs": 20}, "20 epochs (here 0)"),  # this method's settings name none
        ({"seeds": 4, "pictures": 17}, "4 seeds (here 3) and 17 test pictures (here 16)"),
    ],
)
def test_a_sweep_too_small_for_its_claim_does_not_test_it(tmp_path, needs, missing):
    plain = judged(tmp_path / "plain")
    entry = judged(tmp_path / "own", CLAIM | {"needs": needs, "command": COMMAND})
    if not missing:
        assert entry == plain
    else:
        assert entry["verdict"] == "not tested at this size" and entry["seeds"] == 3
        assert entry["measured"] == f"{plain['measured']}. A test needs {missing}: `{COMMAND}`"


def test_one_seed_is_too_small_a_test_where_three_are_needed(tmp_path):
    sweep = write_sweep(tmp_path / "s", {"pair_counts": [[100], [400]], "seed": [0]}, scores)
    claim = CLAIM | {"needs": {"seeds": 3}, "command": COMMAND}
    entry = judge_over_seeds(load_long_table(find_results(str(sweep))[0]), claim)
    assert entry["verdict"] == "not tested at this size" and "+1.00 dB" in entry["measured"]


def test_a_sweep_that_tests_a_claim_goes_before_one_with_more_seeds(tmp_path):
    own = {"data": {"fingerprint": "p", "tested": "t"}}
    for name, seeds, pairs in (("few", 2, 100), ("many", 3, 500)):
        varied = {"pair_counts": [[100], [400]], "seed": list(range(seeds))}
        claim = CLAIM | {"needs": {"pairs": pairs}, "command": COMMAND}
        write_sweep(tmp_path / name, varied, scores, claims=[claim])
    for order in (["few", "many"], ["many", "few"]):
        entries, left_out = claims_of_sweeps([str(tmp_path / name) for name in order], own)
        assert entries[0]["measured"].endswith("2 seeds")
        assert left_out == ["many: More pairs beat fewer: few tests it at the size that it needs."]


def test_a_sweep_that_has_nothing_yet_or_is_broken_is_left_out(tmp_path):
    for name in ("empty", "broken"):
        sweep = write_sweep(tmp_path / name, {"seed": [0]}, lambda seed: {"m": {"psnr": 1.0}}, claims=[CLAIM])
        (sweep / "seed=0" / "point.json").unlink()
    (tmp_path / "broken" / "sweep.json").write_text("{")
    entries, left_out = claims_of_sweeps([f"{tmp_path}/*"], {"data": {}})
    assert entries == [] and len(left_out) == 2 and "broken" in left_out[0] and "empty" in left_out[1]


def test_words_and_verdicts_of_differences():
    words, verdict = judged_in_words({"psnr": (0.312, 0.16, 0.45), "ssim": (0.0121, 0.01, 0.02)})
    assert words == "+0.31 dB [+0.16, +0.45], +0.012 SSIM [+0.010, +0.020]" and verdict == "supported"
    assert judged_in_words({"psnr": (1, 0.5, 1.5), "ssim": (-1, -1.5, -0.5)})[1] == "cannot tell"


@pytest.mark.parametrize(
    ("within", "verdict"),
    [
        ({"psnr": 2.0, "ssim": 0.02}, "supported"),  # the whole interval of both lies inside
        ({"psnr": 1.0, "ssim": 0.02}, "cannot tell"),  # that of PSNR reaches out
        ({"psnr": 0.5, "ssim": 0.02}, "not supported"),  # and here lies outside as a whole
    ],
)
def test_a_claim_may_be_that_two_score_alike(tmp_path, within, verdict):
    low, high = stats.t.interval(0.95, 2, np.mean(gains := np.subtract(MANY, FEW)), stats.sem(gains))
    assert 0.5 < low < 1.0 < high < 2.0  # what the margins above are about
    entry = judged(tmp_path, claim=CLAIM | {"within": within})
    assert entry["verdict"] == verdict and f"alike is within {within['psnr']:g} dB and 0.02 SSIM" in entry["measured"]
