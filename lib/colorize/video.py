"""The colors of a film: each frame as the network sees it, and as the frames around it say.

The network's errors change from frame to frame, and are seen as flicker. So the color of a thing is the mean of what
the network says of it in the frames around, found along the optical flow in both directions. A frame counts the more,
the nearer it is and the more certain the network is of that place. What is uncovered takes its color from the frames
after. No color crosses a cut.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lib.classical.flow import warp
from lib.color.distribution import CELL
from lib.color.spaces import to_tensor
from lib.colorize.shot_memory import Remembered, recalled
from lib.colorize.shots import LONGEST_FLASH, Linked, Step, linked
from lib.networks.chroma_net import ChromaNet, seen_size

EVERY = 3  # frames; what the network makes of those between it would say of their neighbors too
CARRIED = 0.95  # the weight of a neighbor's color, in that of a frame's own
AT_LEAST = 0.01  # the same where the flow cannot be relied on: for what no frame nearby is certain of
NOISE = 0.0015  # variance of chroma, added to that of the network, so that certainty is not all
AROUND = 48  # frames each way, of which a frame's color and its view of the whole are means
BLOCK = 48  # frames that are finished at a time
REMEMBERED = 12  # frames; one of so many is kept to find again what was covered
_BATCH = 4  # frames that the network sees at a time; one by one it would take twice as long for each
_PIXELS = 8 // CELL  # of the network's view, to a pixel of its chroma

_T = TypeVar("_T")


class Colored(NamedTuple):
    """The colors of a frame.

    Args:
        chroma: `(2, h, w)`, Cb and Cr of BT.601 in full range, in [-0.5, 0.5]; small.
        begins: whether a shot begins with this frame.
    """

    chroma: Tensor
    begins: bool


@dataclass
class _Frame:
    """A frame on its way through a shot.

    Args:
        link: the frame, and the ways to the one before.
        is_seen: whether the network is to look at it.
        is_mirrored: whether it is shown the mirror image.
        places: what the network sees of its cells, `(1, C, h, w)`, until it has become `own`.
        own: the sum (see `_Shot`) of what the network says of this frame alone.
    """

    link: Linked
    is_seen: bool = False
    is_mirrored: bool = False
    places: Tensor | None = None
    own: np.ndarray | None = None


@torch.inference_mode()
def colors_of_film(
    lumas: Iterable[np.ndarray], network: ChromaNet, vividness: float = 0.5, is_preview: bool = False
) -> Iterator[Colored]:
    """The colors of the frames of a film, in order.

    Args:
        lumas: uint8 `(H, W)`, full range, upright, all of one size; taken up to some 110 frames ahead of what is
            yielded, or, in a preview, none.
        network: see `load_colorizer`.
        vividness: 0 for the safest colors to 1 for the most vivid.
        is_preview: whether each frame is to have its colors before the next one is known. They flicker more.

    Raises:
        ValueError: the frames are smaller than 16 px.
    """
    links = linked((_view_of(luma, network.side) for luma in lumas), _PIXELS, 0 if is_preview else LONGEST_FLASH)
    shot = _Shot(network, vividness)
    for frames in _in_batches(links, 1 if is_preview else _BATCH * EVERY):
        wholes = _look([frame for frame in frames if frame.is_seen], network)
        for frame in frames:
            if frame.link.begins:
                yield from shot.finish()
                shot = _Shot(network, vividness)
            shot.add(frame, next(wholes) if frame.is_seen else None)
            if is_preview:
                yield from shot.finish()
            elif len(shot.frames) == BLOCK + AROUND:
                yield from shot.colors(BLOCK)
    yield from shot.finish()


def _view_of(luma: np.ndarray, side: int) -> np.ndarray:
    height, width = seen_size(*luma.shape, side)
    return cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA)


def _in_batches(links: Iterable[Linked], count: int) -> Iterator[list[_Frame]]:
    """The frames, so many at a time. Of each shot the network is to see every third, in turns straight and mirrored.

    Of a photograph it sees both, and their mean is better than either; in a film neighbors are averaged anyway.
    """
    source, position = iter(links), 0
    while some := list(islice(source, count)):
        frames = [_Frame(link) for link in some]
        for frame in frames:
            if frame.link.is_flash:
                continue
            position = 0 if frame.link.begins else position + 1
            frame.is_seen, frame.is_mirrored = position % EVERY == 0, position % (2 * EVERY) != 0
        yield frames


def _look(frames: Sequence[_Frame], network: ChromaNet) -> Iterator[Tensor]:
    """Fill in what the network sees of the places of frames; what it sees of each as a whole, `(1, D)`."""
    if not frames:
        return
    views = [np.fliplr(frame.link.view) if frame.is_mirrored else frame.link.view for frame in frames]
    maps = network.look(to_tensor(np.stack(views)[..., None]).to(network.frequency.device))
    for frame, places, deepest in zip(frames, maps.places.split(1), maps.deepest.split(1), strict=True):
        frame.places = places
        yield deepest.mean((2, 3))


class _Shot:
    """The frames of a shot that have no colors yet, and what those before them have left.

    A sum of colors is float32 `(3, h, w)`: Cb and Cr times their weight, and the weight.
    """

    def __init__(self, network: ChromaNet, vividness: float):
        self.network, self.vividness = network, vividness
        self.frames: list[_Frame] = []
        self._done = 0  # frames that have their colors
        self._wholes: list[tuple[int, Tensor]] = []  # by the number of the frame
        self._memory: list[tuple[int, Remembered]] = []  # likewise
        self._before: np.ndarray | None = None  # the sum of the last frame that has its colors, and those before
        self._last: Tensor | None = None  # its colors

    def add(self, frame: _Frame, whole: Tensor | None) -> None:
        """Add the next frame, and what the network saw of it as a whole."""
        if whole is not None:
            self._wholes.append((self._done + len(self.frames), whole))
        self.frames.append(frame)

    def finish(self) -> Iterator[Colored]:
        """The colors of all frames that are left."""
        return self.colors(len(self.frames))

    def colors(self, count: int) -> Iterator[Colored]:
        """The colors of the next frames; those after them help."""
        self._listen()
        afters = self._afters()
        for frame, after in zip(self.frames[:count], afters, strict=False):
            if not frame.link.is_flash:
                self._before = _added(_carried(self._before, frame.link.back), frame.own)
                total = _added(self._before, after)
                self._last = torch.from_numpy(total[:2] / total[2])
            yield Colored(self._last, frame.link.begins)
        del self.frames[:count]
        self._done += count
        self._wholes = [(number, whole) for number, whole in self._wholes if number >= self._done - AROUND]
        self._memory = [(number, seen) for number, seen in self._memory if number >= self._done - AROUND]

    def _listen(self) -> None:
        """Find what the network says of each frame that it saw: as a part of what is around, and of what is like it."""
        said = []
        for number, frame in enumerate(self.frames, self._done):
            if frame.places is not None:
                said.append((number, frame, *self._said_of(frame, number)))
        for number, frame, places, chroma, weight in said:
            memory = Remembered.joined(_around(self._memory, number))
            chroma = recalled(places, chroma, memory)
            frame.own, frame.places = torch.cat([chroma * weight, weight], 1)[0].cpu().numpy(), None

    def _said_of(self, frame: _Frame, number: int) -> tuple[Tensor, Tensor, Tensor]:
        """What the network sees of a frame's places, the chroma that it expects, and its weight `(1, 1, h, w)`."""
        whole = torch.cat(_around(self._wholes, number)).mean(0, keepdim=True)
        distribution, places = self.network.distribution_in(frame.places, whole), frame.places
        if frame.is_mirrored:
            distribution, places = distribution.mirrored(), places.flip(-1)
        chroma = distribution.chroma(self.vividness)
        if not self._memory or number - self._memory[-1][0] >= REMEMBERED:
            self._memory.append((number, Remembered.of(places, chroma)))
        return places, chroma, F.interpolate(1 / (distribution.variance() + NOISE), chroma.shape[-2:])

    def _afters(self) -> list[np.ndarray | None]:
        """For each frame the sum of what is carried back to it from those after."""
        found: list[np.ndarray | None] = [None] * len(self.frames)
        total, ahead = None, None
        for number in range(len(self.frames) - 1, -1, -1):
            frame = self.frames[number]
            if not frame.link.is_flash:
                found[number] = _carried(total, ahead)
                total, ahead = _added(found[number], frame.own), frame.link.ahead
        return found


def _around(some: list[tuple[int, _T]], number: int) -> list[_T]:
    """What belongs to frames around one, by their numbers in the shot."""
    return [each for other, each in some if abs(other - number) <= AROUND]


def _carried(total: np.ndarray | None, step: Step | None) -> np.ndarray | None:
    """The sum of another frame, as far as it says something of this one; None where there is none."""
    if total is None or step is None:
        return None
    return (CARRIED * step.share + AT_LEAST) * warp(total, step.flow)


def _added(total: np.ndarray | None, other: np.ndarray | None) -> np.ndarray | None:
    if total is None or other is None:
        return other if total is None else total
    return total + other
