"""What the feature-map browser shows: settings in, one uint8 picture out, with or without a browser."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from lib.color.spaces import to_uint8
from lib.feature_maps.activations import address
from lib.feature_maps.interventions import LEVELS, chroma_added, intervened
from lib.feature_maps.measures import RANKINGS, display_range, energy, matched_channels, page_of, rank_channels, resized
from lib.feature_maps.study import Study
from lib.figures.tiles import heat, laid_over, sheet

KINDS = ("channels", "one channel", "compare", "switch off", "kernels", "training")
BY_EFFECT = RANKINGS[3]
Tick = Callable[[int, int], None]  # told how many channels are done, of how many
_PER_PAGE = {"compare": 16}  # pairs; 32 channels elsewhere


@dataclass(frozen=True)
class View:
    """Everything that decides what is shown; kept as JSON beside a saved picture, it opens the same view again.

    `kind` is one of `KINDS`; `factor` is what the channel is multiplied by (0 is off); `against` and
    `against_layer` are what is compared, the latter empty for the layer of the same name.
    """

    kind: str
    network: str
    picture: str
    layer: str
    channel: int = 0
    ranking: str = "variance"
    page: int = 1
    shared: bool = False
    factor: float = 0.0
    against: str = ""
    against_layer: str = ""

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"a view is one of {', '.join(KINDS)}, not {self.kind!r}")
        if self.ranking not in RANKINGS:
            raise ValueError(f"ranking is one of {', '.join(RANKINGS)}, not {self.ranking!r}")

    @property
    def address(self) -> str:
        """`layer:channel`."""
        return address(self.layer, self.channel)

    @property
    def stem(self) -> str:
        """A file name without its suffix that says what is shown."""
        parts = {
            "channels": (f"by {self.ranking}", f"page {self.page}"),
            "one channel": (str(self.channel),),
            "compare": ("with", self.against, self.against_layer, f"page {self.page}"),
            "switch off": (str(self.channel), f"times {self.factor:g}"),
            "training": (str(self.channel),),
        }
        layer = () if self.kind == "kernels" else (self.layer,)
        words = (self.kind, self.network, self.picture, *layer, *parts.get(self.kind, ()))
        return re.sub(r"[^\w.]+", "-", " ".join(words)).strip("-.")[:150]

    def as_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, settings: dict) -> "View":
        """The view of saved settings; other names, or values of another type, raise `ValueError`."""
        types = {field.name: field.type for field in fields(cls)}
        missing = {"kind", "network", "picture", "layer"} - set(settings)
        unknown = set(settings) - set(types)
        if missing or unknown:
            raise ValueError(f"these are not the settings of a view; missing or unknown: {min(missing or unknown)!r}")
        for name, value in settings.items():
            if not isinstance(value, (int, float) if types[name] is float else types[name]):
                raise ValueError(f"{name} is {value!r} in these settings; it must be of type {types[name].__name__}")
        return cls(**settings)


def _moved(study: Study, view: View, tick: Tick) -> pd.Series | None:
    """Each channel's effect on color, if the ranking asks for it."""
    if view.ranking != BY_EFFECT:
        return None
    return study.effects(view.network, view.picture, view.layer, tick)["moved"]


def ranked(study: Study, view: View, tick: Tick = lambda done, of: None) -> list[int]:
    """The channels of the view's layer in the order of its ranking."""
    moved = _moved(study, view, tick)
    maps = study.layer(view.network, view.picture, view.layer).maps[0]
    return rank_channels(maps, view.ranking, None if moved is None else torch.tensor(moved.to_numpy()))


def pages_of(study: Study, view: View) -> int:
    """How many pages the view's layer takes."""
    channels = study.layer(view.network, view.picture, view.layer).maps.shape[1]
    if view.kind == "compare" and view.against:
        channels = min(channels, _compared(study, view).shape[0])
    return page_of(list(range(channels)), 1, _PER_PAGE.get(view.kind, 32))[1]


def _compared(study: Study, view: View) -> Tensor:
    """The maps `(D, h', w')` that the view compares its layer with."""
    if not view.against:
        raise ValueError("choose a network to compare with")
    return study.layer(view.against, view.picture, view.against_layer or view.layer).maps[0]


