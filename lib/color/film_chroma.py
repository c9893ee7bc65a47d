"""Chroma for the frames of a film: from BT.601 in full range to the film's own matrix, range, depth and layout.

Y'CbCr of any matrix is linear in R'G'B', and a color minus its luma depends on chroma alone. So a chroma moves from one
matrix to another by a 2 x 2 map, whatever the luma, and a film's luma need not be touched.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np

# Weights of red and blue in luma (ITU-R BT.709, FCC 73.682, BT.601, SMPTE 240M, BT.2020), by the numbers of H.264.
_WEIGHTS = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087)}
_WEIGHTS |= {9: (0.2627, 0.0593)}
_FROM = _WEIGHTS[6]  # of the chroma that comes in
_HIGH_DEFINITION = 720  # lines from which on BT.709 is meant where nothing is said
_TINY = 1e-4  # in place of 0 where nothing is left to a border of the gamut


def matrix_of(number: int, lines: int) -> tuple[int, tuple[float, float]]:
    """The matrix of a film, as its number in H.264 and the weights of red and blue in its luma.

    Args:
        number: what the film says. Where it says nothing, or a matrix that is not one of these, BT.709 is taken from
            720 lines on, else BT.601.
        lines: how many the film has.

    >>> matrix_of(2, 1080)
    (1, (0.2126, 0.0722))
    """
    if number not in _WEIGHTS:
        number = 1 if lines >= _HIGH_DEFINITION else 6
    return number, _WEIGHTS[number]


def turned(plane: np.ndarray, turn: tuple[int, int, int, int]) -> np.ndarray:
    """A plane `(H, W)` as a display matrix shows it.

    Args:
        plane: as it is stored.
        turn: (a, b, c, d), each -1, 0 or 1: a pixel at (x, y) is shown at (a x + c y, b x + d y).
    """
    a, b, c, d = turn
    shown = plane if a else plane.T
    flips = (a, d) if a else (c, b)  # of columns, of rows
    return shown[:: -1 if flips[1] < 0 else 1, :: -1 if flips[0] < 0 else 1]


def turned_back(plane: np.ndarray, turn: tuple[int, int, int, int]) -> np.ndarray:
    """The inverse of `turned`: the map is orthogonal, so the transposed one leads back."""
    a, b, c, d = turn
    return turned(plane, (a, c, b, d))


@dataclass(frozen=True)
class ChromaLayout:
    """How a film stores luma and chroma.

    Args:
        weights: of red and blue in its luma.
        is_full_range: whether 0 is black; else 16 is, at 8 bits.
        depth: bits of a sample.
        columns, rows: how many pixels share one chroma value; 2 and 2 in 4:2:0.
    """

    weights: tuple[float, float]
    is_full_range: bool
    depth: int = 8
    columns: int = 2
    rows: int = 2
    _map: np.ndarray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        of_red, of_blue = self.weights
        of_green = 1 - of_red - of_blue
        # Red, green and blue minus BT.601 luma from (Cb, Cr), then minus the film's own luma.
        red, blue = np.array([0, 2 - 2 * _FROM[0]]), np.array([2 - 2 * _FROM[1], 0])
        green = -(_FROM[0] * red + _FROM[1] * blue) / (1 - sum(_FROM))
        moved = of_red * red + of_green * green + of_blue * blue
        own = np.stack([(blue - moved) / (2 - 2 * of_blue), (red - moved) / (2 - 2 * of_red)])
        object.__setattr__(self, "_map", own.astype(np.float32))

    @property
    def dtype(self) -> type:
        return np.uint8 if self.depth == 8 else np.uint16

    @property
    def black(self) -> int:
        return 0 if self.is_full_range else 16 << (self.depth - 8)

    @property
    def luma_span(self) -> int:
        """From black to white."""
        return 2**self.depth - 1 if self.is_full_range else 219 << (self.depth - 8)

    @property
    def chroma_span(self) -> int:
        """From chroma -0.5 to 0.5."""
        return 2**self.depth - 1 if self.is_full_range else 224 << (self.depth - 8)

    def full_range(self, luma: np.ndarray) -> np.ndarray:
        """Stored luma as uint8 from 0 for black to 255 for white, clipped and rounded."""
        if self.is_full_range and self.depth == 8:
            return luma
        return _looked_up(_full_range_levels(self.black, self.luma_span, self.depth), luma)

    def stored(self, luma: np.ndarray) -> np.ndarray:
        """The inverse for a layout of 8 bits: uint8 in full range as this layout stores it, rounded."""
        return luma if self.is_full_range else _looked_up(_limited_levels(), luma)

    def at_depth(self, luma: np.ndarray, depth: int) -> np.ndarray:
        """Stored luma at another depth and the same range; as it is where the depth is the same."""
        if depth == self.depth:
            return luma
        return _looked_up(_levels_at(self.depth, depth, self.is_full_range), luma)

    def planes(self, chroma: np.ndarray, luma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The planes U and V of a frame, rounded; colors that RGB does not have are pulled toward gray.

        They are as strong as the mean luma of the pixels that share them allows, as in `lib.color.composition.join`.

        Args:
            chroma: Cb and Cr of BT.601 in full range, `(2, h, w)`, in [-0.5, 0.5], of any size; turned like `luma`.
            luma: as it is stored, `(H, W)`.

        Returns:
            U and V, each `(ceil(H / rows), ceil(W / columns))`, uint8 or uint16.
        """
        mean = self._mean_luma(luma)
        small = chroma.astype(np.float32)
        planes = [_enlarged(u * small[0] + v * small[1], luma.shape[1], self.columns, len(mean)) for u, v in self._map]
        self._pull_into_gamut(*planes, mean)
        for part in planes:
            part *= self.chroma_span
            part += 2 ** (self.depth - 1)
            np.rint(part, out=part)
            np.clip(part, 0, 2**self.depth - 1, out=part)
        return planes[0].astype(self.dtype), planes[1].astype(self.dtype)

    def _mean_luma(self, luma: np.ndarray) -> np.ndarray:
        """The mean luma of the pixels that share a chroma value, float32 in [0, 1]."""
        height, width = luma.shape
        over = (-height % self.rows, -width % self.columns)
        if any(over):
            luma = np.pad(luma, ((0, over[0]), (0, over[1])), mode="edge")
        size = (luma.shape[1] // self.columns, luma.shape[0] // self.rows)
        mean = cv2.resize(np.ascontiguousarray(luma), size, interpolation=cv2.INTER_AREA).astype(np.float32)
        mean -= self.black
        mean /= self.luma_span
        return np.clip(mean, 0, 1, out=mean)

    def _pull_into_gamut(self, cb: np.ndarray, cr: np.ndarray, luma: np.ndarray) -> None:
        """Scale chroma in place so that, with that luma, red, green and blue stay in [0, 1]."""
        of_red, of_blue = self.weights
        of_green = 1 - of_red - of_blue
        red, blue = (2 - 2 * of_red) * cr, (2 - 2 * of_blue) * cb
        green = red * (-of_red / of_green)
        rest = blue * (of_blue / of_green)
        green -= rest
        over = np.maximum(red, blue)
        np.maximum(over, green, out=over)
        np.minimum(red, blue, out=red)
        under = np.minimum(red, green, out=red)
        over /= np.maximum(np.subtract(1, luma, out=rest), _TINY, out=rest)
        under /= np.maximum(luma, _TINY, out=rest)
        scale = np.maximum(over, np.negative(under, out=under), out=over)
        np.maximum(scale, 1, out=scale)
        cb /= scale
        cr /= scale


def _looked_up(levels: np.ndarray, luma: np.ndarray) -> np.ndarray:
    return cv2.LUT(luma, levels) if luma.dtype == levels.dtype == np.uint8 else np.take(levels, luma)


@lru_cache(maxsize=8)
def _full_range_levels(black: int, span: int, depth: int) -> np.ndarray:
    """What each stored level is as uint8 in full range."""
    levels = (np.arange(2**depth) - black) * (255 / span)
    return np.rint(levels.clip(0, 255)).astype(np.uint8)


@lru_cache(maxsize=1)
def _limited_levels() -> np.ndarray:
    return np.rint(16 + np.arange(256) * (219 / 255)).astype(np.uint8)


@lru_cache(maxsize=8)
def _levels_at(depth: int, other: int, is_full_range: bool) -> np.ndarray:
    """What each level of one depth is at another."""
    factor = (2**other - 1) / (2**depth - 1) if is_full_range else 2.0 ** (other - depth)
    levels = np.rint(np.arange(2**depth) * factor).clip(0, 2**other - 1)
    return levels.astype(np.uint8 if other == 8 else np.uint16)


def _enlarged(small: np.ndarray, width: int, columns: int, rows: int) -> np.ndarray:
    """A plane of chroma `(h, w)` at a film's size, `(rows, ceil(width / columns))`, bicubic.

    Its values lie between the rows that share them, and on the first of the columns, where MPEG-2, H.264 and their kin
    have them unless they say otherwise. By OpenCV: the threads of matrix products wait for those of torch.
    """
    wide = cv2.resize(small, (width, len(small)), interpolation=cv2.INTER_CUBIC)[:, ::columns]
    return cv2.resize(np.ascontiguousarray(wide), (wide.shape[1], rows), interpolation=cv2.INTER_CUBIC)
