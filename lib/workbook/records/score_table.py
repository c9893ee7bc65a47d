"""The results table that terminal, notebook and page show."""

import html
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from lib.evaluation.names import CONTROLS, METRICS, NOT_OF_TEST, PAPER, TRUTH, UNRANKED, UNSHOWN, Method, metric
from lib.evaluation.size import LEAST_PICTURES

if TYPE_CHECKING:
    import pandas as pd

FIRST = ("psnr", "ssim", "r2_chroma", "colorfulness_ratio")  # the columns that a table shows before a click
KINDS = {**dict.fromkeys(CONTROLS, "control"), PAPER: "paper", TRUTH: "truth"}  # of a line of the table
MARKS = {"control": "control", "paper": "in the paper"}  # what stands below the name of such a line
SOFT = "color: #777"  # readable on a light page and on a dark one


def first_of_each(rows: Iterable[dict]) -> dict[tuple[Method, str], dict]:
    """Rows by (method, metric), the first where several notebooks measured the same."""
    cells: dict[tuple[Method, str], dict] = {}
    for row in rows:
        cells.setdefault((Method.of(row), row["metric"]), row)
    return cells


def metric_keys(rows: Iterable[dict]) -> list[str]:
    """The metrics to show, known ones first in the order of `METRICS`."""
    found = dict.fromkeys(row["metric"] for row in rows if row["metric"] not in UNSHOWN)
    return [key for key in METRICS if key in found] + [key for key in found if key not in METRICS]


def first_keys(keys: Iterable[str]) -> list[str]:
    """The few metrics that a table shows before a click: those of `FIRST`, else as many others.

    >>> first_keys(["psnr", "psnr_pooled", "ssim"]), first_keys(["layers"])
    (['psnr', 'ssim'], ['layers'])
    """
    keys = list(keys)
    return [key for key in FIRST if key in keys] or keys[: len(FIRST)]


def cell_text(row: dict | None, digits: int) -> str:
    """`23.02 [22.81, 23.24]`; without the interval where there is none; a dash where nothing was measured."""
    if row is None or row["value"] is None:
        return "–"
    text = f"{row['value']:z.{digits}f}"
    if row.get("low") is not None and row.get("high") is not None:
        text += f" [{row['low']:z.{digits}f}, {row['high']:z.{digits}f}]"
    return text


def intervals_in_words(rows: Iterable[dict]) -> str:
    """What a table says of its intervals: where they are, or why it shows none."""
    measured = [row for row in rows if row.get("n") and row["metric"] not in NOT_OF_TEST]
    if measured and all(row["low"] is None for row in measured):
        few = [row["n"] for row in measured if row["n"] < LEAST_PICTURES]
        return f"No intervals: too few pictures ({max(few)})." if few else "No intervals."
    return "Below each value its 95% interval."


def results_table(rows: list[dict], keys: Iterable[str] = ()) -> "pd.DataFrame":
    """Rows of results.json as a table of text: one row per `Method`, one column per metric's name.

    A cell is `value [low, high]`. Methods stand in the order in which they first occur; those that have none of the
    metrics shown are left out. Of several rows for one method and metric the first counts.

    Args:
        rows: rows of results.json.
        keys: the metrics to show, such as `names.OF_FILMS`; by default those of `metric_keys`.
    """
    import pandas as pd

    cells, keys = first_of_each(rows), list(keys) or metric_keys(rows)
    methods = list(dict.fromkeys(Method.of(row) for row in rows if row["metric"] in keys))
    body = [[cell_text(cells.get((method, key)), metric(key).digits) for key in keys] for method in methods]
    index = pd.Index(methods, dtype=object)
    return pd.DataFrame(body, index=index, columns=[metric(key).name for key in keys], dtype=str)


