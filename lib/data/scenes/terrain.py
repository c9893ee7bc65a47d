"""Perspective views of height fields: which point of the ground each pixel shows, and how the sun meets it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lib.data.scenes.texture import sample, screen


class Ground(NamedTuple):
    """What each pixel sees of the ground, planes `(side, side)`; where `seen` is False, sky stands there."""

    seen: np.ndarray
    depth: np.ndarray
    across: np.ndarray
    height: np.ndarray
    slope: np.ndarray
    lit: np.ndarray


@dataclass(frozen=True)
class Camera:
    """Looks along the ground from height `eye`; `horizon` is a screen row, and depths run from `near` to `far`."""

    side: int
    horizon: float
    eye: float = 1.0
    near: float = 1.5
    far: float = 14.0

    def floor(self) -> tuple[np.ndarray, np.ndarray]:
        """World coordinates (across, depth) of a ray fan: row i of each plane stands at one depth, near rows first."""
        x, steps = screen(self.side)
        depth = np.float32(self.near) * np.float32(self.far / self.near) ** steps
        return (x - 0.5) * depth, depth

    def plane(self) -> tuple[np.ndarray, np.ndarray]:
        """World coordinates (across, depth) of the flat ground that each pixel below the horizon shows."""
        x, y = screen(self.side)
        depth = np.float32(self.eye) / np.maximum(y - np.float32(self.horizon), np.float32(0.004))
        return (x - 0.5) * depth, depth

    def look(self, height: np.ndarray, sun: tuple[float, float, float]) -> Ground:
        """The ground of `height`, given on `floor()`, as seen on the screen, lit from direction `sun`.

        A pixel shows the first depth whose projection rises above its row. With the running maximum of the
        projections this is a count, and counts per column are a histogram summed from the bottom up.
        """
        side = self.side
        across, depth = self.floor()
        rows = np.float32(self.horizon) + (np.float32(self.eye) - height) / depth
        top = np.clip(np.ceil(np.minimum.accumulate(rows, axis=0) * side - 0.5), 0, side).astype(np.int64)
        counts = np.bincount((top * side + np.arange(side)).ravel(), minlength=(side + 1) * side)
        first = counts.reshape(side + 1, side)[:0:-1].cumsum(axis=0)[::-1]
        seen = first < side
        place = np.minimum(first, side - 1) * side + np.arange(side)

        right = np.gradient(height, axis=1) / (depth / side)
        away = np.gradient(height, axis=0) / np.gradient(depth, axis=0)
        length = np.sqrt(1 + right * right + away * away)
        lit = np.clip((sun[1] - sun[0] * right - sun[2] * away) / length, 0, 1)
        return Ground(seen, *(plane.ravel()[place] for plane in (depth, across, height, 1 - 1 / length, lit)))


def hills(tile: np.ndarray, across: np.ndarray, depth: np.ndarray, scale: float, shift: float) -> np.ndarray:
    """Rolling ground about 0, of unit deviation.

    The tile lies at a slant, so that where it is mirrored no symmetry about the middle of the picture shows.
    """
    slanted = 0.8 * across - 0.6 * depth, 0.6 * across + 0.8 * depth
    return sample(tile, slanted[0] * scale + shift, slanted[1] * scale + shift)


def ridges(tile: np.ndarray, across: np.ndarray, depth: np.ndarray, scale: float, shift: float) -> np.ndarray:
    """Sharp crests in [0, 1] where noise crosses zero, as eroded mountains have them."""
    return np.maximum(1 - 0.9 * np.abs(hills(tile, across, depth, scale, shift)), 0)
