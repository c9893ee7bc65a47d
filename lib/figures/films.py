"""Figures of films: one row of pixels over time, flicker by accuracy, what is measured by frame."""

import textwrap
from collections.abc import Container, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.figures.labels import label_points
from lib.figures.style import ACCENT, CONTROL, MUTED, PALETTE, new_axes, new_figure, plain


def strips(films: Mapping[object, np.ndarray], row: int) -> Figure:
    """One row of pixels of each film over time: x across, time down. What keeps its color draws an even band.

    Args:
        films: RGB, uint8 `(T, H, W, 3)`, by method.
        row: which row of pixels, from the top.
    """
    count = len(next(iter(films.values())))
    figure, grid = new_figure(1, len(films), 2.1 * len(films), 2.9)
    for axes, (name, frames) in zip(grid[0], films.items(), strict=True):
        axes.imshow(frames[:, row], aspect="auto", extent=(0, frames.shape[2], count - 0.5, -0.5))
        axes.set_title(textwrap.fill(plain(name), 20), fontsize=9, loc="center")
        axes.grid(visible=False)
        axes.set(xticks=[], yticks=[])
        axes.set_xlabel("x", fontsize=8)
    grid[0, 0].set(yticks=[0, count - 1], ylabel="frame")
    return figure


def flicker_by_gain(
    curve: pd.DataFrame, others: Mapping[object, tuple[float, float]], truth: float, ours: Container[object] = ()
) -> Figure:
    """The trade between flicker and accuracy: warping error by gain over gray, for growing weights of what is carried.

    Args:
        curve: one row per weight, with the columns weight, gain (dB) and warping (% of chroma, above 0).
        others: (gain, warping) of other methods by name. What has no warping error, or no chroma to divide it by, is
            drawn at the lower edge.
        truth: the warping error of the true colors, drawn as a dashed line.
        ours: which of the other methods are drawn in a color of their own.
    """
    figure, axes = new_axes(8.0, 4.4)
    drawn = np.array([*curve["warping"], *(warping for _, warping in others.values()), truth])
    floor = 0.5 * min(drawn[drawn > 0], default=1.0)

    def height(warping: float) -> float:
        return max(np.nan_to_num(warping), floor)

    axes.plot(curve["gain"], curve["warping"].map(height), "o-", color=ACCENT, markersize=5)
    points = zip(curve["weight"], curve["gain"], curve["warping"], strict=True)
    labels = [(gain, height(warping), f"{weight:g}", ACCENT) for weight, gain, warping in points]
    for name, (gain, warping) in others.items():
        color, size = (PALETTE[1], 6) if name in ours else (MUTED, 5)
        axes.plot(gain, height(warping), "D", color=color, markersize=size)
        labels.append((gain, height(warping), plain(name), color))
    if truth > 0:
        axes.axhline(truth, color=CONTROL, linestyle="--", linewidth=1)
        axes.annotate("truth", (1, truth), (-2, 3), xycoords=("axes fraction", "data"), textcoords="offset points",
                      ha="right", fontsize=8, color=MUTED)  # fmt: skip
    axes.axvline(0, color=CONTROL, linestyle=":", linewidth=1)
    axes.set(xlabel="chroma PSNR over a gray film (dB)", ylabel="warping error (% of the film's chroma)", yscale="log")
    axes.margins(x=0.15, y=0.12)
    label_points(axes, labels)
    return figure


def by_frame(lines: Mapping[object, np.ndarray], label: str, cuts: Sequence[int] = ()) -> Figure:
    """A value of each frame over time, by method; dashed where a shot begins.

    Args:
        lines: one value per frame by name; NaN where there is none.
        label: what the values are, with their unit.
        cuts: the frames that begin a shot, but the first.
    """
    figure, axes = new_axes(8.0, 3.4)
    for name, values in lines.items():
        axes.plot(np.arange(len(values)), values, label=plain(name), linewidth=1.5)
    for cut in cuts:
        axes.axvline(cut - 0.5, color=CONTROL, linestyle="--", linewidth=1)
    axes.set(xlabel="frame", ylabel=label, ylim=(0, None))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return figure
