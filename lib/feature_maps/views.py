"""Draws each view of the feature-map browser as one uint8 picture from its settings, with or without a browser."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from lib.color.spaces import to_uint8
from lib.feature_maps.interventions import LEVELS, chroma_difference, intervene
from lib.feature_maps.measures import RANKINGS, display_range, energy, matched_channels, paginate, rank_channels, resize
from lib.feature_maps.study import Study
from lib.figures.pictures import framed
from lib.figures.tiles import apply_colormap, overlay, sheet

KINDS = ("channels", "one channel", "compare", "switch off", "kernels", "training")
BY_EFFECT = RANKINGS[3]
Tick = Callable[[int, int], None]  # called with the number of channels done and their total
_PER_PAGE = {"compare": 16}  # pairs of channels; the other views have 32 channels on a page


@dataclass(frozen=True)
class View:
    """All settings of a view. The JSON file beside a saved picture holds them and opens the same view again.

    Args:
        kind: one of `KINDS`.
        network: name of the network in the study.
        picture: name of the photograph in the study.
        layer: name of the layer in the network.
        channel: number of the channel, for the views that show one.
        ranking: one of `RANKINGS`.
        page: which page of the ranked channels, from 1.
        shared: whether all channels are displayed on one scale.
        factor: what the channel is multiplied by in "switch off"; 0 is off.
        against: name of the other network in "compare".
        against_layer: its layer; empty for the layer of the same name.
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
        """The chosen channel as `layer:channel`."""
        return f"{self.layer}:{self.channel}"

    @property
    def stem(self) -> str:
        """A file name, without suffix, that describes the view."""
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

    @classmethod
    def from_json(cls, settings: dict) -> "View":
        """The view of saved settings, by name as `dataclasses.asdict` gives them.

        Raises:
            ValueError: a setting is missing or unknown, or its value has the wrong type.
        """
        types = {field.name: field.type for field in fields(cls)}
        missing = {"kind", "network", "picture", "layer"} - set(settings)
        unknown = set(settings) - set(types)
        if missing or unknown:
            raise ValueError(f"these are not the settings of a view; missing or unknown: {min(missing or unknown)!r}")
        for name, value in settings.items():
            if not isinstance(value, (int, float) if types[name] is float else types[name]):
                raise ValueError(f"{name} is {value!r} in these settings; it must be of type {types[name].__name__}")
        return cls(**settings)


def _effects_on_color(study: Study, view: View, tick: Tick | None) -> pd.Series | None:
    """Each channel's effect on color if the channels are ranked by it, else None."""
    if view.ranking != BY_EFFECT:
        return None
    return study.effects(view.network, view.picture, view.layer, tick)["moved"]


def rank_layer(study: Study, view: View, tick: Tick | None = None) -> list[int]:
    """The channels of the view's layer in the order of its ranking."""
    effects = _effects_on_color(study, view, tick)
    if effects is not None:
        effects = torch.tensor(effects.to_numpy())
    return rank_channels(_layer_maps(study, view), view.ranking, effects)


def page_count(study: Study, view: View) -> int:
    """The number of pages of the view's layer."""
    channels = len(_layer_maps(study, view))
    if view.kind == "compare" and view.against:
        channels = min(channels, len(_other_layer_maps(study, view)))
    return paginate(list(range(channels)), 1, _PER_PAGE.get(view.kind, 32))[1]


def _layer_maps(study: Study, view: View) -> Tensor:
    """The maps `(C, h, w)` of the view's layer."""
    return study.layer(view.network, view.picture, view.layer).maps[0]


def _other_layer_maps(study: Study, view: View) -> Tensor:
    """The maps `(D, h', w')` of the layer that the view's layer is compared with."""
    if not view.against:
        raise ValueError("choose a network to compare with")
    return study.layer(view.against, view.picture, view.against_layer or view.layer).maps[0]


def _color_maps(maps: Tensor, shared: bool = False) -> tuple[np.ndarray, list[str]]:
    """Maps `(K, h, w)` in color `(K, h, w, 3)`, and the displayed range of each as text."""
    low, high = (end.numpy() for end in display_range(maps, shared))
    return apply_colormap(maps.numpy(), low, high), [f"[{a:.2g}, {b:.2g}]" for a, b in zip(low, high, strict=True)]


