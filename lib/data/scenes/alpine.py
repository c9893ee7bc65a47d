"""Scenes in the mountains: ranges, lakes and glaciers.

`mountains`, `lake` and `glacier` draw a scene as float32 RGB `(3, side, side)` in about [0, 1].
"""

import numpy as np
from numpy.random import Generator

from lib.data.scenes import nature
from lib.data.scenes.nature import GRASS, NEEDLES, ROCK, SNOW, Stand, Sun, Weather, mirror, on_ground, over, relight
from lib.data.scenes.terrain import Camera, Ground, hills, ridges
from lib.data.scenes.texture import between, blend, color, fractal, profile, relief, sample, screen, smoothstep


def mountains(rng: Generator, side: int) -> np.ndarray:
    """A mountain range under a sky, often with conifers in front."""
    air = nature.weather(rng, clear=3, deep=2, broken=3, overcast=1, storm=1, golden=1)
    sun = nature.sunlight(rng)
    camera = Camera(side, rng.uniform(0.6, 0.8), far=16)
    peak = camera.horizon * rng.uniform(0.45, 0.85)
    image = _mountainside(rng, camera, air, sun, peak, rng.uniform(1.5, 4), snow=(0.25, 0.75))
    if rng.random() < 0.6:
        image = _conifers(rng, image, air, sun, rng.uniform(0.92, 1.02), rng.uniform(0.12, 0.3))
    return image


def lake(rng: Generator, side: int) -> np.ndarray:
    """A lake that mirrors a mountain range."""
    air = nature.weather(rng, clear=3, deep=2, broken=3, overcast=1, golden=1)
    sun = nature.sunlight(rng)
    shore = rng.uniform(0.48, 0.66)
    camera = Camera(side, shore - 0.04, eye=0.35, near=5, far=20)
    image = _mountainside(rng, camera, air, sun, shore * rng.uniform(0.2, 0.75), 5.0, snow=(0.4, 1.1))
    if rng.random() < 0.75:
        image = _conifers(rng, image, air, sun, shore - 0.02, rng.uniform(0.04, 0.13))
    _, y = screen(side)
    depth = smoothstep(0, 0.5, y - shore)
    tint = between(rng, color(0.04, 0.13, 0.16), color(0.06, 0.24, 0.26)) * air.sun
    water = blend(mirror(rng, image, shore, rng.uniform(0.02, 0.3)), tint, 0.15 + 0.5 * depth)
    image = over(image, water, y > shore)
    if rng.random() < 0.5:
        image = _bank(rng, image, air)
    return image


def glacier(rng: Generator, side: int) -> np.ndarray:
    """A wall of ice under a mountain range, often above water with floes."""
    air = nature.weather(rng, clear=2, deep=2, broken=2, overcast=3, storm=1)
    sun = nature.sunlight(rng)
    x, y = screen(side)
    shore = rng.uniform(0.62, 0.95)
    camera = Camera(side, shore - 0.1, eye=0.6, near=4, far=16)
    image = _mountainside(rng, camera, air, sun, shore * rng.uniform(0.35, 0.75), 4, snow=(0.2, 0.7))
    front = shore - rng.uniform(0.12, 0.34) + rng.uniform(-0.2, 0.2) * (x - 0.5) + 0.022 * profile(rng, side, 6, 0.65)
    image = over(image, _ice(rng, side, air, sun, smoothstep(0, 1, (y - front) / (shore - front))), y > front)
    if shore > 0.9:
        return image
    tint = between(rng, color(0.10, 0.24, 0.28), color(0.24, 0.36, 0.38)) * (air.shade + 0.8 * air.sun)
    water = blend(mirror(rng, image, shore, rng.uniform(0.1, 0.4)), tint, 0.35 + 0.4 * smoothstep(0, 0.4, y - shore))
    away = 0.25 * np.log(np.maximum(y - shore, 0) + 0.03)
    floes = sample(fractal(rng, side, 6, stretch=2.5, persistence=0.8), x, away)
    water = blend(water, SNOW * (air.shade + 0.8 * air.sun), smoothstep(0.9, 1.3, floes + rng.uniform(-0.8, 0.3)))
    return over(image, water, y > shore)


def _mountainside(
    rng: Generator, camera: Camera, air: Weather, sun: Sun, peak: float, start: float, snow: tuple[float, float]
) -> np.ndarray:
    """A range of mountains under the sky; the snow line is drawn from `snow`, in shares of the range's height."""
    height, tall = _range(rng, camera, peak, start)
    ground = camera.look(height, sun)
    surface = _alpine(rng, ground, tall, rng.uniform(*snow))
    return nature.view(rng, ground, relight(surface, ground.lit, air), air, camera.horizon)