def _colored(maps: Tensor, shared: bool = False) -> tuple[np.ndarray, list[str]]:
    """Maps `(K, h, w)` in color `(K, h, w, 3)`, and the range of each as text."""
    low, high = (end.numpy() for end in display_range(maps, shared))
    return heat(maps.numpy(), low, high), [f"[{a:.2g}, {b:.2g}]" for a, b in zip(low, high, strict=True)]


def _one(study: Study, view: View) -> Tensor:
    """The chosen channel's map `(h, w)`; a number that the layer does not have raises `ValueError`."""
    maps = study.layer(view.network, view.picture, view.layer).maps[0]
    if not 0 <= view.channel < len(maps):
        raise ValueError(f"{view.layer} has the channels 0 to {len(maps) - 1}, not {view.channel}")
    return maps[view.channel]


def _channels(study: Study, view: View, tick: Tick) -> np.ndarray:
    activation = study.layer(view.network, view.picture, view.layer)
    channels, pages = page_of(ranked(study, view, tick), view.page)
    moved = _moved(study, view, tick)
    pictures, ranges = _colored(activation.maps[0, channels], view.shared)
    labels = [
        f"{channel} {span}" if moved is None else f"{channel} {span} Δ {moved[channel]:.2f}"
        for channel, span in zip(channels, ranges, strict=True)
    ]
    dead = study.dead(view.network, view.layer)
    scale = f"one scale, {ranges[0]}" if view.shared else "each on its own scale"
    scale += "" if moved is None else f" · Δ: by how much of {LEVELS} Cb and Cr move without it"
    title = (
        f"{view.network} · {view.picture} · {activation}\n"
        f"by {view.ranking} · page {view.page} of {pages} · {dead} dead on {study.counted_on} photographs · {scale}"
    )
    return sheet(pictures, labels, title)


def _one_channel(study: Study, view: View, _tick: Tick) -> np.ndarray:
    photograph, chosen = study.photograph(view.picture), _one(study, view)
    gray, size = to_uint8(photograph.gray)[0], photograph.gray.shape[-2:]
    (map_shown,), (span,) = _colored(chosen[None])
    whole = energy(study.layer(view.network, view.picture, view.layer).maps[0], size).numpy()
    panels = {
        "input": gray,
        f"{view.address} {span}": map_shown,
        "laid over the input": laid_over(gray, map_shown),
        f"all of {view.layer}": laid_over(gray, heat(whole[None], 0, 1)[0]),
    }
    try:
        panels[f"colors of {view.network}"] = to_uint8(study.colors(view.network, view.picture))[0]
        remark = "all of the layer: root mean square over its channels"
    except ValueError as error:  # the map is worth showing without them
        remark = str(error).splitlines()[0]
    panels["truth"] = to_uint8(photograph.truth)[0]
    title = f"{view.network} · {view.picture} · {view.address}\n{remark}"
    return sheet(list(panels.values()), list(panels), title, columns=3, side=300)


def _compare(study: Study, view: View, tick: Tick) -> np.ndarray:
    first, second = study.layer(view.network, view.picture, view.layer).maps[0], _compared(study, view)
    layer = view.against_layer or view.layer
    partners = matched_channels(first, second)
    order = [channel for channel in ranked(study, view, tick) if channel in partners]
    channels, pages = page_of(order, view.page, _PER_PAGE["compare"])
    pairs = torch.stack([first[channels], resized(second, first.shape[1:])[[partners[c][0] for c in channels]]], 1)
    # A pair has one scale: what is brighter in the second is brighter there, and not on another scale.
    low, high = display_range(pairs.flatten(1, 2), view.shared)
    low, high = (end.repeat_interleave(2).numpy() for end in (low, high))
    pictures, labels = heat(pairs.flatten(0, 1).numpy(), low, high), []
    for position, channel in enumerate(channels):
        labels += [f"{channel} [{low[2 * position]:.2g}, {high[2 * position]:.2g}]",
                   f"↔ {partners[channel][0]}, r = {partners[channel][1]:.2f}"]  # fmt: skip
    middle = float(np.median([correlation for _, correlation in partners.values()]))
    title = (
        f"{view.picture} · left {view.network}, {view.layer} · right {view.against}, {layer} · a pair has one scale\n"
        f"by {view.ranking} · page {view.page} of {pages} · {len(partners)} pairs, matched by the correlation r of "
        f"their maps, median {middle:.2f}"
    )
    return sheet(pictures, labels, title)


