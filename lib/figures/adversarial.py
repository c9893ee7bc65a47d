"""Figures of adversarial training: both losses, the frontier with what is judged, the classifiers' accuracy."""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lib.figures.labels import label_points
from lib.figures.scores import NO_INTERVALS
from lib.figures.style import ACCENT, CONTROL, INK, MUTED, PALETTE, new_axes, new_figure, plain, say_nothing_to_show

CHANCE = 50  # %
_CONTROLS = ((ACCENT, "o-"), (PALETTE[3], "s--"))  # vividness, and chroma times a constant, which may be alone
_JUDGED = (PALETTE[1], PALETTE[2], PALETTE[4], PALETTE[6])  # none of them a color of a control


def adversarial_curves(histories: Mapping[object, pd.DataFrame]) -> Figure:
    """Both losses and the critic's accuracy by epoch; dotted where both sides begin to train.

    Args:
        histories: the history of each training by its name or method, one row per epoch. The columns are "epoch",
            "critic" (the critic's loss), "critic_accuracy" (on validation pictures, in [0, 1]) and
            "critic_accuracy_training"; "loss" of the colorizer is NaN, or missing, where only the critic learns.
    """
    figure, grid = new_figure(1, 3, 10.8, 3.6, sharex=True)
    panels = (
        ("loss", "loss of the colorizer"),
        ("critic", "loss of the critic"),
        ("accuracy", "critic's accuracy (%)"),
    )
    for axes, (column, label) in zip(grid[0], panels, strict=True):
        for color, (name, history) in zip(cycle(PALETTE), histories.items()):
            if column == "accuracy":
                values, training = (100 * _column(history, f"critic_accuracy{of}") for of in ("", "_training"))
                axes.plot(history["epoch"], training, ":", color=color, linewidth=1.3)
            else:
                values = _column(history, column)
            axes.plot(history["epoch"], values, marker=".", color=color, label=plain(name))
            _mark_joint_phase(axes, history, color)
        if not any(np.isfinite(line.get_ydata()).any() for line in axes.lines if line.get_marker() == "."):
            say_nothing_to_show(axes, "never trained")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set(xlabel="epoch", ylabel=label)
    grid[0, 2].axhline(CHANCE, color=CONTROL, linestyle="--", linewidth=1, zorder=0)
    grid[0, 2].set(ylim=(0, 104))
    _explain(grid[0, 2], [("validation", "-"), ("training", ":")])
    figure.legend(*grid[0, 1].get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return figure


def _column(history: pd.DataFrame, name: str) -> np.ndarray:
    """A column of a history as floats, NaN where it is missing."""
    return history.get(name, pd.Series(np.nan, history.index)).to_numpy(dtype=float)


def _mark_joint_phase(axes: Axes, history: pd.DataFrame, color: str) -> None:
    """A dotted line before the first epoch in which both learn, where the critic learned alone before."""
    joint = np.isfinite(_column(history, "loss"))
    first = int(joint.argmax())
    if joint.any() and first > 0:
        axes.axvline(history["epoch"].iloc[first] - 0.5, color=color, linestyle=":", linewidth=1, zorder=0)


def _explain(axes: Axes, styles: list[tuple[str, str]]) -> None:
    """A key of line styles, in gray because colors say the training."""
    handles = [axes.plot([], [], style, color=MUTED, label=label)[0] for label, style in styles]
    axes.legend(handles=handles, loc="lower right", fontsize=8)


def frontier(curve: pd.DataFrame, judged: pd.DataFrame, paths: Mapping[object, pd.DataFrame] | None = None) -> Figure:
    """The frontier and where colorizers lie beside it: gain over the gray copy by colorfulness, and by distance.

    Better is up on the left, and up and left on the right.

    Args:
        curve: the controls, see `evaluation.frontier.frontier_of`: "kind", "setting", "colorfulness_ratio", "gain" and
            "distance".
        judged: "colorfulness_ratio", "gain" and "distance" by name or method, see `Compared.places`.
        paths: the same of a judged one by its name, one row per checkpoint of its training, or per setting, first to
            last: small dots joined by a thin line.
    """
    figure, grid = new_figure(1, 2, 10.2, 4.4)
    panels = (
        ("colorfulness_ratio", "colorfulness, ratio to the truth's"),
        ("distance", "distance to the true colors (0..1)"),
    )
    labels: list[list[tuple[float, float, str, str]]] = [[], []]
    colors = dict(zip(judged.index, cycle(_JUDGED)))
    for axes, (column, label), own in zip(grid[0], panels, labels, strict=True):
        axes.set(xlabel=label, ylabel="PSNR gain over the gray copy (dB)")
        if curve[column].isna().all():
            say_nothing_to_show(axes, "no ratio of colorfulness: the truths have no color")
            continue
        kinds = list(curve.groupby("kind", sort=False))
        for (kind, rows), (color, style) in zip(kinds, _CONTROLS[-len(kinds) :], strict=True):
            axes.plot(rows[column], rows["gain"], style, color=color, markersize=4, label=plain(kind))
            own += [
                (row[column], row["gain"], f"{row['setting']:g}", color) for _, row in rows.iloc[[0, -1]].iterrows()
            ]
        for name, path in (paths or {}).items():
            axes.plot(path[column], path["gain"], ".-", color=colors.get(name, MUTED), linewidth=0.8, markersize=4)
        for name, place in judged.dropna(subset=[column, "gain"]).iterrows():
            axes.plot(place[column], place["gain"], "D", color=colors[name], markersize=6)
            own.insert(0, (place[column], place["gain"], plain(name), colors[name]))
        axes.axhline(0, color=CONTROL, linestyle=":", linewidth=1, zorder=0)
        axes.margins(x=0.12, y=0.12)
    grid[0, 0].axvline(1.0, color=CONTROL, linestyle="--", linewidth=1, zorder=0)
    figure.legend(*grid[0, 1].get_legend_handles_labels(), loc="outside upper left", ncols=2)
    for axes, own in zip(grid[0], labels, strict=True):
        label_points(axes, own)
    return figure


def detector_bars(accuracies: Mapping[object, tuple[float, float, float]]) -> Figure:
    """The accuracy of freshly trained classifiers as bars from 50%, which is chance, with intervals over seeds.

    Args:
        accuracies: (value, low, high), in [0, 1], by name or method; the ends may be infinite, with a single seed.
    """
    figure, axes = new_axes(8.0, 1.0 + 0.34 * len(accuracies))
    names = list(accuracies)[::-1]
    for y, name in enumerate(names):
        value, low, high = (100 * end for end in accuracies[name])
        is_known = np.isfinite([low, high]).all()
        axes.barh(y, value - CHANCE, left=CHANCE, height=0.55, color=ACCENT if is_known and low > CHANCE else CONTROL)
        if is_known:
            axes.plot(np.clip([low, high], 0, 100), [y, y], color=INK, linewidth=1.6)
    axes.axvline(CHANCE, color=INK, linewidth=0.9)
    label = "accuracy at telling true colors from painted (%); 50 is chance"
    known = np.isfinite([ends for _, *ends in accuracies.values()]).any()
    axes.set(yticks=range(len(names)), yticklabels=map(plain, names), xlim=(min(40, *axes.get_xlim()), 101))
    axes.set_xlabel(label if known else f"{label}\n{NO_INTERVALS}")
    axes.grid(axis="y", visible=False)
    return figure
