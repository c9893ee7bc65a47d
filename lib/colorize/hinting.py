"""One photograph while a person gives it hints: its colors so far, colors to choose from, where a hint helps most."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lib.color.composition import join, paint
from lib.color.distribution import COLORS
from lib.color.spaces import to_uint8, ycbcr_to_rgb
from lib.colorize.files import FORMATS, check_side, save_colored
from lib.colorize.hints import Evidence, Seen, posterior, usefulness_of_one_hint
from lib.colorize.photograph import colorize_photograph, view_of
from lib.common.files import atomic_write
from lib.data.hints import Color, Hint, Hints, HintsError, read_hints, same_luma, write_hints
from lib.data.images import PhotographError, as_seen, open_picture
from lib.networks.chroma_net import ChromaNet

LONGER_SIDE = 1000  # px to which larger photographs are reduced while hints are set
MOST_SUGGESTED = 8  # colors
_NEAR = 0.06  # of chroma: colors that lie nearer to each other are suggested as one
_LEAST = 0.01  # probability of a color that is suggested
_ALIKE = 12  # levels, the largest difference of two colors that look like one swatch
_PLANE = 161  # px, each side of the plane of all colors


class HintedPhotograph:
    """A photograph that the network has looked at once; after that, every change of hints is quick to draw.

    Args:
        network: the colorizer.
        path: the photograph's file.
        vividness: from 0 (the safest colors) to 1 (the most vivid), for the places that no hint reaches.

    Raises `PhotographError` where the file cannot be used.
    """

    def __init__(self, network: ChromaNet, path: Path, vividness: float = 0.5):
        self.path, self.vividness, self._network = Path(path), vividness, network
        whole = as_seen(open_picture(path)).convert("L")
        try:
            view = view_of(whole, network)
        except ValueError as error:  # too small
            raise PhotographError(f"{path}: {error}") from error
        self.seen = Seen.of(network, view)
        self._mean = self.seen.distribution.chroma(vividness)[0]
        self._blank = Hints.on(self.path.name, whole, [])
        whole.thumbnail((LONGER_SIDE, LONGER_SIDE))
        self.gray = np.asarray(whole)  # luma at the size of display, uint8 (H, W)
        self._evidence_of = lru_cache(maxsize=1000)(lambda hint: Evidence.of([hint], self.seen))

    def with_hints(self, hints: Sequence[Hint]) -> Hints:
        """The hints as what a file of hints holds."""
        return replace(self._blank, hints=tuple(hints))

    def read(self, file: Path) -> tuple[Hint, ...]:
        """The hints in a file; none where there is no such file.

        Raises `HintsError` where they are broken, or on another photograph.
        """
        if not file.exists():
            return ()
        found = read_hints(file)
        if not same_luma(found.luma, self._blank.luma):
            raise HintsError(
                f"{file}: holds hints on another picture, {found.photograph} of {found.width} x {found.height} px, "
                f"not on {self.path.name}; name another file"
            )
        return found.hints

    def draw(self, hints: Sequence[Hint]) -> np.ndarray:
        """The photograph in color at the size of display, uint8 `(H, W, 3)`."""
        return paint(self.gray, posterior(self.seen, self._mean, self._evidence(hints)))

    def usefulness(self, hints: Sequence[Hint]) -> np.ndarray:
        """How much of what is still open one more hint would settle, float32 `(m, n)` in [0, 1], by its place.

        See `usefulness_of_one_hint`.
        """
        return usefulness_of_one_hint(self.seen, self._evidence(hints)).cpu().numpy()

    def _evidence(self, hints: Sequence[Hint]) -> Evidence:
        """The evidence of hints; that of each is kept, because a change is mostly one of a single hint."""
        found = [self._evidence_of(hint) for hint in hints] or [Evidence.of([], self.seen)]
        return Evidence(torch.cat([one.cells for one in found]), torch.cat([one.chroma for one in found], 1))

    def suggested_colors(self, x: float, y: float) -> list[tuple[Color, float]]:
        """The colors that the network finds likely at a place, most likely first, each with its probability.

        Args:
            x: of the place, a fraction of the width.
            y: likewise of the height.

        Returns:
            RGB at the luma of the place, as far as the gamut allows. What looks alike there is one color.
        """
        cells = self.seen.distribution.log_probabilities[0]
        probabilities = cells[:, _at(y, cells.shape[1]), _at(x, cells.shape[2])].exp().cpu()
        found: list[tuple[Color, float]] = []
        for chroma, probability in peaks(probabilities):
            color = _shown(self._luma_at(x, y), chroma)
            alike = (i for i, (other, _) in enumerate(found) if np.abs(np.subtract(color, other)).max() < _ALIKE)
            if (number := next(alike, None)) is None:
                found.append((color, probability))
            else:
                found[number] = found[number][0], found[number][1] + probability
        return sorted(found, key=lambda one: -one[1])[:MOST_SUGGESTED]

    def all_colors(self, x: float, y: float) -> np.ndarray:
        """The plane of all colors that RGB can show at the luma of a place: uint8 RGBA, square, clear outside.

        Red lies up and blue to the right; each axis is stretched so that the colors fill the square.
        """
        luma = self._luma_at(x, y)
        coarse = torch.linspace(-0.5, 0.5, 101)
        columns = coarse[_in_gamut(_plane(luma, coarse, coarse)).any(0)]  # gray itself is always inside
        rows = coarse[_in_gamut(_plane(luma, coarse, coarse)).any(1)]
        cb, cr = (torch.linspace(used.min() - 0.005, used.max() + 0.005, _PLANE) for used in (columns, rows))
        rgb = _plane(luma, cb, cr.flip(0))
        return np.dstack([to_uint8(rgb), to_uint8(_in_gamut(rgb)[None].float())])

    def _luma_at(self, x: float, y: float) -> float:
        height, width = self.gray.shape
        row, column, reach = _at(y, height), _at(x, width), max(1, min(height, width) // 100)
        around = self.gray[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
        return float(around.mean()) / 255

    def save(self, hints: Sequence[Hint], file: Path) -> Path:
        """Write the colored photograph, at its full size, beside `file`, and if that could be done the hints to `file`.

        Returns:
            The file of the picture. It is named after `file`, which is one photograph's, with "-colored", and has the
            photograph's format where we write that.

        Raises:
            ValueError: there are no hints, or the photograph has changed.
            OSError: a file cannot be written.
        """
        if not hints:
            raise ValueError("there are no hints to save; set one first")
        about = self.with_hints(hints)
        suffix = self.path.suffix if self.path.suffix.lower() in FORMATS else ".png"
        target = file.with_name(f"{file.stem}-colored{suffix}")
        colored = colorize_photograph(open_picture(self.path), self._network, self.vividness, hints=about)[0]
        check_side(colored, target)
        with atomic_write(file) as temporary:
            write_hints(temporary, about)
            save_colored(colored, target)
        return target


def peaks(probabilities: Tensor) -> list[tuple[Tensor, float]]:
    """The colors at which a distribution over `COLORS`, `(K,)`, has its peaks, most likely first.

    The set of colors is fine near gray, so that a distribution has one top there and shoulders for all else. Hence the
    likeliest color is taken with those near it, they are left out, and so on.

    Returns:
        The mean chroma, `(2,)`, and the probability of each group.
    """
    left, found = probabilities.clone(), []
    near = torch.cdist(COLORS, COLORS) < _NEAR
    while len(found) < 2 * MOST_SUGGESTED:
        mass = near.float() @ left
        group = near[int(mass.argmax())]
        weight = left[group]
        if weight.sum() < _LEAST:
            break
        found.append(((COLORS[group] * weight[:, None]).sum(0) / weight.sum(), float(weight.sum())))
        left[group] = 0
    return found


def _at(fraction: float, count: int) -> int:
    return min(max(int(fraction * count), 0), count - 1)


def _shown(luma: float, chroma: Tensor) -> Color:
    """A color at a luma in [0, 1], pulled into the gamut."""
    rgb = join(torch.full((1, 1, 1, 1), luma), chroma.view(1, 2, 1, 1))
    red, green, blue = (int(value) for value in to_uint8(rgb[0])[0, 0])
    return red, green, blue


def _plane(luma: float, cb: Tensor, cr: Tensor) -> Tensor:
    """RGB `(3, m, n)` at a luma, not clipped; `cb` `(n,)` grows to the right and `cr` `(m,)` is listed from above."""
    rows, columns = torch.meshgrid(cr, cb, indexing="ij")
    return ycbcr_to_rgb(torch.stack([torch.full_like(rows, luma), columns, rows]))


def _in_gamut(rgb: Tensor) -> Tensor:
    return ((rgb > -1e-6) & (rgb < 1 + 1e-6)).all(0)
