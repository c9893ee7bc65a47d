"""The colors of a film: each frame as the network sees it, and as the frames around it say.

The network's errors change from frame to frame, and are seen as flicker. So a film is colored shot by shot (see
`shots.py`), and each frame as its shot says (see `shot_colors.py`). No color crosses a cut.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

import cv2
import numpy as np
import torch
from torch import Tensor

from lib.color.distribution import CELL
from lib.color.spaces import to_tensor
from lib.colorize.guides import Guide
from lib.colorize.shot_colors import AROUND, Colored, Frame, Shot
from lib.colorize.shots import LONGEST_FLASH, Linked, linked
from lib.networks.chroma_net import ChromaNet, seen_size

EVERY = 3  # frames; what the network makes of those between it would say of their neighbors too
BLOCK = 48  # frames that are finished at a time
_BATCH = 4  # frames that the network sees at a time; one by one it would take twice as long for each
_PIXELS = 8 // CELL  # of the network's view, to a pixel of its chroma


@torch.inference_mode()
def colors_of_film(
    lumas: Iterable[np.ndarray],
    network: ChromaNet,
    vividness: float = 0.5,
    is_preview: bool = False,
    guides: Mapping[int, Guide] = MappingProxyType({}),
    first_shot: int = 0,
) -> Iterator[Colored]:
    """The colors of the frames of a film, in order.

    Args:
        lumas: uint8 `(H, W)`, full range, upright, all of one size; taken up to some 110 frames ahead of what is
            yielded, or, in a preview, none.
        network: see `load_colorizer`.
        vividness: 0 for the safest colors to 1 for the most vivid.
        is_preview: whether each frame is to have its colors before the next one is known. They flicker more.
        guides: what people say of the colors of shots, by the number of the shot.
        first_shot: the number of the shot that the first frame is of.

    Raises:
        ValueError: the frames are smaller than 16 px.
    """
    links = _linked(lumas, network, is_preview)
    number, shot = first_shot, None
    for frames in _in_batches(links, 1 if is_preview else _BATCH * EVERY):
        wholes = _look([frame for frame in frames if frame.is_seen], network)
        for frame in frames:
            if frame.link.begins:
                if shot:
                    yield from shot.finish()
                    number += 1
                shot = Shot(network, vividness, guides.get(number))
            shot.add(frame, next(wholes) if frame.is_seen else None)
            if is_preview:
                yield from shot.finish()
            elif len(shot.frames) == BLOCK + AROUND:
                yield from shot.colors(BLOCK)
    if shot:
        yield from shot.finish()


def shots_of(lumas: Iterable[np.ndarray], network: ChromaNet, is_preview: bool = False) -> Iterator[int]:
    """The number of the shot that each frame is of, from 0, as `colors_of_film` counts them. Arguments as there."""
    number = -1
    for link in _linked(lumas, network, is_preview):
        number += link.begins
        yield number


def _linked(lumas: Iterable[np.ndarray], network: ChromaNet, is_preview: bool) -> Iterator[Linked]:
    views = (_view_of(luma, network.side) for luma in lumas)
    return linked(views, _PIXELS, 0 if is_preview else LONGEST_FLASH)


def _view_of(luma: np.ndarray, side: int) -> np.ndarray:
    height, width = seen_size(*luma.shape, side)
    return cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA)


def _in_batches(links: Iterable[Linked], count: int) -> Iterator[list[Frame]]:
    """The frames, so many at a time. Of each shot the network is to see every third, in turns straight and mirrored.

    Of a photograph it sees both, and their mean is better than either; in a film neighbors are averaged anyway.
    """
    source, position = iter(links), 0
    while some := list(islice(source, count)):
        frames = [Frame(link) for link in some]
        for frame in frames:
            if frame.link.is_flash:
                continue
            position = 0 if frame.link.begins else position + 1
            frame.is_seen, frame.is_mirrored = position % EVERY == 0, position % (2 * EVERY) != 0
        yield frames


def _look(frames: Sequence[Frame], network: ChromaNet) -> Iterator[Tensor]:
    """Fill in what the network sees of the places of frames; what it sees of each as a whole, `(1, D)`."""
    if not frames:
        return
    views = [np.fliplr(frame.link.view) if frame.is_mirrored else frame.link.view for frame in frames]
    maps = network.look(to_tensor(np.stack(views)[..., None]).to(network.frequency.device))
    for frame, places, deepest in zip(frames, maps.places.split(1), maps.deepest.split(1), strict=True):
        frame.places = places
        yield deepest.mean((2, 3))
