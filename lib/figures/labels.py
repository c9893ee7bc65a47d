"""Labels beside points of a figure, placed where they cover no line, no point and no other label."""

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

FONT_SIZE = 8
# Directions in which a label is tried beside its point: the sides first, then the corners.
DIRECTIONS = ((1, 0), (0, 1), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
DISTANCES = (6, 12, 20, 30, 45, 65, 90)  # in points, from the point to the label
LEADER = 12  # from this distance on, a thin line leads from the label to its point
MARKER = 4.0  # half the size of a marker, in points


def label_points(axes: Axes, labels: Sequence[tuple[float, float, str, str]]) -> None:
    """Write labels beside points. Call it last: what is drawn later is not avoided, and the layout must be final.

    Args:
        axes: the axes, whose lines, markers and texts are avoided.
        labels: x, y, text and color of each label; the first ones get the best places.
    """
    axes.figure.draw_without_rendering()  # fixes the layout and the limits of the axes
    taken = _drawn_places(axes)
    for x, y, text, color in labels:
        look = dict(xy=(x, y), textcoords="offset points", in_layout=False)
        label = axes.annotate(text, xytext=(0, 0), fontsize=FONT_SIZE, color=color, ha="center", va="center", **look)
        offset, distance, box = _free_place(axes, (x, y), label.get_window_extent().size, taken)
        label.set_position(offset)
        if distance >= LEADER:
            line = dict(arrowstyle="-", color=color, linewidth=0.6, shrinkA=FONT_SIZE / 2, shrinkB=MARKER)
            axes.annotate("", xytext=offset, arrowprops=line, **look)
        taken = np.concatenate([taken, _grid_over(box)])  # which later labels must keep off


def _free_place(
    axes: Axes, point: tuple[float, float], size: np.ndarray, taken: np.ndarray
) -> tuple[np.ndarray, float, Bbox]:
    """The nearest free place for a label of `size` pixels; the first that is tried where none is free.

    Returns:
        The offset of the label's middle from the point and its distance to it, in points, and its box in pixels.
    """
    scale, inside, middle = axes.figure.dpi / 72, axes.get_window_extent(), axes.transData.transform(point)
    places = []
    for distance, direction in product(DISTANCES, np.array(DIRECTIONS)):
        offset = (size / scale / 2 + distance / np.sqrt(np.abs(direction).sum())) * direction
        corner = middle + offset * scale - size / 2
        box = Bbox.from_bounds(*corner, *size)
        places.append((offset, distance, box))
        fits = (box.min >= inside.min).all() and (box.max <= inside.max).all()
        if fits and not ((taken >= box.min) & (taken <= box.max)).all(axis=1).any():
            return places[-1]
    return places[0]


def _drawn_places(axes: Axes) -> np.ndarray:
    """Pixels that lines, markers and texts go over, `(N, 2)`, so close that no label fits between them."""
    around = MARKER * axes.figure.dpi / 72 * np.array([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)])
    places = [np.zeros((0, 2)), *(_grid_over(text.get_window_extent()) for text in axes.texts)]
    for line in axes.lines:
        pixels = line.get_transform().transform(line.get_xydata()).reshape(-1, 2)
        if line.get_linestyle() != "None":
            for start, end in pairwise(pixels):
                length = np.hypot(*(end - start))
                if np.isfinite(length):  # a value that is NaN leaves a gap in the line
                    places.append(np.linspace(start, end, max(int(length / 3), 2)))
        if line.get_marker() != "None":
            places.append((pixels[:, None] + around).reshape(-1, 2))
    return np.concatenate(places)


def _grid_over(box: Bbox) -> np.ndarray:
    """Pixels all over a box, `(N, 2)`, so close to each other that no label fits between them."""
    across, down = (np.linspace(*ends, max(int((ends[1] - ends[0]) / 3), 2)) for ends in (box.intervalx, box.intervaly))
    return np.stack(np.meshgrid(across, down), -1).reshape(-1, 2)
