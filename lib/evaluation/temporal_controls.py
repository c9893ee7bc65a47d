"""Films that any colorizer of films is compared with: made from chroma `(T, 2, H, W)` without a model of time."""

from collections.abc import Sequence

import numpy as np

from lib.classical.flow import optical_flow, warp

SMOOTHING = 0.8  # the weight of what was before


def gray_film(chroma: np.ndarray) -> np.ndarray:
    """No color at all: nothing flickers, and nothing is gained."""
    return np.zeros_like(chroma)


def smoothed(chroma: np.ndarray, begins: Sequence[int] = (), weight: float = SMOOTHING) -> np.ndarray:
    """Each frame mixed with all before it in its shot, place by place, as if nothing moved: exponential smoothing.

    Args:
        chroma: frame by frame, `(T, 2, H, W)`.
        begins: the frames that begin a shot.
        weight: of what was before.
    """
    made = np.array(chroma, np.float32)
    for t in range(1, len(made)):
        if t not in begins:
            made[t] = weight * made[t - 1] + (1 - weight) * made[t]
    return made


def first_frame_carried(lumas: np.ndarray, chroma: np.ndarray, begins: Sequence[int] = ()) -> np.ndarray:
    """The colors of each shot's first frame, moved along the optical flow; what comes into view takes any color.

    It has next to no warping error, whatever its colors are.

    Args:
        lumas: uint8 `(T, H, W)`.
        chroma: frame by frame, `(T, 2, H, W)`.
        begins: the frames that begin a shot.
    """
    made = np.array(chroma, np.float32)
    for t in range(1, len(made)):
        if t not in begins:
            made[t] = warp(made[t - 1], optical_flow(lumas[t], lumas[t - 1]))
    return made
