"""The colors of a shot: what the network says of each frame, and what the frames around say of it.

The color of a thing is the mean of what the network says of it in the frames around, found along the optical flow in
both directions. A frame counts the more, the nearer it is and the more certain the network is of that place. What is
uncovered takes its color from the frames after.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lib.classical.flow import warp
from lib.color.distribution import ChromaDistribution
from lib.color.spaces import to_tensor
from lib.colorize.guides import Guide
from lib.colorize.shot_memory import Remembered, recalled
from lib.colorize.shots import Linked, Step
from lib.networks.chroma_net import ChromaNet

CARRIED = 0.95  # the weight of a neighbor's color, in that of a frame's own
AT_LEAST = 20.0  # the weight of a neighbor's color where the flow cannot be relied on: for what no frame else speaks of
NOISE = 0.0015  # variance of chroma, added to that of the network, so that certainty is not all
AROUND = 48  # frames each way, of which a frame's color and its view of the whole are means
REMEMBERED = 12  # frames; one of so many is kept to find again what was covered

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
class Frame:
    """A frame on its way through a shot.

    Args:
        link: the frame, and the ways to the one before.
        is_seen: whether the network is to look at it.
        is_mirrored: whether it is shown the mirror image.
        places: what the network sees of its cells, `(1, C, h, w)`, until it has become `own`.
        own: the sum (see `Shot`) of what the network says of this frame alone.
    """

    link: Linked
    is_seen: bool = False
    is_mirrored: bool = False
    places: Tensor | None = None
    own: np.ndarray | None = None


class Shot:
    """The frames of a shot that have no colors yet, and what those before them have left.

    A sum of colors is float32 `(3, h, w)`: Cb and Cr times their weight, and the weight.

    Args:
        network: see `load_colorizer`.
        vividness: 0 for the safest colors to 1 for the most vivid.
        guide: what a person says of its colors.
    """

    def __init__(self, network: ChromaNet, vividness: float, guide: Guide | None = None):
        self.network, self.vividness, self.guide = network, vividness, guide
        self.frames: list[Frame] = []
        self._done = 0  # frames that have their colors
        self._wholes: list[tuple[int, Tensor]] = []  # by the number of the frame
        self._memory: list[tuple[int, Remembered]] = []  # likewise
        self._before: np.ndarray | None = None  # the sum of the last frame that has its colors, and those before
        self._last: Tensor | None = None  # its colors

    def add(self, frame: Frame, whole: Tensor | None) -> None:
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
        for number, frame, distribution, chroma in said:
            chroma = recalled(frame.places, chroma, Remembered.joined(_around(self._memory, number)))
            if self.guide:
                gray = to_tensor(frame.link.view[..., None])[None].to(chroma.device)
                chroma = chroma + self.guide.correction(distribution, frame.places, gray)
            weight = F.interpolate(1 / (distribution.variance() + NOISE), chroma.shape[-2:])
            frame.own, frame.places = torch.cat([chroma * weight, weight], 1)[0].cpu().numpy(), None

    def _said_of(self, frame: Frame, number: int) -> tuple[ChromaDistribution, Tensor]:
        """The colors that a frame may have, as a part of what is around, and those that the network expects."""
        whole = torch.cat(_around(self._wholes, number)).mean(0, keepdim=True)
        distribution = self.network.distribution_in(frame.places, whole)
        if frame.is_mirrored:
            distribution, frame.places = distribution.mirrored(), frame.places.flip(-1)
        chroma = distribution.chroma(self.vividness)
        if not self._memory or number - self._memory[-1][0] >= REMEMBERED:
            self._memory.append((number, Remembered.of(frame.places, chroma)))
        return distribution, chroma

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
    moved = warp(total, step.flow)
    return CARRIED * step.share * moved + AT_LEAST * moved / moved[2]


def _added(total: np.ndarray | None, other: np.ndarray | None) -> np.ndarray | None:
    if total is None or other is None:
        return other if total is None else total
    return total + other
