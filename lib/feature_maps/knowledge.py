"""Does a channel know grass? How well a channel's map tells pixels of one true color from others of the same luma.

No labels are needed: the truth says where a picture is green, and what is green in photographs is mostly grass and
leaves. Gray pictures show luma, so only pixels of equal luma are compared: brightness alone tells nothing. The channel
is chosen on one half of the pictures and judged on the other.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
import torch
from torch import Tensor, nn

from lib.color.spaces import rgb_to_ycbcr
from lib.data.photographs import Photograph
from lib.feature_maps.activations import capture
from lib.feature_maps.interventions import chroma_difference, intervene
from lib.networks.anatomy import parts_of

# Color: its hue as an angle in the plane of Cb and Cr in degrees, and what mostly has it in photographs.
COLORS = {"green": (210, "grass, leaves"), "blue": (325, "sky, water"), "red": (130, "skin, earth, brick")}
GRID = 16  # cells each way into which a picture is divided; the coarsest maps are smaller, the finest larger
_SPREAD = 35  # degrees to each side of a hue
_CLEAR, _FAINT = 12 / 255, 4 / 255  # chroma that surely has the hue; chroma that surely has none
_LEVELS = 32  # of luma; cells of one level are compared
_FEWEST = 20  # cells of the color in each half of the pictures
_RESAMPLES = 1000


@dataclass(frozen=True)
class Cells:
    """Pictures divided into `GRID` x `GRID` cells each, N to a picture.

    Args:
        color: a key of `COLORS`.
        luma: mean luma of each cell, `(P, N)` in [0, 1].
        has_color: where the truth has the color, `(P, N)`.
        has_other: where it has another color or none, `(P, N)`. Cells in doubt are in neither.
        choosing: positions of the pictures on which a channel is chosen.
        judging: positions of the others.
    """

    color: str
    luma: Tensor
    has_color: Tensor
    has_other: Tensor
    choosing: list[int]
    judging: list[int]

    @property
    def are_enough(self) -> bool:
        """Whether both halves have the color, and something of the same luma to tell it from."""
        halves = (self.choosing, self.judging)
        return all(int(self.has_color[half].sum()) >= _FEWEST and self._pairs(half) > 0 for half in halves)

    def _pairs(self, half: list[int]) -> float:
        return float(_wins(self.luma[half], self, half)[1].sum())


def cells_of(photographs: Sequence[Photograph], color: str) -> Cells:
    """The cells of photographs, and where they have a color. An unknown color raises `ValueError`."""
    if color not in COLORS:
        raise ValueError(f"color is one of {', '.join(COLORS)}, not {color!r}")
    small = torch.cat([nn.functional.adaptive_avg_pool2d(photograph.truth, GRID) for photograph in photographs])
    luma, cb, cr = rgb_to_ycbcr(small).flatten(2).unbind(1)
    chroma, away = torch.hypot(cb, cr), torch.atan2(cr, cb).rad2deg() - COLORS[color][0]
    is_hue = ((away + 180) % 360 - 180).abs() <= _SPREAD
    has_color = is_hue & (chroma >= _CLEAR)
    has_other = ~is_hue | (chroma <= _FAINT)
    # Pictures with much of the color go to both halves alike.
    order = has_color.sum(1).argsort(descending=True, stable=True).tolist()
    return Cells(color, luma, has_color, has_other, sorted(order[0::2]), sorted(order[1::2]))


def stages_of(network: nn.Module) -> list[str]:
    """The stages of a network's encoder and decoder, by name in the order in which they run."""
    return [name for name, _ in parts_of(network) if name.startswith(("encoder.", "decoder."))]


def maps_in_cells(network: nn.Module, layers: Sequence[str], photographs: Sequence[Photograph]) -> dict[str, Tensor]:
    """The maps of layers, `(P, C, N)`, with one value for each cell of `GRID` x `GRID` in each of P photographs."""
    found: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    for photograph in photographs:
        for layer, activation in capture(network, photograph.gray, layers).items():
            found[layer].append(_in_cells(activation.maps))
    return {layer: torch.cat(maps).flatten(2) for layer, maps in found.items() if maps}


def _in_cells(maps: Tensor) -> Tensor:
    """Maps `(1, C, h, w)` averaged to the grid; sides that are smaller are enlarged first."""
    size = [max(side, GRID) for side in maps.shape[-2:]]
    if size != list(maps.shape[-2:]):
        maps = nn.functional.interpolate(maps, size, mode="bilinear", align_corners=False)
    return nn.functional.adaptive_avg_pool2d(maps, GRID)


def with_random_weights(network: nn.Module, seed: int = 0) -> nn.Module:
    """A copy of a network that has learned nothing: every layer's weights are drawn anew."""
    fresh = copy.deepcopy(network)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in fresh.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
    return fresh.eval()


@dataclass(frozen=True)
class Knowledge:
    """What the best channel of a layer knows of a color.

    Args:
        channel: its number; it was chosen on one half of the pictures.
        high: whether it is high where the color is; else it is low there.
        chosen: its AUC on the pictures on which it was chosen.
        judged: its AUC on the other pictures and resampled over them, `(1 + R,)`. An AUC is the share of pairs, one
            cell of the color and one other of the same luma, that it ranks rightly: 0.5 by chance.
    """

    channel: int
    high: bool
    chosen: float
    judged: np.ndarray

    @property
    def auc(self) -> float:
        """The AUC on pictures on which the channel was not chosen."""
        return float(self.judged[0])

    @property
    def interval(self) -> tuple[float, float, float]:
        """The AUC and the ends of its 95% interval over pictures."""
        return self.auc, *map(float, np.nanpercentile(self.judged[1:], [2.5, 97.5]))

    def lead(self, control: "Knowledge") -> tuple[float, float, float]:
        """By how much the AUC is larger than a control's, with its paired 95% interval over pictures."""
        leads = self.judged - control.judged
        return float(leads[0]), *map(float, np.nanpercentile(leads[1:], [2.5, 97.5]))


