"""Figures of scores: every method with its interval, differences, quality against colorfulness. Tables are pandas."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.figures.labels import label_points
from lib.figures.style import ACCENT, CONTROL, INK, MUTED, PALETTE, new_axes, new_figure, plain, say_nothing_to_show

NO_INTERVALS = "no intervals: too few values"


def dots(axes: Axes, rows: pd.DataFrame, controls: Sequence[str]) -> None:
    """A dot with its interval for each row (method, label, value, low, high), the first at the bottom; dotted controls.

    `controls` are identifiers of methods, here as in the figures below.
    """
    for y, row in enumerate(rows.to_dict("records")):
        color = MUTED if row["method"] in controls else ACCENT
        if pd.notna(row["low"]) and pd.notna(row["high"]):
            ends = [row["low"], row["high"]]
            axes.plot(ends, [y, y], color=color, linewidth=3, alpha=0.45, solid_capstyle="round")
        axes.plot(row["value"], y, "o", color=color, markersize=6)
        if row["method"] in controls:
            axes.axvline(row["value"], color=CONTROL, linestyle=":", linewidth=1, zorder=0)
    axes.set(yticks=range(len(rows)), yticklabels=map(plain, rows["label"]))
    axes.grid(axis="y", visible=False)


def intervals(
    rows: pd.DataFrame, metric: str, label: str, controls: Sequence[str], paper: Mapping[str, float] | None = None
) -> Figure:
    """One metric of every method as a dot with its 95% interval; controls in gray, the paper's figure as a cross.

    `paper` gives the paper's figure by the method's identifier.
    """
    chosen = rows[rows["metric"] == metric].iloc[::-1].reset_index(drop=True)
    figure, axes = new_axes(8.0, 0.9 + 0.3 * len(chosen))
    dots(axes, chosen, controls)
    axes.set_xlabel(label if chosen[["low", "high"]].notna().any(axis=None) else f"{label}\n{NO_INTERVALS}")
    reported = chosen["method"].map(paper or {}).dropna()
    if len(reported):
        look = dict(color=PALETTE[1], markersize=7, markeredgewidth=2, label="reported by the paper")
        axes.plot(reported, reported.index, "x", **look)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2)  # above all dots
    return figure


def trade_off(rows: pd.DataFrame, controls: Sequence[str]) -> Figure:
    """PSNR against the ratio of colorfulness to the truth's: a numbered dot per method, the key beside it by PSNR."""
    value = rows.pivot(index=["method", "settings", "label"], columns="metric", values="value").reset_index()
    value = value.sort_values("psnr", ascending=False, ignore_index=True)
    figure = Figure(figsize=(9.0, max(4.6, 0.6 + 0.19 * len(value))), layout="constrained")
    axes, key = figure.subplots(1, 2, width_ratios=(3, 1.5))
    x = value["colorfulness_ratio"].clip(upper=2.0)  # beyond twice the truth's, how much more no longer matters
    if x.isna().all():
        say_nothing_to_show(axes, "no ratio of colorfulness: the truths have no color")
    labels = []
    for number, row in enumerate(value.itertuples(), start=1):
        color = MUTED if row.method in controls else ACCENT
        if pd.notna(x[row.Index]):
            axes.plot(x[row.Index], row.psnr, "o", color=color, markersize=6)
            labels.append((x[row.Index], row.psnr, str(number), color))
        text = plain(f"{number}  {row.label}  {row.psnr:.1f} dB")
        key.text(0, 1 - (number - 0.5) / len(value), text, fontsize=7.5, va="center", color=color)
    for psnr in value.loc[value["method"].isin(controls), "psnr"]:
        axes.axhline(psnr, color=CONTROL, linestyle=":", linewidth=1, zorder=0)
    axes.axvline(1.0, color=CONTROL, linestyle="--", linewidth=1, zorder=0)
    axes.set(xlabel="colorfulness, ratio to the truth's (2 or more at the edge)", ylabel="PSNR (dB, mean of images)")
    key.set_axis_off()
    label_points(axes, labels)
    return figure


Differences = Mapping[object, tuple[float, float, float]]  # (value, low, high) by name or method


def bars(values: Differences, label: str) -> Figure:
    """Differences as horizontal bars with their interval `(value, low, high)`, by name or method."""
    figure, axes = new_axes(8.0, 0.9 + 0.34 * len(values))
    _draw_bars(axes, values, label)
    return figure


def bars_side_by_side(panels: Mapping[str, Differences], label: str) -> Figure:
    """`bars` of the same methods on several sets of pictures: a panel for each, by its title, on one scale."""
    count = len(next(iter(panels.values())))
    figure, grid = new_figure(1, len(panels), 9.6, 1.3 + 0.34 * count, sharex=True, sharey=True)
    for axes, (title, values) in zip(grid[0], panels.items(), strict=True):
        _draw_bars(axes, values, label)
        axes.set_title(plain(title))
    return figure


def _draw_bars(axes: Axes, values: Differences, label: str) -> None:
    names = list(values)[::-1]
    for y, name in enumerate(names):
        value, low, high = values[name]
        clear = np.isfinite([low, high]).all() and (low > 0 or high < 0)
        axes.barh(y, value, height=0.55, color=ACCENT if clear else CONTROL)
        if np.isfinite([low, high]).all():
            axes.plot([low, high], [y, y], color=INK, linewidth=1.6)
    axes.axvline(0, color=INK, linewidth=0.9)
    known = np.isfinite([ends for _, *ends in values.values()]).any()
    axes.set(yticks=range(len(names)), yticklabels=map(plain, names))
    axes.set_xlabel(label if known else f"{label}\n{NO_INTERVALS}")
    axes.grid(axis="y", visible=False)
