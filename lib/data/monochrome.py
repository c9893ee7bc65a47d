"""Whether photographs hold color: training on black-and-white ones, and scores of them, would mean nothing."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from lib.common.files import printable
from lib.data.formats import FORMATS
from lib.data.images import PhotographError, read_photograph
from lib.data.listing import Listing

# Measured with `chroma_spread` on 700 color landscapes and on 150 of them made gray. Gray with noise, compressed or
# toned is at 1.3 on average, 2.6 at most. Of the color ones, nine in ten are above 3 and 99 in 100 above 1.4.
_CLEAR = 3.0  # one such picture has color
_MEAN = 1.3  # root mean square over pictures none of which is clear: hazy landscapes are above, toned prints below
_STRONG = 35.0  # chroma that no toned print has
# Chroma of a hundredth of a frame that its luma does not explain. Of gray, toned and tinted films with grain, nine in
# ten frames are below 5.5 (7.03 at 176 x 144 px and CRF 32 of x264), faded unevenly below 6.9. Of seven of eight shots
# in color, also of gray cars and streets, a tenth of the frames is above 7.6; of a bicycle at a gray wall, above 4.9.
_COLOR_OF_A_FRAME = 7.05
_GRAY = 1.25  # chroma of a picture without any, in cells: noise and compression


def _chroma(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Luma and chroma (Cb, Cr) of pixels `(..., 3)`, in units of 0..255."""
    r, g, b = np.moveaxis(rgb.astype(np.float32), -1, 0)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return y, np.stack([0.564 * (b - y), 0.713 * (r - y)], -1)


def _cells(values: np.ndarray, side: int = 8) -> np.ndarray:
    """Means over 8 x 8 equal cells of a picture `(H, W, C)`, which noise does not survive; or over more."""
    planes = (Image.fromarray(np.ascontiguousarray(plane, np.float32)) for plane in np.moveaxis(values, -1, 0))
    return np.stack([np.asarray(plane.resize((side, side), Image.Resampling.BOX)) for plane in planes], -1)


def _length(chroma: np.ndarray) -> float:
    return float(np.sqrt(np.square(chroma).sum(-1).mean()))


def chroma_spread(image: Image.Image) -> float:
    """How much of an RGB picture's chroma its luma does not explain, in units of 0..255; noise does not count.

    0 for gray. In a toned print (sepia, blueprint) the luma of a pixel gives its chroma: little is left of that, too.
    """
    small = image.copy()
    small.thumbnail((128, 128), Image.Resampling.BOX)
    y, chroma = _chroma(np.asarray(small))
    if _length(_cells(chroma)) > _STRONG:
        return _length(_cells(chroma))
    if _length(chroma) < 0.5:  # gray without noise: nothing to explain
        return 0.0
    return _length(_cells(_unexplained(y, chroma)))


def _unexplained(y: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    """What is left of chroma `(H, W, 2)` when a polynomial of the luma `(H, W)` is taken away."""
    powers = np.stack([(y.ravel() / 255) ** k for k in range(5)], 1).astype(np.float64)
    flat = chroma.reshape(-1, 2).astype(np.float64)
    factors = np.linalg.lstsq(powers.T @ powers + 1e-6 * np.eye(5), powers.T @ flat, rcond=None)[0]
    return (flat - powers @ factors).reshape(chroma.shape)


def has_color(luma: np.ndarray, chroma: np.ndarray) -> bool:
    """Whether a frame of a film shows things in several colors: a hundredth of its area is enough.

    Gray and toned frames do not, also with noise, strongly compressed or tinted: their luma gives their chroma.

    Args:
        luma: `(H, W)` in units of 0..255, about 128 px on the longer side.
        chroma: Cb and Cr, `(H, W, 2)`, likewise, 0 for gray.
    """
    strengths = np.linalg.norm(_cells(_unexplained(luma, chroma), 16), axis=-1)
    return bool(np.percentile(strengths, 99) > _COLOR_OF_A_FRAME)


def is_gray(rgb: np.ndarray) -> bool:
    """Whether a picture `(H, W, 3)` uint8 has no color at all, but for noise."""
    return _length(_chroma(np.asarray(Image.fromarray(rgb).resize((8, 8), Image.Resampling.BOX)))[1]) < _GRAY


@dataclass
class Look:
    """Whether the pictures of one split hold color, as far as they were looked at.

    Args:
        color: whether they hold color.
        readable: how many could be read, of those looked at.
        problem: the first sentence about one that could not, "" for none.
    """

    color: bool
    readable: int
    problem: str


def look_at(listing: Listing, splits: Sequence[str]) -> dict[str, Look]:
    """A look at each split: its pictures one after another, until one is found that can be read and has color."""
    members: dict[str, list[int]] = {}
    for position, split in enumerate(splits):
        members.setdefault(split, []).append(position)
    return {split: _look(listing, positions) for split, positions in members.items()}


def _look(listing: Listing, positions: Iterable[int]) -> Look:
    spreads, problem = [], ""
    for position in positions:
        _, gray, color = listing.items[position]
        try:
            if color is not None:
                _compare_sizes(gray, color)
            spreads.append(_spread_of(color or gray))
        except PhotographError as error:
            problem = problem or printable(str(error))
            continue
        if spreads[-1] > _CLEAR:
            return Look(True, len(spreads), problem)
    color = bool(spreads) and float(np.sqrt(np.mean(np.square(spreads)))) > _MEAN
    return Look(color, len(spreads), problem)


def _spread_of(path: Path) -> float:
    """`chroma_spread` of a file. JPEGs are decoded at a small size, which takes a tenth of the time."""
    with suppress(Exception), Image.open(path, formats=FORMATS) as image:  # `read_photograph` says what is wrong
        if image.format in ("JPEG", "MPO", "PNG") and image.mode in ("1", "L", "LA", "I", "I;16"):
            return 0.0
        if image.format in ("JPEG", "MPO") and image.mode == "RGB":
            image.draft("RGB", (128, 128))
            return chroma_spread(image.convert("RGB"))
    return chroma_spread(read_photograph(path))


def _compare_sizes(gray: Path, color: Path) -> None:
    """Raise `PhotographError` for sides whose files differ in size, also if one of them is turned."""
    sizes = []
    for path in (gray, color):
        with suppress(Exception), Image.open(path, formats=FORMATS) as image:
            sizes.append(image.size)
    if len(sizes) == 2 and sorted(sizes[0]) != sorted(sizes[1]):
        raise PhotographError(f"{gray}: {sizes[0]} pixels, but {color} has {sizes[1]}; make them equal")


def check_color(listing: Listing, looks: dict[str, Look]) -> None:
    """Raise `PhotographError` where the pictures, or those of one split, hold no color."""
    seen = {split: look for split, look in looks.items() if look.readable}
    without = {split: look.readable for split, look in seen.items() if not look.color}
    if not without:
        return
    folder = printable(listing.folder)
    if len(without) == len(seen):
        count, where = sum(without.values()), f"{folder} holds no color"
        advice = "Training and scoring need color photographs; to color these, use colorize"
    else:
        split, count = next(iter(without.items()))
        where = f"{folder}: its {split} split holds no color"
        advice = "Training and scoring need color photographs; name some for it in split.csv"
    which = f"all {count:,} pictures are" if count > 1 else "its one picture is"
    raise PhotographError(f"{where}: {which} gray or toned in one color. {advice}")


def no_readable_picture(listing: Listing, problem: str) -> str:
    """The sentence on a folder none of whose pictures can be read; `problem` is the first reason."""
    return f"{printable(listing.folder)} holds no readable picture; the first problem: {problem}"
