"""Figures of gains by the number of training pictures."""

import numpy as np

from lib.figures.more_data import Extrapolation, Line, extrapolated, gain_by_pairs

PAIRS = np.array([100.0, 1000.0, 10_000.0])


def line(shift=0.0, seeds=2):
    value = np.log10(PAIRS) + shift
    ends = np.stack([value, value - 0.1, value + 0.1], 1)
    return Line(PAIRS, ends, np.stack([value] * seeds))


def test_a_panel_for_each_network_and_test_and_a_line_for_each_kind():
    panels = {
        (network, on): {"sea": line(), "all": line(1)} for network in ("CNN", "ours") for on in ("a $x$", "b", "c")
    }
    figure = gain_by_pairs(panels)
    figure.draw_without_rendering()
    assert len(figure.axes) == 6 and [axes.get_title("left") for axes in figure.axes[:3]] == ["a \\$x\\$", "b", "c"]
    assert [axes.get_ylabel() for axes in (figure.axes[0], figure.axes[3])] == ["CNN\ngain (dB)", "ours\ngain (dB)"]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["sea", "all"]
    means = [own for own in figure.axes[0].lines if own.get_marker() == "o"]
    np.testing.assert_allclose(means[1].get_ydata(), np.log10(PAIRS) + 1)
    assert (means[0].get_xdata() < PAIRS).all() and (means[1].get_xdata() > PAIRS).all()  # side by side
    assert len(figure.axes[0].get_shared_x_axes().get_siblings(figure.axes[0])) == 6


def test_single_trainings_and_values_without_an_interval_are_drawn():
    alone = Line(PAIRS[:1], np.array([[1.0, np.nan, np.nan]]), np.ones((1, 1)))
    figure = gain_by_pairs({("CNN", "judge"): {"sea": alone}})
    figure.draw_without_rendering()
    assert not [own for own in figure.axes[0].lines if own.get_marker() == "."]
    assert [own for own in gain_by_pairs({("CNN", "judge"): {"sea": line()}}).axes[0].lines if own.get_marker() == "."]


def test_what_is_extrapolated_is_dashed():
    ahead = np.geomspace(100, 1e6, 40)
    values = np.log10(ahead) + np.array([[0.0], [-0.1], [0.1]])
    figure = extrapolated({("CNN", "a"): (line(), Extrapolation(ahead, values, 1e4)), ("CNN", "b"): (line(), None)})
    figure.draw_without_rendering()
    with_law, without = figure.axes
    (dashed,) = (own for own in with_law.lines if own.get_linestyle() == "--" and len(own.get_xdata()) > 2)
    assert dashed.get_xdata().min() >= 1e4 and dashed.get_xdata().max() == 1e6
    assert len(with_law.collections) > len(without.collections)  # the interval
