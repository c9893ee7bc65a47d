"""Fractal noise and helpers for arrays and colors, from which all surfaces are made.

Planes are float32 `(side, side)`. Pictures are float32 RGB `(3, side, side)` in [0, 1], channels first because numpy is
much faster along long rows. Screen coordinates run from 0 to 1, x to the right and y downward, so that the description
of a scene does not depend on the size of the canvas.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.random import Generator


@lru_cache(maxsize=4)
def screen(side: int) -> tuple[np.ndarray, np.ndarray]:
    """The screen coordinates x and y of the pixel centers, `(side, side)` each. They are cached: do not modify them."""
    along = ((np.arange(side) + 0.5) / side).astype(np.float32)
    return np.ascontiguousarray(np.broadcast_to(along, (side, side))), np.repeat(along[:, None], side, axis=1)


def fractal(rng: Generator, side: int, cells: int = 3, stretch: float = 1.0, persistence: float = 0.55) -> np.ndarray:
    """Fractal noise `(side, side)` with mean 0 and standard deviation 1.

    Each octave is enlarged together with all coarser ones, so that the total costs little more than the finest octave.
    The noise has its own generator. A larger canvas can then draw more octaves without changing the next numbers of
    `rng`.

    Args:
        rng: the generator of the scene, which gives one number.
        side: the side of the canvas in pixels.
        cells: the number of cells of the coarsest octave. With 3, 6, 12 ... the octaves double up to `side` exactly.
        stretch: the ratio of width to height of the features.
        persistence: the weight of each octave relative to the next coarser one.
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
    """Fractal noise along a line, `(side,)`, with mean 0 and standard deviation 1, for ridges and shores."""
    xs = np.linspace(0, 1, side, dtype=np.float32)
    total, weight = np.zeros(side, np.float32), 1.0
    own = np.random.Generator(np.random.SFC64(int(rng.integers(2**63))))
    while 2 * cells <= side:
        knots = own.standard_normal(cells + 1, dtype=np.float32)
        total += weight * np.interp(xs, np.linspace(0, 1, cells + 1), knots).astype(np.float32)
        cells, weight = 2 * cells, weight * persistence
    return (total - total.mean()) / total.std()


def sample(tile: np.ndarray, across: np.ndarray, along: np.ndarray) -> np.ndarray:
    """A tile sampled at any coordinates, in units of its side. It is mirrored beyond its edges to avoid seams."""
    last = tile.shape[0] - 1
    # Mirrored here, because the border modes of cv2.remap are several times slower.
    columns, rows = (np.abs(c - 2 * np.rint(c * np.float32(0.5))) * last for c in (across, along))
    return cv2.remap(tile, np.asarray(columns, np.float32), np.asarray(rows, np.float32), cv2.INTER_LINEAR)


def relief(plane: np.ndarray, axis: int, step: int) -> np.ndarray:
    """The difference of a plane `step` pixels ahead and behind along an axis, as if lit from its end. Edges repeat."""
    along = np.arange(plane.shape[axis])
    return np.take(plane, np.minimum(along + step, along[-1]), axis) - np.take(plane, np.maximum(along - step, 0), axis)


def smoothstep(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """A smooth step from 0 at `low` to 1 at `high`. It falls if `low` is the larger one."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def blend(first: np.ndarray, second: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """A linear mixture of two colors or pictures. `share` is the share of `second`, a plane or a number in [0, 1]."""
    mixed = (second - first) * share
    mixed += first
    return mixed


def color(red: float, green: float, blue: float) -> np.ndarray:
    """A color as `(3, 1, 1)`, which broadcasts with planes and pictures."""
    return np.array([red, green, blue], np.float32).reshape(3, 1, 1)


def between(rng: Generator, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """A random mixture of two colors."""
    return blend(first, second, np.float32(rng.random()))


def jitter(rng: Generator, deviation: float) -> np.ndarray:
    """A random change of color: normally distributed with mean 0, `(3, 1, 1)`."""
    return color(*rng.normal(0, deviation, 3))
