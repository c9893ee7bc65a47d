"""Scenes of trees: woods and hillsides in autumn.

`forest` and `autumn` draw a scene as float32 RGB `(3, side, side)` in about [0, 1].
"""

import cv2
import numpy as np
from numpy.random import Generator

from lib.data.scenes import nature
from lib.data.scenes.nature import LEAVES, Stand, Sun, Weather, hazy, mirror, over, relight, sky
from lib.data.scenes.plains import crop
from lib.data.scenes.terrain import Camera, Ground
from lib.data.scenes.texture import between, blend, color, fractal, profile, sample, screen, smoothstep

AUTUMN = np.array(
    [[0.78, 0.44, 0.08], [0.70, 0.26, 0.07], [0.82, 0.60, 0.14], [0.55, 0.18, 0.08], [0.36, 0.38, 0.12]], np.float32
)


def forest(rng: Generator, side: int) -> np.ndarray:
    """The inside of a wood in summer or in muted colors."""
    palette = LEAVES if rng.random() < 0.7 else (color(0.20, 0.30, 0.14), color(0.30, 0.38, 0.20))
    litter = between(rng, color(0.34, 0.25, 0.15), color(0.28, 0.30, 0.12))
    return _woods(rng, side, between(rng, *palette), [between(rng, *palette) for _ in range(4)], litter)


def autumn(rng: Generator, side: int) -> np.ndarray:
    """A hillside or the inside of a wood in autumn."""
    if rng.random() < 0.65:
        return _autumn_hill(rng, side)
    leaves = AUTUMN[rng.choice(len(AUTUMN), 4, p=[0.3, 0.2, 0.3, 0.05, 0.15])]
    glow = between(rng, color(*AUTUMN[0]), color(*AUTUMN[2]))
    litter = between(rng, color(*AUTUMN[1]), color(0.45, 0.30, 0.16))
    return _woods(rng, side, glow, [color(*leaf) for leaf in leaves], litter)


def _autumn_hill(rng: Generator, side: int) -> np.ndarray:
    """A wooded slope in autumn colors, above a lake or a meadow."""
    air = nature.weather(rng, clear=3, deep=2, broken=2, overcast=2)
    sun = nature.sunlight(rng)
    x, y = screen(side)
    horizon, base = rng.uniform(0.25, 0.5), rng.uniform(0.62, 1.05)
    knots = np.linspace(0, 1, 64)
    ridge = horizon + rng.uniform(-0.25, 0.25) * (knots - 0.5) + 0.05 * profile(rng, 64)
    image = over(sky(rng, side, air, horizon), _understory(rng, air, side), y > np.interp(x[0], knots, ridge) - 0.01)
    # A quarter of the trees are on the ridge, the others between it and the foot of the hill.
    count = 360
    place = np.maximum(rng.uniform(-0.33, 1, count), 0) ** 0.8
    across = rng.uniform(-0.02, 1.02, count)
    top = np.interp(across, knots, ridge)
    tall = (0.04 + rng.uniform(0.08, 0.2) * place) * rng.uniform(0.7, 1.2, count)
    stand = Stand(rng, side, np.stack([across, top + (base - top) * place], 1), tall, conifer=False)
    mix = rng.dirichlet(np.array([1.6, 1.2, 1.6, 0.6, 1.2]))
    leaves = AUTUMN[rng.choice(len(AUTUMN), count, p=mix)] * rng.uniform(0.75, 1.15, (count, 1)).astype(np.float32)
    distance = 6 * (1 - np.clip((stand.roots[stand.tree, 1] - horizon) / (base - horizon), 0, 1)) + 1
    image = over(image, hazy(stand.paint(rng, leaves, sun, air), distance, air), stand.mask)
    foot, rough = base - 0.03, 0.006 * fractal(rng, side, 24, stretch=0.5, persistence=0.9)
    if base < 0.9 and rng.random() < 0.5:
        water = blend(mirror(rng, image, foot, rng.uniform(0.05, 0.3)), color(0.05, 0.08, 0.09), 0.3)
        return over(image, water, y > foot + 0.3 * rough)
    ground_x, ground_z = Camera(side, horizon - 0.1, eye=0.6).plane()
    flat = np.zeros_like(y)
    meadow = Ground(seen=y > foot, depth=ground_z, across=ground_x, height=flat, slope=flat, lit=flat + 0.6)
    return over(image, crop(rng, meadow, air), y > foot + rough)


def _understory(rng: Generator, air: Weather, side: int) -> np.ndarray:
    """The dark ground between the crowns."""
    fine = fractal(rng, side, 12, persistence=0.9)
    return hazy(relight(color(0.34, 0.25, 0.11), np.clip(0.3 + 0.2 * fine, 0, 1), air), np.full_like(fine, 5), air)


