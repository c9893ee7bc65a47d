"""Hints: what a person says about the colors of a photograph, and the file that keeps them.

    {
     "photograph": "cat.jpg", "width": 451, "height": 300, "luma": "90c1a5…",
     "hints": [
      {"points": [[0.25, 0.4]], "radius": 0.01, "color": "#8a6a3c"},
      {"points": [[0.1, 0.9], [0.6, 0.9]], "radius": 0.02, "color": "#4d6b2a"}
     ]
    }

One point is a dot, several are a stroke. Positions are fractions of the width and the height, from the upper left
corner; a radius is a fraction of the shorter side. So hints fit the same photograph at any size.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from lib.common.files import printable, write_json

Color = tuple[int, int, int]  # red, green and blue, 0 to 255
MOST_HINTS = 1000  # in one file; a person sets some dozens
MOST_POINTS = 10_000  # of a stroke
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_LUMA = re.compile(r"[0-9a-f]{128}")
_PARTS = 8  # each way: a fingerprint holds the mean luma of 8 x 8 parts of the picture
# Levels, mean of the parts: of two photographs among 263 at least 16, of one at a third of its size at most 3.
_SAME = 6.0


class HintsError(ValueError):
    """Hints that cannot be used; the message names the file and says what to do."""


@dataclass(frozen=True)
class Hint:
    """A color that a person gives to a place.

    Args:
        points: one point, or the corners of a stroke, each (x, y) in [0, 1].
        radius: of the dot or the brush, above 0 and at most 1, as a fraction of the picture's shorter side.
        color: RGB in 0 to 255. Its chroma counts; the brightness stays the photograph's.
    """

    points: tuple[tuple[float, float], ...]
    radius: float
    color: Color

    def covers(self, height: int, width: int) -> np.ndarray:
        """The cells of a grid over the picture that the hint lies on, bool `(height, width)`; at least one."""
        corners = np.array(self.points) * (width, height) - 0.5  # of cells' centers
        marked = np.zeros((height, width), np.uint8)
        thickness = max(1, round(2 * self.radius * min(height, width)))
        if len(corners) == 1 or thickness == 1:
            radius = self.radius * min(height, width)
            rows, columns = np.ogrid[:height, :width]
            for x, y in _along(corners):
                marked[(columns - x) ** 2 + (rows - y) ** 2 <= radius**2] = 1
                nearest = np.clip((round(y), round(x)), 0, (height - 1, width - 1))
                marked[tuple(nearest)] = 1
        else:
            import cv2  # here: `colorize` reads no hints where there are none

            cv2.polylines(marked, [np.rint(corners).astype(np.int32)], False, 1, thickness)
        return marked.astype(bool)


@dataclass(frozen=True)
class Hints:
    """All hints on one photograph.

    Args:
        photograph: its file name, without folders.
        width: of the photograph as a person sees it, in px.
        height: likewise.
        luma: its fingerprint, see `luma_fingerprint`.
        hints: what is said, in the order in which it was.
    """

    photograph: str
    width: int
    height: int
    luma: str
    hints: tuple[Hint, ...]

    @classmethod
    def on(cls, photograph: str, gray: Image.Image, hints: Sequence[Hint]) -> "Hints":
        """Hints on a photograph of that file name; `gray` is its luma, mode "L"."""
        return cls(photograph, gray.width, gray.height, luma_fingerprint(gray), tuple(hints))

    def check(self, gray: Image.Image) -> None:
        """Raise `HintsError` where the hints are on another photograph than this one, mode "L", of any size."""
        if not same_luma(self.luma, luma_fingerprint(gray)):
            raise HintsError(
                f"the hints are on another picture, {printable(self.photograph)} of {self.width} x {self.height} px; "
                "give hints that were set on this one"
            )


def _along(corners: np.ndarray) -> np.ndarray:
    """Points of a stroke `(n, 2)` at steps of at most half a cell, its corners included."""
    parts = [corners[:1]]
    for start, end in pairwise(corners):
        steps = max(1, int(np.ceil(2 * np.abs(end - start).max())))
        parts.append(start + (end - start) * np.arange(1, steps + 1)[:, None] / steps)
    return np.concatenate(parts)


def luma_fingerprint(gray: Image.Image) -> str:
    """What a photograph's luma, mode "L", looks like: the means of 8 x 8 parts, as 128 hex digits.

    The same photograph at another size or quality has nearly the same, see `same_luma`.
    """
    return np.asarray(gray.resize((_PARTS, _PARTS), Image.Resampling.BOX)).tobytes().hex()


def same_luma(one: str, other: str) -> bool:
    """Whether two fingerprints are those of one photograph."""
    one, other = (np.frombuffer(bytes.fromhex(text), np.uint8).astype(int) for text in (one, other))
    return len(one) == len(other) and bool(np.abs(one - other).mean() <= _SAME)


def write_hints(path: str | Path, hints: Hints) -> None:
    """Write `hints.json`, whole or not at all; missing folders are made."""
    about = {"photograph": hints.photograph, "width": hints.width, "height": hints.height, "luma": hints.luma}
    write_json(path, about | {"hints": [plain_hint(hint) for hint in hints.hints]})


def plain_hint(hint: Hint) -> dict:
    """A hint as it stands in a file; `hint_of` is the inverse."""
    points = [list(point) for point in hint.points]
    return {"points": points, "radius": hint.radius, "color": f"#{bytes(hint.color).hex()}"}


def read_hints(path: str | Path) -> Hints:
    """The hints in a file. What is broken in it raises `HintsError`, a file that cannot be read `OSError`."""
    try:
        content = json.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:100]
        raise HintsError(f"{printable(path)}: is not readable as JSON ({reason}); set the hints again") from error
    try:
        return _parsed(content)
    except _WrongError as error:
        raise HintsError(f"{printable(path)}: {error}") from error


class _WrongError(ValueError):
    """What is wrong in a file of hints, without its name."""


def _parsed(content: object) -> Hints:
    _expect(isinstance(content, dict) and isinstance(content.get("hints"), list), "holds no list called hints")
    name, width, height, luma = (content.get(key) for key in ("photograph", "width", "height", "luma"))
    _expect(isinstance(name, str) and name, "names no photograph")
    sides_are_good = all(isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in (width, height))
    _expect(sides_are_good, "gives no width and height, in px")
    _expect(isinstance(luma, str) and _LUMA.fullmatch(luma), "has no fingerprint of the photograph's luma")
    listed = content["hints"]
    _expect(listed, "holds no hints; set one, or leave the file out")
    _expect(len(listed) <= MOST_HINTS, f"holds {len(listed):,} hints, and {MOST_HINTS:,} is the most")
    return Hints(name, width, height, luma, tuple(hint_of(one, number) for number, one in enumerate(listed, start=1)))


def hint_of(one: object, number: int) -> Hint:
    """The hint that stands in a file as `one`, see above; raises `ValueError` where it is none.

    `number`, from 1, is its name in the message.
    """
    _expect(isinstance(one, dict), f"hint {number} is not an object with points, radius and color")
    points, radius, color = (one.get(key) for key in ("points", "radius", "color"))
    _expect(
        isinstance(points, list)
        and 0 < len(points) <= MOST_POINTS
        and all(isinstance(point, list) and len(point) == 2 and all(map(_is_number, point)) for point in points),
        f"hint {number} needs points, a list of [x, y]",
    )
    outside = next((point for point in points if not all(0 <= value <= 1 for value in point)), None)
    _expect(
        outside is None,
        f"hint {number} lies outside the picture at {outside}; x and y are fractions of width and height, from 0 to 1",
    )
    _expect(_is_number(radius) and 0 < radius <= 1, f"hint {number} needs a radius above 0 and at most 1")
    _expect(isinstance(color, str) and _COLOR.fullmatch(color), f"hint {number} needs a color such as #4d6b2a")
    red, green, blue = bytes.fromhex(color[1:])
    return Hint(tuple((float(x), float(y)) for x, y in points), float(radius), (red, green, blue))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _expect(is_so: object, otherwise: str) -> None:
    if not is_so:
        raise _WrongError(otherwise)
