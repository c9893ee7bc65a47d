"""Does a channel know grass? How well a channel's map tells cells of one true color from others of the same luma.

Brightness alone tells nothing then. A channel is chosen on one half of the pictures, where it must do well on both of
two parts, and judged on the other half.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from lib.data.photographs import Photograph
from lib.evaluation.size import LEAST_PICTURES
from lib.feature_maps.color_cells import COLORS, Cells, cells_of, maps_in_cells
from lib.networks.anatomy import parts_of

_RESAMPLES = 1000
Interval = tuple[float, float, float]  # value, low, high


@dataclass(frozen=True)
class Knowledge:
    """What the best channel of a layer knows of a color.

    Its AUC is the share of pairs, one cell of the color and one other of the same luma, that it ranks rightly: 0.5 by
    chance.

    Args:
        channel: its number.
        high: whether it is higher where the color is; else it is lower there.
        promise: the AUC that the best channel of one part of the pictures for choosing has on their other part, mean
            of both ways: what to expect of the layer before it is judged. 0.5 if only one part has the color.
        resampled: its AUC on the pictures on which it was not chosen, then on resampled ones, `(1 + R,)`.
        pictures: how many of these have the color.
        other_colors: its AUC there for the other colors, by name, with the same sign: above 0.5 where it is on the side
            on which `high` has the color. A channel for the sky tells grass from it, too.
    """

    channel: int
    high: bool
    promise: float
    resampled: np.ndarray
    pictures: int
    other_colors: dict[str, float] = field(default_factory=dict)

    @property
    def auc(self) -> Interval:
        """The AUC on pictures on which the channel was not chosen, with its 95% interval over pictures."""
        return self._interval(self.resampled)

    def lead(self, control: "Knowledge") -> Interval:
        """By how much the AUC is larger than a control's, with its paired 95% interval over pictures."""
        return self._interval(self.resampled - control.resampled)

    def _interval(self, values: np.ndarray) -> Interval:
        drawn = values[1:][np.isfinite(values[1:])]  # some may have drawn no picture with the color
        few = self.pictures < LEAST_PICTURES or not len(drawn)
        low, high = (np.nan, np.nan) if few else np.percentile(drawn, [2.5, 97.5])
        return float(values[0]), float(low), float(high)


def knowledge(maps: Tensor, cells: Cells, others: Sequence[Cells] = ()) -> Knowledge:
    """The channel that knows a color best.

    Args:
        maps: `(P, C, N)`.
        cells: where the P pictures have the color. They must be enough.
        others: where they have other colors, for which the channel is judged on the same pictures.
    """
    # Of hundreds of channels some fit a few pictures by chance. The lower score of two parts favors these less.
    parts = [_scores(maps, cells, cells.choosing[start::2]) for start in (0, 1)]
    scores = torch.stack([part for part in parts if part is not None] or [_scores(maps, cells, cells.choosing)])
    when_high, when_low = scores.amin(0), 1 - scores.amax(0)  # (C,)
    channel = int(torch.maximum(when_high, when_low).argmax())
    high = bool(when_high[channel] >= when_low[channel])
    values = maps[cells.judging, channel] * (1 if high else -1)
    aucs = {other.color: float(_resampled(values, other)[0]) for other in others}
    other_colors = {color: auc for color, auc in aucs.items() if np.isfinite(auc)}
    pictures = len(cells.having(cells.judging))
    return Knowledge(channel, high, _promise(scores), _resampled(values, cells), pictures, other_colors)


def _scores(maps: Tensor, cells: Cells, half: list[int]) -> Tensor | None:
    """The AUC of every channel of `(P, C, N)` on some pictures, `(C,)`; None where no two cells can be compared."""
    values = maps[half].transpose(0, 1).flatten(1)  # (C, P N)
    level, color, other = (x[half].flatten() for x in (cells.level, cells.has_color, cells.has_other))
    won, pairs = torch.zeros(len(values), dtype=torch.float64), 0
    for one in level[color].unique():
        own, others = values[:, (level == one) & color].contiguous(), values[:, (level == one) & other].sort(dim=1)[0]
        # A tie counts half.
        won += sum(torch.searchsorted(others, own, side=side).sum(1) for side in ("left", "right")) / 2
        pairs += own.shape[1] * others.shape[1]
    return won / pairs if pairs else None


