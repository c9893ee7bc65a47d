"""Fractal noise and small array helpers: the raw material of every rendered surface.

Planes are float32 `(side, side)`; pictures are float32 `(3, side, side)` RGB in [0, 1], channels first because numpy is
much faster along long rows. Screen coordinates run from 0 to 1, x to the right and y downwards, so that the side of the
canvas never enters a description of a scene.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.random import Generator


@lru_cache(maxsize=4)
def screen(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates x and y of the pixel centers, `(side, side)` each. Shared: do not write into them."""
    along = ((np.arange(side) + 0.5) / side).astype(np.float32)
    return np.ascontiguousarray(np.broadcast_to(along, (side, side))), np.repeat(along[:, None], side, axis=1)


def fractal(rng: Generator, side: int, cells: int = 3, stretch: float = 1.0, persistence: float = 0.55) -> np.ndarray:
    """Noise of all scales below 1 / `cells`, zero mean and unit deviation, `(side, side)`.

    `stretch` above 1 makes the features that many times wider than high, below 1 higher than wide. Each octave is
    enlarged together with all coarser ones, so the whole costs little more than its finest octave; `cells` of 3, 6,
    12 ... double up to the side of the canvas exactly. The noise has a generator of its own: a larger canvas draws
    more octaves without shifting what `rng` gives next.
    """
    own = np.random.Generator(np.random.SFC64(int(rng.integers(2**63))))
    rows, columns = round(cells * max(1.0, stretch)), round(cells * max(1.0, 1 / stretch))
    field = own.random((rows, columns), dtype=np.float32) - np.float32(0.5)
    weight = 1.0
    while 2 * max(rows, columns) <= side:
        rows, columns, weight = 2 * rows, 2 * columns, weight * persistence
        field = cv2.resize(field, (columns, rows), interpolation=cv2.INTER_CUBIC)
        field += np.float32(weight) * (own.random((rows, columns), dtype=np.float32) - np.float32(0.5))
    if field.shape != (side, side):
        field = cv2.resize(field, (side, side), interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / field.std()


def profile(rng: Generator, side: int, cells: int = 4, persistence: float = 0.5) -> np.ndarray:
    """One-dimensional fractal noise, `(side,)`, zero mean and unit deviation: ridge lines, shore lines."""
    xs = np.linspace(0, 1, side, dtype=np.float32)
    total, weight = np.zeros(side, np.float32), 1.0
    own = np.random.Generator(np.random.SFC64(int(rng.integers(2**63))))
    while 2 * cells <= side:
        knots = own.standard_normal(cells + 1, dtype=np.float32)
        total += weight * np.interp(xs, np.linspace(0, 1, cells + 1), knots).astype(np.float32)
        cells, weight = 2 * cells, weight * persistence
    return (total - total.mean()) / total.std()


def sample(tile: np.ndarray, across: np.ndarray, along: np.ndarray) -> np.ndarray:
    """`tile` read at any coordinates, in units of its side, mirrored beyond its edges so that no seam shows."""
    last = tile.shape[0] - 1
    # Folded here: cv2.remap's own border modes are several times slower, point by point.
    columns, rows = (np.abs(c - 2 * np.rint(c * np.float32(0.5))) * last for c in (across, along))
    return cv2.remap(tile, np.asarray(columns, np.float32), np.asarray(rows, np.float32), cv2.INTER_LINEAR)


def relief(plane: np.ndarray, axis: int, step: int) -> np.ndarray:
    """`plane` `step` pixels further minus as many pixels back along `axis`; edges repeat. Light from that end."""
    along = np.arange(plane.shape[axis])
    return np.take(plane, np.minimum(along + step, along[-1]), axis) - np.take(plane, np.maximum(along - step, 0), axis)


def smoothstep(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth between; `low` may be the larger one, for a falling step."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def blend(first: np.ndarray, second: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """`first` with a `share` (a plane or a number) of `second`; colors and pictures both do."""
    mixed = (second - first) * share
    mixed += first
    return mixed


def color(red: float, green: float, blue: float) -> np.ndarray:
    """A color as `(3, 1, 1)`, so that it spreads over planes."""
    return np.array([red, green, blue], np.float32).reshape(3, 1, 1)


def between(rng: Generator, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """A random color on the line between two."""
    return blend(first, second, np.float32(rng.random()))


def jitter(rng: Generator, deviation: float) -> np.ndarray:
    """A random color around 0."""
    return color(*rng.normal(0, deviation, 3))