def _range(rng: Generator, camera: Camera, peak: float, start: float) -> tuple[np.ndarray, float]:
    """The heights of a mountain range on the camera's floor, and the largest of them.

    Args:
        rng: the generator of the scene.
        camera: the camera that looks at the range.
        peak: how far the highest summit is above the horizon, in screen heights.
        start: the depth at which the range begins.
    """
    across, depth = camera.floor()
    tile = fractal(rng, camera.side, 3, persistence=0.4)
    shift = float(rng.random())
    crest = ridges(tile, across, depth, 0.045, shift) * (0.55 + 0.45 * ridges(tile, across, depth, 0.11, shift + 0.3))
    rough = 0.03 * hills(tile, across, depth, 0.31, shift) + 0.008 * hills(tile, across, depth, 1.3, shift)
    rise = smoothstep(start, start + 5, depth)
    height = rise * (0.12 + crest**1.2 + rough)
    height *= peak / (height / depth).max()
    # The foreground rolls gently.
    return height + 0.05 * (1 - rise) * hills(tile, across, depth, 0.2, shift + 0.6), float(height.max())


def _alpine(rng: Generator, ground: Ground, tall: float, snow: float) -> np.ndarray:
    """The colors of a mountainside: woods and grass below, rock above them, and snow at the top and on gentle slopes.

    `tall` is the largest height. `snow` is the height where snow begins, as a share of `tall`.
    """
    side = ground.depth.shape[0]
    detail = on_ground(ground, fractal(rng, side, 12, persistence=0.85), 0.25)
    fine = fractal(rng, side, 24, persistence=0.9)
    level = ground.height / tall + 0.07 * detail
    rock = between(rng, *ROCK) * (0.8 + 0.20 * detail + 0.10 * fine)
    green = blend(between(rng, *GRASS), between(rng, *NEEDLES), smoothstep(-0.4, 0.4, detail + 1.5 * level))
    green = green * (0.85 + 0.22 * fine + 0.1 * detail)
    tree_line = rng.uniform(0.1, 0.4)
    surface = blend(green, rock, smoothstep(tree_line, tree_line + 0.12, level + 0.5 * (ground.slope - 0.25)))
    white = smoothstep(snow, snow + 0.1, level - 0.45 * (ground.slope - 0.3))
    return blend(surface, SNOW * (0.92 + 0.05 * fine), white)


def _conifers(rng: Generator, image: np.ndarray, air: Weather, sun: Sun, base: float, tall: float) -> np.ndarray:
    """The image with conifers in front. Their roots are near screen row `base`, their heights about `tall`."""
    side = image.shape[-1]
    count = int(rng.integers(15, 45))
    edge = base + 0.05 * profile(rng, 64)
    x = np.sort(rng.beta(0.7, 0.7, count)) if rng.random() < 0.6 else rng.random(count)
    y = edge[(x * 63).astype(int)] + rng.uniform(0, 0.06, count)
    stand = Stand(rng, side, np.stack([x, y], 1), tall * rng.uniform(0.5, 1.2, count), conifer=True)
    leaves = between(rng, *NEEDLES).ravel() * rng.uniform(0.6, 1.2, (count, 1)).astype(np.float32)
    return over(image, stand.paint(rng, leaves, sun, air), stand.mask)


def _bank(rng: Generator, image: np.ndarray, air: Weather) -> np.ndarray:
    """The image with grass or stones along its lower edge."""
    side = image.shape[-1]
    x, y = screen(side)
    edge = rng.uniform(0.86, 0.95) + rng.uniform(-0.2, 0.2) * (x - 0.5) + 0.03 * profile(rng, side)
    if rng.random() < 0.5:
        blades = fractal(rng, side, 12, stretch=0.25, persistence=0.95)
        albedo, lit = between(rng, *GRASS), 0.45 + 0.28 * blades
    else:
        stones = fractal(rng, side, 12, persistence=0.6)
        albedo, lit = between(rng, *ROCK), 0.4 + 0.5 * relief(stones, 0, side // 96)
    picture = relight(albedo * np.ones_like(image[0]), np.clip(lit, 0, 1.2), air)
    return over(image, picture, y > edge + 0.015 * fractal(rng, side, 24, stretch=0.5))


def _ice(rng: Generator, side: int, air: Weather, sun: Sun, down: np.ndarray) -> np.ndarray:
    """A wall of ice with snow on top, flutes and cracks below, and blue where light passes through much ice.

    `down` is a plane from 0 at the top of the wall to 1 at its foot.
    """
    scale = (3, 6, 12)[rng.integers(3)]
    flutes = fractal(rng, side, scale, stretch=rng.uniform(0.35, 0.9), persistence=0.7)
    cracks = smoothstep(0.16, 0.0, np.abs(fractal(rng, side, scale, stretch=0.5, persistence=0.6)))
    facing = 1.3 * nature.from_right(sun) * relief(flutes, 1, side // 96) + 0.8 * relief(flutes, 0, side // 96)
    lit = np.clip(0.55 + 0.28 * facing - 0.35 * cracks, 0.05, 1)
    blue = between(rng, color(0.36, 0.66, 0.86), color(0.50, 0.78, 0.86))
    depth = np.clip(0.25 + 0.45 * cracks - 0.18 * flutes + 0.35 * down - 0.2 * facing, 0, 1)
    dust = smoothstep(0.8, 2.2, fractal(rng, side, 3, stretch=0.5)) * rng.uniform(0, 0.6)
    surface = blend(blend(SNOW, blue, depth), color(0.35, 0.33, 0.31), dust)
    return relight(surface, lit, air)
