"""Where to set hints: the cells of which the network is least sure, and those from which most is learned.

Both look at what is still open after the hints before, and at no color: how sure a Gaussian process is depends on
where it was observed, not on what was seen there.
"""

from collections.abc import Callable

from torch import Tensor

from lib.colorize.hints import Seen, coarse_cells, removed_by_one


def most_uncertain(seen: Seen, count: int) -> Tensor:
    """The numbers of `count` cells, each the one whose chroma has most variance after hints in those before it."""
    return _one_by_one(seen, count, lambda covariance, _: covariance.diagonal())


def most_telling(seen: Seen, count: int) -> Tensor:
    """The numbers of `count` cells, each the one where a hint removes most variance from the whole photograph.

    A greedy choice by `usefulness_of_one_hint`, whose values are found with one pass over all pairs of cells a hint.
    """
    return _one_by_one(seen, count, removed_by_one)


def _one_by_one(seen: Seen, count: int, worth: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    everywhere = coarse_cells(seen).flatten()
    covariance = seen.covariance(everywhere, everywhere).double()
    noise, chosen = seen.covariances.noise, []
    for _ in range(count):
        chosen.append(int(worth(covariance, noise).argmax()))
        column = covariance[:, chosen[-1]].clone()
        covariance.addr_(column, column, alpha=-1 / float(column[chosen[-1]] + noise))
    return everywhere[chosen]
