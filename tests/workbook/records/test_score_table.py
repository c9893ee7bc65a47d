"""The table of results for people, and the best method by each metric."""

from runs_by_hand import ROWS, row

from lib.evaluation.names import GRAY_COPY, Method
from lib.workbook.records.score_table import best_methods, results_table


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


def test_the_best_method_may_be_a_control_but_not_the_truth_or_the_paper():
    best = best_methods(ROWS)
    assert best["PSNR dB (mean of images)"] == GRAY_COPY
    assert best["colorfulness (ratio to truth)"] == Method("net")  # 0.4 from the truth's is nearer than 1
    assert "home_made" not in best and "CIEDE2000" not in best
    assert best_methods([row("a", "ciede2000", 9.0), row("b", "ciede2000", 8.0)])["CIEDE2000"] == Method("b")
