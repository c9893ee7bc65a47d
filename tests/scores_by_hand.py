"""Looking values up in rows of scores."""

from lib.evaluation.rows import of_method


def value_of(rows, method, metric):
    return row_of(rows, method, metric).value


def row_of(rows, method, metric):
    own = of_method(rows, method)
    (row,) = own[own["metric"] == metric].itertuples()
    return row
