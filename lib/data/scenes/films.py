"""Short films whose motion is known exactly, in color: a camera moves over a picture, and a thing passes in front.

The measures of `lib/evaluation/temporal.py` and the methods that carry colors along are tried on them. Each shot shows
another picture: rendered scenes, or photographs that the caller gives. A film may end in a fade, and may have a flash
and grain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator

from lib.color.spaces import rgb_to_ycbcr, to_tensor
from lib.data.scenes.rendering import render_scene

_WINDOW = 0.6  # the largest part of a picture that the camera sees at once, by side
_ZOOM, _TURN = 1.35, 0.12  # the most by which a shot zooms in or out, and turns each way (radians)
_PACE = 0.008  # the fastest pan, in frame heights a frame: 1.3 px of 160
_BLUR = 0.8  # px; of lens and sensor: without it, fine texture would flicker by sampling alone
_THING = (0.17, 0.24)  # half its width and height, in frame heights
_EDGE = 1.5  # px around the thing's outline that show both it and what is behind


@dataclass(frozen=True)
class Events:
    """What happens in a film beside motion.

    Args:
        thing: whether a thing passes in front in each shot.
        flash: the number of a frame that is nearly white, or None.
        fade: how many frames at the end fade to black.
        grain: the standard deviation of the noise of each frame, in gray levels of 255; equal in R, G and B.
    """

    thing: bool = True
    flash: int | None = None
    fade: int = 0
    grain: float = 0.0


@dataclass(frozen=True)
class _View:
    """What a frame shows: the number of its shot, the camera (frame to picture, 3 x 3), the thing's middle (x, y)."""

    shot: int
    camera: np.ndarray
    thing: np.ndarray


@dataclass(frozen=True)
class Film:
    """A film in color with its exact motion.

    Args:
        frames: RGB, uint8 `(T, H, W, 3)`.
        begins: the numbers of the frames that begin a shot, the first of them 0.
        has_thing: whether a thing passes in front.
    """

    frames: np.ndarray
    begins: tuple[int, ...]
    has_thing: bool
    _views: Sequence[_View] = field(repr=False)

    @property
    def luma(self) -> np.ndarray:
        """What a black-and-white film shows: Rec. 601 luma, uint8 `(T, H, W)`."""
        return np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in self.frames])

    @property
    def chroma(self) -> np.ndarray:
        """The true colors: Cb and Cr in [-0.5, 0.5], float32 `(T, 2, H, W)`."""
        return rgb_to_ycbcr(to_tensor(self.frames))[:, 1:].numpy()

    def motion(self, frame: int, other: int) -> tuple[np.ndarray, np.ndarray]:
        """The exact flow from one frame to another one, and what of it is seen there.

        Returns:
            float32 `(H, W, 2)` in pixels, x before y (see `lib/classical/flow.py`), and bool `(H, W)`: False where a
            place is covered in the other frame, outside it or on the outline of the thing, or another shot's.
        """
        here, there = self._views[frame], self._views[other]
        height, width = self.frames.shape[1:3]
        places = _places(height, width)
        if here.shot != there.shot:
            return np.zeros((height, width, 2), np.float32), np.zeros((height, width), bool)
        ends = _mapped(np.linalg.inv(there.camera) @ here.camera, places)
        is_seen = np.ones((height, width), bool)
        if self.has_thing:
            outside = _distance(places, here.thing, height)
            ends = np.where((outside < 0)[..., None], places + there.thing - here.thing, ends)
            is_outline = np.abs(outside) < _EDGE
            is_covered = (outside > 0) & (_distance(ends, there.thing, height) < _EDGE)
            is_seen = ~is_outline & ~is_covered
        is_seen &= ((ends >= 0) & (ends <= (width - 1, height - 1))).all(-1)
        return (ends - places).astype(np.float32), is_seen


