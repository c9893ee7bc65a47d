"""Means over seeds with intervals, paired with a chosen baseline.

A line of such a table is a method at one setting of the swept parameters. What varies from seed to seed is the
training: the test pictures stay the same, and scores of different pictures are never averaged or compared.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lib.common.usage import UsageError, nearest, value_text
from lib.evaluation.intervals import mean_interval
from lib.evaluation.names import CONTROLS, JUDGED, METRICS
from lib.workbook.analysis.long_table import select, side_text, swept_of, whole_seeds

DIFFERENCE = ("difference", "difference_low", "difference_high")


def over_seeds(
    table: pd.DataFrame,
    by: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    baseline: Mapping[str, object] | None = None,
    methods: Sequence[str] | None = None,
) -> pd.DataFrame:
    """One line per setting of `by`, method and metric: seeds, pictures, mean, low, high, and those of the difference.

    `by` are swept parameters, all of them by default; over the others each seed is averaged first. `low` and `high`
    end the 95% t-interval over seeds, NaN with one seed. The difference to `baseline` (see `select`) is paired by seed
    and by everything that the baseline does not name; `paired` counts its seeds, and `baseline` says whether the line
    is it. `methods` are identifiers. Unknown names raise `UsageError` with the nearest known one; so do lines that
    would mix pictures.
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
    rows = differences(rows, baseline) if baseline else rows.assign(difference=np.nan, baseline=False)
    rows = rows[rows["method"].isin(methods)]
    lines, apart = [], [name for name in ("notebook", *swept_of(table)) if name not in by]
    keys = [*by, "method", "label", "metric"]
    for key, own in rows.groupby(keys, sort=False, dropna=False):
        setting = dict(zip(keys, key, strict=True))
        refuse_mixed_pictures(own, setting)
        a_seed = whole_seeds(own, apart).groupby("seed")["value"].mean().tolist()
        paired = whole_seeds(own.dropna(subset=["difference"]), apart).groupby("seed")["difference"].mean().tolist()
        means = (len(a_seed), own["n"].max(), *finite_interval(a_seed))
        lines.append((*key, *means, len(paired), *finite_interval(paired), own["baseline"].all()))
    columns = [*keys, "seeds", "pictures", "mean", "low", "high", "paired", *DIFFERENCE, "baseline"]
    return in_order(pd.DataFrame(lines, columns=columns), by, methods, metrics)


def known_or_refused(option: str, names: Sequence[str], known: Sequence[str]) -> None:
    """Raise `UsageError` for a name that is not known, with the nearest one that is."""
    for name in names:
        if name not in set(known):
            raise UsageError(f"{option}: nothing here goes by '{name}'; {nearest(str(name), known)}")


def refuse_mixed_pictures(rows: pd.DataFrame, setting: Mapping[str, object]) -> None:
    """Raise `UsageError` where the rows of one line were measured on different pictures."""
    if rows["pictures"].nunique() > 1:
        by = [name for name in setting if name not in ("method", "label", "metric")]
        swept = swept_of(rows.drop(columns=["difference", "baseline"]))
        by += [name for name in ("notebook", *swept) if rows[name].nunique() > 1]
        split = f", or split the table with --by {','.join(by)}" if len(by) > len(setting) - 3 else ""
        raise UsageError(
            f"{setting['label']} was measured on {rows['pictures'].nunique()} different sets of test pictures, whose "
            f"scores cannot be averaged; name fewer folders{split}."
        )


def differences(rows: pd.DataFrame, baseline: Mapping[str, object]) -> pd.DataFrame:
    """The rows with two columns more: how much more each scores than its counterpart, and whether it is the baseline.

    The counterpart is the row that is equal in all that `baseline` does not name; without one, and for the baseline
    itself, the difference is NaN.
    """
    check_baseline(rows, baseline)
    chosen = select(rows, baseline)
    line = [] if "method" in baseline else ["method", "label"]
    keys = ["notebook", *(name for name in swept_of(rows) if name not in baseline), "seed", *line, "metric"]
    scores = chosen[keys].map(value_text).assign(score=chosen["value"], on=chosen["pictures"])
    scores = scores.drop_duplicates(keys, keep="last")
    found = rows[keys].map(value_text).merge(scores, how="left", on=keys).set_axis(rows.index)
    if (found["on"].notna() & (found["on"] != rows["pictures"])).any():
        raise UsageError(
            f"--baseline: {side_text(baseline)} was measured on other test pictures than what it is to be "
            "compared with; choose a baseline on the same ones."
        )
    is_baseline = rows.index.isin(chosen.index)
    return rows.assign(difference=(rows["value"] - found["score"]).mask(is_baseline), baseline=is_baseline)


def check_baseline(rows: pd.DataFrame, baseline: Mapping[str, object]) -> None:
    """Raise `UsageError` where a baseline names what the rows do not have."""
    known_or_refused("--baseline", list(baseline), [*swept_of(rows), "method", "settings"])
    for name, value in baseline.items():
        known = set() if name == "settings" else set(rows[name].map(value_text))
        if name != "settings" and value_text(value) not in known:
            raise UsageError(f"--baseline: no {name} is '{value_text(value)}'; {nearest(value_text(value), known)}")
    if "settings" in baseline:
        known = rows[rows["method"] == baseline.get("method")]
        if not isinstance(baseline["settings"], Mapping) or select(known, {"settings": baseline["settings"]}).empty:
            raise UsageError(
                f"--baseline: no {baseline.get('method', 'method')} has the settings {baseline['settings']}; "
                f"there are: {', '.join(dict.fromkeys(known['settings'])) or 'none'}."
            )


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
    orders = {name: [value_text(value) for value in ordered(lines[name])] for name in by}
    orders |= {"method": list(methods), "label": list(dict.fromkeys(lines["label"])), "metric": list(metrics)}

    def places(column: pd.Series) -> pd.Series:
        return column.map(value_text).map(orders[column.name].index)

    return lines.sort_values(list(orders), key=places, ignore_index=True)


def asked_by_sweep(table: pd.DataFrame, record: Mapping) -> dict:
    """The `metrics`, `baseline` and `methods` that a sweep's record names, as far as its finished points know them.

    With methods the controls are shown; without, all methods are.
    """
    baseline, asked = record.get("baseline") or {}, record.get("methods", [])
    done = set(baseline) <= {*swept_of(table), "method", "settings"} and not select(table, baseline).empty
    known = set(table["method"])
    named = [name for name in (*CONTROLS, baseline.get("method"), *asked) if name in known]
    metrics = [key for key in record.get("metrics") or JUDGED if key in set(table["metric"])]
    return {
        "metrics": metrics or None,
        "baseline": baseline if baseline and done else None,
        "methods": list(dict.fromkeys(named)) if known & set(asked) else None,
    }


def lacking(table: pd.DataFrame, record: Mapping) -> list[str]:
    """A sentence for each metric, method and baseline that a sweep's record names and that is not among its results."""
    said = []
    for kind in ("metric", "method"):
        names = [name for name in record.get(f"{kind}s", []) if name not in set(table[kind])]
        said += [f"Nothing that is done has the {kind} '{name}'; {nearest(name, table[kind])}" for name in names]
    baseline = record.get("baseline") or {}
    if baseline and not asked_by_sweep(table, record)["baseline"]:
        said.append(f"No differences: nothing that is done goes by the sweep's baseline, {side_text(baseline)}.")
    return said