def channel_map(study: Study, view: View) -> Tensor:
    """The map `(h, w)` of the chosen channel. A channel that the layer does not have raises `ValueError`."""
    maps = _layer_maps(study, view)
    if not 0 <= view.channel < len(maps):
        raise ValueError(f"{view.layer} has the channels 0 to {len(maps) - 1}, not {view.channel}")
    return maps[view.channel]


def _draw_channels(study: Study, view: View, tick: Tick | None) -> np.ndarray:
    activation = study.layer(view.network, view.picture, view.layer)
    channels, pages = paginate(rank_layer(study, view, tick), view.page)
    effects = _effects_on_color(study, view, tick)
    pictures, ranges = _color_maps(activation.maps[0, channels], view.shared)
    labels = [f"{channel} {span}" for channel, span in zip(channels, ranges, strict=True)]
    scale = f"one scale, {ranges[0]}" if view.shared else "each on its own scale"
    if effects is not None:
        labels = [f"{label} Δ {effects[channel]:.2f}" for label, channel in zip(labels, channels, strict=True)]
        scale += f" · Δ: mean change of Cb and Cr without it, of {LEVELS}"
    dead = study.dead(view.network, view.layer)
    title = (
        f"{view.network} · {view.picture} · {activation}\n"
        f"by {view.ranking} · page {view.page} of {pages} · {dead} dead on {len(study.initial)} photographs · {scale}"
    )
    return sheet(pictures, labels, title)


def _draw_one_channel(study: Study, view: View, _tick: Tick | None) -> np.ndarray:
    photograph, own = study.photograph(view.picture), channel_map(study, view)
    gray, size = to_uint8(photograph.gray)[0], photograph.gray.shape[-2:]
    (colored,), (span,) = _color_maps(own[None])
    layer_energy = energy(_layer_maps(study, view), size).numpy()
    panels = {
        "input": gray,
        f"{view.address} {span}": colored,
        "laid over the input": overlay(gray, colored),
        f"all of {view.layer}": overlay(gray, apply_colormap(layer_energy[None], 0, 1)[0]),
    }
    remark = "all of the layer: root mean square over its channels"
    try:
        panels[f"colors of {view.network}"] = to_uint8(study.colors(view.network, view.picture))[0]
    except ValueError as error:  # a network without colors still has maps to show
        remark = str(error).splitlines()[0]
    panels["truth"] = to_uint8(photograph.truth)[0]
    title = f"{view.network} · {view.picture} · {view.address}\n{remark}"
    return sheet(list(panels.values()), list(panels), title, columns=3, side=300)


def _draw_comparison(study: Study, view: View, tick: Tick | None) -> np.ndarray:
    first, second = _layer_maps(study, view), _other_layer_maps(study, view)
    layer = view.against_layer or view.layer
    partners = matched_channels(first, second)
    order = [channel for channel in rank_layer(study, view, tick) if channel in partners]
    channels, pages = paginate(order, view.page, _PER_PAGE["compare"])
    pairs = torch.stack([first[channels], resize(second, first.shape[1:])[[partners[c][0] for c in channels]]], 1)
    # Both maps of a pair have one scale, so that their brightness can be compared.
    low, high = display_range(pairs.flatten(1, 2), view.shared)
    low, high = (end.repeat_interleave(2).numpy() for end in (low, high))
    pictures, labels = apply_colormap(pairs.flatten(0, 1).numpy(), low, high), []
    for position, channel in enumerate(channels):
        labels += [f"{channel} [{low[2 * position]:.2g}, {high[2 * position]:.2g}]",
                   f"↔ {partners[channel][0]}, r = {partners[channel][1]:.2f}"]  # fmt: skip
    median = float(np.median([correlation for _, correlation in partners.values()]))
    title = (
        f"{view.picture} · left {view.network}, {view.layer} · right {view.against}, {layer} · a pair has one scale\n"
        f"by {view.ranking} · page {view.page} of {pages} · {len(partners)} pairs, matched by the correlation r of "
        f"their maps, median {median:.2f}"
    )
    return sheet(pictures, labels, title)


