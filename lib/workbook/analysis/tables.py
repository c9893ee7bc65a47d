"""Lines over seeds as people see them: a table of text, Markdown, a figure, files."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.common.files import atomic_write
from lib.common.usage import value_text
from lib.evaluation.names import CONTROLS, NOT_OF_TEST, metric
from lib.figures import sweeps
from lib.workbook.analysis.long_table import side_text
from lib.workbook.analysis.over_seeds import DIFFERENCE


def settings_of(lines: pd.DataFrame) -> list[str]:
    """The columns of `over_seeds` lines that say the setting: what stands before the method."""
    return list(lines.columns[: list(lines.columns).index("method")])


def interval_text(value: float, low: float, high: float, digits: int, signed: bool = False) -> str:
    """`23.02 [22.81, 23.24]`, or `+0.31 [+0.16, +0.45]`; without an interval of no width; a dash for NaN."""
    form = f"{'+' if signed else ''}z.{digits}f"
    if np.isnan(value):
        return "–"
    return f"{value:{form}}" if np.isnan(low) or high - low < 1e-9 else f"{value:{form}} [{low:{form}}, {high:{form}}]"


def shown(lines: pd.DataFrame, baseline: Mapping[str, object] | None = None) -> pd.DataFrame:
    """Lines of `over_seeds` as a table of text: one line per setting and method. A baseline adds a column per metric.

    The column `method` holds labels, the index identifiers. A control that no setting moves stands there once, its
    setting "any".
    """
    by, baseline = settings_of(lines), baseline or {}
    fixed = {
        name for name in CONTROLS if (lines[lines["method"] == name].groupby("metric")["mean"].nunique() == 1).all()
    }
    body: list[dict[str, str]] = []
    written: list[str] = []
    for (*values, method, label), own in lines.groupby([*by, "method", "label"], sort=False, dropna=False):
        line = {**dict(zip(by, map(value_text, values), strict=True)), "method": label}
        alike = own
        if method in fixed and len(lines[by].drop_duplicates()) > 1:
            if method in written:
                continue
            line |= dict.fromkeys(by, "any")
            alike = lines[lines["method"] == method]
            spread = alike.groupby("metric")["difference"].agg(np.ptp)
            known = own["difference"].where(own["metric"].map(spread) < 1e-9)  # else another at each setting
            own = own.assign(difference=known if "method" in baseline else np.nan)
            own["baseline"] &= "method" in baseline and len(baseline) == 1
        written.append(method)
        line["seeds"] = str(alike["seeds"].max())
        for cells in own.to_dict("records"):
            line |= cells_of_metric(cells, bool(baseline))
        body.append(line)
    return pd.DataFrame(body, index=written).fillna("–")


def cells_of_metric(cells: Mapping, with_difference: bool) -> dict[str, str]:
    """One line's cells for one metric: the mean, and the difference to the baseline."""
    known = metric(cells["metric"])
    texts = {known.short: interval_text(cells["mean"], cells["low"], cells["high"], known.digits)}
    if with_difference:
        against = interval_text(*(cells[name] for name in DIFFERENCE), known.digits, signed=True)
        if 0 < cells["paired"] < cells["seeds"]:
            against += f" ({cells['paired']} {'seed' if cells['paired'] == 1 else 'seeds'})"
        texts[f"Δ {known.short}"] = "baseline" if cells["baseline"] else against
    return texts


def caption(lines: pd.DataFrame, baseline: Mapping[str, object] | None = None) -> str:
    """What a table over seeds shows, in a sentence or two."""
    scores = lines[~lines["metric"].isin(NOT_OF_TEST)]  # a cost counts training pictures
    pictures = sorted({int(n) for n in scores["pictures"].dropna()})
    on = f", on {' or '.join(f'{n:,}' for n in pictures)} test pictures" if pictures else ""
    text = f"Means over seeds with 95% t-intervals{on}; one seed gives no interval, nor does what no seed moves."
    return text + (f" Δ: paired by seed, against {baseline_text(lines, baseline)}." if baseline else "")


def baseline_text(lines: pd.DataFrame, baseline: Mapping[str, object]) -> str:
    """`CNN, 400 pairs, 9 epochs, perceptual_weight 0`: a baseline for people, its method as its line has it."""
    labels = lines.loc[lines["baseline"], "label"].unique()
    return side_text(baseline, labels[0] if len(labels) == 1 else "")


def markdown(table: pd.DataFrame) -> str:
    """A table of text as Markdown whose columns are aligned, so that it also reads in a terminal."""
    head, *body = [[cell.replace("|", r"\|") for cell in line] for line in [table.columns, *table.to_numpy()]]
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    lines = [head, ["-" * width for width in widths], *body]
    return "\n".join(f"| {' | '.join(map(str.ljust, line, widths))} |" for line in lines)


def text_of(lines: pd.DataFrame, baseline: Mapping[str, object] | None = None) -> str:
    """The table of lines of `over_seeds` as Markdown, its caption below."""
    return f"{markdown(shown(lines, baseline))}\n\n{caption(lines, baseline)}"


def figure_of(lines: pd.DataFrame) -> Figure:
    """The figure of lines of `over_seeds`: metrics over the first swept value, controls in gray."""
    by = settings_of(lines)
    labels = {key: metric(key).name for key in dict.fromkeys(lines["metric"])}
    return sweeps.swept(lines.assign(**{name: lines[name].map(value_text) for name in by}), by, labels, CONTROLS)


def write_table(
    stem: str | Path, table: pd.DataFrame, lines: pd.DataFrame, baseline: Mapping[str, object] | None = None
) -> list[Path]:
    """Write `<stem>.csv` (the long table), `<stem>.md` (means over seeds) and `<stem>.png`; returns their paths."""
    stem = Path(stem)
    paths = [stem.with_name(stem.name + suffix) for suffix in (".csv", ".md", ".png")]
    with atomic_write(paths[0]) as temporary:
        table.to_csv(temporary, index=False)
    with atomic_write(paths[1]) as temporary:
        temporary.write_text(f"{text_of(lines, baseline)}\n", encoding="utf-8")
    with atomic_write(paths[2]) as temporary:
        figure_of(lines).savefig(temporary)
    return paths
