"""Rows of numbers prepared so that their products are correlations."""

from torch import Tensor


def unit_rows(rows: Tensor) -> Tensor:
    """Rows `(N, K)` shifted to mean 0 and scaled to length 1: `a @ b.T` of two such is their matrix of correlations.

    A constant row has no direction: it becomes zeros, and correlates with nothing.

    >>> from torch import tensor
    >>> a, b = unit_rows(tensor([[1.0, 2, 3]])), unit_rows(tensor([[30.0, 20, 10], [5, 5, 5]]))
    >>> (a @ b.T).round(decimals=3).tolist()
    [[-1.0, 0.0]]
    """
    rows = rows - rows.mean(1, keepdim=True)
    return rows / rows.norm(dim=1, keepdim=True).clamp(min=1e-6)