def _woods(rng: Generator, side: int, glow: np.ndarray, leaves: list, litter: np.ndarray) -> np.ndarray:
    """The inside of a wood: light between far leaves, rows of trunks from far to near, leaves above, litter below.

    Args:
        rng: the generator of the scene.
        side: the side of the canvas in pixels.
        glow: the color of the light between far leaves.
        leaves: the colors of the leaves of each row of trunks, at least 4.
        litter: the color of the ground.
    """
    air = nature.weather(rng, clear=3, broken=2, overcast=2, golden=1)
    sun = nature.sunlight(rng)
    _, y = screen(side)
    floor = rng.uniform(0.58, 0.78)
    speckle = fractal(rng, side, 6, persistence=0.95)
    gaps = smoothstep(0.5, 1.6, speckle + 2.0 * (0.45 - y) + rng.uniform(-1, 0.4))
    image = blend(glow * (0.9 + 0.35 * speckle), blend(air.low, glow, 0.15), gaps)
    image = _forest_floor(rng, image, air, litter, glow, floor)
    mist = blend(blend(air.low, glow, 0.5), color(0, 0, 0), rng.uniform(0.2, 0.5))
    bark = between(rng, color(0.24, 0.18, 0.13), color(0.36, 0.32, 0.27))
    layers = int(rng.integers(3, 5))
    for layer in range(layers):
        near = (layer + 1) / layers
        image = _trunks(rng, image, air, sun, bark, mist, near, floor + 0.03 + 0.25 * near * near)
        clumps = fractal(rng, side, 3, persistence=0.85)
        cut = rng.uniform(0.4, 1.2) + 2.6 * (y - 0.25) - 0.5 * smoothstep(0.1, 0, np.abs(y - floor))
        light = np.clip(0.32 + 0.33 * fractal(rng, side, 24, persistence=0.95) + 0.2 * clumps, 0, 1.2)
        green = relight(leaves[layer] * np.ones_like(image[0]), light, air)
        image = over(image, blend(mist, green, 0.45 + 0.55 * near), clumps > cut)
    return image


def _forest_floor(
    rng: Generator, image: np.ndarray, air: Weather, litter: np.ndarray, growth: np.ndarray, floor: float
) -> np.ndarray:
    """The image with litter, low plants and spots of sunlight below screen row `floor`."""
    side = image.shape[-1]
    _, y = screen(side)
    camera = Camera(side, floor - 0.12, eye=0.8)
    across, depth = camera.plane()
    patches = sample(fractal(rng, side, 6, persistence=0.75), 0.5 + 0.12 * across, 0.12 * depth)
    fine = fractal(rng, side, 24, persistence=0.95)
    albedo = blend(litter, growth, smoothstep(-0.3, 0.8, patches + rng.uniform(-1, 1)))
    spots = sample(fractal(rng, side, 6), 0.5 + 0.1 * across, 0.2 * depth)
    dapple = rng.uniform(0.2, 0.7) * smoothstep(0.2, 1.0, spots)
    picture = relight(albedo, np.clip(0.22 + dapple + 0.2 * fine + 0.1 * patches, 0, 1.2), air)
    return over(image, picture, y > floor + 0.02 * profile(rng, side))


def _trunks(
    rng: Generator,
    image: np.ndarray,
    air: Weather,
    sun: Sun,
    bark: np.ndarray,
    mist: np.ndarray,
    near: float,
    base: float,
) -> np.ndarray:
    """The image with one row of trunks, rooted at screen row `base`. A larger `near` makes them fewer and wider.

    Args:
        rng: the generator of the scene.
        image: the picture behind the trunks.
        air: the colors of the light.
        sun: a unit vector to the sun.
        bark: the color of the bark.
        mist: the color to which far trunks fade.
        near: how near the row is, in (0, 1].
        base: the screen row of the roots.
    """
    side = image.shape[-1]
    x, _ = screen(side)
    count = int(rng.integers(3, 8) / near) if near < 1 else int(rng.integers(2, 6))
    canvas = np.full((side, side), -1, np.float32)
    center = rng.random(count, dtype=np.float32)
    width = rng.uniform(0.02, 0.07, count).astype(np.float32) * near**1.5
    lean = rng.normal(0, 0.03, count).astype(np.float32)
    for k in range(count):
        middle = center[k] + np.array([lean[k], rng.normal(0, 0.006), 0.0])
        half = np.array([0.32, 0.42, 0.6]) * width[k]
        rows = np.array([-0.02, base * 0.6, base + rng.uniform(-0.02, 0.02)])
        sides = np.stack([middle - half, rows], 1), np.stack([middle + half, rows], 1)[::-1]
        cv2.fillPoly(canvas, [(np.concatenate(sides) * side * 16).astype(np.int32)], k, shift=4)
    trunk = canvas.astype(np.int32)
    offset = (x - (center + lean * 0.5)[trunk]) / width[trunk]
    grooves = fractal(rng, side, 24, stretch=0.2, persistence=0.9)
    lit = np.clip(0.35 + 0.9 * nature.from_right(sun) * offset + 0.2 * grooves, 0, 1)
    picture = blend(mist, relight(bark * (0.9 + 0.15 * grooves), lit, air), 0.35 + 0.65 * near)
    return over(image, picture, trunk >= 0)