def knowledge(maps: Tensor, cells: Cells) -> Knowledge:
    """The channel of maps `(P, C, N)` that knows a color best. `cells.are_enough` must hold."""
    scores = _scores(maps, cells)  # (C,)
    channel = int((scores - 0.5).abs().argmax())
    high = bool(scores[channel] >= 0.5)
    wins, pairs = _wins(maps[cells.judging, channel] * (1 if high else -1), cells, cells.judging)
    count = len(cells.judging)
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), size=_RESAMPLES)
    weights = np.vstack([np.ones(count), drawn])
    won, all_pairs = (np.einsum("ri,ij,rj->r", weights, matrix, weights) for matrix in (wins, pairs))
    judged = np.divide(won, all_pairs, out=np.full(len(won), np.nan), where=all_pairs > 0)
    return Knowledge(channel, high, float(max(scores[channel], 1 - scores[channel])), judged)


def knowledge_of_luma(cells: Cells) -> Knowledge:
    """What the luma alone knows of a color, as a control: among cells of about the same luma next to nothing."""
    return knowledge(cells.luma[:, None], cells)


def _levels(luma: Tensor) -> Tensor:
    return (luma * _LEVELS).long().clamp(0, _LEVELS - 1)


def _scores(maps: Tensor, cells: Cells) -> Tensor:
    """The AUC of every channel of `(P, C, N)` on the pictures for choosing, pairs of one luma level only: `(C,)`."""
    half = cells.choosing
    values = maps[half].transpose(0, 1).flatten(1)  # (C, P N)
    levels, color, other = (x[half].flatten() for x in (_levels(cells.luma), cells.has_color, cells.has_other))
    won, pairs = torch.zeros(len(values)), 0
    for level in levels[color].unique():
        here = levels == level
        own, others = values[:, here & color].contiguous(), values[:, here & other].sort(dim=1)[0]
        # A tie counts half.
        below, up_to = (torch.searchsorted(others, own, side=side).sum(1) for side in ("left", "right"))
        won += (below + up_to) / 2
        pairs += own.shape[1] * others.shape[1]
    return won / max(pairs, 1)


def _wins(values: Tensor, cells: Cells, half: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that are ranked rightly, and all pairs, by the picture of the color and that of the other cell: `(P, P)`.

    `values` is `(P, N)`, those of one channel on the pictures of a half.
    """
    count, picture = len(half), torch.arange(len(half))[:, None].expand_as(values)
    levels, color, other = (x[half] for x in (_levels(cells.luma), cells.has_color, cells.has_other))
    won, pairs = torch.zeros(count, count, dtype=torch.float64), torch.zeros(count, count, dtype=torch.float64)
    for level in levels[color].unique():
        own, others = (levels == level) & color, (levels == level) & other
        right = (values[own][:, None] > values[others]).double() + 0.5 * (values[own][:, None] == values[others])
        rows, columns = (nn.functional.one_hot(picture[where], count).double() for where in (own, others))
        won += rows.T @ right @ columns
        pairs += rows.sum(0)[:, None] * columns.sum(0)
    return won.numpy(), pairs.numpy()


@dataclass(frozen=True)
class Loss:
    """What the colors lose without a channel, in levels of 255 toward a hue: mean over the color's cells and others'.

    `others` is what other channels of the layer, drawn at random, take from the color's cells: their mean.
    """

    own: float
    elsewhere: float
    others: float
    channels: int


def loss_without(
    network: nn.Module, layer: str, channel: int, photographs: Sequence[Photograph], cells: Cells, seed: int = 0
) -> Loss:
    """What switching a channel off takes from the colors of pictures on which it was not chosen.

    Args:
        network: a colorizer.
        layer: a layer of it.
        channel: the channel that is switched off.
        photographs: those of `cells`. The up to six with most of the color are tried.
        cells: where they have the color.
        seed: draws the other channels, up to eight.
    """
    hue = radians(COLORS[cells.color][0])
    toward = torch.tensor([cos(hue), sin(hue)])[:, None, None]
    shown = most_of_it(cells, 6)
    count = capture(network, photographs[shown[0]].gray, [layer])[layer].maps.shape[1]
    others = [c for c in np.random.default_rng(seed).permutation(count).tolist() if c != channel][:8]
    lost, color, other = [], [], []
    for position in shown:
        gray = photographs[position].gray
        usual = intervene(network, gray, layer, [channel], 1.0)
        without = intervene(network, gray, layer, [channel, *others])
        taken = (chroma_difference(usual, without) * toward).sum(1, keepdim=True)
        lost.append(nn.functional.adaptive_avg_pool2d(taken, GRID).flatten(1))  # (1 + 8, N)
        color.append(cells.has_color[position])
        other.append(cells.has_other[position])
    lost, color, other = torch.cat(lost, 1), torch.cat(color), torch.cat(other)
    own, elsewhere = lost[:, color].mean(1), lost[:, other].mean(1) if other.any() else torch.zeros(len(lost))
    return Loss(float(own[0]), float(elsewhere[0]), float(own[1:].abs().mean()) if others else 0.0, len(others))


def most_of_it(cells: Cells, count: int) -> list[int]:
    """Positions of the pictures that have most of the color, of those on which no channel was chosen, most first."""
    amounts = cells.has_color.sum(1)
    having = [position for position in cells.judging if amounts[position] > 0]
    return sorted(having, key=lambda position: -int(amounts[position]))[:count]
