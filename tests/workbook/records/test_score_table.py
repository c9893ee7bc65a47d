"""The table of results for people, and the best method by each metric."""

from runs_by_hand import ROWS, row

from lib.workbook.records.score_table import best_methods, results_table


def test_the_table_has_labels_intervals_and_dashes():
    table = results_table(ROWS)
    assert list(table.index) == ["paper: CNN", "gray copy", "net", "truth"]
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
    assert table.loc["net", "CIEDE2000"] == "–" and table.loc["gray copy", "home_made"] == "–"
    assert results_table([row("a", "ssim", 0.5), row("a", "ssim", 0.9)]).loc["a", "SSIM"] == "0.500"
    assert results_table([]).empty


def test_the_best_method_may_be_a_control_but_not_the_truth_or_the_paper():
    best = best_methods(ROWS)
    assert best["PSNR dB (mean of images)"] == "gray copy"
    assert best["colorfulness (ratio to truth)"] == "net"  # 0.4 from the truth's is nearer than 1
    assert "home_made" not in best and "CIEDE2000" not in best
    assert best_methods([row("a", "ciede2000", 9.0), row("b", "ciede2000", 8.0)])["CIEDE2000"] == "b"
