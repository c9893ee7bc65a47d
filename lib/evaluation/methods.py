"""The methods of a table: its controls, and those that a user adds in a file."""

import runpy

from lib.classical.color_maps import fit_intensity_map
from lib.color import spaces
from lib.color.spaces import Colorizer
from lib.common.files import resolve
from lib.data.pairs import Pairs
from lib.evaluation.names import GRAY_COPY, INTENSITY_MAP, Method, is_taken


def controls(pairs: Pairs) -> dict[Method, Colorizer]:
    """What every table compares with: doing nothing, and the best map from intensity alone.

    The map is the mean color of every gray level over the whole training split: no other function of a pixel's
    intensity has a smaller squared error there.
    """
    training = pairs.split("train")
    return {GRAY_COPY: spaces.gray_to_rgb, INTENSITY_MAP: fit_intensity_map(training.gray, training.color)}


def load_methods(path: str) -> dict[str, Colorizer]:
    """The `METHODS` (name to colorizer) of a user's Python file; an empty path has none.

    Raises `FileNotFoundError` for a missing file, and `ValueError` for one without such a dictionary or with a method
    whose name is taken by one of the workbook's own.
    """
    if not path:
        return {}
    file = resolve(path)
    if not file.is_file():
        raise FileNotFoundError(f"{path}: no such file of methods")
    methods = runpy.run_path(str(file)).get("METHODS")
    valid = isinstance(methods, dict) and all(isinstance(k, str) and callable(v) for k, v in methods.items())
    if not valid:
        raise ValueError(f'{path}: must define METHODS = {{"a name": a colorizer}}')
    for name in filter(is_taken, methods):
        raise ValueError(f"{path}: the name '{name}' is taken by one of the workbook's own methods; choose another")
    return methods
