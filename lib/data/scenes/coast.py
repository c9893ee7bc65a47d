"""Scenes of open water and open sky: seas and sunsets.

`sea` and `sunset` draw a scene as float32 RGB `(3, side, side)` in about [0, 1].
"""

import numpy as np
from numpy.random import Generator

from lib.data.scenes import nature
from lib.data.scenes.nature import GRASS, ROCK, Stand, Weather, clouds, hazy, mirror, over, relight, sky, waves
from lib.data.scenes.terrain import Camera, hills
from lib.data.scenes.texture import between, blend, color, fractal, profile, relief, screen, smoothstep


def sea(rng: Generator, side: int) -> np.ndarray:
    """The open sea with breakers, and a beach or rocks in front."""
    air = nature.weather(rng, clear=3, deep=1, broken=3, overcast=2, storm=1)
    camera = Camera(side, rng.uniform(0.28, 0.55), eye=0.6)
    _, y = screen(side)
    shore = rng.uniform(0.66, 1.0)
    water = _surf(rng, camera, air, shore)
    image = sky(rng, side, air, camera.horizon)
    if rng.random() < 0.5:
        image = _headland(rng, image, air, camera.horizon)
    image = over(image, blend(water, air.low, 0.7 * smoothstep(0.05, 0, y - camera.horizon)), y > camera.horizon)
    return _beach(rng, image, air, shore) if rng.random() < 0.75 else _rocks(rng, image, air)


def _surf(rng: Generator, camera: Camera, air: Weather, shore: float) -> np.ndarray:
    """Open water: blue far out, green near the sand, with breakers toward screen row `shore`."""
    side = camera.side
    _, y = screen(side)
    slope = waves(rng, camera, rng.uniform(0.4, 1.2))
    deep = between(rng, color(0.03, 0.16, 0.28), color(0.06, 0.25, 0.36))
    shallow = between(rng, color(0.16, 0.48, 0.48), color(0.30, 0.48, 0.42))
    body = blend(deep, shallow, smoothstep(-0.35, 0, y - shore)) * (air.shade + 0.9 * air.sun)
    gloss = np.clip(0.30 + 0.24 * slope - 0.3 * smoothstep(0, 0.5, y - camera.horizon), 0, 1)
    water = blend(body, blend(air.low, air.zenith, 0.45), gloss)
    # Breakers form rows parallel to the shore, with gaps along their length.
    rows = np.sin(9 * np.log(np.maximum(shore + 0.06 - y, 0.01)) + 1.2 * profile(rng, side) + rng.uniform(0, 6))
    torn = fractal(rng, side, 6, stretch=4, persistence=0.8)
    foam = smoothstep(0.8, 1.6, rows + 0.55 * torn) * smoothstep(-0.4, -0.02, y - shore)
    caps = smoothstep(2.2, 3.2, slope + 0.6 * torn) * rng.uniform(0, 1)
    return blend(water, blend(air.sun, color(1, 1, 1), 0.7) * np.float32(0.93), np.clip(foam + caps, 0, 1) * 0.9)


def sunset(rng: Generator, side: int) -> np.ndarray:
    """A low sun over the sea or over hills."""
    x, y = screen(side)
    horizon = rng.uniform(0.5, 0.75)
    center = rng.uniform(0.15, 0.85), horizon - rng.uniform(-0.02, 0.3) * horizon
    air = Weather(
        zenith=between(rng, color(0.20, 0.24, 0.44), color(0.46, 0.32, 0.42)),
        low=between(rng, color(0.98, 0.68, 0.28), color(0.94, 0.48, 0.22)),
        sun=between(rng, color(0.98, 0.62, 0.32), color(0.92, 0.40, 0.32)),
        shade=color(0.20, 0.17, 0.25),
        cover=rng.uniform(0.1, 0.75),
        haze=0.05,
    )
    image = _evening(rng, side, air, horizon, center)
    if rng.random() < 0.5:
        return _silhouettes(rng, image, air, horizon, water=False)
    slope = waves(rng, Camera(side, horizon, eye=0.4), 0.8)
    path = np.exp(-np.abs(x - center[0]) / (0.03 + 0.22 * np.maximum(y - horizon, 0)))
    sheen = mirror(rng, image, horizon, 0.5) * (0.62 + 0.16 * slope)
    sea = blend(sheen, color(1, 0.78, 0.42), np.clip(path * (0.55 + 0.5 * slope), 0, 1))
    return _silhouettes(rng, over(image, sea, y > horizon), air, horizon, water=True)


