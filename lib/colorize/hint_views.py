"""The canvas for hints as a figure: what it shows, where nobody can click."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.colorize.hinting import HintedPhotograph
from lib.data.hints import Hint
from lib.figures.pictures import show_picture
from lib.figures.style import new_figure
from lib.figures.tiles import apply_colormap, overlay

_LEAST_DOT = 4.0  # points: a dot that is smaller would not be seen


def hints_figure(photograph: HintedPhotograph, hints: Sequence[Hint], side: float = 2.6) -> Figure:
    """One photograph, four times: gray with the hints, automatic, with the hints, and where the next one helps most.

    The last is bright where a hint helps, with a ring around the best place; see `HintedPhotograph.usefulness`.

    Args:
        photograph: what is colored.
        hints: on it; may be none.
        side: the width of a picture in inches.
    """
    gray = photograph.gray
    height, width = gray.shape
    useful = photograph.usefulness(hints)
    heat = overlay(gray, apply_colormap(useful[None], 0, useful.max())[0])
    panels = {
        "gray, with the hints": gray,
        "automatic": photograph.draw([]),
        "with the hints": photograph.draw(hints),
        f"next hint: settles up to {useful.max():.0%}": heat,
    }
    figure, grid = new_figure(1, len(panels), len(panels) * side, side * height / width + 0.3)
    for axes, (title, picture) in zip(grid[0], panels.items(), strict=True):
        show_picture(axes, picture)
        axes.set_title(title, fontsize=9)
    points_per_pixel = 72 * side / width
    for hint in hints:
        _mark(grid[0, 0], hint, (width, height), points_per_pixel)
    row, column = np.unravel_index(useful.argmax(), useful.shape)
    best = (column + 0.5) / useful.shape[1] * width - 0.5, (row + 0.5) / useful.shape[0] * height - 0.5
    for color, line in (("black", 3.0), ("white", 1.5)):
        grid[0, -1].plot(*best, "o", markersize=11, markerfacecolor="none", markeredgecolor=color, markeredgewidth=line)
    return figure


def _mark(axes: Axes, hint: Hint, size: tuple[int, int], points_per_pixel: float) -> None:
    """Draw a hint in its color on a picture of that width and height, with a white edge."""
    x, y = (np.array(hint.points) * size - 0.5).T
    wide = max(_LEAST_DOT, 2 * hint.radius * min(size) * points_per_pixel)
    for color, edge in (("black", 2.5), ("white", 1.5), (f"#{bytes(hint.color).hex()}", 0.0)):
        if len(hint.points) == 1:
            axes.plot(x, y, "o", color=color, markersize=wide + edge, markeredgewidth=0)
        else:
            axes.plot(x, y, color=color, linewidth=wide + edge, solid_capstyle="round", solid_joinstyle="round")
