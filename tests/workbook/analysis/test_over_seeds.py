"""Means over seeds and paired differences, compared with scipy; what is refused; table as text, files and command."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import stats
from sweeps_by_hand import results, write_point, write_sweep

from lib.common.usage import UsageError
from lib.evaluation.names import Method
from lib.workbook.analysis.long_table import load_long_table
from lib.workbook.analysis.over_seeds import DIFFERENCE, over_seeds
from lib.workbook.analysis.tables import caption, markdown, shown, write_table
from lib.workbook.records.finding import find_results
from lib.workbook.report.run_page import write_report
from lib.workbook.table import parse_baseline, table_command

# PSNR by seed of "net" at weight 0 and at weight 0.5; the copy is the same throughout.
PLAIN, WEIGHTED = [20.0, 20.4, 21.1], [20.5, 20.7, 21.9]


def scores(weight, seed):
    value = (WEIGHTED if weight else PLAIN)[seed]
    return {"gray_copy": {"psnr": 23.0, "ssim": 0.9}, "net": {"psnr": value, "ssim": value / 100}}


@pytest.fixture
def sweep(tmp_path):
    return write_sweep(
        tmp_path / "weights", {"weight": [0.5, 0.0], "seed": [0, 1, 2]}, scores,
        baseline={"weight": 0.0}, methods=["net"],
    )  # fmt: skip


@pytest.fixture
def table(sweep):
    return load_long_table(find_results(str(sweep))[0])


def line(lines, **values):
    (found,) = lines.loc[np.logical_and.reduce([lines[k] == v for k, v in values.items()])].to_dict("records")
    return found


def students(values):
    return (np.mean(values), *stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values)))


def test_means_over_seeds_are_students(table):
    lines = over_seeds(table)
    assert list(dict.fromkeys(lines["weight"])) == [0.0, 0.5]  # by size, not as they came
    own = line(lines, weight=0.5, method="net", metric="psnr")
    assert (own["mean"], own["low"], own["high"]) == pytest.approx(students(WEIGHTED))
    assert (own["seeds"], own["pictures"]) == (3, 16) and np.isnan(own["difference"])


@pytest.mark.parametrize(
    ("baseline", "weight", "expected"),
    [
        ({"weight": 0}, 0.5, np.subtract(WEIGHTED, PLAIN)),  # the same method and seed, another value
        ({"method": "gray_copy"}, 0.5, np.subtract(WEIGHTED, 23.0)),  # the same point, another method
        ({"method": "gray_copy"}, 0.0, np.subtract(PLAIN, 23.0)),
        ({"method": "net", "weight": 0.0}, 0.5, np.subtract(WEIGHTED, PLAIN)),
    ],
)
def test_differences_are_paired_by_seed(table, baseline, weight, expected):
    own = line(over_seeds(table, baseline=baseline), weight=weight, method="net", metric="psnr")
    assert [own[name] for name in DIFFERENCE] == pytest.approx(students(expected)) and own["paired"] == 3


def test_only_seeds_that_both_have_are_paired(sweep):
    (sweep / "weight=0.0,seed=1" / "point.json").unlink()
    own = line(
        over_seeds(load_long_table(find_results(str(sweep))[0]), baseline={"weight": 0.0}),
        weight=0.5, method="net", metric="psnr",
    )  # fmt: skip
    assert own["seeds"] == 3 and own["paired"] == 2
    assert [own[name] for name in DIFFERENCE] == pytest.approx(students([0.5, 0.8]))


def test_a_difference_over_fewer_seeds_says_so(sweep):
    (sweep / "weight=0.0,seed=2" / "point.json").unlink()
    baseline = {"weight": 0.0}
    frame = shown(
        over_seeds(load_long_table(find_results(str(sweep))[0]), metrics=["psnr"], baseline=baseline), baseline
    )
    cells = {(row["weight"], row["method"]): row for row in frame.to_dict("records")}
    assert cells["0.5", "net"]["seeds"] == "3" and cells["0.5", "net"]["Δ PSNR dB"].endswith("] (2 seeds)")


def test_a_seed_whose_baseline_lacks_a_setting_has_no_difference(tmp_path):
    varied = {"width": [16, 64], "weight": [0.0, 0.5], "seed": [0, 1, 2]}
    sweep = write_sweep(tmp_path / "s", varied, lambda width, weight, seed: {"net": {"psnr": width * weight + seed}})
    (sweep / "width=64,weight=0.0,seed=2" / "point.json").unlink()
    lines = over_seeds(load_long_table(find_results(str(sweep))[0]), by=["weight"], baseline={"weight": 0.0})
    own = line(lines, weight=0.5, method="net", metric="psnr")
    assert own["paired"] == 2 and own["difference"] == 20  # (8 + 32) / 2, and no seed that has the 8 alone


def test_a_baseline_that_is_not_done_is_missed_in_a_sentence(sweep, capsys):
    for point in sweep.glob("weight=0.0,*/point.json"):
        point.unlink()
    table_command(str(sweep))
    said = "No differences: nothing that is done goes by the sweep's baseline, weight 0."
    assert said in capsys.readouterr().out
    assert said in write_report(sweep).read_text().replace("&#39;", "'")


def test_one_seed_has_no_interval(table):
    lines = over_seeds(table[table["seed"] == 0], baseline={"weight": 0.0})
    own = line(lines, weight=0.5, method="net", metric="psnr")
    assert own["seeds"] == 1 and own["mean"] == 20.5 and own["difference"] == pytest.approx(0.5)
    assert np.isnan([own["low"], own["high"], own["difference_low"]]).all()
    assert "inf" not in markdown(shown(lines, {"weight": 0.0})) and "nan" not in markdown(shown(lines))


def test_what_by_leaves_out_is_averaged_within_each_seed(table):
    own = line(over_seeds(table, by=[]), method="net", metric="psnr")
    assert own["seeds"] == 3  # not six: two values of one seed are no two seeds
    assert (own["mean"], own["low"], own["high"]) == pytest.approx(students(np.mean([PLAIN, WEIGHTED], axis=0)))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"by": ["wieght"]}, "--by: nothing here goes by 'wieght'; did you mean 'weight'?"),
        ({"metrics": ["pnsr"]}, "--metric: nothing here goes by 'pnsr'; did you mean 'psnr'?"),
        ({"methods": ["nett"]}, "--method: nothing here goes by 'nett'; did you mean 'net'?"),
        ({"baseline": {"method": "gray copy"}}, "--baseline: no method is 'gray copy'; did you mean 'gray_copy'?"),
        (
            {"baseline": {"method": "net", "settings": {"epochs": 3}}},
            "--baseline: no net has the settings {'epochs': 3}; there are: {}.",
        ),
        ({"baseline": {"settings": {"epochs": 3}}}, "--baseline: no method has the settings {'epochs': 3}"),
        ({"baseline": {"method": "net", "settings": 3}}, "--baseline: no net has the settings 3; there are: {}."),
        ({"baseline": {"weigth": 0}}, "--baseline: nothing here goes by 'weigth'; did you mean 'weight'?"),
        ({"baseline": {"weight": 7}}, "--baseline: no weight is '7'; there are: 0, 0.5."),
        ({"baseline": {"seed": 0}}, "--baseline: nothing here goes by 'seed'"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(table, options, sentence):
    with pytest.raises(UsageError) as caught:
        over_seeds(table, **options)
    assert str(caught.value).startswith(sentence)


def test_scores_of_different_pictures_are_neither_averaged_nor_compared(tmp_path):
    for size in (32, 64):
        for seed in (0, 1):
            kept = results({"net": {"psnr": float(size)}}, {"seed": seed, "size": size}, pictures=str(size))
            write_point(tmp_path / f"{size}-{seed}", kept, None)
    table = load_long_table(find_results(f"{tmp_path}/*")[0])
    assert over_seeds(table)["mean"].tolist() == [32.0, 64.0]  # a line each is fine
    with pytest.raises(UsageError, match=r"net was measured on 2 different sets of test pictures.* --by size"):
        over_seeds(table, by=[])
    table["size"] = 32  # where nothing that is known tells the pictures apart, no --by helps
    with pytest.raises(UsageError, match=r"cannot be averaged; name fewer folders\.$"):
        over_seeds(table)
    table["size"] = table["value"]
    with pytest.raises(UsageError, match="size 32 was measured on other test pictures"):
        over_seeds(table, baseline={"size": 32})


def test_a_missing_value_counts_for_nothing(table):
    own = (table["method"] == "net") & (table["seed"] == 2) & (table["metric"] == "psnr") & (table["weight"] == 0)
    table.loc[own, "value"] = np.nan
    assert line(over_seeds(table), weight=0.0, method="net", metric="psnr")["mean"] == pytest.approx(20.2)


def test_the_table_as_a_reader_sees_it(table):
    baseline = {"weight": 0.0}
    frame = shown(over_seeds(table, metrics=["psnr", "ssim"], baseline=baseline), baseline)
    assert list(frame.columns) == ["weight", "method", "seeds", "PSNR dB", "Δ PSNR dB", "SSIM", "Δ SSIM"]
    mean, low, high = students(np.subtract(WEIGHTED, PLAIN))
    # The copy, which no weight moves, stands there once.
    assert list(frame.index) == ["gray_copy", "net", "net"]
    assert frame.to_numpy()[:, :2].tolist() == [["any", "gray copy"], ["0", "net"], ["0.5", "net"]]
    assert frame.iloc[0][["PSNR dB", "Δ PSNR dB", "seeds"]].tolist() == ["23.00", "–", "3"]
    assert frame["Δ PSNR dB"].iloc[1] == "baseline"
    assert frame["Δ PSNR dB"].iloc[2] == f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]"
    text = markdown(frame).splitlines()
    assert len({len(row) for row in text}) == 1 and set(text[1]) == set("| -") and len(text) == 5
    assert markdown(pd.DataFrame({"a": ["x|y"]})).splitlines()[2] == r"| x\|y |"


def test_a_baseline_goes_by_its_lines_label(tmp_path):
    network = Method("cnn", {"pairs": 5})
    sweep = write_sweep(tmp_path / "s", {"weight": [0.0, 0.5], "seed": [0, 1]}, lambda weight, seed: {
        network: {"psnr": 20.0 + seed}, "net": {"psnr": 21.0 + seed + weight}})  # fmt: skip
    baseline = {"method": "cnn", "weight": 0.0}
    lines = over_seeds(load_long_table(find_results(str(sweep))[0]), baseline=baseline)
    assert caption(lines, baseline).endswith("Δ: paired by seed, against CNN, 5 pairs, weight 0.")
    assert shown(lines, baseline)["Δ PSNR dB"].tolist() == ["baseline", "+1.00", "+0.00", "+1.50"]


def test_three_files_are_written_whole(tmp_path, table):
    lines = over_seeds(table)
    paths = write_table(tmp_path / "new" / "v1.2", table, lines)
    assert [path.name for path in paths] == ["v1.2.csv", "v1.2.md", "v1.2.png"]
    again = pd.read_csv(paths[0])
    pd.testing.assert_frame_equal(again, table, check_dtype=False)
    assert (
        paths[1].read_text().startswith("| weight ") and "95% t-intervals, on 16 test pictures" in paths[1].read_text()
    )
    with Image.open(paths[2]) as picture:
        assert min(picture.size) > 200
    assert sorted((tmp_path / "new").iterdir()) == paths


def test_the_command_takes_what_the_sweep_asks_for(sweep, capsys):
    assert table_command(str(sweep)) == 0
    printed = capsys.readouterr().out
    assert "against weight 0." in printed and "| 0.5    | net " in printed and "Not shown" not in printed
    for suffix in ("csv", "md", "png"):
        assert str(sweep / f"table.{suffix}") in printed and (sweep / f"table.{suffix}").exists()


def test_the_command_takes_what_its_reader_asks_for(sweep, capsys, tmp_path):
    (sweep / "weight=0.5,seed=1" / "02_net" / "results.json").write_text("{")
    options = dict(by="weight", metrics="ssim", baseline=["method=gray_copy"], methods=["net"])
    assert table_command(str(sweep), **options, output=str(tmp_path / "mine")) == 1
    printed = capsys.readouterr().out
    assert (
        "PSNR" not in printed
        and "against gray copy." in printed
        and "Not shown, --method shows them: gray_copy." in printed
    )
    assert "left out: " in printed and "weight=0.5,seed=1" in printed and (tmp_path / "mine.md").exists()


def test_a_sweep_with_nothing_whole_has_no_table(tmp_path, capsys):
    sweep = write_sweep(tmp_path / "s", {"seed": [0]}, lambda seed: {"m": {"psnr": 1.0}})
    (sweep / "seed=0" / "02_net" / "results.json").write_text("")
    assert table_command(str(sweep)) == 1 and "left out: " in capsys.readouterr().out


def test_baselines_as_they_are_typed():
    assert parse_baseline(["method=cnn", "settings={epochs: 6}", "weight=5e-2", "inputs=[edges]"]) == {
        "method": "cnn", "settings": {"epochs": 6}, "weight": 0.05, "inputs": ["edges"]
    }  # fmt: skip
    with pytest.raises(UsageError, match="write NAME=VALUE"):
        parse_baseline(["weight"])
    with pytest.raises(UsageError, match="not readable as YAML"):
        parse_baseline(["weight=[1"])


def test_sweeps_of_two_notebooks_stand_in_one_table(tmp_path, capsys):
    """Each lacks the other's parameter; a lone letter in the pattern names both."""
    write_sweep(tmp_path / "a", {"weight": [0.1, 0.5], "seed": [0, 1]}, scores)
    other = write_sweep(tmp_path / "b", {"batch": [2, 4], "seed": [0, 1]}, lambda batch, seed: scores(0, seed))
    for path in other.glob("*/*/results.json"):
        path.write_text(path.read_text().replace('"02_net"', '"03_other"'))
    assert table_command(str(tmp_path / "[ab]"), output=str(tmp_path / "both")) == 0
    printed = capsys.readouterr().out
    assert len([line for line in printed.splitlines() if "| net " in line]) == 4


