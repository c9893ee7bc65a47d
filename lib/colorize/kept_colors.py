"""Which shots of a film are in color already and keep it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from lib.color.film_chroma import ChromaLayout
from lib.data.clips import Frame, Look
from lib.data.monochrome import has_color

LOOKED_AT = 96  # frames of a shot from its beginning; as many colors wait until it is decided
ENOUGH = 10  # one in so many frames with color is enough: a shot may fade in
_SIDE = 128  # px of the longer side on which color is looked for


class Item(NamedTuple):
    """What is to be written of a frame.

    Args:
        time: when it is shown.
        chroma: its colors, `(2, h, w)`; None where it keeps its own.
        shot: the number of the shot.
        begins: whether the shot begins with it.
        is_color: whether it is in color already.
    """

    time: int
    chroma: np.ndarray | None
    shot: int
    begins: bool
    is_color: bool = False


def in_color(frame: Frame, look: Look, layout: ChromaLayout) -> bool:
    """Whether a frame is in color, rather than gray or toned.

    Args:
        frame: with its own chroma, if it has any.
        look: of the film.
        layout: of the frame's chroma.
    """
    if frame.chroma is None:
        return False
    height, width = frame.luma.shape
    scale = min(1, _SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    luma, *chroma = (cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (frame.luma, *frame.chroma))
    centered = (np.stack(chroma, -1).astype(np.float32) - 2 ** (layout.depth - 1)) * (255 / layout.chroma_span)
    return has_color(look.layout.full_range(luma).astype(np.float32), centered)


def keep_colors(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, without chroma in shots that are in color: those with a tenth of their first frames in color.

    Whole shots are decided on, so that nothing changes amid one.
    """
    waiting: list[Item] = []
    is_kept: bool | None = None  # None: not known yet
    for item in items:
        if item.begins:
            yield from _decided(waiting, _is_kept(waiting))
            waiting, is_kept = [], None
        if is_kept is None:
            waiting.append(item)
            if _is_kept(waiting, LOOKED_AT) or len(waiting) == LOOKED_AT:
                is_kept = _is_kept(waiting)
                yield from _decided(waiting, is_kept)
                waiting = []
        else:
            yield from _decided([item], is_kept)
    yield from _decided(waiting, _is_kept(waiting))


def _is_kept(items: list[Item], count: int = 0) -> bool:
    """Whether enough of these frames are in color, even if more come, up to `count`."""
    return ENOUGH * sum(item.is_color for item in items) >= max(count, len(items), 1)


def _decided(items: list[Item], is_kept: bool) -> Iterator[Item]:
    return (item._replace(chroma=None) if is_kept else item for item in items)
