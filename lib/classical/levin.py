"""Colors from hints without any learning: colorization by optimization, and its control, the nearest hint.

Levin, Lischinski and Weiss, Colorization Using Optimization (2004): neighbors of similar luma shall have similar
colors. Every cell without a hint takes the weighted mean of its neighbors,

    U(r) = sum over s in N(r) of w(r, s) U(s)                          (every term of their equation 1 is zero)
    w(r, s) ~ exp(-(Y(r) - Y(s))² / 2 σ(r)²), summing to 1 over s      (their equation 2)

with U one component of chroma, Y the luma, N(r) the cells around r in a window of 3 x 3, and σ(r)² the variance of
the luma in it.
"""

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# What equation 2 writes as 2: with it, edges of luma let much of a color through. The authors' program has 0.6, too,
# and the same least variance; its bound by the nearest neighbor's luma is left out. Validation photographs agree.
NARROWNESS = 0.6
LEAST_VARIANCE = 2e-6  # of the luma in a window, which may be flat


def spread_by_luma(luma: Tensor, cells: Tensor, chroma: Tensor) -> Tensor:
    """The chroma that hints give to a whole picture, spread up to the edges of its luma, `(2, h, w)`.

    The hints are constraints: their cells keep their chroma, and all others lie between those of the hints. As in the
    authors' program, equation 1 is not asked of cells with hints, so all its other terms can be zero: one sparse linear
    system, solved directly. Without hints everything is gray.

    Args:
        luma: `(h, w)` in [0, 1].
        cells: the numbers of the cells with hints, counted row by row, `(k,)`. Hints in one cell average.
        chroma: their Cb and Cr, `(2, k)`.
    """
    from scipy.sparse import identity
    from scipy.sparse.linalg import splu

    hinted, given = _averaged(luma, cells, chroma)
    found = np.zeros((luma.numel(), 2))
    found[hinted] = given
    free = np.setdiff1d(np.arange(luma.numel()), hinted)
    if len(hinted) and len(free):
        weights = neighbor_weights(luma.double().cpu().numpy())[free]
        system = identity(len(free), format="csc") - weights[:, free].tocsc()
        found[free] = splu(system).solve(weights[:, hinted] @ given)
    return torch.from_numpy(found.T.reshape(2, *luma.shape)).to(luma)


def nearest_hint(luma: Tensor, cells: Tensor, chroma: Tensor) -> Tensor:
    """The control: every cell takes the chroma of the hint that is nearest to it, `(2, h, w)`.

    The arguments are those of `spread_by_luma`; of the luma only the size counts.
    """
    from scipy.spatial import cKDTree

    hinted, given = _averaged(luma, cells, chroma)
    if not len(hinted):
        return luma.new_zeros(2, *luma.shape)
    places = np.stack(np.unravel_index(np.arange(luma.numel()), luma.shape), 1)
    _, nearest = cKDTree(places[hinted]).query(places)
    return torch.from_numpy(given[nearest].T.reshape(2, *luma.shape)).to(luma)


def neighbor_weights(luma: np.ndarray) -> "csr_array":
    """The weights of equation 2 as a sparse matrix `(h w, h w)`: each row belongs to a cell and sums to 1.

    Args:
        luma: `(h, w)`, of two cells or more.
    """
    from scipy.sparse import csr_array

    height, width = luma.shape
    padded = np.pad(luma, 1, constant_values=np.nan)  # beyond the border there are no neighbors
    shifts = list(product((0, 1, 2), repeat=2))
    around = np.stack([padded[y : y + height, x : x + width] for y, x in shifts])
    variance = np.maximum(np.nanvar(around, 0), LEAST_VARIANCE)
    weights = np.exp(-((around - luma) ** 2) / (NARROWNESS * variance))
    numbers = np.arange(luma.size).reshape(luma.shape)
    theirs = np.stack([numbers + (y - 1) * width + x - 1 for y, x in shifts])
    weights[shifts.index((1, 1))] = np.nan  # no cell is its own neighbor
    there = np.isfinite(weights)
    weights /= np.nansum(weights, 0)
    ours = np.broadcast_to(numbers, there.shape)
    return csr_array((weights[there], (ours[there], theirs[there])), shape=(luma.size, luma.size))


def _averaged(luma: Tensor, cells: Tensor, chroma: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Each cell with hints once, `(n,)`, and the mean chroma of its hints, `(n, 2)`."""
    numbers, chromas = cells.cpu().numpy(), chroma.double().cpu().numpy()
    if numbers.ndim != 1 or chromas.shape != (2, len(numbers)):
        raise ValueError(f"hints in {tuple(cells.shape)} cells cannot have chroma {tuple(chroma.shape)}; give (2, k)")
    outside = numbers[(numbers < 0) | (numbers >= luma.numel())]
    if len(outside):
        raise ValueError(f"a hint lies in cell {outside[0]}; the picture has the cells 0 to {luma.numel() - 1}")
    hinted, which = np.unique(numbers, return_inverse=True)
    sums = np.stack([np.bincount(which, side, len(hinted)) for side in chromas], 1)
    return hinted, sums / np.bincount(which, minlength=len(hinted))[:, None]
