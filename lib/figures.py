"""Data in, matplotlib `Figure` out; nothing else. Pictures are uint8 `H x W x 3` or `H x W`, tables are pandas.

Figures are made without pyplot, so none is kept open and none is shown twice.
"""

from collections.abc import Callable, Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK, MUTED, CONTROL, ACCENT = "#1f2933", "#7b8794", "#9aa5b1", "#0b6e99"
PALETTE = (ACCENT, "#d1495b", "#3a9d5d", "#e09f3e", "#6d597a", "#00798c", "#8d5524", "#5c677d")

# One look for every figure, and for what readers draw themselves after importing this module.
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
    """A figure of `width` x `height` inches with a `rows` x `columns` array of axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


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
                axes.set_title(_wrapped(heading, 17), fontsize=9, loc="center")
            if column == 0 and names:
                axes.text(-0.05, 0.5, names[row], transform=axes.transAxes, rotation=90, va="center", ha="right",
                          fontsize=7, color=MUTED)  # fmt: skip
    return figure


def _wrapped(text: str, width: int) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, width))


def histograms(values: Mapping[str, np.ndarray], label: str, bins: np.ndarray | int = 60, titles: str = "") -> Figure:
    """Share of pictures or pixels by value, one line a series."""
    figure, grid = new_figure(1, 1, 6.4, 3.0)
    axes = grid[0, 0]
    edges = np.histogram_bin_edges(np.concatenate([np.ravel(v) for v in values.values()]), bins)
    for name, series in values.items():
        share, _ = np.histogram(series, edges)
        axes.stairs(100 * share / share.sum(), edges, label=name, linewidth=1.6)
    axes.set(xlabel=label, ylabel="share (%)", title=titles)
    if len(values) > 1:
        axes.legend()
    return figure


def chroma_by_gray(levels: np.ndarray, spread: np.ndarray, mean: np.ndarray) -> Figure:
    """How far colours of one gray level lie apart: `spread` and `mean` are chroma lengths by gray level, in 0..255."""
    figure, grid = new_figure(1, 1, 6.4, 3.0)
    axes = grid[0, 0]
    axes.plot(levels, spread, label="spread around it: what no intensity map can know")
    axes.plot(levels, mean, label="mean colour's chroma: what an intensity map can paint")
    axes.set(xlabel="gray level (0..255)", ylabel="chroma (0..255)", ylim=(0, None))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1))  # above: the lines fill the whole width
    return figure


def training_curves(histories: Mapping[str, pd.DataFrame], controls: Mapping[str, float] | None = None) -> Figure:
    """The paper's Fig. 2: training loss, loss over R², PSNR and SSIM by epoch; one line a training.

    `controls` gives the gray copy's "psnr" and "ssim" on the validation pictures, drawn as dashed lines.
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
    grid[1, 0].legend(loc="lower right")
    grid[0, 1].set_title("loss over R²")
    return figure


def dots(axes: Axes, rows: pd.DataFrame, controls: Sequence[str]) -> None:
    """A dot with its interval for each row (method, value, low, high), the first at the bottom; dotted controls."""
    for y, row in enumerate(rows.to_dict("records")):
        colour = MUTED if row["method"] in controls else ACCENT
        low, high = (row["value"] if pd.isna(end) else end for end in (row["low"], row["high"]))
        axes.plot([low, high], [y, y], color=colour, linewidth=3, alpha=0.45, solid_capstyle="round")
        axes.plot(row["value"], y, "o", color=colour, markersize=6)
        if row["method"] in controls:
            axes.axvline(row["value"], color=CONTROL, linestyle=":", linewidth=1, zorder=0)
    axes.set(yticks=range(len(rows)), yticklabels=rows["method"])
    axes.grid(axis="y", visible=False)


def intervals(
    rows: pd.DataFrame, metric: str, label: str, controls: Sequence[str], paper: Mapping[str, float] | None = None
) -> Figure:
    """One metric of every method as a dot with its 95% interval; controls in gray, the paper's figure as a cross."""
    chosen = rows[rows["metric"] == metric].iloc[::-1].reset_index(drop=True)
    paper = paper or {}
    figure, grid = new_figure(1, 1, 8.0, 0.9 + 0.3 * len(chosen))
    axes = grid[0, 0]
    dots(axes, chosen, controls)
    for y, row in chosen.iterrows():
        if row["method"] in paper:
            axes.plot(paper[row["method"]], y, "x", color=PALETTE[1], markersize=7, markeredgewidth=2)
    axes.set_xlabel(label)
    if any(method in paper for method in chosen["method"]):
        axes.plot([], [], "x", color=PALETTE[1], markersize=7, markeredgewidth=2, label="reported by the paper")
        axes.legend(loc="lower left")
    return figure


