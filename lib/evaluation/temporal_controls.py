"""Films that any colorizer of films is compared with: made from chroma `(T, 2, H, W)` that was found frame by frame."""

from collections.abc import Sequence

import numpy as np

from lib.classical.flow import warp
from lib.evaluation.temporal import Motion, pairs_of_frames

SMOOTHING = 0.8  # the weight of what was before
Step = tuple[np.ndarray, np.ndarray]  # the flow from a frame to the one before, and where it can be relied on


def steps_of(motion: Motion, count: int, begins: Sequence[int] = ()) -> list[Step | None]:
    """The motion of each of `count` frames to the one before; None where a shot begins."""
    inside = set(pairs_of_frames(count, 1, begins))
    return [motion(t, t - 1) if t in inside else None for t in range(count)]


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
    for t in pairs_of_frames(len(made), 1, begins):
        made[t] = weight * made[t - 1] + (1 - weight) * made[t]
    return made


def mixed_along_flow(chroma: np.ndarray, steps: Sequence[Step | None], weight: float) -> np.ndarray:
    """Each frame mixed with the one before, moved along the flow, where that can be relied on.

    The simplest rule that knows of motion: no frame looks ahead, and what is uncovered begins anew.

    Args:
        chroma: frame by frame, `(T, 2, H, W)`.
        steps: see `steps_of`.
        weight: of what is carried along, 0 to 1.
    """
    made = np.array(chroma, np.float32)
    for t, step in enumerate(steps):
        if step:
            share = weight * step[1].astype(np.float32)
            made[t] = share * warp(made[t - 1], step[0]) + (1 - share) * made[t]
    return made


def first_frame_carried(chroma: np.ndarray, steps: Sequence[Step | None]) -> np.ndarray:
    """The colors of each shot's first frame, moved along the flow; what comes into view takes any color.

    It has next to no warping error, whatever its colors are. Arguments as in `mixed_along_flow`.
    """
    made = np.array(chroma, np.float32)
    for t, step in enumerate(steps):
        if step:
            made[t] = warp(made[t - 1], step[0])
    return made
