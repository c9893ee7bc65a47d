"""Rows of results.json as a table and back. In a table settings are JSON text, so that they can be compared."""

import json
from collections.abc import Iterable

import numpy as np
import pandas as pd

from lib.evaluation.names import ROW, Method

METHOD = ["method", "settings", "label"]  # the columns that say which method a row of a table is of


def rows_of(rows: Iterable[dict]) -> pd.DataFrame:
    """Rows of results.json as a table; also where there are none."""
    table = pd.DataFrame(rows, columns=ROW)
    return table.assign(settings=[Method.of(row).settings_text for row in table.to_dict("records")])


def records_of(table: pd.DataFrame) -> list[dict]:
    """A table as rows of results.json; infinite or missing numbers become None."""
    finite = table.astype(object).where(table.notna() & ~table.isin([np.inf, -np.inf]), None)
    return [{**row, "settings": json.loads(row["settings"])} for row in finite.to_dict("records")]


def methods_of(table: pd.DataFrame) -> list[Method]:
    """The methods of a table, in the order in which they first occur."""
    found = table[["method", "settings"]].drop_duplicates()
    return [Method(name, json.loads(settings)) for name, settings in found.itertuples(index=False, name=None)]


def of_method(table: pd.DataFrame, method: Method | str) -> pd.DataFrame:
    """The rows of one method."""
    wanted = Method.of(method)
    return table[(table["method"] == wanted.name) & (table["settings"] == wanted.settings_text)]


def values_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Each method's values: one row per `Method`, one column per metric."""
    wide = rows.pivot(index=["method", "settings"], columns="metric", values="value")
    methods = methods_of(rows)
    return wide.loc[[(m.name, m.settings_text) for m in methods]].set_axis(pd.Index(methods, dtype=object))


def grid_of(table: pd.DataFrame) -> list[Method]:
    """The paper's networks among a table's methods, fewest pairs and epochs first.

    The last, most pairs and all epochs, stands for the paper's network in every claim: it is fixed before it is scored.
    """
    networks = [method for method in methods_of(table) if method.name == "cnn"]
    return sorted(networks, key=lambda method: (method.settings["pairs"], method.settings["epochs"]))
