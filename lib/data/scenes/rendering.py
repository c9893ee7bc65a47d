"""Renders landscapes from noise and perspective, as the default data. No photograph is needed.

A seed determines a scene, at any size. Light, weather, haze and white balance vary, so that brightness alone does not
determine the color of an object.
"""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import cv2
import numpy as np

from lib.data.scenes.alpine import glacier, lake, mountains
from lib.data.scenes.coast import sea, sunset
from lib.data.scenes.plains import desert, field
from lib.data.scenes.texture import blend, jitter, screen
from lib.data.scenes.woods import autumn, forest

SCENES = {scene.__name__: scene for scene in (mountains, lake, sea, forest, field, desert, glacier, sunset, autumn)}
KINDS: tuple[str, ...] = tuple(SCENES)
_CANVAS = 160
_EXPOSURE, _CONTRAST, _SATURATION = 1.08, 1.32, 0.50  # give luma and chroma the spread of photographs


def _generator(seed: int, purpose: int) -> np.random.Generator:
    if seed < 0:
        raise ValueError(f"a scene's seed must not be negative, got {seed}")
    return np.random.default_rng([seed, purpose])


def scene_kind(seed: int) -> str:
    """The kind of the scene of a seed, one of `KINDS`."""
    return KINDS[_generator(seed, 0).integers(len(KINDS))]


def scene_name(seed: int) -> str:
    """The name of the scene of a seed, such as `mountains-00012`."""
    return f"{scene_kind(seed)}-{seed:05d}"


def render_scene(seed: int, size: int) -> np.ndarray:
    """The scene of a seed as RGB uint8 `(size, size, 3)`.

    Every size shows the same scene. It is rendered on a canvas at least a quarter larger than the picture (160 pixels,
    or that doubled) and reduced by area averaging, which smooths edges. Sensor noise is added at the final size.

    Args:
        seed: 0 or larger.
        size: width and height in pixels, 8 or larger.
    """
    if size < 8:
        raise ValueError(f"a scene's size must be at least 8 pixels, got {size}")
    side = _CANVAS
    while side < 1.25 * size:
        side *= 2
    image = _develop(_generator(seed, 2), SCENES[scene_kind(seed)](_generator(seed, 1), side))
    image = cv2.resize(np.ascontiguousarray(image.transpose(1, 2, 0)), (size, size), interpolation=cv2.INTER_AREA)
    grain = _generator(seed, 3)
    image = image + np.float32(grain.uniform(0.003, 0.012)) * grain.standard_normal(image.shape, dtype=np.float32)
    return np.clip(np.rint(image * 255), 0, 255).astype(np.uint8)


def _develop(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """The image as a camera would render it, with random white balance, exposure, contrast, saturation and vignette."""
    image = image.astype(np.float32) * np.float32(_EXPOSURE * rng.lognormal(0, 0.10)) * (1 + jitter(rng, 0.03))
    image = np.float32(0.45) + (image - np.float32(0.45)) * np.float32(_CONTRAST * rng.lognormal(0, 0.1))
    gray = 0.299 * image[0] + 0.587 * image[1] + 0.114 * image[2]
    image = blend(gray, image, np.float32(_SATURATION * rng.lognormal(0, 0.3)))
    x, y = screen(image.shape[-1])
    image = image * (1 - np.float32(rng.uniform(0, 0.5)) * ((x - 0.5) ** 2 + (y - 0.5) ** 2))
    # Highlights saturate gradually, as in film and cameras.
    image = np.where(image > 0.75, 0.75 + 0.25 * np.tanh(4 * (image - 0.75)), image)
    return np.maximum(image, 0)


def render_scenes(seeds: Sequence[int], size: int, progress: Callable[[int], None]) -> tuple[list[str], np.ndarray]:
    """The scenes of several seeds, one process per core.

    Workers are spawned rather than forked, which is safe with threads. A script that calls this function therefore
    needs the usual `if __name__ == "__main__":`.

    Args:
        seeds: see `render_scene`.
        size: the width and height of the pictures in pixels.
        progress: called with 1 after each picture.

    Returns:
        The names, and the pictures as RGB uint8 `(N, size, size, 3)`.
    """
    pictures = np.empty((len(seeds), size, size, 3), np.uint8)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(mp_context=context, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        for index, picture in enumerate(pool.map(partial(render_scene, size=size), seeds, chunksize=8)):
            pictures[index] = picture
            progress(1)
    return [scene_name(s) for s in seeds], pictures
