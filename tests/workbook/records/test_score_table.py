"""The table of results for people, as text and as HTML, and the best method by each metric."""

import re

from runs_by_hand import ROWS, row

from lib.evaluation.names import GRAY_COPY, Method
from lib.workbook.records.score_table import ScoreTable, best_methods, results_table, table_parts


def test_the_table_has_labels_intervals_and_dashes():
    table = results_table(ROWS)
    assert list(map(str, table.index)) == ["paper: CNN", "gray copy", "net", "truth"]
    assert "paper: CNN" in table.to_string() and "Method" not in table.to_html()
    assert list(table.columns) == [
        "PSNR dB (mean of images)",
        "colorfulness (ratio to truth)",
        "CIEDE2000",
        "home_made",
    ]
    assert list(table["PSNR dB (mean of images)"]) == [
        "30.00",
        "23.02 [22.80, 23.25]",
        "22.30 [22.00, 22.60]",
        "100.00",
    ]
    assert table.loc[Method("net"), "CIEDE2000"] == "–" and table.loc[GRAY_COPY, "home_made"] == "–"
    assert results_table([row("a", "ssim", 0.5), row("a", "ssim", 0.9)])["SSIM"].tolist() == ["0.500"]
    several = [row(Method("cnn_perceptual", {"pairs": 5, "epochs": epochs}), "ssim", epochs / 10) for epochs in (4, 6)]
    assert results_table(several)["SSIM"].tolist() == ["0.400", "0.600"]  # although they have the same label
    assert results_table([]).empty
    hinted = row(Method("levin", {"hints": 1, "places": "random"}), "hinted_gain", 1.0)
    assert results_table([row("a", "ssim", 0.5), hinted]).index.tolist() == [
        Method("a")
    ]  # none of its metrics is shown
    assert results_table([row("a", "ssim", 0.5), hinted], ["hinted_gain"]).index.tolist() == [Method.of(hinted)]


def test_the_best_method_may_be_a_control_but_not_the_truth_or_the_paper():
    best = best_methods(ROWS)
    assert best["PSNR dB (mean of images)"] == GRAY_COPY
    assert best["colorfulness (ratio to truth)"] == Method("net")  # 0.4 from the truth's is nearer than 1
    assert "home_made" not in best and "CIEDE2000" not in best
    assert best_methods([row("a", "ciede2000", 9.0), row("b", "ciede2000", 8.0)])["CIEDE2000"] == Method("b")


def columns(part):
    return re.findall(r"<th>([^<]+)</th>", part)


def test_a_notebook_shows_few_columns_and_all_after_a_click():
    shown = ScoreTable([*ROWS, row("net", "psnr_pooled", 21.0)])
    first, more = shown._repr_html_().split("<details>")
    assert columns(first) == ["PSNR dB (mean of images)", "colorfulness (ratio to truth)"]
    assert columns(more) == [columns(first)[0], "PSNR dB (pooled)", columns(first)[1], "CIEDE2000", "home_made"]
    assert "<summary>all metrics</summary>" in more and "home_made" not in repr(shown)
    lines = dict(re.findall(r"<tr><th[^>]*>(.*?)</th>(.*?)</tr>", first))
    (control,) = (cells for name, cells in lines.items() if name.startswith("gray copy <small"))
    assert "<b>23.02</b><br><small" in control and ">22.80, 23.25</small>" in control
    assert "<b>1.40</b></td>" in lines["net"] and "<b>" not in lines["truth"]
    assert "30.00" in lines[next(name for name in lines if name.startswith("CNN <small") and "in the paper" in name)]
    assert "23.02 [22.80, 23.25]" in repr(shown) and "PSNR dB " in repr(shown)


def test_a_table_without_further_metrics_has_nothing_to_click():
    assert "<details>" not in ScoreTable([row("a", "ssim", 0.5), row("a", "mse", 0.1)])._repr_html_()
    others = [row("a", f"home_made_{i}", i) for i in range(6)]
    assert [len(part["columns"]) for part in table_parts(others)] == [4, 6]


def test_names_of_methods_are_escaped():
    assert "&lt;b&gt;mine&lt;/b&gt;" in ScoreTable([row("<b>mine</b>", "ssim", 0.5)])._repr_html_()