def test_a_seed_that_lacks_a_setting_is_no_mean_of_the_others(tmp_path):
    sweep = write_sweep(tmp_path / "s", {"weight": [0.0, 0.5], "seed": [0, 1, 2]}, scores)
    write_point(sweep / "weight=0.5,seed=2", None, "failed")
    own = line(over_seeds(load_long_table(find_results(str(sweep))[0]), by=[]), method="net", metric="psnr")
    means = [(PLAIN[seed] + WEIGHTED[seed]) / 2 for seed in (0, 1)]
    assert own["seeds"] == 2 and own["mean"] == pytest.approx(np.mean(means))


def test_seeds_with_as_many_but_other_settings_are_not_averaged(tmp_path):
    sweep = write_sweep(tmp_path / "s", {"weight": [0.0, 0.5], "seed": [0, 1]}, scores)
    write_point(sweep / "weight=0.5,seed=0", None, "failed")
    write_point(sweep / "weight=0.0,seed=1", None, "failed")
    own = line(over_seeds(load_long_table(find_results(str(sweep))[0]), by=[]), method="net", metric="psnr")
    assert own["seeds"] == 1 and own["mean"] == PLAIN[0]


def test_against_what_a_setting_moves_a_control_that_stands_once_has_no_difference(table):
    frame = shown(over_seeds(table, baseline={"method": "net"}), {"method": "net"})
    assert frame[frame["method"] == "gray copy"]["Δ PSNR dB"].tolist() == ["–"]
    frame = shown(over_seeds(table, baseline={"method": "gray_copy"}), {"method": "gray_copy"})
    assert frame["Δ PSNR dB"].tolist()[0] == "baseline" and "–" not in frame["Δ PSNR dB"].tolist()


