"""Labels beside points cover nothing."""

from itertools import combinations

import numpy as np

from lib.figures.labels import label_points
from lib.figures.style import new_axes


def test_labels_cover_no_point_no_line_and_no_other_label():
    figure, axes = new_axes(5, 4)
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(0, 0.02, (6, 2)), rng.uniform(-1, 1, (8, 2))])  # a crowd, and others apart
    for x, y in points:
        axes.plot(x, y, "o", color="k")
    axes.axhline(0, color="k")
    label_points(axes, [(x, y, f"label {i}", "k") for i, (x, y) in enumerate(points)])
    figure.draw_without_rendering()
    texts = [text for text in axes.texts if text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    assert len(boxes) == len(points)
    inside, zero = axes.get_window_extent(), axes.transData.transform((0, 0))[1]
    for box in boxes:
        assert inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1
        assert not any(box.contains(*pixel) for pixel in axes.transData.transform(points))
        assert not box.y0 <= zero <= box.y1
    assert not any(one.overlaps(two) for one, two in combinations(boxes, 2))
    assert len(axes.texts) > len(points)  # lines lead to those that found no place beside their points


def test_a_line_with_a_gap_is_avoided_where_it_is_drawn():
    _, axes = new_axes(5, 4)
    axes.plot([0, 1, 2, 3], [0, 0, np.nan, 0], "-")
    label_points(axes, [(0.5, 0, "on the line", "k")])
    box, zero = axes.texts[0].get_window_extent(), axes.transData.transform((0, 0))[1]
    assert not box.y0 <= zero <= box.y1
