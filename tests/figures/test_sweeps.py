"""The figure of a sweep: what stands where, and what is joined."""

import numpy as np
import pandas as pd
from figures_by_hand import LABELS, lines_over

from lib.figures import style, sweeps


def swept_axes(values, **options):
    return sweeps.swept(lines_over(values, **options), ["x"], LABELS, ["gray_copy"]).axes


def test_a_metric_stands_over_its_swept_value_with_its_interval():
    axes = swept_axes([2.0, 1.0, 3.0])
    control, net = axes[0].lines
    np.testing.assert_allclose(net.get_xydata(), [[1, 23], [2, 22], [3, 24]])  # by size
    np.testing.assert_allclose(control.get_xydata(), [[1, 23], [2, 23], [3, 23]])
    assert control.get_linestyle() == ":" and control.get_color() == style.MUTED != net.get_color()
    ends = np.array([path.vertices[:, 1] for path in axes[0].collections[0].get_paths()])
    np.testing.assert_allclose(ends, [[22.8, 23.2], [21.8, 22.2], [23.8, 24.2]])
    assert [a.get_ylabel() for a in axes] == list(LABELS.values()) and axes[0].get_xlabel() == "x"


def test_values_that_span_orders_of_magnitude_stand_on_a_logarithmic_axis_with_zero():
    assert swept_axes([0.0, 0.01, 0.5])[0].get_xscale() == "symlog"
    assert swept_axes([1.0, 10.0])[0].get_xscale() == "linear"
    assert swept_axes([-1.0, 0.01, 5.0])[0].get_xscale() == "linear"
    assert [t.get_text() for t in swept_axes([0.0, 0.01, 0.5])[0].get_xticklabels()] == ["0", "0.01", "0.5"]
    np.testing.assert_allclose(swept_axes(["100", "400"])[0].lines[1].get_xdata(), [100, 400])  # lists of one


def test_names_are_no_numbers_and_nothing_joins_them():
    axes = swept_axes(["none", "edges"], methods=("a", "b"))[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["none", "edges"]
    _, a, b = axes.lines
    assert a.get_linestyle() == "None" and (a.get_xdata() < b.get_xdata()).all()


def test_the_key_stands_below_and_says_what_else_was_swept():
    lines = lines_over([1, 2], ["CNN", "net"], further=[3, 6])
    (key,) = sweeps.swept(lines, ["x", "epochs"], LABELS, ["gray_copy"]).legends
    names = ["gray copy", "CNN, epochs 3", "net, epochs 3", "CNN, epochs 6", "net, epochs 6"]
    assert [text.get_text() for text in key.get_texts()] == names


def test_what_goes_along_with_the_first_parameter_is_no_line_of_its_own():
    lines = lines_over([16, 4, 8]).assign(accumulation=lambda t: (16 // t["x"].astype(int)).astype(str))
    axes = sweeps.swept(lines, ["x", "accumulation"], LABELS, ["gray_copy"]).axes[0]
    assert len(axes.lines) == 2 and axes.get_xlabel() == "x (with accumulation 4, 2, 1)"


def test_many_lines_stand_in_panels_of_their_own():
    lines = lines_over([1, 2], ["a", "b", "c"], further=[3, 6, 9])
    axes = sweeps.swept(lines, ["x", "epochs"], LABELS, ["gray_copy"]).axes
    assert [a.get_title(loc="left") for a in axes[::2]] == ["epochs 3", "epochs 6", "epochs 9"]
    assert len({a.lines[1].get_color() for a in axes}) == 1  # a method keeps its color


def test_a_method_that_lacks_a_metric_leaves_its_color_to_no_other():
    lines = lines_over([1, 2], ["a", "b"])
    lines = lines[(lines["method"] != "a") | (lines["metric"] == "psnr")]
    first, second = sweeps.swept(lines, ["x"], LABELS, ["gray_copy"]).axes
    assert second.lines[1].get_color() == first.lines[2].get_color() != first.lines[1].get_color()


def test_more_than_three_metrics_stand_in_two_columns():
    labels = {key: f"metric {key}" for key in "abcde"}
    one = lines_over([1, 2]).query("metric == 'psnr'")
    lines = pd.concat([one.assign(metric=key) for key in labels])
    axes = sweeps.swept(lines, ["x"], labels, ["gray_copy"]).axes
    assert [a.get_ylabel() for a in axes[:5]] == list(labels.values()) and not axes[5].axison
    assert [a.get_xlabel() for a in axes[:5]] == ["", "", "", "x", "x"]  # nothing is below the fourth


def test_a_control_far_off_does_not_flatten_the_rest():
    lines = lines_over([1, 2])
    lines.loc[lines["method"] == "gray_copy", "mean"] = 90.0
    axes = sweeps.swept(lines, ["x"], LABELS, ["gray_copy"]).axes[0]
    assert len(axes.lines) == 1 and axes.get_ylim()[1] < 30
    assert axes.get_title(loc="left") == "beyond the panel: gray copy 90"
