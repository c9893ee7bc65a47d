"""Perspective views of height fields: the point of the ground that each pixel shows, and the light on it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lib.data.scenes.texture import sample, screen


class Ground(NamedTuple):
    """The ground that each pixel shows, as planes `(side, side)`."""

    seen: np.ndarray  # whether the pixel shows ground; the others show sky
    depth: np.ndarray  # distance from the camera
    across: np.ndarray  # distance to the right of the camera
    height: np.ndarray
    slope: np.ndarray  # 0 for level ground, toward 1 for a cliff
    lit: np.ndarray  # share of the sunlight, in [0, 1]


@dataclass(frozen=True)
class Camera:
    """A camera that looks along the ground.

    Args:
        side: the side of the canvas in pixels.
        horizon: the screen row of the horizon.
        eye: the height of the camera.
        near: the smallest depth that it sees.
        far: the largest depth that it sees.
    """

    side: int
    horizon: float
    eye: float = 1.0
    near: float = 1.5
    far: float = 14.0

    def floor(self) -> tuple[np.ndarray, np.ndarray]:
        """World coordinates (across, depth) on a fan of rays, `(side, side)` each. A row has one depth, near first."""
        x, steps = screen(self.side)
        depth = np.float32(self.near) * np.float32(self.far / self.near) ** steps
        return (x - 0.5) * depth, depth

    def plane(self) -> tuple[np.ndarray, np.ndarray]:
        """World coordinates (across, depth) of flat ground for each pixel below the horizon, `(side, side)` each."""
        x, y = screen(self.side)
        depth = np.float32(self.eye) / np.maximum(y - np.float32(self.horizon), np.float32(0.004))
        return (x - 0.5) * depth, depth

    def look(self, height: np.ndarray, sun: tuple[float, float, float]) -> Ground:
        """The ground as seen by the camera.

        A pixel shows the first depth whose projection rises above its row. With the running maximum of the
        projections this depth is a count, and the counts of a column are a cumulative histogram from the bottom up.

        Args:
            height: the height of the ground at the coordinates of `floor()`.
            sun: a unit vector to the sun (right, up, away).
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
    """Rolling ground with mean 0 and standard deviation 1, sampled from a tile of noise.

    The tile is rotated, so that its mirrored copies show no symmetry about the middle of the picture.
    """
    slanted = 0.8 * across - 0.6 * depth, 0.6 * across + 0.8 * depth
    return sample(tile, slanted[0] * scale + shift, slanted[1] * scale + shift)


def ridges(tile: np.ndarray, across: np.ndarray, depth: np.ndarray, scale: float, shift: float) -> np.ndarray:
    """Sharp crests in [0, 1], as of eroded mountains, where the noise crosses zero."""
    return np.maximum(1 - 0.9 * np.abs(hills(tile, across, depth, scale, shift)), 0)
