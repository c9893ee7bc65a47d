"""Where pictures have a color: each picture in cells, and which of them are green, blue or red in the truth.

No labels are needed: what is green in photographs is mostly grass and leaves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, islice

import torch
from torch import Tensor, nn

from lib.color.spaces import rgb_to_ycbcr
from lib.data.photographs import Photograph
from lib.feature_maps.activations import capture

# Color: its hue as an angle in the plane of Cb and Cr in degrees, and what mostly has it in photographs.
COLORS = {"green": (210, "grass, leaves"), "blue": (325, "sky, water"), "red": (130, "skin, earth, brick")}
GRID = 16  # cells each way; the coarsest maps are smaller, the finest larger
_SPREAD = 35  # degrees to each side of a hue
_CLEAR, _FAINT = 12 / 255, 4 / 255  # chroma that surely has the hue; chroma that surely has none
_LEVELS = 32  # of luma; only cells of one level are compared
_FEWEST = 20  # cells of the color in each half of the pictures
_BATCH = 8


@dataclass(frozen=True)
class Cells:
    """Pictures divided into `GRID` x `GRID` cells each, N to a picture.

    Args:
        color: a key of `COLORS`.
        luma: the mean luma of each cell, `(P, N)` in [0, 1].
        has_color: where the truth has the color, `(P, N)`.
        has_other: where it has another color or none, `(P, N)`. Cells in doubt are in neither.
        choosing: positions of the pictures on which a channel is chosen, those with most of the color first.
        judging: positions of the others, likewise.
    """

    color: str
    luma: Tensor
    has_color: Tensor
    has_other: Tensor
    choosing: list[int]
    judging: list[int]

    @property
    def level(self) -> Tensor:
        """The level of luma of each cell, `(P, N)`."""
        return (self.luma * _LEVELS).long().clamp(0, _LEVELS - 1)

    @property
    def are_enough(self) -> bool:
        """Whether both halves have enough of the color, and something of the same luma to tell it from."""
        for half in (self.choosing, self.judging):
            color, other = (self.level[half][where[half]].unique() for where in (self.has_color, self.has_other))
            if int(self.has_color[half].sum()) < _FEWEST or not torch.isin(color, other).any():
                return False
        return True

    def having(self, half: list[int]) -> list[int]:
        """The positions in a half of the pictures that have the color, those with most of it first."""
        return [position for position in half if self.has_color[position].any()]


def cells_of(photographs: Sequence[Photograph], color: str) -> Cells:
    """The cells of photographs, and where they have a color. An unknown color raises `ValueError`."""
    if color not in COLORS:
        raise ValueError(f"color is one of {', '.join(COLORS)}, not {color!r}")
    small = torch.cat([nn.functional.adaptive_avg_pool2d(photograph.truth, GRID) for photograph in photographs])
    luma, cb, cr = rgb_to_ycbcr(small).flatten(2).unbind(1)
    chroma, away = torch.hypot(cb, cr), torch.atan2(cr, cb).rad2deg() - COLORS[color][0]
    is_hue = ((away + 180) % 360 - 180).abs() <= _SPREAD
    has_color, has_other = is_hue & (chroma >= _CLEAR), ~is_hue | (chroma <= _FAINT)
    # Every other one, so that both halves have as many pictures with much of the color.
    order = has_color.sum(1).argsort(descending=True, stable=True).tolist()
    return Cells(color, luma, has_color, has_other, order[0::2], order[1::2])


def maps_in_cells(network: nn.Module, layers: Sequence[str], photographs: Sequence[Photograph]) -> dict[str, Tensor]:
    """The maps of layers, `(P, C, N)`: one value for each cell of each of P photographs."""
    found: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    for _, same_size in groupby(photographs, key=lambda photograph: photograph.gray.shape):
        while batch := list(islice(same_size, _BATCH)):
            gray = torch.cat([photograph.gray for photograph in batch])
            for layer, activation in capture(network, gray, layers).items():
                found[layer].append(in_cells(activation.maps))
    return {layer: torch.cat(maps) for layer, maps in found.items() if maps}


def in_cells(maps: Tensor) -> Tensor:
    """Maps `(B, C, h, w)` averaged to cells, `(B, C, N)`; sides shorter than `GRID` are enlarged first."""
    size = [max(side, GRID) for side in maps.shape[-2:]]
    if size != list(maps.shape[-2:]):
        maps = nn.functional.interpolate(maps, size, mode="bilinear", align_corners=False)
    return nn.functional.adaptive_avg_pool2d(maps, GRID).flatten(2)