def _switch_off(study: Study, view: View, _tick: Tick) -> np.ndarray:
    _one(study, view)
    usual, photograph = study.colors(view.network, view.picture), study.photograph(view.picture)
    network = study.network(view.network)
    changed = intervened(network, photograph.gray, view.layer, [view.channel], view.factor)
    added = chroma_added(usual, changed)[0]  # (2, H, W)
    moved = added.abs().mean(0, keepdim=True)
    (difference,), (span,) = _colored(moved)
    done = "off" if view.factor == 0 else f"times {view.factor:g}"
    panels = {
        "input": to_uint8(photograph.gray)[0],
        f"colors of {view.network}": to_uint8(usual)[0],
        f"{view.address} {done}": to_uint8(changed)[0],
        f"{view.address}, its map": _colored(_one(study, view)[None])[0][0],
        f"change of Cb and Cr {span}": difference,
        "truth": to_uint8(photograph.truth)[0],
    }
    title = (
        f"{view.network} · {view.picture} · {view.address} {done}\n"
        f"Cb and Cr move by {moved.mean():.2f} of {LEVELS} on average, {moved.max():.1f} at most; as it is, the "
        f"channel adds {added[0].mean():+z.2f} to Cb (blue) and {added[1].mean():+z.2f} to Cr (red)"
    )
    return sheet(list(panels.values()), list(panels), title, columns=3, side=300)


def _kernels(study: Study, view: View, _tick: Tick) -> np.ndarray:
    network = study.network(view.network)
    name, first = next(((n, m) for n, m in network.named_modules() if isinstance(m, nn.Conv2d)), ("", None))
    if first is None:
        raise ValueError(f"{view.network} has no convolution, and so no kernels")
    weights = first.weight.detach().cpu()  # (K, C, h, w)
    limit = float(weights.abs().max())
    if weights.shape[1] == 3:
        pictures, told = to_uint8(weights / (2 * limit) + 0.5), f"mid-gray is 0, colors reach ±{limit:.2g}"
    else:
        weights = weights.sum(1)
        limit = float(weights.abs().max())
        pictures = heat(weights.numpy(), -limit, limit, "RdBu_r")
        told = f"blue {-limit:.2g}, white 0, red {limit:.2g}"
        told += f" · each is the sum over its {first.in_channels} inputs" if first.in_channels > 1 else ""
    title = f"{view.network} · {name} · {len(weights)} kernels of the first convolution\n{told}"
    return sheet(pictures, [str(i) for i in range(len(pictures))], title, columns=16, side=60)


def _training(study: Study, view: View, tick: Tick) -> np.ndarray:
    _one(study, view)
    found = study.through_training(view.network, view.picture, view.layer)
    channels = [view.channel, *(c for c in ranked(study, view, tick) if c != view.channel)][:4]
    strips = torch.stack([maps[channels] for maps in found.values()], 1)  # (4, epochs, h, w)
    low, high = display_range(strips.flatten(1, 2))
    pictures = [picture for k, strip in enumerate(strips) for picture in heat(strip.numpy(), low[k], high[k])]
    labels = [f"{channel}, epoch {epoch}" for channel in channels for epoch in found]
    title = (
        f"{view.network} · {view.picture} · {view.layer} after the epochs that were kept\n"
        f"channel {view.channel}, then the first by {view.ranking}; a row has one scale"
    )
    return sheet(pictures, labels, title, columns=len(found), side=160)


def draw(study: Study, view: View, tick: Tick = lambda done, of: None) -> np.ndarray:
    """The view as one uint8 picture `H x W x 3`. What cannot be shown raises with the reason in its first line."""
    drawers = (_channels, _one_channel, _compare, _switch_off, _kernels, _training)
    return dict(zip(KINDS, drawers, strict=True))[view.kind](study, view, tick)


def draw_colors(study: Study, network: str, picture: str) -> np.ndarray:
    """Input, colors of a network, and truth, side by side: uint8 `H x W x 3`."""
    photograph = study.photograph(picture)
    panels = {"input": photograph.gray, network: study.colors(network, picture), "truth": photograph.truth}
    return sheet([to_uint8(panel)[0] for panel in panels.values()], list(panels), columns=3, side=160)
