"""The methods of a table: its controls, and those that a user adds in a file."""

import runpy

from lib.classical.color_maps import fit_intensity_map
from lib.color import spaces
from lib.color.spaces import Colorizer
from lib.common.files import resolve
from lib.data.pairs import Pairs
from lib.evaluation.names import GRAY_COPY, INTENSITY_MAP


def controls(pairs: Pairs) -> dict[str, Colorizer]:
    """What every table is held against: doing nothing, and the best map from intensity alone.

    The map is the mean color of every gray level over the whole training split: no other function of a pixel's
    intensity has a smaller squared error there.
    """
    training = pairs.split("train")
    return {GRAY_COPY: spaces.gray_to_rgb, INTENSITY_MAP: fit_intensity_map(training.gray, training.color)}


def load_methods(path: str) -> dict[str, Colorizer]:
    """The `METHODS` (name to colorizer) of a Python file of one's own; an empty path has none.

    Raises `FileNotFoundError` for a missing file and `ValueError` for one without such a dictionary.
    """
    if not path:
        return {}
    file = resolve(path)
    if not file.is_file():
        raise FileNotFoundError(f"{path}: no such file of methods")
    methods = runpy.run_path(str(file)).get("METHODS")
    if not isinstance(methods, dict) or not all(callable(method) for method in methods.values()):
        raise ValueError(f'{path}: must define METHODS = {{"a name": a colorizer}}')
    return methods
