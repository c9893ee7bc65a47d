"""Figures of lines: histograms, training curves, vividness, calibration."""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lib.figures.labels import label_points
from lib.figures.style import ACCENT, CONTROL, MUTED, PALETTE, new_axes, new_figure, plain, say_nothing_to_show


def histogram(values: np.ndarray, label: str) -> Figure:
    """A histogram in percent. `label` says what the values are, with their unit."""
    figure, axes = new_axes(6.4, 3.0)
    counts, edges = np.histogram(values, 30)
    axes.stairs(100 * counts / counts.sum(), edges, linewidth=1.6)
    axes.set(xlabel=label, ylabel="share (%)")
    return figure


def chroma_by_gray(levels: np.ndarray, spread: np.ndarray, mean: np.ndarray) -> Figure:
    """How much the colors of one gray level vary.

    Args:
        levels: gray levels in 0..255.
        spread: for each level, the spread of chroma around its mean, in 0..255.
        mean: for each level, the length of the mean chroma, in 0..255.
    """
    figure, axes = new_axes(6.4, 3.0)
    axes.plot(levels, spread, label="spread around it: what no intensity map can know")
    axes.plot(levels, mean, label="mean color's chroma: what an intensity map can paint")
    axes.set(xlabel="gray level (0..255)", ylabel="chroma (0..255)", ylim=(0, None))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1))  # above the axes, because the lines fill them
    return figure


def training_curves(histories: Mapping[str, pd.DataFrame], controls: Mapping[str, float] | None = None) -> Figure:
    """Training loss by epoch, training loss by R², PSNR and SSIM by epoch, as in the paper's Fig. 2.

    Args:
        histories: the history of each training by its name, drawn as one line. The columns are epoch, loss, r2_rgb,
            psnr and ssim.
        controls: "psnr" and "ssim" of the gray copy on the validation pictures, drawn as dashed lines.
    """
    controls = controls or {}
    figure, grid = new_figure(2, 2, 9.0, 5.6)
    panels = (
        ("epoch", "loss", "epoch", "training loss"),
        ("r2_rgb", "loss", "R² over RGB (validation)", "training loss"),
        ("epoch", "psnr", "epoch", "PSNR (dB, validation)"),
        ("epoch", "ssim", "epoch", "SSIM (validation)"),
    )
    for axes, (x, y, x_label, y_label) in zip(grid.flat, panels, strict=True):
        for name, history in histories.items():
            axes.plot(history[x], history[y], marker=".", label=name)
        if y in controls:
            axes.axhline(controls[y], color=CONTROL, linestyle="--", label="gray copy")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=x == "epoch"))
        axes.set(xlabel=x_label, ylabel=y_label)
    handles, names = grid[1, 0].get_legend_handles_labels()  # with the dashed line
    figure.legend(handles, names, loc="outside upper left", ncols=4)  # above the panels, because lines fill them
    return figure


def gain_by_seconds(histories: Mapping[object, pd.DataFrame], gray_psnr: float) -> Figure:
    """What each training has gained over the gray copy on the validation pictures, by the seconds that it has taken.

    Args:
        histories: the history of each training by its name or method, one row per epoch, with psnr and seconds.
        gray_psnr: that of the gray copy on the validation pictures, in dB.
    """
    figure, axes = new_axes(8.0, 3.8)
    for name, history in histories.items():
        axes.plot(history["seconds"].cumsum(), history["psnr"] - gray_psnr, marker=".", label=plain(name))
    axes.axhline(0, color=CONTROL, linestyle="--", linewidth=1, label="gray copy")
    axes.set(xlabel="seconds of training", ylabel="PSNR gain (dB, validation)", xlim=(0, None))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure


