"""The results table that terminal, notebook and page show."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lib.evaluation.names import METRICS, UNRANKED, UNSHOWN, Method, metric

if TYPE_CHECKING:
    import pandas as pd


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


def cell_text(row: dict | None, digits: int) -> str:
    """`23.02 [22.81, 23.24]`; without the interval where there is none; a dash where nothing was measured."""
    if row is None or row["value"] is None:
        return "–"
    text = f"{row['value']:z.{digits}f}"
    if row.get("low") is not None and row.get("high") is not None:
        text += f" [{row['low']:z.{digits}f}, {row['high']:z.{digits}f}]"
    return text


def results_table(rows: list[dict]) -> "pd.DataFrame":
    """Rows of results.json as a table of text: one row per `Method`, one column per metric's name.

    A cell is `value [low, high]`. Methods stand in the order in which they first occur. Of several rows for one
    method and metric the first counts.
    """
    import pandas as pd

    cells, keys = first_of_each(rows), metric_keys(rows)
    methods = list(dict.fromkeys(map(Method.of, rows)))
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