def _promise(scores: Tensor) -> float:
    if len(scores) < 2:
        return 0.5
    crossed = []
    for own, other in (scores, scores.flip(0)):
        channel = int((own - 0.5).abs().argmax())
        crossed.append(float(other[channel] if own[channel] >= 0.5 else 1 - other[channel]))
    return sum(crossed) / 2


def _resampled(values: Tensor, cells: Cells) -> np.ndarray:
    """The AUC of one channel's values `(P, N)` on the pictures for judging, as they are and resampled."""
    count, half = len(cells.judging), cells.judging
    picture = torch.arange(count)[:, None].expand_as(values)
    level, color, other = (x[half] for x in (cells.level, cells.has_color, cells.has_other))
    won, pairs = torch.zeros(2, count, count, dtype=torch.float64)  # by the pictures of the two cells of a pair
    for one in level[color].unique():
        own, others = (level == one) & color, (level == one) & other
        first, second = values[own][:, None], values[others]
        right = (first > second).double() + (first == second) / 2
        rows, columns = (nn.functional.one_hot(picture[where], count).double() for where in (own, others))
        won += rows.T @ right @ columns
        pairs += rows.sum(0)[:, None] * columns.sum(0)
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), size=_RESAMPLES)
    weights = torch.from_numpy(np.vstack([np.ones(count), drawn]))
    won, pairs = (((weights @ matrix) * weights).sum(1).numpy() for matrix in (won, pairs))
    return np.divide(won, pairs, out=np.full(len(won), np.nan), where=pairs > 0)


@dataclass(frozen=True)
class Survey:
    """What each layer of a network knows of a color, by layer, and controls.

    Args:
        trained: the network's own layers.
        random: the same layers with random weights.
        luma: the luma itself.
    """

    trained: dict[str, Knowledge]
    random: dict[str, Knowledge]
    luma: Knowledge

    @property
    def first(self) -> str:
        """The first stage."""
        return next(iter(self.trained))

    @property
    def best(self) -> str:
        """The encoder's stage that promises most. The pictures on which it is judged have no part in the choice."""
        stages = [layer for layer in self.trained if layer.startswith("encoder.")] or list(self.trained)
        return max(stages, key=lambda layer: self.trained[layer].promise)

    @property
    def table(self) -> pd.DataFrame:
        """One row per layer: its best channel, its AUC with the interval, its promise and the control's AUC."""
        rows = [
            {
                "layer": layer,
                "channel": known.channel,
                "color is": "high" if known.high else "low",
                "promise": known.promise,
                **dict(zip(("AUC", "from", "to"), known.auc, strict=True)),
                "random weights": self.random[layer].auc[0],
            }
            for layer, known in self.trained.items()
        ]
        return pd.DataFrame(rows)


def survey(
    network: nn.Module, photographs: Sequence[Photograph], cells: Cells, layer: str = "", seed: int = 0
) -> Survey:
    """What every stage of a network's encoder and decoder knows of a color.

    Args:
        network: a network with stages, such as `ChromaNet`.
        photographs: those of `cells`, which must be enough.
        cells: where they have the color.
        layer: a further layer to ask, such as one inside a stage; "" for none.
        seed: draws the random weights of the control.
    """
    stages = [name for name, _ in parts_of(network) if name.startswith(("encoder.", "decoder."))]
    others = [replace(cells_of(photographs, color), judging=cells.judging) for color in COLORS if color != cells.color]
    layers = list(dict.fromkeys([*stages, *([layer] if layer else [])]))
    known = [
        {name: knowledge(maps, cells, others) for name, maps in maps_in_cells(one, layers, photographs).items()}
        for one in (network, with_random_weights(network, seed))
    ]
    return Survey(*known, knowledge(cells.luma[:, None], cells))


def with_random_weights(network: nn.Module, seed: int = 0) -> nn.Module:
    """A copy of a network that has learned nothing: every layer's weights are drawn anew."""
    fresh = copy.deepcopy(network)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in fresh.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
    return fresh.eval()
