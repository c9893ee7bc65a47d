"""results.json files found and joined: what counts, what varies, which methods are one line, what a side names."""

import pytest
from sweeps_by_hand import NOTEBOOK, results, write_point, write_sweep

from lib.common.usage import UsageError, value_text
from lib.evaluation.names import GRAY_COPY, Method
from lib.workbook.analysis.long_table import load_long_table, select, side_text, swept_of
from lib.workbook.records import finding
from lib.workbook.records.finding import find_results
from lib.workbook.records.reader import load_run


def cnn(pairs, epochs=9):
    return Method("cnn", {"pairs": pairs, "epochs": epochs})


def network(pairs, psnr=20.0):
    return {GRAY_COPY: {"psnr": 23.0}, cnn(pairs): {"psnr": psnr}}


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


def test_there_is_a_row_a_method_and_metric_beside_what_varies(tmp_path):
    sweep = grid(tmp_path / "s", pair_counts=[[100], [200]], seed=[3, 4])
    table = load_long_table(find_results(str(sweep))[0])
    assert list(table.columns) == [
        "notebook", "pictures", "pair_counts", "seed",
        "method", "settings", "label", "metric", "value", "low", "high", "n",
    ]  # fmt: skip
    assert swept_of(table) == ["pair_counts"]  # neither run, which differs everywhere, nor size, which does not
    assert len(table) == 8 and set(table["pair_counts"]) == {"100", "200"} and set(table["seed"]) == {3, 4}
    assert set(table["method"]) == {"gray_copy", "cnn"}
    assert set(table["label"]) == {"gray copy", "CNN, 9 epochs"}  # the pairs have a column of their own
    assert set(table["settings"]) == {"{}", cnn(100).settings_text, cnn(200).settings_text}


def test_a_swept_parameter_is_one_also_while_a_single_value_of_it_is_done(tmp_path):
    sweep = grid(tmp_path / "s", pair_counts=[[100]], seed=[0])
    assert swept_of(load_long_table(find_results(str(sweep))[0])) == ["pair_counts"]


def test_the_same_measured_twice_counts_once_the_last(tmp_path):
    for run, value, day in (("a", 1.0, "2026-01-02"), ("b", 2.0, "2026-01-03"), ("c", 3.0, "2026-01-01")):
        kept = results({"m": {"psnr": value}}, {"seed": 0, "run": run}, finished=day)
        write_point(tmp_path / run, kept, None)
    write_point(tmp_path / "d", results({"m": {"psnr": 9.0}}, {"seed": 0}, pictures="others"), None)
    assert load_long_table(find_results(f"{tmp_path}/*")[0])["value"].tolist() == [2.0, 9.0]


def labels(tmp_path, *points):
    """The labels of points given as (parameters, methods)."""
    for number, (parameters, methods) in enumerate(points):
        scores = {method: {"psnr": float(place)} for place, method in enumerate(methods)}
        write_point(tmp_path / str(number), results(scores, {"seed": 0, **parameters}), None)
    return load_long_table(find_results(f"{tmp_path}/*")[0])["label"].tolist()


def test_settings_that_vary_in_a_file_tell_lines_apart_and_those_that_follow_a_parameter_do_not(tmp_path):
    names = labels(
        tmp_path,
        ({"pair_counts": [16]}, [cnn(16, 4), cnn(16, 6)]),
        ({"pair_counts": [32]}, [cnn(32, 4), cnn(32, 6)]),
    )
    assert names == ["CNN, 4 epochs", "CNN, 6 epochs"] * 2


def test_settings_that_all_lines_share_stay_in_the_label(tmp_path):
    perceptual = [Method("cnn_perceptual", {"pairs": 5, "perceptual_weight": weight}) for weight in (0.1, 0.5)]
    names = labels(
        tmp_path,
        ({"perceptual_weight": 0.1}, [cnn(5), perceptual[0]]),
        ({"perceptual_weight": 0.5}, [cnn(5), perceptual[1]]),
    )
    assert names == ["CNN, 5 pairs, 9 epochs", "CNN + perceptual, 5 pairs"] * 2


def test_a_setting_that_equals_its_own_swept_parameter_only_follows_it(tmp_path):
    names = labels(
        tmp_path,
        ({"epochs": 3}, [cnn(5, 2), cnn(5, 3)]),
        ({"epochs": 6}, [cnn(5, 3), cnn(5, 6)]),
        ({"epochs": 2, "batch": 2}, [cnn(5, 1), cnn(5, 2)]),
    )
    assert names == ["CNN, 5 pairs, 2 epochs", "CNN, 5 pairs", "CNN, 5 pairs, 3 epochs", "CNN, 5 pairs",
                     "CNN, 5 pairs, 1 epochs", "CNN, 5 pairs"]  # fmt: skip


def test_a_side_names_a_method_settings_and_values_and_of_several_rows_the_last_counts(tmp_path):
    labels(tmp_path, *(({"pairs": n}, [GRAY_COPY, cnn(n, 4), cnn(n, 6)]) for n in (16, 32)))
    table = load_long_table(find_results(f"{tmp_path}/*")[0])

    def chosen(**side):
        return select(table, side)[["pairs", "value"]].to_numpy().tolist()

    assert chosen(method="cnn") == [[16, 2.0], [32, 2.0]]
    assert chosen(method="cnn", settings={"epochs": 4}, pairs=32) == [[32, 1.0]]
    assert chosen(method="cnn", settings={"pairs": 16}) == [[16, 2.0]]
    assert chosen(method="cnn", settings={"epochs": 5}) == chosen(method="jet") == []
    assert chosen(pairs=16.0) == [[16, 0.0], [16, 1.0], [16, 2.0]]  # a line each
    assert side_text({"method": "cnn", "settings": {"epochs": 4}, "pairs": [32]}) == "CNN, 4 epochs, pairs 32"
    assert side_text({"weight": 0.0}) == "weight 0"


def test_old_results_are_refused_in_one_sentence(tmp_path):
    old = results(network(5), {"seed": 0})
    old["rows"][1] = {k: v for k, v in old["rows"][1].items() if k not in ("settings", "label")}
    write_point(tmp_path / "run", old, None)
    files, (problem,) = find_results(str(tmp_path / "run"))
    assert files == []
    assert problem.endswith("results.json was written by an older version of the workbook; run its notebook again")
    run = load_run(tmp_path / "run")
    assert run.results == {} and run.problems == [problem]


def test_values_as_text_compare_as_a_reader_would():
    assert value_text(0.0) == value_text(0) == "0" and value_text([400]) == value_text(400) == "400"
    assert value_text(1e-4) == "0.0001" and value_text(1234567) == "1234567" and value_text([]) == "none"
    assert value_text(["edges", "smoothed"]) == "edges, smoothed" and value_text(True) == "True" != value_text(1)
    assert value_text(None) == value_text(float("nan")) == "–"


def test_a_parameter_called_like_a_column_is_refused(tmp_path):
    sweep = write_sweep(tmp_path / "s", {"value": [1, 2]}, lambda value: {"m": {"psnr": 1.0}})
    with pytest.raises(UsageError, match="'value' is a swept parameter and a column"):
        load_long_table(find_results(str(sweep))[0])
