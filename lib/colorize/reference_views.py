"""Pictures that show what a reference changes."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from lib.color.composition import paint
from lib.color.spaces import to_tensor
from lib.colorize.reference import Reference, Shown, correction
from lib.networks.chroma_net import ChromaNet


def reference_table(
    network: ChromaNet, photographs: Sequence[np.ndarray], references: Sequence[np.ndarray]
) -> dict[str, list[np.ndarray]]:
    """The columns of a table of pictures (see `picture_table`): reference, gray, automatic, with the reference, truth.

    Args:
        network: the colorizer, at its safest setting.
        photographs: in color, uint8 `(H, W, 3)` each.
        references: one for each photograph, likewise.
    """
    rows = []
    for truth, other in zip(photographs, references, strict=True):
        gray = np.asarray(Image.fromarray(truth).convert("L"))
        shown = Shown.of(network, to_tensor(gray)[None].to(network.frequency.device))
        given = Reference.of(network, Image.fromarray(other))
        automatic = shown.seen.distribution.chroma()[0]
        followed = automatic + correction(shown, given.shown, given.truth)
        rows.append([other, gray, paint(gray, automatic), paint(gray, followed), truth])
    headings = ("reference", "gray", "automatic", "with the reference", "truth")
    return dict(zip(headings, map(list, zip(*rows, strict=True)), strict=True))
