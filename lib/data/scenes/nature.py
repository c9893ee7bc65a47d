"""The parts that scenes share: weather, sky and clouds, haze, water and trees."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from lib.data.scenes.terrain import Camera, Ground, hills
from lib.data.scenes.texture import blend, color, fractal, jitter, relief, sample, screen, smoothstep


@dataclass(frozen=True)
class Weather:
    """The colors of the light, each RGB `(3, 1, 1)`, with the amounts of clouds and haze."""

    zenith: np.ndarray  # the sky overhead
    low: np.ndarray  # the sky at the horizon
    sun: np.ndarray  # sunlight
    shade: np.ndarray  # skylight, which reaches shadows too
    cover: float  # share of the sky that clouds cover, in [0, 1]
    haze: float  # optical depth per unit of distance


Sun = tuple[float, float, float]  # unit vector to the sun: right, up, away

GRASS = color(0.36, 0.42, 0.16), color(0.26, 0.36, 0.12)
NEEDLES = color(0.13, 0.20, 0.11), color(0.18, 0.27, 0.13)
LEAVES = color(0.27, 0.39, 0.12), color(0.42, 0.50, 0.16)
ROCK = color(0.40, 0.36, 0.32), color(0.46, 0.44, 0.43)
SNOW = color(0.86, 0.90, 0.95)

WEATHER = {  # zenith, low, sun, shade, cover and haze of a `Weather`
    "clear": ((0.20, 0.42, 0.74), (0.68, 0.81, 0.91), (0.95, 0.90, 0.80), (0.27, 0.32, 0.40), 0.12, 0.035),
    "deep": ((0.06, 0.22, 0.55), (0.42, 0.62, 0.85), (1.00, 0.95, 0.86), (0.20, 0.26, 0.36), 0.08, 0.02),
    "broken": ((0.24, 0.45, 0.72), (0.66, 0.78, 0.88), (0.85, 0.82, 0.74), (0.30, 0.34, 0.40), 0.5, 0.04),
    "overcast": ((0.60, 0.64, 0.69), (0.80, 0.82, 0.84), (0.42, 0.42, 0.42), (0.42, 0.44, 0.46), 0.95, 0.08),
    "storm": ((0.26, 0.29, 0.34), (0.62, 0.66, 0.70), (0.40, 0.40, 0.38), (0.28, 0.30, 0.33), 0.95, 0.05),
    "golden": ((0.40, 0.53, 0.72), (0.96, 0.83, 0.64), (1.10, 0.84, 0.52), (0.24, 0.25, 0.34), 0.3, 0.06),
}


def weather(rng: Generator, **odds: float) -> Weather:
    """One of `WEATHER`, drawn with relative `odds` by name, with random changes of sky, clouds and haze."""
    share = np.array(list(odds.values()))
    *colors, cover, haze = WEATHER[rng.choice(list(odds), p=share / share.sum())]
    zenith, low, sun, shade = (color(*rgb) for rgb in colors)
    bright = np.float32(rng.uniform(0.8, 1.15))
    return Weather(
        np.clip(zenith * bright + jitter(rng, 0.02), 0, 1),
        np.clip(low * np.float32(rng.uniform(0.88, 1.08)), 0, 1),
        sun,
        shade,
        float(np.clip(cover + rng.uniform(-0.15, 0.2), 0, 1)),
        haze * rng.uniform(0.5, 1.8),
    )


def sunlight(rng: Generator, low: bool = False) -> Sun:
    """A unit vector to the sun (right, up, away). The sun is to the left or right, so that shapes have shaded sides.

    `low` puts it nearer to the horizon.
    """
    azimuth = rng.uniform(0.3, 1.1) * rng.choice([-1, 1])
    height = rng.uniform(0.15, 0.35) if low else rng.uniform(0.35, 0.7)
    flat = np.sqrt(1 - height * height)
    return float(flat * np.sin(azimuth)), float(height), float(-flat * np.cos(azimuth))


def from_right(sun: Sun) -> float:
    """1 if the sun is to the right, -1 if it is to the left."""
    return math.copysign(1.0, sun[0])


def sky(rng: Generator, side: int, air: Weather, horizon: float) -> np.ndarray:
    """A sky with clouds above screen row `horizon`, and the color of the horizon below it."""
    _, y = screen(side)
    above = np.clip((horizon - y) / max(horizon, 0.05), 0, 1)
    image = blend(air.low, air.zenith, above ** np.float32(rng.uniform(0.5, 1.0)))
    return clouds(rng, image, air, horizon, white=blend(air.sun, color(1, 1, 1), 0.6) * np.float32(0.97))


def clouds(rng: Generator, image: np.ndarray, air: Weather, horizon: float, white: np.ndarray) -> np.ndarray:
    """The image with clouds in perspective: large overhead, flat and dense near the horizon.

    `white` is the color of their lit tops.
    """
    side = image.shape[-1]
    x, y = screen(side)
    depth = 0.35 / (np.maximum(horizon - y, 0) + np.float32(0.18))
    tile = fractal(rng, side, 3, stretch=rng.integers(1, 3), persistence=0.58)
    noise = hills(tile, (x - 0.5) * depth, depth, rng.uniform(0.6, 0.9), 2 * rng.random())
    edge = 1.6 - 3.0 * air.cover
    density = smoothstep(edge, edge + rng.uniform(0.5, 1.4), noise)
    # Tops are lit and bases are in shadow: the relief is the thickness below minus the thickness above.
    soft = cv2.GaussianBlur(noise, (0, 0), side / 64)
    bright = np.clip(
        0.72 + 0.22 * relief(soft, 0, side // 32) - 0.16 * np.maximum(noise - edge - 1, 0) + 0.04 * noise, 0.25, 1
    )
    base = blend(air.shade, air.zenith, 0.5)
    return blend(image, blend(base, white, bright), density * smoothstep(-0.02, 0.12, horizon - y))


def relight(albedo: np.ndarray, lit: np.ndarray, air: Weather) -> np.ndarray:
    """The colors of a surface in sunlight and skylight. Shadows have the tint of the sky.

    Args:
        albedo: the surface's own colors, `(3, side, side)` or `(3, 1, 1)`.
        lit: the share of sunlight that reaches each pixel, `(side, side)` in about [0, 1].
        air: the colors of the light.
    """
    return albedo * (air.shade + air.sun * lit) * np.float32(1.35)


def hazy(image: np.ndarray, depth: np.ndarray, air: Weather) -> np.ndarray:
    """The image faded toward the color of the sky at the horizon, more at a larger `depth`."""
    return blend(image, air.low, 1 - np.exp(-depth * np.float32(air.haze)))


def over(background: np.ndarray, image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """`image` where `mask` is true, else `background`."""
    return np.where(mask, image, background)


def view(rng: Generator, ground: Ground, picture: np.ndarray, air: Weather, horizon: float) -> np.ndarray:
    """A `picture` of the ground seen through the haze, with a sky above it."""
    return over(sky(rng, ground.seen.shape[0], air, horizon), hazy(picture, ground.depth, air), ground.seen)


def mirror(rng: Generator, image: np.ndarray, shore: float, rough: float) -> np.ndarray:
    """A reflection of the image above screen row `shore` in the water below it.

    Ripples distort it, more toward the viewer and more for a larger `rough`.
    """
    side = image.shape[-1]
    x, y = screen(side)
    below = np.maximum(y - shore, 0)
    ripple = sample(fractal(rng, side, 3, stretch=8, persistence=0.8), x, 0.25 * np.log(below + 0.02) + 1)
    rows = (2 * shore - y + ripple * (0.006 + rough * 0.25 * below)) * side
    rows = np.minimum(rows, shore * side - 1).astype(np.float32)
    columns = np.asarray((x + 0.3 * rough * ripple * below) * side, np.float32)
    wet = np.stack([cv2.remap(c, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT) for c in image])
    return wet + rough / 3 * ripple * smoothstep(0, 0.2, below)


def on_ground(ground: Ground, tile: np.ndarray, scale: float) -> np.ndarray:
    """A texture on the ground in perspective, `(side, side)`: its details are smaller farther away."""
    return sample(tile, 0.5 + ground.across * scale, ground.depth * scale)


class Stand:
    """A stand of trees, drawn from far to near.

    For each pixel, `tree` is the number of the tree that it shows (-1 for none), `right` and `up` are its position on
    that tree in heights of the tree, and `mask` is whether it shows a tree.

    Args:
        rng: the generator of the scene.
        side: the side of the canvas in pixels.
        roots: screen points (x, y) where the trunks meet the ground, `(n, 2)`.
        heights: heights of the trees in screen heights, `(n,)`.
        conifer: whether the trees are conifers or have round crowns.
    """

    def __init__(self, rng: Generator, side: int, roots: np.ndarray, heights: np.ndarray, conifer: bool) -> None:
        order = np.argsort(roots[:, 1])
        self.roots, self.heights = roots[order].astype(np.float32), heights[order].astype(np.float32)
        canvas = np.full((side, side), -1, np.float32)
        outline = _conifer_outline(rng) if conifer else _crown_outline(rng)
        for number, (root, height) in enumerate(zip(self.roots, self.heights, strict=True)):
            shape = outline[rng.integers(len(outline))]
            points = (root + shape * height) * (side * 16)
            cv2.fillPoly(canvas, [points.astype(np.int32)], number, shift=4)
        x, y = screen(side)
        if not conifer:  # leaves have no straight edges
            wobble = fractal(rng, side, 24, persistence=0.9) * np.float32(0.006 * side)
            canvas = cv2.remap(
                canvas, x * side + wobble - 0.5, y * side - wobble[::-1] - 0.5, cv2.INTER_NEAREST, borderValue=-1
            )
        self.tree = canvas.astype(np.int32)
        self.mask = self.tree >= 0
        size = self.heights[self.tree]
        self.right = (x - self.roots[self.tree, 0]) / size
        self.up = (self.roots[self.tree, 1] - y) / size

    def paint(self, rng: Generator, leaves: np.ndarray, sun: Sun, air: Weather) -> np.ndarray:
        """A picture of the trees, valid inside `mask`. `leaves` `(n, 3)` are the colors of the trees."""
        side = self.tree.shape[0]
        grain = fractal(rng, side, 24, persistence=0.95)
        lit = 0.28 + 0.5 * (self.up - 0.45) + 0.9 * from_right(sun) * self.right + 0.20 * grain
        return relight(np.ascontiguousarray(leaves.T)[:, self.tree], np.clip(lit, 0, 1), air)


def _conifer_outline(rng: Generator) -> list[np.ndarray]:
    """Outlines of conifers as `(points, 2)`: jagged cones of height 1 with the root at the origin and y downward."""
    shapes = []
    for width in rng.uniform(0.13, 0.24, 6):
        up = np.repeat(np.linspace(0.06, 1, 9), 2)[1:]
        half = width * (1.02 - up) * np.where(np.arange(17) % 2, 0.6, 1.1) * rng.uniform(0.8, 1.2, 17)
        right = np.stack([half, -up], axis=1)
        left = np.stack([-half * rng.uniform(0.8, 1.2, 17), -up], axis=1)[::-1]
        shapes.append(np.concatenate([[[0.015, 0]], right, left, [[-0.015, 0]]]))
    return shapes


def _crown_outline(rng: Generator) -> list[np.ndarray]:
    """Outlines of round crowns as `(points, 2)`, of height 1, on the ground at the origin and y downward."""
    angle = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    shapes = []
    for width in rng.uniform(0.34, 0.5, 6):
        radius = 1 + rng.normal(0, 0.07, 18)
        shapes.append(np.stack([width * radius * np.cos(angle), -0.5 + 0.5 * radius * np.sin(angle)], axis=1))
    return shapes


def waves(rng: Generator, camera: Camera, choppy: float) -> np.ndarray:
    """The slope of the sea's surface at each pixel below the horizon, with standard deviation of about 1.

    Its crests run across the picture. `choppy` is the share of short waves.
    """
    across, depth = camera.plane()
    swell = sample(fractal(rng, camera.side, 3, stretch=4, persistence=0.6), 0.5 + 0.05 * across, 0.12 * depth)
    chop = sample(fractal(rng, camera.side, 12, stretch=2, persistence=0.8), 0.5 + 0.2 * across, 0.35 * depth)
    return swell + choppy * chop
