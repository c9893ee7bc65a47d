"""Means over seeds with intervals, paired against a chosen baseline; the table and its figure, shown and written.

A line of such a table is a method at one setting of the swept parameters. What varies from seed to seed is the
training: the test pictures stay the same, and scores of different pictures are never averaged or compared.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.common.files import atomic_write
from lib.common.usage import UsageError, nearest
from lib.evaluation.intervals import mean_interval
from lib.evaluation.names import CONTROLS, COSTS, JUDGED, METRICS, metric
from lib.figures import sweeps
from lib.workbook.analysis.long_table import as_text, swept_of, whole_seeds

DIFFERENCE = ("difference", "difference_low", "difference_high")


def over_seeds(
    table: pd.DataFrame,
    by: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    baseline: Mapping[str, object] | None = None,
    methods: Sequence[str] | None = None,
) -> pd.DataFrame:
    """A line a setting of `by`, method and metric: seeds, pictures, mean, low, high, and the same of the difference.

    `by` are swept parameters, all of them by default; over the others each seed is averaged first. `low` and `high`
    end the 95% t-interval over seeds, NaN with one seed. The difference to `baseline` ({"method": ...}, {parameter:
    value}, or both) is paired by seed and by everything that the baseline does not name; `paired` counts its seeds.
    Unknown names raise `UsageError` with the nearest known one; so do lines that would mix pictures.
    """
    notebooks = ["notebook"] if table["notebook"].nunique() > 1 else []
    by = [*notebooks, *swept_of(table)] if by is None else list(by)
    known_or_refused("--by", by, [*swept_of(table), "notebook", "seed"])
    known = set(table["metric"])
    metrics = [key for key in METRICS if key in known] or sorted(known) if metrics is None else list(metrics)
    known_or_refused("--metric", metrics, table["metric"])
    methods = list(dict.fromkeys(table["method"])) if methods is None else list(methods)
    known_or_refused("--method", methods, table["method"])
    rows = table[table["metric"].isin(metrics)].dropna(subset=["value"])
    if rows.empty:
        raise UsageError("No score was recorded there, so there is nothing to put into a table.")
    rows = rows.assign(difference=differences(rows, baseline) if baseline else np.nan)
    rows = rows[rows["method"].isin(methods)]
    lines, apart = [], [name for name in ("notebook", *swept_of(table)) if name not in by]
    for key, own in rows.groupby([*by, "method", "metric"], sort=False, dropna=False):
        setting = dict(zip([*by, "method", "metric"], key, strict=True))
        refuse_mixed_pictures(own, setting)
        a_seed = whole_seeds(own, apart).groupby("seed")["value"].mean().tolist()
        paired = whole_seeds(own.dropna(subset=["difference"]), apart).groupby("seed")["difference"].mean().tolist()
        line = {"seeds": len(a_seed), "pictures": own["n"].max()}
        line |= dict(zip(("mean", "low", "high"), finite_interval(a_seed), strict=True))
        line["paired"] = len(paired)
        line |= dict(zip(DIFFERENCE, finite_interval(paired), strict=True))
        lines.append(setting | line)
    columns = [*by, "method", "metric", "seeds", "pictures", "mean", "low", "high", "paired", *DIFFERENCE]
    return in_order(pd.DataFrame(lines, columns=columns), by, methods, metrics)


def known_or_refused(option: str, names: Sequence[str], known: Sequence[str]) -> None:
    """Raise `UsageError` for a name that is not known, with the nearest one that is."""
    for name in names:
        if name not in set(known):
            raise UsageError(f"{option}: nothing here goes by '{name}'; {nearest(str(name), known)}")


def refuse_mixed_pictures(rows: pd.DataFrame, setting: Mapping[str, object]) -> None:
    """Raise `UsageError` where the rows of one line were measured on different pictures."""
    if rows["pictures"].nunique() > 1:
        by = [name for name in setting if name not in ("method", "metric")]
        by += [name for name in ("notebook", *swept_of(rows.drop(columns="difference"))) if rows[name].nunique() > 1]
        split = f", or split the table with --by {','.join(by)}" if len(by) > len(setting) - 2 else ""
        raise UsageError(
            f"{setting['method']} was measured on {rows['pictures'].nunique()} different sets of test pictures, whose "
            f"scores cannot be averaged; name fewer folders{split}."
        )


def differences(rows: pd.DataFrame, baseline: Mapping[str, object]) -> pd.Series:
    """How much more each row scores than its counterpart: the row that is equal in all that `baseline` does not name.

    NaN where there is none, and for the baseline itself.
    """
    swept = swept_of(rows)
    known_or_refused("--baseline", list(baseline), [*swept, "method"])
    keys = rows[["notebook", *swept, "seed", "method", "metric"]].map(as_text)
    for name, value in baseline.items():
        if as_text(value) not in set(keys[name]):
            raise UsageError(f"--baseline: no {name} is '{as_text(value)}'; {nearest(as_text(value), set(keys[name]))}")
    own = list(keys.itertuples(index=False, name=None))
    other = keys.assign(**{name: as_text(value) for name, value in baseline.items()})
    scores = dict(zip(own, zip(rows["value"], rows["pictures"], strict=True), strict=True))
    found = []
    for key, reference, pictures in zip(own, other.itertuples(index=False, name=None), rows["pictures"], strict=True):
        score, on = scores.get(reference, (np.nan, pictures))
        if on != pictures:
            raise UsageError(
                f"--baseline: {baseline_text(baseline)} was measured on other test pictures than what it is to be "
                "compared with; choose a baseline on the same ones."
            )
        found.append(np.nan if key == reference else score)
    return rows["value"] - np.array(found, dtype=float)


def finite_interval(values: list[float]) -> tuple[float, float, float]:
    """Mean and interval over seeds; NaN where there is none."""
    if not values:
        return np.nan, np.nan, np.nan
    mean, low, high = mean_interval(values)
    return (mean, low, high) if len(values) > 1 else (mean, np.nan, np.nan)


def ordered(values: Sequence[object]) -> list:
    """Distinct swept values: by size where all are numbers or lists of one, otherwise as they come."""
    distinct = list(dict.fromkeys(values))
    try:
        return sorted(distinct, key=float)
    except (TypeError, ValueError):
        return distinct


def in_order(lines: pd.DataFrame, by: Sequence[str], methods: Sequence[str], metrics: Sequence[str]) -> pd.DataFrame:
    """Lines sorted by setting, then as methods and metrics were named."""
    # As text: a parameter that another notebook lacks is NaN, which no list finds again.
    orders = {name: [as_text(value) for value in ordered(lines[name])] for name in by}
    orders |= {"method": list(methods), "metric": list(metrics)}
    places = {name: [order.index(as_text(value)) for value in lines[name]] for name, order in orders.items()}
    ranks = pd.DataFrame(places, index=lines.index, dtype=int)
    return lines.loc[ranks.sort_values(list(orders)).index].reset_index(drop=True)


def baseline_text(baseline: Mapping[str, object]) -> str:
    """`gray copy, perceptual_weight 0`."""
    return ", ".join(as_text(v) if name == "method" else f"{name} {as_text(v)}" for name, v in baseline.items())


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
    """Lines of `over_seeds` as a table of text: a line a setting and method, with a baseline two columns a metric.

    A control that no setting moves stands there once, its setting "any".
    """
    by, baseline = settings_of(lines), baseline or {}
    fixed = {
        name for name in CONTROLS if (lines[lines["method"] == name].groupby("metric")["mean"].nunique() == 1).all()
    }
    body: list[dict[str, str]] = []
    for key, own in lines.groupby([*by, "method"], sort=False, dropna=False):
        line = dict(zip([*by, "method"], map(as_text, key), strict=True))
        alike = own
        if line["method"] in fixed and len(lines[by].drop_duplicates()) > 1:
            if any(other["method"] == line["method"] for other in body):
                continue
            line |= dict.fromkeys(by, "any")
            alike = lines[lines["method"] == line["method"]]
            spread = alike.groupby("metric")["difference"].agg(np.ptp)
            known = own["difference"].where(own["metric"].map(spread) < 1e-9)  # else another at each setting
            own = own.assign(difference=known if "method" in baseline else np.nan)
        is_baseline = bool(baseline) and all(line.get(name) == as_text(value) for name, value in baseline.items())
        line["seeds"] = str(alike["seeds"].max())
        for cells in own.to_dict("records"):
            known = metric(cells["metric"])
            line[known.short] = interval_text(cells["mean"], cells["low"], cells["high"], known.digits)
            if baseline:
                against = interval_text(*(cells[name] for name in DIFFERENCE), known.digits, signed=True)
                if 0 < cells["paired"] < cells["seeds"]:
                    against += f" ({cells['paired']} seed{'s' * (cells['paired'] > 1)})"
                line[f"Δ {known.short}"] = "baseline" if is_baseline else against
        body.append(line)
    return pd.DataFrame(body).fillna("–")


def caption(lines: pd.DataFrame, baseline: Mapping[str, object] | None = None) -> str:
    """What a table over seeds shows, in a sentence or two."""
    scores = lines[~lines["metric"].isin(COSTS)]  # a cost counts training pictures
    pictures = sorted({int(n) for n in scores["pictures"].dropna()})
    on = f", on {' or '.join(f'{n:,}' for n in pictures)} test pictures" if pictures else ""
    text = f"Means over seeds with 95% t-intervals{on}; one seed gives no interval, nor does what no seed moves."
    return text + (f" Δ: paired by seed, against {baseline_text(baseline)}." if baseline else "")


def markdown(table: pd.DataFrame) -> str:
    """A table of text as Markdown whose columns are aligned, so that it also reads in a terminal."""
    cells = [[str(column) for column in table.columns], *table.to_numpy().tolist()]
    cells = [[cell.replace("|", r"\|") for cell in line] for line in cells]
    widths = [max(len(line[i]) for line in cells) for i in range(len(table.columns))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])


def figure_of(lines: pd.DataFrame) -> Figure:
    """The figure of lines of `over_seeds`: metrics over the first swept value, controls in gray."""
    by = settings_of(lines)
    labels = {key: metric(key).name for key in dict.fromkeys(lines["metric"])}
    return sweeps.swept(lines, by, labels, CONTROLS)


def write_table(
    stem: str | Path, table: pd.DataFrame, lines: pd.DataFrame, baseline: Mapping[str, object] | None = None
) -> list[Path]:
    """Write `<stem>.csv` (the tidy table), `<stem>.md` (means over seeds) and `<stem>.png`; returns their paths."""
    stem = Path(stem)
    paths = [stem.with_name(stem.name + suffix) for suffix in (".csv", ".md", ".png")]
    with atomic_write(paths[0]) as temporary:
        table.to_csv(temporary, index=False)
    with atomic_write(paths[1]) as temporary:
        text = f"{markdown(shown(lines, baseline))}\n\n{caption(lines, baseline)}\n"
        temporary.write_text(text, encoding="utf-8")
    with atomic_write(paths[2]) as temporary:
        figure_of(lines).savefig(temporary)
    return paths


def asked_by_sweep(table: pd.DataFrame, record: Mapping) -> dict:
    """The `metrics`, `baseline` and `methods` that a sweep's record names, as far as its finished points know them.

    With methods the controls are shown; without, all methods are.
    """
    known = {name: set(table[name].map(as_text)) for name in (*swept_of(table), "method", "metric")}
    baseline = {k: v for k, v in (record.get("baseline") or {}).items() if as_text(v) in known.get(k, ())}
    named = [
        name for name in (*CONTROLS, baseline.get("method"), *record.get("methods", [])) if name in known["method"]
    ]
    metrics = [key for key in record.get("metrics") or JUDGED if key in known["metric"]]
    found = any(name in known["method"] for name in record.get("methods", []))
    return {
        "metrics": metrics or None,
        "baseline": baseline if baseline == (record.get("baseline") or {}) else None,
        "methods": list(dict.fromkeys(named)) if found else None,
    }


def lacking(table: pd.DataFrame, record: Mapping) -> list[str]:
    """A sentence for each metric, method and baseline that a sweep's record names and that is not among its results."""
    said = []
    for kind in ("metric", "method"):
        names = [name for name in record.get(f"{kind}s", []) if name not in set(table[kind])]
        said += [f"Nothing that is done has the {kind} '{name}'; {nearest(name, table[kind])}" for name in names]
    baseline = record.get("baseline") or {}
    if baseline and not asked_by_sweep(table, record)["baseline"]:
        said.append(f"No differences: nothing that is done goes by the sweep's baseline, {baseline_text(baseline)}.")
    return said
