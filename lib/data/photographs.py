"""Photographs as tensors in their own aspect ratio: from pairs, samples and uploads; `images.py` reads the files."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from torch import Tensor

from lib.color.spaces import to_tensor
from lib.data.images import read_photograph
from lib.data.pairs import Pairs
from lib.data.sources import sample_photographs


@dataclass(frozen=True)
class Photograph:
    """A gray picture to colorize, `(1, 1, H, W)`, and its true colors, `(1, 3, H, W)`, both float32 in [0, 1]."""

    name: str
    gray: Tensor
    truth: Tensor


def _shrunk(name: str, image: Image.Image, side: int) -> Photograph:
    """The whole picture, its longer side at most `side` px."""
    image.thumbnail((side, side), Image.Resampling.BICUBIC)
    gray, truth = (to_tensor(np.asarray(picture))[None] for picture in (image.convert("L"), image))
    return Photograph(name, gray, truth)


def photographs_of(pairs: Pairs) -> list[Photograph]:
    """Every pair of a data set as a photograph, under its name."""
    gray, truth = pairs.tensors(slice(None))
    return [Photograph(name, gray[i : i + 1], truth[i : i + 1]) for i, name in enumerate(pairs.names)]


def samples(side: int) -> list[Photograph]:
    """The photographs that scikit-image ships, the longer side `side` pixels."""
    return [_shrunk(name, read_photograph(path), side) for name, path in sample_photographs().items()]


def uploaded_photograph(name: str, content: bytes, side: int) -> Photograph:
    """An uploaded picture file as a photograph, its longer side at most `side` px.

    Args:
        name: what the file is called.
        content: its bytes. `PhotographError` says why they are no picture.
        side: in px.
    """
    return _shrunk(name, read_photograph(name, content), side)
