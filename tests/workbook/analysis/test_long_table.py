"""results.json files found and tidied: what counts, what varies, which methods are one line."""

import pytest
from sweeps_by_hand import NOTEBOOK, results, write_point, write_sweep

from lib.common.usage import UsageError
from lib.workbook.analysis.long_table import as_text, swept_of, tidy
from lib.workbook.records import finding
from lib.workbook.records.finding import find_results


def network(pairs, psnr=20.0):
    return {"gray copy": {"psnr": 23.0}, f"CNN, {pairs} pairs, 9 epochs": {"psnr": psnr}}


def grid(folder, **varied):
    return write_sweep(folder, varied, lambda pair_counts=(5,), **_: network(pair_counts[0]))


def test_only_points_that_are_done_count(tmp_path):
    sweep = grid(tmp_path / "s", pair_counts=[[100], [200]], seed=[0, 1])
    for name, state in (("pair_counts=[100],seed=0", "failed"), ("pair_counts=[200],seed=1", None)):
        (sweep / name / "point.json").unlink()
        write_point(sweep / name, None, state)
    expected = [sweep / f"pair_counts={p},seed={s}" / NOTEBOOK / "results.json" for p, s in (([100], 1), ([200], 0))]
    assert find_results(str(sweep)) == (expected, [])
    # Named by themselves the same points count, though their folders look like patterns.
    assert find_results(str(expected[0].parents[1])) == (expected[:1], [])
    assert find_results(f"{sweep}/pair_counts*") == (expected, [])
    assert find_results(f"{sweep}/*/*/results.json") == (expected, [])
    with pytest.raises(UsageError, match=r"seed=0: no results\.json of a finished notebook"):
        find_results(str(sweep / "pair_counts=[100],seed=0"))


def test_runs_and_globs_of_runs_seen_from_here_and_from_the_project(tmp_path, monkeypatch):
    for run in ("run-1", "run-2"):
        write_point(tmp_path / "outputs" / run, results(network(5), {"seed": 0}), state=None)
    files = [tmp_path / "outputs" / run / NOTEBOOK / "results.json" for run in ("run-1", "run-2")]
    assert find_results(str(files[0].parents[1])) == (files[:1], [])
    monkeypatch.chdir(tmp_path)
    assert find_results("outputs/run-*") == (files, [])
    monkeypatch.chdir("/")
    monkeypatch.setattr(finding, "ROOT", tmp_path)
    assert find_results("outputs/run-*") == (files, [])


def test_what_is_not_whole_is_named_and_left_out(tmp_path):
    sweep = grid(tmp_path / "s", seed=[0, 1, 2, 3])
    write_point(sweep / "seed=0", '{"rows": [')
    write_point(sweep / "seed=1", "[]")
    (sweep / "seed=2" / NOTEBOOK / "results.json").unlink()
    files, problems = find_results(str(sweep))
    assert [file.parents[1].name for file in files] == ["seed=3"]
    assert ["seed=0" in problems[0], "seed=1" in problems[1], "seed=2" in problems[2]] == [True] * 3
    (sweep / "sweep.json").write_text("{")
    assert find_results(str(sweep))[0] == [] and "sweep.json" in find_results(str(sweep))[1][0]


def test_nothing_found_is_one_sentence(tmp_path):
    for pattern in ("nowhere", "no*where", str(tmp_path)):
        with pytest.raises(UsageError, match=r"no results\.json of a finished notebook is there"):
            find_results(pattern)


def test_tidy_has_a_row_a_method_and_metric_beside_what_varies(tmp_path):
    sweep = grid(tmp_path / "s", pair_counts=[[100], [200]], seed=[3, 4])
    table = tidy(find_results(str(sweep))[0])
    assert list(table.columns) == [
        "notebook", "pictures", "pair_counts", "seed", "method", "metric", "value", "low", "high", "n"
    ]  # fmt: skip
    assert swept_of(table) == ["pair_counts"]  # neither run, which differs everywhere, nor size, which does not
    assert len(table) == 8 and set(table["pair_counts"]) == {"100", "200"} and set(table["seed"]) == {3, 4}
    assert set(table["method"]) == {"gray copy", "CNN, ‹pair_counts› pairs, 9 epochs"}


def test_a_swept_parameter_is_one_also_while_a_single_value_of_it_is_done(tmp_path):
    sweep = grid(tmp_path / "s", pair_counts=[[100]], seed=[0])
    assert swept_of(tidy(find_results(str(sweep))[0])) == ["pair_counts"]


def test_the_same_measured_twice_counts_once_the_last(tmp_path):
    for run, value, day in (("a", 1.0, "2026-01-02"), ("b", 2.0, "2026-01-03"), ("c", 3.0, "2026-01-01")):
        kept = results({"m": {"psnr": value}}, {"seed": 0, "run": run}, finished=day)
        write_point(tmp_path / run, kept, None)
    write_point(tmp_path / "d", results({"m": {"psnr": 9.0}}, {"seed": 0}, pictures="others"), None)
    assert tidy(find_results(f"{tmp_path}/*")[0])["value"].tolist() == [2.0, 9.0]


def templates(tmp_path, *points):
    """The methods' templates of points given as (parameters, methods)."""
    for number, (parameters, methods) in enumerate(points):
        scores = {method: {"psnr": 1.0} for method in methods}
        write_point(tmp_path / str(number), results(scores, {"seed": 0, **parameters}), None)
    return tidy(find_results(f"{tmp_path}/*")[0])["method"].tolist()


def test_templates(tmp_path):
    names = templates(
        tmp_path,
        ({"pairs": 16, "epochs": 9, "seed": 2}, ["CNN, 16 pairs, 9 epochs", "VGG16, knob 0.9, seed 2"]),
        ({"pairs": 32, "epochs": 9, "seed": 3}, ["CNN, 32 pairs, 9 epochs", "VGG16, knob 0.9, seed 2"]),
    )
    assert names == ["CNN, ‹pairs› pairs, 9 epochs", "VGG16, knob 0.9, seed 2"] * 2


def test_of_two_readings_the_one_that_joins_most_points_is_taken(tmp_path):
    names = templates(
        tmp_path,
        ({"batch": 16, "pairs": 16}, ["CNN, 16 pairs, 2 epochs"]),  # 16 is both
        ({"batch": 2, "pairs": 16}, ["CNN, 16 pairs, 2 epochs"]),  # 2 is the batch by chance
        ({"batch": 16, "pairs": 32}, ["CNN, 32 pairs, 2 epochs"]),
    )
    assert set(names) == {"CNN, ‹pairs› pairs, 2 epochs"}


def test_values_as_text_compare_as_a_reader_would():
    assert as_text(0.0) == as_text(0) == "0" and as_text([400]) == as_text(400) == "400"
    assert as_text(1e-4) == "0.0001" and as_text(1234567) == "1234567" and as_text([]) == "none"
    assert as_text(["edges", "smoothed"]) == "edges, smoothed" and as_text(True) == "True" != as_text(1)
    assert as_text(None) == as_text(float("nan")) == "–"


def test_a_parameter_called_like_a_column_is_refused(tmp_path):
    sweep = write_sweep(tmp_path / "s", {"value": [1, 2]}, lambda value: {"m": {"psnr": 1.0}})
    with pytest.raises(UsageError, match="'value' is a swept parameter and a column"):
        tidy(find_results(str(sweep))[0])
