"""The figure of a sweep: metrics over the first swept value, controls in gray."""

import textwrap
from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.figures.scores import dots
from lib.figures.style import MUTED, PALETTE, new_figure


def swept(lines: pd.DataFrame, by: Sequence[str], labels: Mapping[str, str], controls: Sequence[str]) -> Figure:
    """Metrics over the first swept parameter of `by`: one panel per metric, one line per method.

    `lines` has the columns `by` (values as text), method, label, metric, mean, low, high (NaN with one seed); `labels`
    names the metrics to draw. Methods at each setting of the further parameters are lines of their own; where that
    makes more than six, each setting gets a row of panels. The methods named by `controls` are gray and dotted. With
    nothing but seeds the methods stand in a column.
    """
    if not by:
        return swept_seeds(lines, labels, controls)
    x, name, further = by[0], by[0], []
    for other in by[1:]:
        if lines.groupby(x)[other].nunique(dropna=False).max() > 1:
            further.append(other)
        else:  # goes with x, as in a zipped list: no line of its own
            along = lines.drop_duplicates(x).sort_values(x, key=numbers_first)[other]
            name += f" (with {other} {', '.join(along)})"
    lines = lines.assign(setting=[settings_text(row) for row in lines[further].to_dict("records")])
    settings = list(dict.fromkeys(lines["setting"]))
    own = lines[~lines["method"].isin(controls)]
    apart = len(own[["label", "setting"]].drop_duplicates()) > 6 and 1 < len(settings) <= 6
    if not apart:  # a control that no setting moves is drawn once
        behind = lines["setting"].where(~lines["method"].isin(controls), "")
        lines = lines.assign(label=[", ".join(filter(None, pair)) for pair in zip(lines["label"], behind, strict=True)])
    bands = [(name, lines[lines["setting"] == name]) for name in settings] if apart else [("", lines)]
    positions, set_axis, joined = swept_axis(lines[x], name)
    panels = [(title, band, key) for title, band in bands for key in labels]
    columns = 2 if len(bands) == 1 and len(labels) > 3 else len(labels)
    size = (max(4.6 * columns, 6.4), 3.7 * -(-len(panels) // columns))
    figure, grid = new_figure(-(-len(panels) // columns), columns, *size, sharex=True)
    names = list(dict.fromkeys(lines.loc[~lines["method"].isin(controls), "label"]))
    handles: dict[str, object] = {}
    for axes, (title, band, key) in zip(grid.flat, panels, strict=False):
        near, beyond = without_far_controls(band[band["metric"] == key], controls)
        handles |= swept_lines(axes, near.assign(place=near[x].map(positions)), names, controls, joined)
        set_axis(axes)
        axes.set_ylabel(labels[key])
        axes.set_title("\n".join(filter(None, (title, textwrap.fill(beyond, 56)))), fontsize=8.5, color=MUTED)
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    for axes in grid.flat[: max(len(panels) - columns, 0)]:  # nothing hides what stands above an empty place
        axes.set_xlabel("")
    for axes in grid.flat[len(panels) - columns : len(panels)]:
        axes.tick_params(labelbottom=True)
    across = 2 if max(map(len, handles)) < 5.5 * size[0] else 1
    figure.legend(handles.values(), handles, loc="outside lower left", ncols=across)
    figure.set_figheight(size[1] + 0.2 * -(-len(handles) // across))  # the key takes nothing from the panels
    return figure


def numbers_first(values: pd.Series) -> pd.Series:
    """Swept values as numbers where all of them are such: what to sort them by. Others keep their order."""
    try:
        return values.astype(float)
    except (TypeError, ValueError):
        return pd.Series(range(len(values)), index=values.index)


def settings_text(values: Mapping[str, object]) -> str:
    """`epochs 9, batch_size 16`."""
    return ", ".join(f"{name} {value}" for name, value in values.items())


def without_far_controls(lines: pd.DataFrame, controls: Sequence[str]) -> tuple[pd.DataFrame, str]:
    """One panel's lines without controls so far off that they would flatten all else, and words for those.

    Far is four times the height that the methods take, their intervals included.
    """
    own = lines[~lines["method"].isin(controls)]
    ends = own[["mean", "low", "high"]].stack()
    if ends.empty:
        return lines, ""
    reach = 4 * max(ends.max() - ends.min(), 1e-9)
    off = lines[lines["method"].isin(controls) & ~lines["mean"].between(ends.min() - reach, ends.max() + reach)]
    words = [f"{label} {rows['mean'].mean():.4g}" for label, rows in off.groupby("label", sort=False)]
    return lines.drop(off.index), "beyond the panel: " + ", ".join(words) if words else ""


def swept_seeds(lines: pd.DataFrame, labels: Mapping[str, str], controls: Sequence[str]) -> Figure:
    """Where only the seed was swept: the mean of every method with its interval over seeds, one panel per metric."""
    methods = lines[["method", "label"]].drop_duplicates()[::-1]
    figure, grid = new_figure(1, len(labels), 3.0 + 3.4 * len(labels), 1.0 + 0.34 * len(methods), sharey=True)
    for axes, (key, title) in zip(grid[0], labels.items(), strict=True):
        own = lines[lines["metric"] == key].rename(columns={"mean": "value"})
        dots(axes, methods.merge(own, how="left", on=["method", "label"]), controls)
        axes.set_ylim(-0.6, len(methods) - 0.4)
        axes.set_xlabel(title)
    return figure


def swept_lines(
    axes: Axes, lines: pd.DataFrame, labels: Sequence[str], controls: Sequence[str], joined: bool
) -> dict[str, object]:
    """Draw a panel's lines at the x `place` of their rows; returns their handles by label, for one key below all.

    `labels` are those of all panels but the controls': each has its color wherever it is drawn. Not `joined`, methods
    are dots beside each other: nothing lies between two names.
    """
    handles: dict[str, object] = {}
    for (method, label), own in lines.groupby(["method", "label"], sort=False):
        if method in controls:
            # One value per place: with further settings a control stands there as often as they do.
            own = own.groupby("place", as_index=False)["mean"].mean()
            style = (":", "-.")[list(controls).index(method) % 2]
            (handles[label],) = axes.plot(own["place"], own["mean"], style, color=MUTED, marker="." * (len(own) == 1))
            continue
        number, own = labels.index(label), own.sort_values("place")
        color, style = PALETTE[number % len(PALETTE)], ("-", "--")[number // len(PALETTE) % 2]
        place = own["place"] + (0.0 if joined else 0.12 * (number - (len(labels) - 1) / 2))
        look = dict(linestyle=style if joined else "none", color=color, marker="o", markersize=5)
        (handles[label],) = axes.plot(place, own["mean"], **look)
        axes.vlines(place, own["low"], own["high"], color=color, alpha=0.6, linewidth=1.4 if joined else 2.4)
        if joined:
            axes.fill_between(place, own["low"], own["high"], color=color, alpha=0.13, linewidth=0)
    return handles


def swept_axis(values: pd.Series, name: str) -> tuple[dict, Callable[[Axes], object], bool]:
    """Where swept values, as text, stand on the x axis, what sets an axis up, and whether lines may join them.

    Numeric values, also lists of one, use a linear axis, or a logarithmic one beyond a factor of 20, on which zero is a
    step left of the smallest. Other values are evenly spaced.
    """
    distinct = list(dict.fromkeys(values))
    try:
        positions = {value: float(value) for value in distinct}
    except (TypeError, ValueError):
        positions = {value: float(place) for place, value in enumerate(distinct)}
        names = [textwrap.fill(value, max(44 // len(distinct), 9)) for value in distinct]

        def name_them(axes: Axes) -> None:
            axes.set(xlabel=name, xlim=(-0.5, len(names) - 0.5))
            axes.set_xticks(range(len(names)), names, fontsize=8.5)
            axes.grid(axis="x", visible=False)

        return positions, name_them, False
    ticks = {place: value for value, place in sorted(positions.items(), key=lambda item: item[1])}
    above = [place for place in positions.values() if place > 0]
    wide = min(positions.values()) >= 0 and len(above) > 1 and max(above) > 20 * min(above)

    def set_up(axes: Axes) -> None:
        if wide:
            axes.set_xscale("symlog", linthresh=min(above), linscale=0.6)
        axes.set_xlabel(name)
        if len(ticks) <= 8:
            axes.set_xticks(list(ticks), ticks.values())
        axes.minorticks_off()

    return positions, set_up, True
