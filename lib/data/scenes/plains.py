"""Scenes of open ground: fields and deserts.

`field` and `desert` draw a scene as float32 RGB `(3, side, side)` in about [0, 1].
"""

import cv2
import numpy as np
from numpy.random import Generator

from lib.data.scenes import nature
from lib.data.scenes.nature import GRASS, LEAVES, NEEDLES, Stand, Sun, Weather, hazy, on_ground, over, relight
from lib.data.scenes.terrain import Camera, Ground, hills
from lib.data.scenes.texture import between, blend, color, fractal, smoothstep


def field(rng: Generator, side: int) -> np.ndarray:
    """Rolling fields with hills behind them, often with trees at their end."""
    air = nature.weather(rng, clear=3, deep=1, broken=4, overcast=1, storm=1, golden=1)
    sun = nature.sunlight(rng)
    camera = Camera(side, rng.uniform(0.3, 0.52), eye=0.7, near=0.9, far=18)
    across, depth = camera.floor()
    tile = fractal(rng, side, 3, persistence=0.3)
    uplands = smoothstep(5, 14, depth) * (1 + hills(tile, across, depth, 0.04, 0.7))
    height = 0.10 * hills(tile, across, depth, 0.06, 0.2) + rng.uniform(0.1, 0.7) * uplands
    ground = camera.look(height, sun)
    image = nature.view(rng, ground, crop(rng, ground, air), air, camera.horizon)
    if rng.random() < 0.8:
        image = _tree_line(rng, image, ground, air, sun)
    return image


def desert(rng: Generator, side: int) -> np.ndarray:
    """Dunes with ripples in low sunlight."""
    air = nature.weather(rng, clear=3, deep=3, broken=1, golden=2)
    sun = nature.sunlight(rng, low=True)
    camera = Camera(side, rng.uniform(0.3, 0.5), eye=1.1, near=1.4, far=16)
    across, depth = camera.floor()
    # Smoothed, because the light on a dune makes every kink visible.
    tile = cv2.GaussianBlur(fractal(rng, side, 3, persistence=0.25), (0, 0), side / 48)
    turn = rng.uniform(-0.7, 0.7)
    bend = 0.45 * hills(tile, across, depth, 0.05, 0.1)
    # A dune rises slowly on its windward side and drops steeply behind its crest.
    phase = (0.35 * depth + turn * across + bend * 1.6 + rng.random()) * rng.uniform(0.5, 0.9) % 1
    dune = np.where(phase < 0.7, smoothstep(0, 0.7, phase), (1 - phase) / 0.3)
    dune *= (1 + 0.5 * hills(tile, across, depth, 0.07, 0.6)) * smoothstep(1.2, 4, depth)
    far = 0.25 * smoothstep(4, 16, depth) * (1 + hills(tile, across, depth, 0.05, 0.4))
    ground = camera.look(rng.uniform(0.4, 0.85) * dune + far, sun)
    ripples = np.sin(60 * (ground.depth * 0.8 + turn * ground.across + 0.15 * on_ground(ground, tile, 0.3)))
    fine = fractal(rng, side, 48, persistence=0.95)
    sand = between(rng, color(0.84, 0.54, 0.27), color(0.74, 0.58, 0.38))
    near = smoothstep(6, 1.5, ground.depth)
    lit = np.clip(ground.lit * 1.15 + 0.07 * ripples * near + 0.03 * fine, 0, 1.2)
    surface = sand * (0.95 + 0.06 * fine)
    if rng.random() < 0.35:
        scrub = smoothstep(1.0, 1.5, on_ground(ground, fractal(rng, side, 12, persistence=0.8), 0.5) + 0.3 * fine)
        surface, lit = blend(surface, color(0.30, 0.30, 0.18), scrub), lit * (1 - 0.4 * scrub)
    return nature.view(rng, ground, relight(surface, lit, air), air, camera.horizon)


def crop(rng: Generator, ground: Ground, air: Weather) -> np.ndarray:
    """The colors of a field: grass, ripe grain, rows of plowed soil, or a meadow with flowers."""
    side = ground.depth.shape[0]
    what = rng.choice(["grass", "grain", "rows", "flowers"], p=[0.3, 0.25, 0.2, 0.25])
    blades = fractal(rng, side, 24, stretch=0.4, persistence=0.95)
    patches = on_ground(ground, fractal(rng, side, 3, persistence=0.8), 0.12)
    green = between(rng, *GRASS)
    grain = between(rng, color(0.72, 0.56, 0.24), color(0.62, 0.50, 0.26))
    near = smoothstep(9, 1, ground.depth)
    light = np.clip(0.25 + 0.6 * ground.lit + (0.08 + 0.17 * near) * blades + 0.10 * patches, 0, 1.3)
    albedo = blend(green, grain, smoothstep(0, 1.6, patches) * 0.6)
    if what == "grain":
        albedo = blend(grain, green, smoothstep(5, 7, ground.depth + patches))
    if what == "rows":
        furrow = np.sin((ground.across + rng.uniform(-0.6, 0.6) * ground.depth) * rng.uniform(14, 26))
        soil = between(rng, color(0.36, 0.25, 0.17), color(0.44, 0.34, 0.24))
        albedo = blend(soil, green, smoothstep(-0.3, 0.5, furrow + 0.5 * blades) * smoothstep(14, 6, ground.depth))
        light = light + 0.12 * furrow * near
    image = relight(albedo, light, air)
    if what == "flowers":
        petals = np.array([[0.85, 0.12, 0.10], [0.90, 0.78, 0.12], [0.55, 0.38, 0.75], [0.92, 0.90, 0.88]], np.float32)
        dots = on_ground(ground, fractal(rng, side, 48, persistence=1.0), 0.35)
        bloom = smoothstep(0.9, 1.5, dots + 0.7 * patches + rng.uniform(-0.3, 0.5)) * smoothstep(16, 4, ground.depth)
        image = blend(image, color(*petals[rng.integers(4)]) * (0.75 + 0.25 * air.sun), bloom)
    return image


def _tree_line(rng: Generator, image: np.ndarray, ground: Ground, air: Weather, sun: Sun) -> np.ndarray:
    """The image with hedges and single trees where the field ends."""
    side = image.shape[-1]
    count = int(rng.integers(6, 60))
    x = rng.random(count)
    top = 1 - ground.seen.mean(axis=0)
    y = top[(x * (side - 1)).astype(int)] + 0.025 + rng.exponential(0.015, count)
    stand = Stand(rng, side, np.stack([x, y], 1), rng.uniform(0.03, 0.09, count), conifer=bool(rng.random() < 0.25))
    leaves = np.array([between(rng, NEEDLES[1], LEAVES[0]).ravel() for _ in range(count)])
    rows, columns = np.clip(stand.roots[:, ::-1] * side, 0, side - 1).astype(int).T
    distance = ground.depth[rows, columns][stand.tree]
    return over(image, hazy(stand.paint(rng, leaves, sun, air), distance, air), stand.mask)
