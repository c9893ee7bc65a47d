"""The common style of all figures: colors, fonts and the creation of an empty figure.

Figures are created without pyplot. It would keep them open, and Jupyter would show them twice.
"""

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, MUTED, CONTROL, ACCENT = "#1f2933", "#7b8794", "#9aa5b1", "#0b6e99"
PALETTE = (ACCENT, "#d1495b", "#3a9d5d", "#e09f3e", "#6d597a", "#00798c", "#8d5524", "#5c677d")

# Set for the whole process, so that figures which readers draw themselves look the same.
mpl.rcParams.update(
    {
        "figure.dpi": 120,
        "savefig.dpi": 120,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "font.size": 10,
        "font.family": "DejaVu Sans",
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": MUTED,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": "#e4e7eb",
        "grid.linewidth": 0.8,
        "axes.prop_cycle": mpl.cycler(color=PALETTE),
        "legend.frameon": False,
        "legend.fontsize": 9,
        "lines.linewidth": 1.8,
        "image.interpolation": "nearest",
    }
)


def new_figure(rows: int, columns: int, width: float, height: float, **options) -> tuple[Figure, np.ndarray]:
    """A figure of `width` x `height` inches and its `rows` x `columns` array of axes. `options` go to `subplots`."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def plain(text: object) -> str:
    """A name as text that is drawn as it is: Matplotlib reads what stands between two dollars as a formula."""
    return str(text).replace("$", r"\$")


def say_nothing_to_show(axes: Axes, reason: str) -> None:
    """Write into an empty plot why it is empty."""
    axes.text(0.5, 0.5, reason, transform=axes.transAxes, ha="center", va="center", fontsize=9, color=MUTED, wrap=True)


def new_axes(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of `width` x `height` inches with one plot, and its axes."""
    figure, grid = new_figure(1, 1, width, height)
    return figure, grid[0, 0]
