"""Figures of pictures. Pictures are uint8 `H x W x 3` or `H x W`."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.figures.style import MUTED, new_figure, wrapped


def show_picture(axes: Axes, picture: np.ndarray, title: str = "") -> None:
    """A picture without axes, gray ones in gray from 0 to 255."""
    axes.imshow(picture, **({"cmap": "gray", "vmin": 0, "vmax": 255} if picture.ndim == 2 else {}))
    axes.set_title(title)
    axes.set_axis_off()


def stretched(values: np.ndarray) -> np.ndarray:
    """Any array `(H, W)` as a gray uint8 picture from its smallest value to its largest."""
    low, high = float(values.min()), float(values.max())
    return np.rint(255 * (values - low) / max(high - low, 1e-9)).astype(np.uint8)


def contact_sheet(
    pictures: Sequence[np.ndarray], titles: Sequence[str] = (), columns: int = 8, side: float = 1.1
) -> Figure:
    """Pictures in rows of `columns`, with their titles if there are any: the paper's Fig. 1."""
    rows = -(-len(pictures) // columns)
    figure, grid = new_figure(rows, columns, columns * side, rows * (side + (0.18 if titles else 0)))
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    for axes in grid.flat:
        axes.set_axis_off()
    for position, (axes, picture) in enumerate(zip(grid.flat, pictures, strict=False)):
        show_picture(axes, picture)
        if titles:
            axes.set_title(titles[position], fontsize=7, loc="center", pad=2)
    return figure


def picture_table(columns: Mapping[str, Sequence[np.ndarray]], names: Sequence[str] = (), side: float = 1.5) -> Figure:
    """Pictures in columns with a heading each, a row a photograph: the paper's Figs. 3 to 5.

    Long tables wrap into bands: at most eight columns stand side by side.
    """
    headings, count = list(columns), len(next(iter(columns.values())))
    bands = -(-len(headings) // 8)
    across = -(-len(headings) // bands)  # bands of equal length, so that none is nearly empty
    # A row is as high as its highest picture: photographs are not square.
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
                axes.set_title(wrapped(heading, 17), fontsize=9, loc="center")
            if column == 0 and names:
                axes.text(-0.05, 0.5, names[row], transform=axes.transAxes, rotation=90, va="center", ha="right",
                          fontsize=7, color=MUTED)  # fmt: skip
    return figure


def color_ramps(ramps: Mapping[str, np.ndarray]) -> Figure:
    """Lookup tables `(256, 3)` uint8 as strips from black to white, one a method."""
    figure, grid = new_figure(len(ramps), 1, 8.0, 0.32 * len(ramps) + 0.2)
    for axes, (name, table) in zip(grid[:, 0], ramps.items(), strict=True):
        axes.imshow(table[None], aspect="auto", extent=(0, 256, 0, 1))
        axes.set_axis_off()
        axes.text(-0.01, 0.5, name, transform=axes.transAxes, ha="right", va="center", fontsize=9)
    return figure


def framed(picture: np.ndarray) -> Figure:
    """A finished uint8 picture `H x W x 3` as a figure of as many pixels, so that it is kept as every other one is."""
    dpi = mpl.rcParams["savefig.dpi"]
    figure = Figure(figsize=(picture.shape[1] / dpi, picture.shape[0] / dpi))
    figure.figimage(picture)
    return figure
