"""What the colors of several photographs lose without one channel, in numbers and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
import torch
from torch import Tensor, nn

from lib.color.spaces import to_uint8
from lib.data.photographs import Photograph
from lib.feature_maps.activations import capture
from lib.feature_maps.color_cells import COLORS, Cells, in_cells
from lib.feature_maps.interventions import LEVELS, chroma_difference, intervene
from lib.feature_maps.measures import display_range
from lib.figures.tiles import apply_colormap

_TRIED, _CONTROLS = 6, 8  # pictures, and other channels


@dataclass(frozen=True)
class Loss:
    """What the colors lose without a channel, in levels of 255 toward a hue.

    Args:
        own: mean over the cells that have the color in the truth; negative where they gain.
        elsewhere: mean over the other cells.
        others: the mean size of what other channels, drawn at random, take from or add to the cells of the color.
        channels: how many others.
        pictures: how many pictures were tried.
    """

    own: float
    elsewhere: float
    others: float
    channels: int
    pictures: int


def loss_without(
    network: nn.Module, layer: str, channel: int, photographs: Sequence[Photograph], cells: Cells, seed: int = 0
) -> Loss:
    """What switching a channel off takes from the colors of pictures on which it was not chosen.

    Args:
        network: a colorizer.
        layer: a layer of it.
        channel: the channel that is switched off.
        photographs: those of `cells`. The few with most of the color are tried.
        cells: where they have the color.
        seed: draws the other channels.
    """
    hue = radians(COLORS[cells.color][0])
    toward = torch.tensor([cos(hue), sin(hue)])[:, None, None]
    tried = cells.having(cells.judging)[:_TRIED]
    count = capture(network, photographs[tried[0]].gray, [layer])[layer].maps.shape[1]
    drawn = np.random.default_rng(seed).permutation(count).tolist()
    others = [other for other in drawn if other != channel][:_CONTROLS]
    lost = []
    for position in tried:
        gray = photographs[position].gray
        usual = intervene(network, gray, layer, [channel], 1.0)
        without = intervene(network, gray, layer, [channel, *others])
        lost.append(in_cells((chroma_difference(usual, without) * toward).sum(1, keepdim=True))[:, 0])
    lost = torch.stack(lost, 1)  # (1 + others, pictures, N)
    own, elsewhere = (_mean(lost, where[tried]) for where in (cells.has_color, cells.has_other))
    return Loss(float(own[0]), float(elsewhere[0]), float(own[1:].abs().mean().nan_to_num()), len(others), len(tried))


def _mean(lost: Tensor, where: Tensor) -> Tensor:
    return (lost * where).sum((1, 2)) / where.sum().clamp(min=1)


def pictures_without(
    network: nn.Module, layer: str, channel: int, photographs: Sequence[Photograph]
) -> dict[str, list[np.ndarray]]:
    """Columns of pictures, one row per photograph: gray, truth, the channel's map, the colors with and without it.

    The maps have one scale, and so have the changes of color.
    """
    columns: dict[str, list[np.ndarray]] = {}
    maps, moved = [], []
    for photograph in photographs:
        maps.append(capture(network, photograph.gray, [layer])[layer].maps[0, channel])
        usual, without = (intervene(network, photograph.gray, layer, [channel], factor) for factor in (1.0, 0.0))
        moved.append(chroma_difference(usual, without)[0].abs().mean(0))
        shown = {"gray": photograph.gray, "truth": photograph.truth, "colors": usual, "colors without it": without}
        for name, picture in shown.items():
            columns.setdefault(name, []).append(to_uint8(picture)[0])
    low, high = (float(end[0]) for end in display_range(torch.cat([one.flatten() for one in maps])[None, None]))
    most = max(float(one.max()) for one in moved)
    return {
        "gray": columns["gray"],
        "truth": columns["truth"],
        f"{layer}:{channel} [{low:.2g}, {high:.2g}]": [apply_colormap(one[None].numpy(), low, high)[0] for one in maps],
        "colors": columns["colors"],
        "colors without it": columns["colors without it"],
        f"change, 0 to {most:.2g} of {LEVELS}": [apply_colormap(one[None].numpy(), 0, most)[0] for one in moved],
    }
