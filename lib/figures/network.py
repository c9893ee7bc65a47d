"""A drawing of a network: its feature maps from left to right, and what flows into what."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path

from lib.figures.style import ACCENT, CONTROL, INK, MUTED, PALETTE

# All lengths are inches, because the axes are as large as the figure.
_WIDTH, _PITCH = 8.3, 0.82  # of a figure, at least; from one map to the next, at least
_FONT, _LINE, _CHARACTER = 7.5, 0.145, 0.064  # points; the height of a line, the width of a character
_LOW, _HIGH, _THIN, _THICK = 0.22, 1.5, 0.06, 0.42  # of maps: height by resolution, width by channels
_LEVEL, _MARGIN = 0.16, 0.12  # from one skip to the next above it; around everything
_COLORS = {"input": CONTROL, "output": PALETTE[3]}


@dataclass(frozen=True)
class _Map:
    """One output of a block, and where its middle is drawn."""

    shape: tuple[int, ...]
    x: float
    width: float
    height: float


def network_diagram(blocks: Sequence) -> Figure:
    """A network as a row of boxes, one per feature map: as high as its resolution, as wide as it has channels.

    Both scales are logarithmic. Below each box are its shape (channels × height × width), what made it, its name and
    its parameters. Arrows and arcs show what feeds what; several outputs of one block share a frame.

    Args:
        blocks: input, blocks and output, as `lib.networks.anatomy.blocks_of` returns them: objects with `name`,
            `operation`, `outputs`, `parameters` and `sources`.
    """
    maps, width = _placed(blocks)
    pitch = width / sum(len(block.outputs) for block in blocks)
    columns = [_words(block, pitch) for block in blocks]
    arcs = _arcs(blocks, maps)
    below = _MARGIN + (1 + max(map(len, columns))) * _LINE
    middle = below + 0.12 + _HIGH / 2
    top = middle + _HIGH / 2 + 0.16 + max((level for *_, level in arcs), default=0) * _LEVEL
    figure = Figure(figsize=(width, top + 0.35))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, top + 0.35))
    axes.set_axis_off()
    for block, own, lines in zip(blocks, maps, columns, strict=True):
        _draw_block(axes, block, own, lines, middle, below, pitch)
    for (_, one), (place, other) in pairwise(enumerate(maps)):
        if (place - 1, len(one) - 1) in blocks[place].sources:
            _arrow(axes, one[-1], other[0], middle)
    for start, end, level in arcs:
        _arc(axes, start, end, middle, middle + _HIGH / 2 + 0.06 + level * _LEVEL)
    total = f"{sum(block.parameters for block in blocks):,} parameters"
    axes.text(_MARGIN, top + 0.2, total, va="center", fontsize=9, weight="bold")
    return figure


def _placed(blocks: Sequence) -> tuple[list[list[_Map]], float]:
    """The maps of each block at equal distances, and the width of the drawing."""
    shapes = [shape for block in blocks for shape in block.outputs]
    channels = [shape[0] if shape else 1 for shape in shapes]
    sides = [shape[1] if len(shape) == 3 else 1 for shape in shapes]  # a vector is as low as a pixel
    width = max(_WIDTH, _PITCH * len(shapes))
    pitch = width / len(shapes)
    drawn = iter(
        _Map(
            shape,
            (place + 0.5) * pitch,
            _share(channels[place], channels, _THIN, _THICK),
            _share(sides[place], sides, _LOW, _HIGH),
        )
        for place, shape in enumerate(shapes)
    )
    return [[next(drawn) for _ in block.outputs] for block in blocks], width


def _share(value: int, values: list[int], low: float, high: float) -> float:
    """A length up to `high`, for the largest of the values, on a logarithmic scale; `low` is 16 times less or more."""
    largest = max(values)
    return high - (high - low) * log2(largest / value) / max(log2(largest / min(values)), 4)


def _words(block: object, pitch: float) -> list[tuple[str, str]]:
    """The lines of text below a block, each with its color: what it does, its name, its parameters."""
    room = int(len(block.outputs) * pitch / _CHARACTER)
    count = f"{block.parameters:,} parameters" if block.parameters else ""
    operation = block.operation.replace("stride ", "stride\N{NO-BREAK SPACE}")
    lines = [(line, INK) for line in textwrap.wrap(operation, room)]
    return lines + [(line, MUTED) for text in (block.name, count) for line in textwrap.wrap(text, room)]


def _arcs(blocks: Sequence, maps: list[list[_Map]]) -> list[tuple[_Map, _Map, int]]:
    """What flows past a map: start, end, and the level at which it is drawn, shorter ones below longer ones."""
    flat = [(place, number) for place, own in enumerate(maps) for number in range(len(own))]
    spans = []
    for place, block in enumerate(blocks):
        for source in block.sources:
            start, end = flat.index(source), flat.index((place, 0))
            if end - start > 1:
                spans.append((end - start, start, end))
    arcs, taken = [], []
    for _, start, end in sorted(spans):
        level = 1 + max((other for a, b, other in taken if a < end and start < b), default=0)
        taken.append((start, end, level))
        ends = [maps[place][number] for place, number in (flat[start], flat[end])]
        arcs.append((*ends, level))
    return arcs


def _draw_block(
    axes: Axes, block: object, own: list[_Map], lines: list, middle: float, below: float, pitch: float
) -> None:
    """The boxes of a block's outputs, each with its shape, and the block's text below them."""
    left, right = own[0].x - 0.44 * pitch, own[-1].x + 0.44 * pitch
    if len(own) > 1:
        frame = FancyBboxPatch((left, below + 0.04), right - left, _HIGH + 0.16, "round,pad=0,rounding_size=0.06")
        frame.set(facecolor="#f1f4f7", edgecolor="none", zorder=0)
        axes.add_patch(frame)
    for one in own:
        x, y = one.x - one.width / 2, middle - one.height / 2
        face = Rectangle((x, y), one.width, one.height, facecolor=_COLORS.get(block.name, ACCENT), edgecolor="white")
        face.set(linewidth=0.6, zorder=2)
        axes.add_patch(face)
        axes.text(
            one.x,
            below - _LINE / 2,
            "×".join(map(str, one.shape)),
            ha="center",
            va="center",
            fontsize=_FONT,
            weight="bold",
        )
    for number, (line, color) in enumerate(lines):
        y = below - (number + 1.5) * _LINE
        axes.text((left + right) / 2, y, line, ha="center", va="center", fontsize=_FONT, color=color)


def _arrow(axes: Axes, start: _Map, end: _Map, y: float) -> None:
    ends = (start.x + start.width / 2 + 0.05, y), (end.x - end.width / 2 - 0.03, y)
    axes.add_patch(FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=7, shrinkA=0, shrinkB=0, color=INK, lw=1))


def _arc(axes: Axes, start: _Map, end: _Map, middle: float, y: float) -> None:
    """A line from the top of a map up to `y`, across, and down to the top of another."""
    a, b, radius = start.x + 0.04, end.x - 0.04, 0.07
    points = [
        (a, middle + start.height / 2 + 0.02), (a, y - radius), (a, y), (a + radius, y),
        (b - radius, y), (b, y), (b, y - radius), (b, middle + end.height / 2 + 0.03),
    ]  # fmt: skip
    codes = [Path.MOVETO, Path.LINETO, Path.CURVE3, Path.CURVE3, Path.LINETO, Path.CURVE3, Path.CURVE3, Path.LINETO]
    path = FancyArrowPatch(path=Path(points, codes), arrowstyle="-|>", mutation_scale=7, color=MUTED, lw=1)
    axes.add_patch(path)
