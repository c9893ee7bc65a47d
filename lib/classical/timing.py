"""How long classical methods take on one large photograph."""

import time
from collections.abc import Mapping

import cv2
import numpy as np

from lib.classical.color_maps import PictureColorizer


def enlarged(gray: np.ndarray, megapixels: float) -> np.ndarray:
    """A gray picture stretched to 4:3 and so many millions of pixels, like a photograph from a camera.

    Args:
        gray: uint8 `(H, W)`.
        megapixels: the size of the result, to rounding of its sides.

    >>> enlarged(np.zeros((64, 64), np.uint8), 0.12).shape
    (300, 400)
    """
    unit = round((megapixels * 1e6 / 12) ** 0.5)
    return cv2.resize(gray, (4 * unit, 3 * unit), interpolation=cv2.INTER_CUBIC)


def seconds_of(methods: Mapping[object, PictureColorizer], gray: np.ndarray) -> dict[object, float]:
    """The seconds that each method takes to color one gray picture, uint8 `(H, W)`, by the methods' keys."""
    seconds = {}
    for name, method in methods.items():
        started = time.perf_counter()
        method.map_image(gray)
        seconds[name] = time.perf_counter() - started
    return seconds
