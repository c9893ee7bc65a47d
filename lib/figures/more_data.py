"""Figures of gains by the number of training pictures, and of what a fit makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from lib.figures.style import CONTROL, MUTED, PALETTE, new_figure, plain


@dataclass(frozen=True)
class Line:
    """A gain by the number of training pictures.

    Args:
        pairs: numbers of training pictures, `(C,)`.
        intervals: value, low and high at each, `(C, 3)`, in dB; no ends where they are NaN.
        by_seed: the values of each training, `(S, C)`.
    """

    pairs: np.ndarray
    intervals: np.ndarray
    by_seed: np.ndarray


@dataclass(frozen=True)
class Extrapolation:
    """A fitted law: numbers of training pictures `(P,)`, value, low and high `(3, P)`, and where the measured end."""

    pairs: np.ndarray
    values: np.ndarray
    end: float


def gain_by_pairs(panels: Mapping[tuple[object, str], Mapping[str, Line]]) -> Figure:
    """The gain over the gray copy by the number of training pictures: a row for each network, a column for each test.

    Args:
        panels: the lines of each panel by network and test set; a line for each kind of training pictures, drawn a
            little beside the others, so that their bars do not hide each other.
    """
    rows, columns = (list(dict.fromkeys(names)) for names in zip(*panels, strict=True))
    figure, grid = _grid(rows, columns)
    for (row, column), lines in panels.items():
        axes = grid[rows.index(row), columns.index(column)]
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        for number, ((name, line), color) in enumerate(zip(lines.items(), PALETTE, strict=False)):
            beside = replace(line, pairs=line.pairs * 1.03 ** (number - (len(lines) - 1) / 2))
            _draw(axes, beside, color, name)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=len(labels), title="trained on", alignment="left")
    return figure


def extrapolated(panels: Mapping[tuple[object, str], tuple[Line, Extrapolation | None]]) -> Figure:
    """The same of one kind of training pictures, with the fitted law and its interval; dashed beyond what was trained.

    Args:
        panels: line and law, if there is one, by network and test set.
    """
    rows, columns = (list(dict.fromkeys(names)) for names in zip(*panels, strict=True))
    figure, grid = _grid(rows, columns)
    for (row, column), (line, law) in panels.items():
        axes, color = grid[rows.index(row), columns.index(column)], PALETTE[rows.index(row)]
        if law is not None:
            beyond = law.pairs >= law.end
            axes.fill_between(law.pairs, law.values[1], law.values[2], color=color, alpha=0.15, linewidth=0)
            axes.plot(law.pairs[~beyond], law.values[0][~beyond], color=color, linewidth=1.2)
            axes.plot(law.pairs[beyond], law.values[0][beyond], color=color, linewidth=1.2, linestyle="--")
            axes.axvline(law.end, color=MUTED, linestyle=":", linewidth=1)
        _draw(axes, line, color, "", joined=law is None)
    return figure


def _grid(rows: Sequence[object], columns: Sequence[str]) -> tuple[Figure, np.ndarray]:
    """Panels with one scale in each row: the same network on other pictures."""
    width, height = 1.4 + 2.7 * len(columns), 0.9 + 2.2 * len(rows)
    figure, grid = new_figure(len(rows), len(columns), width, height, sharex=True, sharey="row")
    for axes, title in zip(grid[0], columns, strict=True):
        axes.set_title(plain(title))
    for axes in grid.flat:
        axes.set_xscale("log")
        axes.axhline(0, color=CONTROL, linestyle="--", linewidth=1)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(axis="x", labelsize=8)
    for axes, name in zip(grid[:, 0], rows, strict=True):
        axes.set_ylabel(f"{plain(name)}\ngain (dB)", fontsize=9)
    for axes in grid[-1]:
        axes.set_xlabel("training pictures")
    return figure, grid


def _draw(axes: Axes, line: Line, color: str, name: str, joined: bool = True) -> None:
    value, low, high = line.intervals.T
    ends = np.nan_to_num(np.stack([value - low, high - value]))
    axes.errorbar(
        line.pairs,
        value,
        ends,
        color=color,
        marker="o",
        markersize=4,
        linewidth=1.6 if joined else 0,
        elinewidth=1,
        capsize=2,
        label=name,
    )
    if len(line.by_seed) > 1:
        for values in line.by_seed:
            axes.plot(line.pairs, values, ".", color=color, markersize=3, alpha=0.5)