def _evening(rng: Generator, side: int, air: Weather, horizon: float, center: tuple[float, float]) -> np.ndarray:
    """An evening sky of three colors, with clouds lit from below and the sun at screen point `center`."""
    x, y = screen(side)
    middle = between(rng, color(0.80, 0.42, 0.26), color(0.78, 0.50, 0.46))
    above = np.clip((horizon - y) / horizon, 0, 1)
    image = blend(air.low, middle, smoothstep(0, rng.uniform(0.25, 0.5), above))
    image = blend(image, air.zenith, smoothstep(0.15, 1.0, above))
    image = clouds(rng, image, air, horizon, white=air.sun) * np.float32(rng.uniform(0.65, 1.0))
    distance = np.hypot(x - center[0], (y - center[1]) * 1.15)
    image = blend(image, color(1.0, 0.80, 0.42), 0.75 * np.exp(-distance / rng.uniform(0.08, 0.22)))
    return blend(image, color(1.0, 0.97, 0.82), smoothstep(0.045, 0.03, distance))


def _headland(rng: Generator, image: np.ndarray, air: Weather, horizon: float) -> np.ndarray:
    """The image with a distant cape that extends from its left or right edge."""
    side = image.shape[-1]
    x, y = screen(side)
    x = x if rng.random() < 0.5 else 1 - x
    top = rng.uniform(0.04, 0.2) * smoothstep(rng.uniform(0.4, 0.9), 0.0, x) * (1 + 0.15 * profile(rng, side, 8))
    texture = fractal(rng, side, 12, persistence=0.8)
    bare = smoothstep(-0.5, 0.5, texture + 12 * (y - horizon + 0.5 * top))
    albedo = blend(between(rng, *GRASS), between(rng, *ROCK), bare)
    picture = hazy(relight(albedo, np.clip(0.4 + 0.3 * texture, 0, 1), air), np.full_like(x, 9), air)
    return over(image, picture, y > horizon - top)


def _beach(rng: Generator, image: np.ndarray, air: Weather, shore: float) -> np.ndarray:
    """The image with dry sand, wet sand, and the foam of the last wave along screen row `shore`."""
    side = image.shape[-1]
    x, y = screen(side)
    edge = shore + rng.uniform(-0.25, 0.25) * (x - 0.5) + 0.012 * profile(rng, side)
    sand = between(rng, color(0.74, 0.60, 0.40), color(0.64, 0.54, 0.40))
    prints = fractal(rng, side, 12, stretch=2.5, persistence=0.85)
    lit = 0.5 + 0.14 * relief(prints, 0, side // 96) + 0.05 * prints
    dry = relight(sand * np.ones_like(image[0]), lit, air)
    wet = blend(dry * np.float32(0.62), air.low, 0.18)
    picture = blend(wet, dry, smoothstep(0.05, 0.11, y - edge + 0.01 * prints))
    image = over(image, picture, y > edge)
    lace = smoothstep(0.035, 0.0, np.abs(y - edge) + 0.012 * fractal(rng, side, 12, stretch=2, persistence=0.9))
    return blend(image, color(0.95, 0.96, 0.96) * (0.4 + 0.55 * air.sun), lace)


def _rocks(rng: Generator, image: np.ndarray, air: Weather) -> np.ndarray:
    """The image with dark wet boulders along its lower edge, drawn as a small height field."""
    side = image.shape[-1]
    camera = Camera(side, 0.35, eye=1.0, near=1.2, far=3.5)
    across, depth = camera.floor()
    tile = fractal(rng, side, 6, persistence=0.5)
    height = 0.22 * hills(tile, across, depth, 0.25, rng.random()) + rng.uniform(-0.4, 0.4) * across - 0.05
    height -= 0.45 * smoothstep(1.4, 2.6, depth)
    ground = camera.look(height, nature.sunlight(rng))
    fine = fractal(rng, side, 24, persistence=0.9)
    rock = between(rng, color(0.27, 0.22, 0.18), color(0.30, 0.28, 0.27)) * (0.85 + 0.25 * fine)
    return over(image, relight(rock, ground.lit, air), ground.seen & (ground.height > -0.2))


def _silhouettes(rng: Generator, image: np.ndarray, air: Weather, horizon: float, water: bool) -> np.ndarray:
    """The image with rows of dark hills in front of the light, the far ones paler. With `water`, only far ones."""
    side = image.shape[-1]
    _, y = screen(side)
    fine = fractal(rng, side, 24, persistence=0.95)
    end = horizon + 0.015 if water else 1.0
    for near in (0.4,) if water else (0.4, 0.7, 1.0):
        top = horizon + rng.uniform(-0.12, 0.02) + 0.35 * (near - 0.4) + 0.04 * profile(rng, side)
        dark = blend(air.low * np.float32(0.5), color(0.07, 0.06, 0.07), near)
        picture = dark * (1 + 0.35 * fine * near)
        rough = 0.012 * near * fractal(rng, side, 24, stretch=0.5, persistence=0.9)
        image = over(image, picture, (y > top + rough) & (y < end))
    if rng.random() < 0.5:
        count = int(rng.integers(2, 14))
        roots = np.stack([rng.random(count), rng.uniform(1.0, 1.1, count)], 1)
        stand = Stand(rng, side, roots, rng.uniform(0.2, 0.6, count), conifer=True)
        image = over(image, color(0.06, 0.055, 0.06) * (1 + 0.3 * fine), stand.mask)
    return image