def make_film(
    pictures: Sequence[np.ndarray], size: tuple[int, int], count: int, seed: int, events: Events | None = None
) -> Film:
    """A film with a shot for each picture; the same arguments give the same film.

    Args:
        pictures: RGB, uint8 `(h, w, 3)` each; one that is less than 1.7 times as large as a frame is enlarged.
        size: height and width of the frames in px.
        count: frames of each shot.
        seed: of the moves of camera and thing, of the thing's looks and of grain; 0 or larger.
        events: what else happens; a thing in front alone where it is not given.
    """
    events, rng = events or Events(), np.random.default_rng([seed, 4])
    frames, views = [], []
    for shot, picture in enumerate(pictures):
        turn, zoom = rng.uniform(-_TURN, _TURN), rng.uniform(1 / _ZOOM, 1)
        scene = _developed(picture, size, abs(turn))
        thing = _developed(render_scene(seed + 1000 * (shot + 1), max(32, size[0] // 2)), None, 0)
        path = _thing_path(rng, size, count)
        for camera, middle in zip(_camera_path(rng, scene, size, count, turn, zoom), path, strict=True):
            view = _View(shot, camera, middle)
            views.append(view)
            frames.append(_shown(scene, thing if events.thing else None, view, size))
    _happen(frames, events, rng)
    noise = (events.grain * rng.standard_normal((*size, 1), dtype=np.float32) for _ in frames)
    made = np.stack([np.clip(np.rint(f + n), 0, 255).astype(np.uint8) for f, n in zip(frames, noise, strict=True)])
    return Film(made, tuple(range(0, len(made), count)), events.thing, views)


def rendered_film(seed: int, side: int = 160, count: int = 24, shots: int = 1, events: Events | None = None) -> Film:
    """A film over rendered scenes, in frames of `side` x `side` px; `count` frames a shot. See `make_film`.

    >>> rendered_film(0, 64, 3).frames.shape
    (3, 64, 64, 3)
    """
    pictures = [render_scene(seed + 100 * shot, 2 * side) for shot in range(shots)]
    return make_film(pictures, (side, side), count, seed, events)


def _developed(picture: np.ndarray, size: tuple[int, int] | None, turn: float) -> np.ndarray:
    """A picture as float32, as soft as a camera makes it; where a size is given so large that the camera can move."""
    if size:
        height, width = _reach(size, turn)
        scale = max(height / picture.shape[0], width / picture.shape[1]) / _WINDOW
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=method)
    return cv2.GaussianBlur(picture.astype(np.float32), (0, 0), _BLUR)


def _reach(size: tuple[int, int], turn: float) -> np.ndarray:
    """Height and width of the box around a frame that is turned by so much."""
    height, width = size
    sine, cosine = np.sin(turn), np.cos(turn)
    return np.array([height * cosine + width * sine, width * cosine + height * sine])


def _camera_path(
    rng: Generator, scene: np.ndarray, size: tuple[int, int], count: int, turn: float, zoom: float
) -> list[np.ndarray]:
    """Cameras from one side of the scene to the other, which zoom and turn meanwhile: frame to scene, 3 x 3."""
    height, width = size
    room = (np.array(scene.shape[:2]) - 1 - _reach(size, abs(turn)))[::-1] / 2  # x, y
    angle = rng.uniform(0, 2 * np.pi)
    aim = np.array([np.cos(angle), np.sin(angle)])
    way = np.minimum(room, _PACE * height * count / 2) * aim / np.abs(aim).max() * rng.uniform(0.6, 1.0)
    is_inward, cameras = rng.random() < 0.5, []
    for step in np.linspace(-1, 1, count) if count > 1 else [0.0]:
        part = (1 + step) / 2
        scale = 1 + (zoom - 1) * (part if is_inward else 1 - part)
        sine, cosine = scale * np.sin(turn * step), scale * np.cos(turn * step)
        middle = (np.array(scene.shape[1::-1]) - 1) / 2 + step * way
        turned = np.array([[cosine, -sine], [sine, cosine]])
        shift = middle - turned @ ((width - 1) / 2, (height - 1) / 2)
        cameras.append(np.vstack([np.column_stack([turned, shift]), [0, 0, 1]]))
    return cameras


def _thing_path(rng: Generator, size: tuple[int, int], count: int) -> np.ndarray:
    """The thing's middle in each frame, `(count, 2)`: from beyond one side to beyond the other."""
    height, width = size
    beyond = _THING[0] * height + 2
    x = np.linspace(-beyond, width + beyond, count)
    y = height * (rng.uniform(0.35, 0.65) + rng.uniform(-0.2, 0.2) * np.linspace(-1, 1, count))
    return np.column_stack([x if rng.random() < 0.5 else x[::-1], y])


def _shown(scene: np.ndarray, thing: np.ndarray | None, view: _View, size: tuple[int, int]) -> np.ndarray:
    """A frame as float32 `(H, W, 3)` in 0..255."""
    places = _places(*size)
    frame = _sampled(scene, _mapped(view.camera, places))
    if thing is None:
        return frame
    inside = np.clip(0.5 - _distance(places, view.thing, size[0]), 0, 1).astype(np.float32)[..., None]
    middle = (np.array(thing.shape[1::-1]) - 1) / 2
    return frame + inside * (_sampled(thing, places - view.thing + middle) - frame)


def _happen(frames: list[np.ndarray], events: Events, rng: Generator) -> None:
    """Flash and fade, in place."""
    if events.flash is not None:
        frames[events.flash] = 255 - rng.uniform(0.2, 0.4) * (255 - frames[events.flash])
    for k in range(events.fade):
        frames[-1 - k] = frames[-1 - k] * np.float32(k / events.fade)


def _places(height: int, width: int) -> np.ndarray:
    """The coordinates x and y of the pixels, `(H, W, 2)`."""
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(float)


def _mapped(matrix: np.ndarray, places: np.ndarray) -> np.ndarray:
    return places @ matrix[:2, :2].T + matrix[:2, 2]


def _sampled(picture: np.ndarray, places: np.ndarray) -> np.ndarray:
    x, y = np.moveaxis(places.astype(np.float32), -1, 0)
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _distance(places: np.ndarray, middle: np.ndarray, height: int) -> np.ndarray:
    """About how far places are from the thing's outline, in px; negative inside."""
    half = height * np.array(_THING)
    return (np.linalg.norm((places - middle) / half, axis=-1) - 1) * half.min()