def trade_off(rows: pd.DataFrame, controls: Sequence[str]) -> Figure:
    """PSNR against the ratio of colourfulness to the truth's: a numbered dot a method, the key beside it by PSNR."""
    value = rows.pivot(index="method", columns="metric", values="value").sort_values("psnr", ascending=False)
    figure = Figure(figsize=(9.0, max(4.6, 0.6 + 0.19 * len(value))), layout="constrained")
    axes, key = figure.subplots(1, 2, width_ratios=(3, 1.5))
    x = value["colorfulness_ratio"].clip(upper=2.0)  # beyond twice the truth's, how much more no longer matters
    step, placed = 0.03 * max(value["psnr"].max() - value["psnr"].min(), 1.0), []
    for number, method in enumerate(value.index, start=1):
        colour = MUTED if method in controls else ACCENT
        place = [x[method] + 0.03, value.loc[method, "psnr"]]
        while any(abs(place[0] - px) < 0.055 and abs(place[1] - py) < step for px, py in placed):
            place[0] += 0.055  # beside the number that stands there already
        placed.append(tuple(place))
        axes.plot(x[method], value.loc[method, "psnr"], "o", color=colour, markersize=6)
        axes.text(*place, str(number), fontsize=8, va="center", color=colour)
        text = f"{number}  {method}  {value.loc[method, 'psnr']:.1f} dB"
        key.text(0, 1 - (number - 0.5) / len(value), text, fontsize=7.5, va="center", color=colour)
    for control in controls:
        if control in value.index:
            axes.axhline(value.loc[control, "psnr"], color=CONTROL, linestyle=":", linewidth=1, zorder=0)
    axes.axvline(1.0, color=CONTROL, linestyle="--", linewidth=1, zorder=0)
    axes.set(xlabel="colourfulness, ratio to the truth's (2 or more at the edge)", ylabel="PSNR (dB, mean of images)")
    key.set_axis_off()
    return figure


def knob(curve: pd.DataFrame, others: Mapping[str, tuple[float, float]]) -> Figure:
    """The vividness knob beside its control: gain over the gray copy, and distance of the colours, by colourfulness.

    `curve` has columns kind, setting, gain, colorfulness_ratio, distance; `others` gives (ratio, gain) by method.
    """
    figure, grid = new_figure(1, 2, 9.6, 4.2)
    left, right = grid[0]
    for (kind, own), style in zip(curve.groupby("kind", sort=False), ("o-", "s--"), strict=True):
        for axes, column in ((left, "gain"), (right, "distance")):
            axes.plot(own["colorfulness_ratio"], own[column], style, color=PALETTE[0 if style == "o-" else 3],
                      markersize=5, label=kind)  # fmt: skip
            for _, row in own.iloc[[0, -1]].iterrows():  # all of them would stand on each other
                axes.annotate(f"{row['setting']:g}", (row["colorfulness_ratio"], row[column]), (0, 6),
                              textcoords="offset points", fontsize=8, ha="center", color=MUTED)  # fmt: skip
    for position, (name, (ratio, gain)) in enumerate(others.items()):
        left.plot(ratio, gain, "D", color=MUTED, markersize=5)
        place = (6, -11 if position % 2 else 5)  # controls stand close to each other
        left.annotate(name, (ratio, gain), place, textcoords="offset points", fontsize=8, color=MUTED)
    left.axhline(0, color=CONTROL, linestyle=":", linewidth=1)
    for axes in (left, right):
        axes.axvline(1.0, color=CONTROL, linestyle="--", linewidth=1, zorder=0)
        axes.set(xlabel="colourfulness, ratio to the truth's", xlim=(-0.03, None))
    left.set(ylabel="PSNR gain over the gray copy (dB)")
    right.set(ylabel="distance to the true colours (0..1)", ylim=(0, None))
    left.legend(loc="lower left")
    return figure


def calibration(table: pd.DataFrame) -> Figure:
    """Groups of cells by ambiguity: their error by their entropy, and by the error that the distribution expects."""
    figure, grid = new_figure(1, 2, 9.0, 3.6)
    for axes, column, label in zip(
        grid[0], ("ambiguity", "expected"), ("ambiguity (bits)", "expected error of chroma (0..255)"), strict=True
    ):
        axes.plot(table[column], table["error"], "o-", markersize=5)
        axes.set(xlabel=label, ylabel="error of chroma (0..255, RMS)", ylim=(0, None))
    largest = max(table["expected"].max(), table["error"].max())
    grid[0, 1].plot([0, largest], [0, largest], color=CONTROL, linestyle="--", linewidth=1)
    return figure