def gain_by_hints(lines: Mapping[object, pd.DataFrame]) -> Figure:
    """What methods gain over the gray copy by number of hints, with their intervals as bands.

    Args:
        lines: a line for each method, with the columns hints, value, low and high; an interval may be NaN.
    """
    figure, axes = new_axes(8.0, 4.2)
    counts = sorted({count for line in lines.values() for count in line["hints"]})
    for color, (name, line) in zip(cycle(PALETTE), lines.items()):
        places = [counts.index(count) for count in line["hints"]]
        axes.plot(places, line["value"], marker="o", markersize=5, color=color, label=plain(name))
        axes.fill_between(places, line["low"], line["high"], color=color, alpha=0.13, linewidth=0)
    axes.axhline(0, color=CONTROL, linestyle="--", linewidth=1, label="gray copy")
    axes.set(xticks=range(len(counts)), xticklabels=counts, xlabel="hints", ylabel="PSNR gain over the gray copy (dB)")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure


def vividness_curve(curve: pd.DataFrame, others: Mapping[str, tuple[float, float]]) -> Figure:
    """Gain over the gray copy and distance to the true colors, both by colorfulness, for two kinds of settings.

    Args:
        curve: one row per setting, with the columns kind, setting, gain, colorfulness_ratio and distance.
        others: (colorfulness ratio, gain) of other methods by name.
    """
    figure, grid = new_figure(1, 2, 9.6, 4.2)
    left, right = grid[0]
    if curve["colorfulness_ratio"].isna().all():
        for axes in (left, right):
            say_nothing_to_show(axes, "no ratio of colorfulness: the truths have no color")
        curve, others = curve.iloc[:0], {}
    styles, labels = (("o-", PALETTE[0]), ("s--", PALETTE[3])), {left: [], right: []}
    for (kind, rows), (style, color) in zip(curve.groupby("kind", sort=False), styles, strict=len(curve) > 0):
        for axes, column in ((left, "gain"), (right, "distance")):
            axes.plot(rows["colorfulness_ratio"], rows[column], style, color=color, markersize=5, label=kind)
            for _, row in rows.iloc[[0, -1]].iterrows():  # labels of all settings would overlap
                labels[axes].append((row["colorfulness_ratio"], row[column], f"{row['setting']:g}", color))
    for name, (ratio, gain) in others.items():
        left.plot(ratio, gain, "D", color=MUTED, markersize=5)
        labels[left].append((ratio, gain, str(name), MUTED))
    left.axhline(0, color=CONTROL, linestyle=":", linewidth=1)
    for axes in (left, right):
        axes.axvline(1.0, color=CONTROL, linestyle="--", linewidth=1, zorder=0)
        axes.set(xlabel="colorfulness, ratio to the truth's", xlim=(-0.03, None))
    left.set(ylabel="PSNR gain over the gray copy (dB)")
    right.set(ylabel="distance to the true colors (0..1)", ylim=(0, None))
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    for axes, own in labels.items():
        label_points(axes, own)
    return figure


def calibration(table: pd.DataFrame) -> Figure:
    """The error of chroma by ambiguity, and by the error that the predicted distribution expects.

    Args:
        table: one row per group of cells, with the columns ambiguity (bits), expected and error (0..255, RMS).
    """
    figure, grid = new_figure(1, 2, 9.0, 3.6)
    for axes, column, label in zip(
        grid[0], ("ambiguity", "expected"), ("ambiguity (bits)", "expected error of chroma (0..255)"), strict=True
    ):
        axes.plot(table[column], table["error"], "o-", markersize=5)
        axes.set(xlabel=label, ylabel="error of chroma (0..255, RMS)", ylim=(0, None))
    largest = max(table["expected"].max(), table["error"].max())
    grid[0, 1].plot([0, largest], [0, largest], color=CONTROL, linestyle="--", linewidth=1)
    return figure


def gradient_sizes(values: Mapping[str, float], label: str) -> Figure:
    """Bars with their values written beside them, because a value may be exactly zero.

    Args:
        values: the length of each bar by its name.
        label: what the values are.
    """
    figure, axes = new_axes(8.0, 0.9 + 0.34 * len(values))
    names = list(values)[::-1]
    axes.barh(range(len(names)), [values[name] for name in names], height=0.55, color=ACCENT)
    for y, name in enumerate(names):
        axes.annotate(f"{values[name]:.2g}", (values[name], y), (5, 0), textcoords="offset points", va="center")
    axes.set(yticks=range(len(names)), yticklabels=names, xlabel=label)
    axes.margins(x=0.15)
    axes.grid(axis="y", visible=False)
    return figure
