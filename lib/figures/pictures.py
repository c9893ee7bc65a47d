"""Figures that show pictures. A picture is uint8 `H x W x 3` (RGB) or `H x W` (gray)."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.figures.style import MUTED, new_figure, plain


def show_picture(axes: Axes, picture: np.ndarray) -> None:
    """Draw a picture on the axes, without ticks and frame."""
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255)  # imshow ignores these for RGB
    axes.set_axis_off()


def stretched(values: np.ndarray) -> np.ndarray:
    """An array `(H, W)` as a gray uint8 picture. Its smallest value becomes black and its largest white."""
    low, high = float(values.min()), float(values.max())
    return np.rint(255 * (values - low) / max(high - low, 1e-9)).astype(np.uint8)


def contact_sheet(pictures: Sequence[np.ndarray], columns: int = 8, side: float = 1.1) -> Figure:
    """A grid of pictures, as in the paper's Fig. 1.

    Args:
        pictures: drawn row by row.
        columns: the number of pictures in a row.
        side: the width of a picture in inches.
    """
    rows = -(-len(pictures) // columns)
    figure, grid = new_figure(rows, columns, columns * side, rows * side)
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, picture in zip(grid.flat, pictures, strict=False):
        show_picture(axes, picture)
    return figure


def picture_table(
    columns: Mapping[object, Sequence[np.ndarray]], names: Sequence[str] = (), side: float = 1.5
) -> Figure:
    """A table of pictures with one row per photograph and one column per method, as in the paper's Figs. 3 to 5.

    More than eight columns are split into bands of equal width, one below the other.

    Args:
        columns: the pictures of each column by its heading, a text or a method.
        names: names of the photographs, drawn beside the rows, or none.
        side: the width of a picture in inches.
    """
    headings, count = list(columns), len(next(iter(columns.values())))
    bands = -(-len(headings) // 8)
    across = -(-len(headings) // bands)  # bands of equal width, so that none is nearly empty
    # A row is as high as its highest picture, because photographs are not square.
    heights = [max(columns[h][row].shape[0] / columns[h][row].shape[1] for h in headings) for row in range(count)]
    size = (across * side, bands * (sum(heights) * side + 0.35))
    figure, grid = new_figure(bands * count, across, *size, height_ratios=heights * bands)
    for axes in grid.flat:
        axes.set_axis_off()
    for position, heading in enumerate(headings):
        band, column = divmod(position, across)
        for row, picture in enumerate(columns[heading]):
            axes = grid[band * count + row, column]
            show_picture(axes, picture)
            if row == 0:
                axes.set_title(textwrap.fill(plain(heading), 17), fontsize=9, loc="center")
            if column == 0 and names:
                axes.text(-0.05, 0.5, plain(names[row]), transform=axes.transAxes, rotation=90, va="center", ha="right",
                          fontsize=7, color=MUTED)  # fmt: skip
    return figure


def color_ramps(ramps: Mapping[object, np.ndarray]) -> Figure:
    """Intensity maps as strips of color, one per method, from the color for black to the color for white.

    Args:
        ramps: a lookup table uint8 `(256, 3)` by method or name.
    """
    figure, grid = new_figure(len(ramps), 1, 8.0, 0.32 * len(ramps) + 0.2)
    for axes, (name, table) in zip(grid[:, 0], ramps.items(), strict=True):
        axes.imshow(table[None], aspect="auto", extent=(0, 256, 0, 1))
        axes.set_axis_off()
        axes.text(-0.01, 0.5, plain(name), transform=axes.transAxes, ha="right", va="center", fontsize=9)
    return figure


def framed(picture: np.ndarray) -> Figure:
    """A picture as a figure of the same size in pixels, so that it can be recorded as any other figure."""
    dpi = mpl.rcParams["savefig.dpi"]
    figure = Figure(figsize=(picture.shape[1] / dpi, picture.shape[0] / dpi))
    figure.figimage(picture)
    return figure
