"""What the figures of adversarial training say: where the joint phase begins, who lies where, what chance is."""

import numpy as np
import pytest
from figures_by_hand import CRITIC, CURVE, JUDGED
from matplotlib.colors import to_hex

from lib.figures.adversarial import adversarial_curves, detector_bars, frontier
from lib.figures.style import ACCENT, CONTROL


def _vertical(axes):
    """Where vertical lines lie that reach over the whole axes."""
    return [line.get_xdata()[0] for line in axes.lines if list(line.get_ydata()) == [0, 1] and len(line.get_xdata())]


def test_the_beginning_of_the_joint_phase_is_marked():
    later = CRITIC.assign(loss=[np.nan, np.nan, 1.0])
    for axes in adversarial_curves({"a": CRITIC, "b": later}).axes:
        assert _vertical(axes) == [1.5, 2.5]
    for history in (CRITIC.assign(loss=1.0), CRITIC.drop(columns="loss")):  # together from the start, and never
        assert not _vertical(adversarial_curves({"a": history}).axes[1])


def test_the_accuracy_is_in_percent_beside_chance():
    axes = adversarial_curves({"a": CRITIC}).axes[2]
    drawn = [list(line.get_ydata()) for line in axes.lines]
    assert [50, 60, 70] in [pytest.approx(values) for values in drawn if len(values) == 3]
    assert [50, 70, 80] in [pytest.approx(values) for values in drawn if len(values) == 3]
    assert [50, 50] in drawn


def test_a_loss_that_is_nowhere_is_said():
    figure = adversarial_curves({"a": CRITIC.drop(columns="loss")})
    assert [text.get_text() for text in figure.axes[0].texts] == ["never trained"] and not figure.axes[1].texts


def test_the_judged_and_their_paths_lie_where_they_were_measured():
    figure = frontier(CURVE, JUDGED[:1], {"ours": JUDGED[:1]})
    for axes, x in zip(figure.axes, (0.8, 0.3), strict=True):
        points = [line for line in axes.lines if np.asarray(line.get_xydata()).tolist() == [[x, 1.9]]]
        assert {line.get_marker() for line in points} == {"D", "."}
        assert len({line.get_color() for line in points}) == 1  # a path has the color of its end
        assert "ours" in [text.get_text() for text in axes.texts]


def test_a_control_alone_is_drawn_as_beside_the_other():
    both, alone = (frontier(curve, JUDGED[:0]).axes[0] for curve in (CURVE, CURVE[2:]))
    assert alone.lines[0].get_color() == both.lines[1].get_color() != both.lines[0].get_color()


def test_bars_start_at_chance_and_are_blue_where_the_interval_lies_above():
    axes = detector_bars({"told": (0.7, 0.6, 0.8), "not told": (0.55, 0.45, 0.65), "one": (0.9, -np.inf, np.inf)}).axes[
        0
    ]
    widths = {round(bar.get_width()): bar for bar in axes.patches}
    assert set(widths) == {20, 5, 40} and {bar.get_x() for bar in axes.patches} == {50}
    colors = {width: to_hex(bar.get_facecolor()) for width, bar in widths.items()}
    assert colors == {20: ACCENT, 5: CONTROL, 40: CONTROL}
