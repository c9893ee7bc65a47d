"""Pictures that show what our network makes of a photograph: vividness, versions, ambiguity and hints.

A picture is uint8, `H x W x 3` (RGB) or `H x W` (gray).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from lib.color.composition import enlarge, paint
from lib.color.distribution import COLORS, ChromaDistribution
from lib.color.spaces import rgb_to_ycbcr, to_tensor
from lib.colorize.hints import Seen
from lib.colorize.places import most_telling
from lib.data.images import read_photograph
from lib.figures.tiles import apply_colormap
from lib.networks.chroma_net import ChromaNet

VIEWS = ("colors", "three versions", "ambiguity")


def ambiguity_map(distribution: ChromaDistribution, size: tuple[int, int]) -> np.ndarray:
    """The ambiguity of one photograph as a picture of `size` (H, W): dark is certain, the brightest is 7.4 bits."""
    bits = enlarge(distribution.ambiguity(), size)[0, 0].cpu().numpy()
    return apply_colormap(bits[None], 0, math.log2(len(COLORS)))[0]


def colorizer_view(
    view: str, distribution: ChromaDistribution, gray: np.ndarray, vividness: float
) -> dict[str, np.ndarray]:
    """The pictures of one view of the colorizer browser, by title.

    Args:
        view: one of `VIEWS`.
        distribution: the network's prediction for this photograph alone.
        gray: the photograph, `(H, W)`.
        vividness: from 0 (the safest colors) to 1 (the most vivid ones).
    """
    if view == "three versions":
        versions = distribution.versions(3, vividness)
        return {f"version {number}": paint(gray, small[0]) for number, small in enumerate(versions, start=1)}
    pictures = {"gray": gray, f"vividness {vividness:.2f}": paint(gray, distribution.chroma(vividness)[0])}
    if view == "ambiguity":
        pictures["ambiguity (bits): dark is certain"] = ambiguity_map(distribution, gray.shape)
    return pictures


def vividness_table(
    network: ChromaNet, grays: Sequence[np.ndarray], settings: Sequence[float]
) -> dict[str, list[np.ndarray]]:
    """The columns of a table of pictures (see `picture_table`): the gray input, then one column per vividness.

    The network sees each picture once; the settings only choose from its distribution.

    Args:
        network: the colorizer.
        grays: pictures `(H, W)`, each of any size.
        settings: values of the vividness, in [0, 1].
    """
    seen = [(gray, network.look_at(gray)) for gray in grays]
    columns = {_heading(setting): [paint(gray, d.chroma(setting)[0]) for gray, d in seen] for setting in settings}
    return {"gray": list(grays), **columns}


def sample_table(
    network: ChromaNet, photographs: Mapping[str, Path], vividness: float, longer_side: int = 360
) -> dict[str, list[np.ndarray]]:
    """The columns of a table of color photographs: gray, safest, at `vividness`, ambiguity, truth.

    Args:
        network: the colorizer.
        photographs: files by name.
        vividness: from 0 to 1; the second of the two settings shown.
        longer_side: larger photographs are reduced to this, in px.
    """
    rows = []
    for path in photographs.values():
        photograph = read_photograph(path)
        photograph.thumbnail((longer_side, longer_side))
        gray = np.asarray(photograph.convert("L"))
        seen = network.look_at(gray)
        colored = [paint(gray, seen.chroma(setting)[0]) for setting in (0.0, vividness)]
        rows.append([gray, *colored, ambiguity_map(seen, gray.shape), np.asarray(photograph)])
    headings = ("gray", _heading(0.0), f"vividness {vividness:g}", "ambiguity", "truth")
    return dict(zip(headings, map(list, zip(*rows, strict=True)), strict=True))


def hints_table(
    network: ChromaNet,
    photograph: Image.Image,
    spreads: Mapping[str, Callable[[Seen, Tensor, Tensor], Tensor]],
    counts: Sequence[int],
) -> dict[str, list[np.ndarray]]:
    """The columns of a table of one photograph with hints, a row for each way to spread them; gray first, truth last.

    Hints are true colors, at the places that `most_telling` chooses. They are marked in the pictures.

    Args:
        network: the colorizer.
        photograph: in color, mode "RGB".
        spreads: what makes chroma `(2, h, w)` of what the network sees, the numbers `(k,)` of the cells with hints, and
            their chroma `(2, k)`; by name.
        counts: numbers of hints, one column each.
    """
    gray = np.asarray(photograph.convert("L"))
    seen = Seen.of(network, to_tensor(gray)[None].to(network.frequency.device))
    truth = rgb_to_ycbcr(to_tensor(np.asarray(photograph))[None])[:, 1:]
    small = F.interpolate(truth, seen.luma.shape, mode="area")[0].flatten(1).to(seen.luma.device)
    places = most_telling(seen, max(counts))
    table = {"gray": [gray] * len(spreads)}
    for count in counts:
        cells = places[:count]
        chromas = (spread(seen, cells, small[:, cells]) for spread in spreads.values())
        pictures = [marked(paint(gray, chroma), cells.tolist(), seen.luma.shape) for chroma in chromas]
        table[{0: "no hints", 1: "1 hint"}.get(count, f"{count} hints")] = pictures
    return table | {"truth": [np.asarray(photograph)] * len(spreads)}


def marked(picture: np.ndarray, cells: Sequence[int], grid: tuple[int, int]) -> np.ndarray:
    """A picture `(H, W, 3)` with a ring around each of the cells of a grid `(h, w)` over it."""
    picture = picture.copy()
    radius = max(2, round(min(picture.shape[:2]) / 36))
    for cell in cells:
        row, column = divmod(cell, grid[1])
        center = (round((column + 0.5) * picture.shape[1] / grid[1]), round((row + 0.5) * picture.shape[0] / grid[0]))
        for color, extra in ((0, 1), (255, 0)):  # a white ring inside a black one is seen on any color
            cv2.circle(picture, center, radius + extra, (color,) * 3, 1, cv2.LINE_AA)
    return picture


def _heading(setting: float) -> str:
    return f"vividness {setting:g}" if setting else "safest"
