"""Pictures that show what our network makes of a photograph: vividness, versions and ambiguity.

A picture is uint8, `H x W x 3` (RGB) or `H x W` (gray).
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lib.color.composition import enlarge, paint
from lib.color.distribution import COLORS, ChromaDistribution
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


def _heading(setting: float) -> str:
    return f"vividness {setting:g}" if setting else "safest"