def best_methods(rows: list[dict]) -> dict[str, Method]:
    """Metric name -> the method with the best value. Controls compete; the truth and printed numbers do not."""
    best: dict[str, Method] = {}
    for known in filter(lambda known: known.best is not None, map(metric, metric_keys(rows))):
        costs = {
            method: known.cost(row["value"])
            for (method, key), row in first_of_each(rows).items()
            if metric(key) == known and row["value"] is not None and method.name not in UNRANKED
        }
        if costs:
            best[known.name] = min(costs, key=costs.get)
    return best


def table_cells(texts: Mapping[str, str], best: Mapping[str, str]) -> list[dict]:
    """The cells of a line of a results table for HTML: value, interval, and whether the value is the best.

    Values that read the same are equally best: a tie is not settled by digits that nobody sees.

    Args:
        texts: `value [low, high]` by column.
        best: the best value of each column that has one, as its text.
    """
    parts = {column: text.partition(" ") for column, text in texts.items()}
    return [
        {"value": value, "interval": re.sub(r"[][]", "", interval), "best": value == best.get(column)}
        for column, (value, _, interval) in parts.items()
    ]


def table_parts(rows: list[dict]) -> list[dict]:
    """The results table for HTML: a part with the few columns to show first, then one with all, if there are more.

    Returns:
        Parts with "columns", the metrics' names, and "lines", one per method: its "name", its "kind" (of `KINDS`, or
        "") and its "cells" as `table_cells` makes them.
    """
    frame, keys = results_table(rows), metric_keys(rows)
    best = {name: frame.loc[method, name].partition(" ")[0] for name, method in best_methods(rows).items()}
    parts = []
    for chosen in (first_keys(keys), keys):
        columns, lines = [metric(key).name for key in chosen], []
        for method, texts in frame[columns].iterrows():
            name = method.settings["method"] if method.name == PAPER else method.label
            cells = table_cells(texts, {} if method.name in UNRANKED else best)
            lines.append({"name": name, "kind": KINDS.get(method.name, ""), "cells": cells})
        parts.append({"columns": columns, "lines": lines})
    return parts if len(keys) > len(first_keys(keys)) else parts[:1]


class ScoreTable:
    """The results table as a notebook shows it: few columns, and all metrics one click away.

    Args:
        rows: rows of results.json.
    """

    def __init__(self, rows: list[dict]):
        self.rows = list(rows)

    def __repr__(self) -> str:
        """The columns to show first as text, each value with its interval."""
        names = [metric(key).name for key in first_keys(metric_keys(self.rows))]
        short = {known.name: known.short for known in METRICS.values()}
        return results_table(self.rows)[names].rename(columns=short).to_string()

    def _repr_html_(self) -> str:
        """The table as HTML. Styles are in its elements: JupyterLab drops style sheets. Without any it reads, too."""
        first, *others = map(_html_table, table_parts(self.rows))
        under = f'<p style="{SOFT}"><small>{intervals_in_words(self.rows)} The best of a column is bold.</small></p>'
        return "\n".join(
            [first, under, *(f"<details><summary>all metrics</summary>\n{table}\n</details>" for table in others)]
        )


def _html_table(part: dict) -> str:
    """One of `table_parts` as an HTML table whose styles stand in its elements."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in ("", *part["columns"]))
    lines = []
    for line in part["lines"]:
        mark = MARKS.get(line["kind"])
        name = html.escape(line["name"]) + (f' <small style="{SOFT}">{mark}</small>' if mark else "")
        cells = "".join(map(_html_cell, line["cells"]))
        lines.append(f'<tr><th style="text-align: left">{name}</th>{cells}</tr>')
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(lines) + "\n</tbody>\n</table>"


def _html_cell(cell: dict) -> str:
    value = f"<b>{cell['value']}</b>" if cell["best"] else cell["value"]
    interval = f'<br><small style="{SOFT}">{cell["interval"]}</small>' if cell["interval"] else ""
    return f'<td style="text-align: right; white-space: nowrap">{value}{interval}</td>'
