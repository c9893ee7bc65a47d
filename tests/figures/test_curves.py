"""Curves: what is drawn where it was measured."""

import numpy as np
import pandas as pd
from figures_by_hand import CURVE, HINTED, HISTORY, ROWS

from lib.figures import curves, scores


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_the_gray_copy_is_drawn_where_it_was_measured():
    def dashed(axes):
        return [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"]

    panels = curves.training_curves({"a": HISTORY}, {"psnr": 2.5, "ssim": 0.25, "mse": 9.0}).axes
    assert [dashed(axes) for axes in panels] == [[], [], [2.5], [0.25]]


def test_zero_is_written_beside_its_bar():
    assert texts(curves.gradient_sizes({"printed": 0.0, "corrected": 0.001234}, "x").axes[0]) == ["0.0012", "0"]


def test_the_vividness_stands_beside_its_control_and_the_others():
    left, right = curves.vividness_curve(CURVE, {"gray copy": (0.0, 0.0)}).axes
    np.testing.assert_allclose(left.lines[0].get_xydata(), [[0.6, 2.0], [1.0, 1.0]])
    np.testing.assert_allclose(right.lines[1].get_xydata(), [[0.9, 0.4]])
    (legend,) = left.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["vividness", "control"]
    assert "gray copy" in {text.get_text() for text in left.texts}


def test_gain_is_drawn_by_the_seconds_that_add_up():
    history = pd.DataFrame({"psnr": [20.0, 22.0], "seconds": [1.5, 1.0]})
    figure = curves.gain_by_seconds({"a": history}, 21.0)
    np.testing.assert_allclose(figure.axes[0].lines[0].get_xydata(), [[1.5, -1.0], [2.5, 1.0]])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "gray copy"]


def test_gain_by_hints_has_evenly_spaced_numbers_of_hints_and_bands():
    figure = curves.gain_by_hints({"a": HINTED, "b": HINTED.assign(hints=[0, 50])})
    (axes,) = figure.axes
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "1", "50"]
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [[1, 1.0], [2, 4.0]])
    np.testing.assert_allclose(axes.lines[1].get_xydata(), [[0, 1.0], [2, 4.0]])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b", "gray copy"]
    assert len(axes.collections) == 2


def test_no_legend_lies_over_a_panel():
    for figure in (
        curves.training_curves({"a": HISTORY, "b": HISTORY}, {"psnr": 2.5, "ssim": 0.25}),
        curves.vividness_curve(CURVE, {"gray copy": (0.0, 0.0)}),
        curves.gain_by_seconds({"a": HISTORY.assign(seconds=1.0)}, 2.0),
        curves.gain_by_hints({"a": HINTED}),
        scores.intervals(ROWS, "psnr", "PSNR (dB)", ["gray_copy"], {"opencv_jet": 19.3}),
    ):
        figure.draw_without_rendering()
        legends = [*figure.legends, *filter(None, (axes.get_legend() for axes in figure.axes))]
        assert len(legends) == 1
        assert not any(legends[0].get_window_extent().overlaps(axes.get_window_extent()) for axes in figure.axes)


def test_calibration_has_a_diagonal_that_reaches_the_largest_error():
    table = pd.DataFrame({"ambiguity": [1.0, 2.0], "expected": [5.0, 30.0], "error": [6.0, 24.0]})
    left, right = curves.calibration(table).axes
    np.testing.assert_allclose(left.lines[0].get_xydata(), [[1, 6], [2, 24]])
    np.testing.assert_allclose(right.lines[1].get_xydata(), [[0, 0], [30, 30]])
