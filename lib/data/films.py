"""Films over pictures of a data set and over sample photographs, with exact motion; see `lib/data/scenes/films.py`."""

import re

import numpy as np

from lib.data.images import read_photograph
from lib.data.locations import describe_source
from lib.data.pairs import Pairs
from lib.data.scenes.films import Events, Film, make_film
from lib.data.scenes.rendering import render_scene
from lib.data.sources import sample_photographs

SOFTENED = Events(grain=2.0)  # a thing in front, and the grain of a camera


def films_over(pairs: Pairs, most: int, side: int, count: int, seed: int) -> dict[str, Film]:
    """Films of one shot over the first `most` of the pairs, then over the sample photographs; by name.

    Rendered scenes are rendered anew, as large as a film needs. Other pictures are enlarged from the size that they
    were loaded at, so they are softer than a film of the same photograph would be.

    Args:
        pairs: such as the test split.
        most: how many films over them, at least 0.
        side: of the frames, in px.
        count: frames of each film.
        seed: of the moves; each film has its own.
    """
    is_rendered = pairs.description == describe_source("scenes")
    pictures = {
        name: render_scene(_seed_of(name), 2 * side) if is_rendered else np.asarray(color)
        for name, color in zip(pairs.names[:most], pairs.color[:most], strict=True)
    }
    pictures |= {name: np.asarray(read_photograph(path).convert("RGB")) for name, path in sample_photographs().items()}
    return {
        name: make_film([picture], (side, side), count, seed + number, SOFTENED)
        for number, (name, picture) in enumerate(pictures.items())
    }


def _seed_of(name: str) -> int:
    """The seed of a rendered scene, which its name ends in."""
    return int(re.search(r"\d+$", name)[0])
