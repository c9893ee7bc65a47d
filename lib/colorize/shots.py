"""The shots of a film, found on luma, and how each frame of a shot hangs together with the one before."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import cv2
import numpy as np

from lib.classical.flow import consistent, optical_flow, warp

# Between two frames of a shot the flow there and back agrees in far more of the places than between two photographs:
# 0.48 and more in real clips that pan, blur and shake; 0.14 in one of a hundred pairs of photographs.
LEAST_SHARE = 0.3
# Any flow agrees with a black or white frame; a frame of so much less variance shows nothing of the other.
_BLANK = 1 / 8
_GRAIN = 30  # squared levels; by so much grain alone makes frames differ
LONGEST_FLASH = 2  # frames that show nothing of the shot, which goes on after them


class Step(NamedTuple):
    """The way from each cell of a frame to the same thing in another frame.

    Args:
        flow: float32 `(h, w, 2)`, in cells, see `lib.classical.flow`.
        share: `(h, w)` in [0, 1]: of each cell, what the flow there and back agrees in.
    """

    flow: np.ndarray
    share: np.ndarray


class Linked(NamedTuple):
    """A frame of a film, and what it has to do with the one before.

    Args:
        view: its luma, uint8 `(H, W)`.
        begins: whether a shot begins with it.
        is_flash: whether it shows nothing of its shot; then no other frame is linked with it.
        back: the way from it to the last frame before it that is no flash; None where a shot begins, and for a flash.
        ahead: the way from that frame to this one; None likewise.
    """

    view: np.ndarray
    begins: bool = False
    is_flash: bool = False
    back: Step | None = None
    ahead: Step | None = None


def linked(views: Iterable[np.ndarray], cell: int, longest_flash: int = LONGEST_FLASH) -> Iterator[Linked]:
    """The frames of a film in order, each with the ways to the frame before and back.

    A shot begins where the flow there and back agrees almost nowhere. A cut between two takes of one scene, of which
    the second continues the first, is none; nor is a fade.

    Args:
        views: luma, uint8 `(H, W)`, at least 16 px each way; taken `longest_flash` frames ahead.
        cell: the side of a cell, in px.
        longest_flash: 0 never looks ahead, and takes a flash for a shot.
    """
    source = iter(views)
    coming: deque[np.ndarray] = deque()
    before, flashes = None, 0
    while coming.extend(islice(source, 1 + longest_flash - len(coming))) or coming:
        view = coming.popleft()
        if flashes:
            flashes -= 1
            yield Linked(view, is_flash=True)
            continue
        steps = _steps(view, before, cell) if before is not None else None
        if before is not None and steps is None:
            flashes = _length_of_flash(before, coming, cell)
            if flashes:
                flashes -= 1
                yield Linked(view, is_flash=True)
                continue
        yield Linked(view, not steps, False, *(steps or ()))
        before = view


def _length_of_flash(before: np.ndarray, coming: Iterable[np.ndarray], cell: int) -> int:
    """After how many frames the shot goes on that `before` belongs to; 0 if it does not."""
    return next((number for number, view in enumerate(coming, 1) if _steps(view, before, cell)), 0)


def _steps(view: np.ndarray, before: np.ndarray, cell: int) -> tuple[Step, Step] | None:
    """The ways from a frame to the one before and back; None where they have nothing to do with each other."""
    back, ahead = optical_flow(view, before, is_fast=True), optical_flow(before, view, is_fast=True)
    there, here = consistent(back, ahead), consistent(ahead, back)
    if _are_apart(view, warp(before[None], back)[0], max(there.mean(), here.mean())):
        return None
    height, width = view.shape
    size = (width // cell, height // cell)

    def in_cells(plane: np.ndarray) -> np.ndarray:
        return cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_AREA)

    return Step(in_cells(back) / cell, in_cells(there)), Step(in_cells(ahead) / cell, in_cells(here))


def _are_apart(view: np.ndarray, moved: np.ndarray, share: float) -> bool:
    """Whether a frame has nothing to do with the one before, moved along the flow, which agrees in a `share` of it.

    Brightness as a whole does not count: a lamp may be switched on.
    """
    if np.var(view - moved) <= _GRAIN:
        return False
    less, more = sorted((np.var(view), np.var(moved)))
    return bool(share < LEAST_SHARE or less < _BLANK * more)
