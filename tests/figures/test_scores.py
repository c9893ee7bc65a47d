"""Figures of scores: rows with their intervals, differences as bars."""

import numpy as np
from figures_by_hand import DIFFERENCES, ROWS

from lib.figures import scores


def test_intervals_stand_in_the_order_of_the_rows_with_their_ends():
    axes = scores.intervals(ROWS, "psnr", "PSNR (dB)", ["gray_copy"], {"opencv_jet": 19.3}).axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["JET", "CNN, 5 pairs", "gray copy"]  # the first row on top
    ends = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 3]
    np.testing.assert_allclose(ends, [[5.9, 6.1], [21.9, 22.1], [22.9, 23.1]])
    crosses = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "x" and len(line.get_xdata())]
    assert crosses == [19.3]


def test_bars_are_bright_only_where_the_interval_is_clear():
    axes = scores.bars(DIFFERENCES, "gain (dB)").axes[0]
    bright = [patch.get_facecolor() == axes.patches[1].get_facecolor() for patch in axes.patches]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one seed", "b", "a"]
    assert bright == [False, True, False]