def test_half_of_a_zip_is_no_baseline_and_what_a_sweep_names_in_vain_is_missed(tmp_path, capsys):
    sweep = write_sweep(
        tmp_path / "s", {"weight": [0.0, 0.5], "seed": [0, 1]}, scores, metrics=["psnr", "sim"], methods=["net", "nett"]
    )
    for path in sweep.glob("*/*/results.json"):  # as if zipped with the weight
        kept = json.loads(path.read_text())
        kept["parameters"]["batch"] = 16 if kept["parameters"]["weight"] else 2
        path.write_text(json.dumps(kept))
    table_command(str(sweep), baseline=["weight=0"])
    printed = capsys.readouterr().out
    assert "No differences: no line has a counterpart that is equal in all that the baseline does not name." in printed
    assert "Nothing that is done has the metric 'sim'; did you mean 'ssim'?" in printed
    assert "Nothing that is done has the method 'nett'; did you mean 'net'?" in printed


def test_costs_do_not_count_test_pictures_and_other_counts_have_a_table_too(tmp_path, capsys):
    sweep = write_sweep(
        tmp_path / "s", {"seed": [0, 1]}, lambda seed: {"net": {"psnr": 20 + seed, "training_seconds": 3.0}}
    )
    for path in sweep.glob("*/*/results.json"):
        kept = json.loads(path.read_text())
        kept["rows"][1]["n"] = 400
        path.write_text(json.dumps(kept))
    assert table_command(str(sweep), metrics="psnr,training_seconds") == 0
    assert "on 16 test pictures" in capsys.readouterr().out
    counts = lambda seed: {"net": {"dead channels": 3.0 + seed}}  # noqa: E731
    layers = write_sweep(tmp_path / "layers", {"seed": [0, 1]}, counts, metrics=[])
    assert table_command(str(layers)) == 0
    assert "dead channels" in capsys.readouterr().out
    nothing = write_sweep(tmp_path / "nothing", {"seed": [0, 1]}, lambda seed: {"net": {"psnr": None}}, metrics=[])
    with pytest.raises(UsageError, match="No score was recorded there"):
        table_command(str(nothing))