def _draw_switch_off(study: Study, view: View, _tick: Tick | None) -> np.ndarray:
    own, photograph = channel_map(study, view), study.photograph(view.picture)
    unchanged = study.colors(view.network, view.picture)
    changed = intervene(study.network(view.network), photograph.gray, view.layer, [view.channel], view.factor)
    difference = chroma_difference(unchanged, changed)[0]  # (2, H, W)
    moved = difference.abs().mean(0, keepdim=True)
    (moved_picture,), (span,) = _color_maps(moved)
    state = "off" if view.factor == 0 else f"times {view.factor:g}"
    panels = {
        "input": to_uint8(photograph.gray)[0],
        f"colors of {view.network}": to_uint8(unchanged)[0],
        f"{view.address} {state}": to_uint8(changed)[0],
        f"{view.address}, its map": _color_maps(own[None])[0][0],
        f"change of Cb and Cr {span}": moved_picture,
        "truth": to_uint8(photograph.truth)[0],
    }
    title = (
        f"{view.network} · {view.picture} · {view.address} {state}\n"
        f"Cb and Cr move by {moved.mean():.2f} of {LEVELS} on average, {moved.max():.1f} at most; unchanged, the "
        f"channel adds {difference[0].mean():+z.2f} to Cb (blue) and {difference[1].mean():+z.2f} to Cr (red)"
    )
    return sheet(list(panels.values()), list(panels), title, columns=3, side=300)


def _draw_kernels(study: Study, view: View, _tick: Tick | None) -> np.ndarray:
    network = study.network(view.network)
    name, first = next(((n, m) for n, m in network.named_modules() if isinstance(m, nn.Conv2d)), ("", None))
    if first is None:
        raise ValueError(f"{view.network} has no convolution, and so no kernels")
    weights = first.weight.detach().cpu()  # (K, C, h, w)
    limit = float(weights.abs().max())
    if weights.shape[1] == 3:
        pictures, legend = to_uint8(weights / (2 * limit) + 0.5), f"mid-gray is 0, colors reach ±{limit:.2g}"
    else:
        weights = weights.sum(1)
        limit = float(weights.abs().max())
        pictures = apply_colormap(weights.numpy(), -limit, limit, "RdBu_r")
        legend = f"blue {-limit:.2g}, white 0, red {limit:.2g}"
        if first.in_channels > 1:
            legend += f" · each is the sum over its {first.in_channels} inputs"
    title = f"{view.network} · {name} · {len(weights)} kernels of the first convolution\n{legend}"
    return sheet(pictures, [str(i) for i in range(len(pictures))], title, columns=16, side=60)


def _draw_training(study: Study, view: View, tick: Tick | None) -> np.ndarray:
    channel_map(study, view)  # raises if the layer does not have the channel
    by_epoch = study.through_training(view.network, view.picture, view.layer)
    channels = [view.channel, *(c for c in rank_layer(study, view, tick) if c != view.channel)][:4]
    rows = torch.stack([maps[channels] for maps in by_epoch.values()], 1)  # (4, epochs, h, w)
    low, high = display_range(rows.flatten(1, 2))
    pictures = [picture for k, row in enumerate(rows) for picture in apply_colormap(row.numpy(), low[k], high[k])]
    labels = [f"{channel}, epoch {epoch}" for channel in channels for epoch in by_epoch]
    title = (
        f"{view.network} · {view.picture} · {view.layer} after each saved epoch\n"
        f"channel {view.channel}, then the first by {view.ranking}; a row has one scale"
    )
    return sheet(pictures, labels, title, columns=len(by_epoch), side=160)


def draw(study: Study, view: View, tick: Tick | None = None) -> np.ndarray:
    """The view as one uint8 picture `H x W x 3`.

    Args:
        study: the networks and photographs.
        view: what to show.
        tick: called with the number of channels done and their total while effects on color are computed.

    Raises:
        Exception: the view cannot be shown. The first line of the message is the reason.
    """
    functions = (_draw_channels, _draw_one_channel, _draw_comparison, _draw_switch_off, _draw_kernels, _draw_training)
    return dict(zip(KINDS, functions, strict=True))[view.kind](study, view, tick)


def figure_of(study: Study, view: View) -> Figure:
    """The view as a figure of the same size in pixels, for a notebook to record."""
    return framed(draw(study, view))


def draw_colors(study: Study, network: str, picture: str) -> np.ndarray:
    """The input, a network's colors and the truth side by side: uint8 `H x W x 3`."""
    photograph = study.photograph(picture)
    panels = {"input": photograph.gray, network: study.colors(network, picture), "truth": photograph.truth}
    return sheet([to_uint8(panel)[0] for panel in panels.values()], list(panels), columns=3, side=160)