def colored(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """An array `(H, W)` as a uint8 picture `(H, W, 3)` from dark at `low` to bright at `high`."""
    scaled = (values - low) / max(high - low, 1e-9)
    return mpl.colormaps["magma"](np.clip(scaled, 0, 1), bytes=True)[..., :3]


def bars(values: Mapping[str, tuple[float, float, float]], label: str, reference: float = 0.0) -> Figure:
    """Differences as horizontal bars from `reference` with their interval `(value, low, high)`."""
    figure, grid = new_figure(1, 1, 8.0, 0.9 + 0.34 * len(values))
    axes = grid[0, 0]
    names = list(values)[::-1]
    for y, name in enumerate(names):
        value, low, high = values[name]
        clear = low > reference or high < reference
        axes.barh(y, value - reference, left=reference, height=0.55, color=ACCENT if clear else CONTROL)
        if np.isfinite([low, high]).all():
            axes.plot([low, high], [y, y], color=INK, linewidth=1.6)
    axes.axvline(reference, color=INK, linewidth=0.9)
    axes.set(yticks=range(len(names)), yticklabels=names, xlabel=label)
    axes.grid(axis="y", visible=False)
    return figure


def color_ramps(ramps: Mapping[str, np.ndarray]) -> Figure:
    """Lookup tables `(256, 3)` uint8 as strips from black to white, one a method."""
    figure, grid = new_figure(len(ramps), 1, 8.0, 0.32 * len(ramps) + 0.2)
    for axes, (name, table) in zip(grid[:, 0], ramps.items(), strict=True):
        axes.imshow(table[None], aspect="auto", extent=(0, 256, 0, 1))
        axes.set_axis_off()
        axes.text(-0.01, 0.5, name, transform=axes.transAxes, ha="right", va="center", fontsize=9)
    return figure


def gradient_sizes(values: Mapping[str, float], label: str) -> Figure:
    """Sizes that may be exactly zero, as bars with the number written beside each."""
    figure, grid = new_figure(1, 1, 8.0, 0.9 + 0.34 * len(values))
    axes = grid[0, 0]
    names = list(values)[::-1]
    axes.barh(range(len(names)), [values[name] for name in names], height=0.55, color=ACCENT)
    for y, name in enumerate(names):
        axes.annotate(f"{values[name]:.2g}", (values[name], y), (5, 0), textcoords="offset points", va="center")
    axes.set(yticks=range(len(names)), yticklabels=names, xlabel=label)
    axes.margins(x=0.15)
    axes.grid(axis="y", visible=False)
    return figure


def framed(picture: np.ndarray) -> Figure:
    """A finished uint8 picture `H x W x 3` as a figure of as many pixels, so that it is kept as every other one is."""
    dpi = mpl.rcParams["savefig.dpi"]
    figure = Figure(figsize=(picture.shape[1] / dpi, picture.shape[0] / dpi))
    figure.figimage(picture)
    return figure


def swept(lines: pd.DataFrame, by: Sequence[str], labels: Mapping[str, str], controls: Sequence[str]) -> Figure:
    """Metrics over the first swept parameter of `by`: a panel a metric, a line a method with its interval over seeds.

    `lines` has the columns `by`, method, metric, mean, low, high (NaN with one seed); `labels` names the metrics to
    draw. Methods at each setting of the further parameters are lines of their own; where that makes more than six, each
    setting gets a row of panels. Controls are gray and dotted. With nothing but seeds the methods stand in a column.
    """
    if not by:
        return swept_seeds(lines, labels, controls)
    x, name, further = by[0], by[0], []
    for other in by[1:]:
        if lines.groupby(x)[other].nunique(dropna=False).max() > 1:
            further.append(other)
        else:  # goes with x, as in a zipped list: no line of its own
            along = lines.drop_duplicates(x).sort_values(x, key=numbers_first)[other]
            name += f" (with {other} {', '.join(map(number_text, along))})"
    lines = lines.assign(setting=[settings_text(row) for row in lines[further].to_dict("records")])
    settings = list(dict.fromkeys(lines["setting"]))
    own = lines[~lines["method"].isin(controls)]
    apart = len(own[["method", "setting"]].drop_duplicates()) > 6 and 1 < len(settings) <= 6
    if not apart:
        lines = lines.assign(method=filled_in(lines, further, controls))
    bands = [(name, lines[lines["setting"] == name]) for name in settings] if apart else [("", lines)]
    positions, set_axis, joined = swept_axis(lines[x], name)
    panels = [(title, band, key) for title, band in bands for key in labels]
    columns = 2 if len(bands) == 1 and len(labels) > 3 else len(labels)
    rows = -(-len(panels) // columns)
    size = (max(4.6 * columns, 6.4), 3.7 * rows)
    figure, grid = new_figure(rows, columns, *size, sharex=True)
    methods = [name for name in dict.fromkeys(lines["method"]) if name not in controls]
    handles: dict[str, object] = {}
    for axes, (title, band, key) in zip(grid.flat, panels, strict=False):
        near, beyond = without_far_controls(band[band["metric"] == key], controls)
        handles |= swept_lines(axes, near.assign(place=near[x].map(positions)), methods, controls, joined)
        set_axis(axes)
        axes.set_ylabel(labels[key])
        axes.set_title("\n".join(filter(None, (title, _wrapped(beyond, 56)))), fontsize=8.5, color=MUTED)
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
    return ", ".join(f"{name} {number_text(value)}" for name, value in values.items())


def filled_in(lines: pd.DataFrame, further: Sequence[str], controls: Sequence[str]) -> list[str]:
    """The lines' methods with their further settings: put into the name where it has a ‹place› for them, else behind.

    Controls keep their names: a line that no setting moves is drawn once.
    """
    names = []
    for line in lines.to_dict("records"):
        name, behind = line["method"], {}
        for parameter in () if name in controls else further:
            if f"‹{parameter}›" in name:
                name = name.replace(f"‹{parameter}›", number_text(line[parameter]))
            else:
                behind[parameter] = line[parameter]
        names.append(", ".join(filter(None, (name, settings_text(behind)))))
    return names


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
    words = [f"{method} {rows['mean'].mean():.4g}" for method, rows in off.groupby("method", sort=False)]
    return lines.drop(off.index), "beyond the panel: " + ", ".join(words) if words else ""


def swept_seeds(lines: pd.DataFrame, labels: Mapping[str, str], controls: Sequence[str]) -> Figure:
    """Where only the seed was swept: the mean of every method with its interval over seeds, a panel a metric."""
    methods = list(dict.fromkeys(lines["method"]))[::-1]
    figure, grid = new_figure(1, len(labels), 3.0 + 3.4 * len(labels), 1.0 + 0.34 * len(methods), sharey=True)
    for axes, (key, label) in zip(grid[0], labels.items(), strict=True):
        chosen = lines[lines["metric"] == key].rename(columns={"mean": "value"}).set_index("method").reindex(methods)
        dots(axes, chosen.reset_index(), controls)
        axes.set_ylim(-0.6, len(methods) - 0.4)
        axes.set_xlabel(label)
    return figure


def swept_lines(
    axes: Axes, lines: pd.DataFrame, methods: Sequence[str], controls: Sequence[str], joined: bool
) -> dict[str, object]:
    """Draw a panel's lines at the x `place` of their rows; returns their handles by name, for one key below all.

    `methods` are those of all panels: each has its colour wherever it is drawn. Not `joined`, methods are dots beside
    each other: nothing lies between two names.
    """
    handles: dict[str, object] = {}
    for method, own in lines.groupby("method", sort=False):
        if method in controls:
            # One value a place: with further settings a control stands there as often as they do.
            own, style = (
                own.groupby("place", as_index=False)["mean"].mean(),
                (":", "-.")[list(controls).index(method) % 2],
            )
            (handles[method],) = axes.plot(own["place"], own["mean"], style, color=MUTED, marker="." * (len(own) == 1))
            continue
        number, own = methods.index(method), own.sort_values("place")
        colour, style = PALETTE[number % len(PALETTE)], ("-", "--")[number // len(PALETTE) % 2]
        place = own["place"] + (0.0 if joined else 0.12 * (number - (len(methods) - 1) / 2))
        look = dict(linestyle=style if joined else "none", color=colour, marker="o", markersize=5)
        (handles[method],) = axes.plot(place, own["mean"], **look)
        axes.vlines(place, own["low"], own["high"], color=colour, alpha=0.6, linewidth=1.4 if joined else 2.4)
        if joined:
            axes.fill_between(place, own["low"], own["high"], color=colour, alpha=0.13, linewidth=0)
    return handles


def swept_axis(values: pd.Series, name: str) -> tuple[dict, Callable[[Axes], object], bool]:
    """Where swept values stand on the x axis, what sets an axis up for them, and whether lines may join them.

    Numbers (also lists of one) stand at their size, on a logarithmic axis where they span more than a factor of 20,
    zero then a step left of the smallest; anything else stands side by side.
    """
    distinct = list(dict.fromkeys(values))
    try:
        positions = {value: float(value) for value in distinct}
    except (TypeError, ValueError):
        positions = {value: float(place) for place, value in enumerate(distinct)}
        names = [_wrapped(str(value), max(44 // len(distinct), 9)) for value in distinct]

        def name_them(axes: Axes) -> None:
            axes.set(xlabel=name, xlim=(-0.5, len(names) - 0.5))
            axes.set_xticks(range(len(names)), names, fontsize=8.5)
            axes.grid(axis="x", visible=False)

        return positions, name_them, False
    ticks = {place: number_text(value) for value, place in sorted(positions.items(), key=lambda item: item[1])}
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


def number_text(value: object) -> str:
    """A swept value at an axis: numbers short, anything else as it is."""
    try:
        return f"{float(value):.10g}"
    except (TypeError, ValueError):
        return str(value)
