"""The methods of a table: its controls, and those that a user adds in a file."""

from torch import nn

from lib.classical.color_maps import fit_intensity_map
from lib.color import spaces
from lib.color.spaces import Colorizer
from lib.common.usage import UsageError
from lib.data.pairs import Pairs
from lib.evaluation.methods_file import EXAMPLE, check_methods_file, check_names, run_file
from lib.evaluation.names import GRAY_COPY, INTENSITY_MAP, Method


def controls(pairs: Pairs) -> dict[Method, Colorizer]:
    """What every table compares with: doing nothing, and the best map from intensity alone.

    The map is the mean color of every gray level over the whole training split: no other function of a pixel's
    intensity has a smaller squared error there.
    """
    training = pairs.split("train")
    return {GRAY_COPY: spaces.gray_to_rgb, INTENSITY_MAP: fit_intensity_map(training.gray, training.color)}


def load_methods(path: str) -> dict[str, Colorizer]:
    """The `METHODS` (name to colorizer) of a user's Python file; an empty path has none.

    The file's folder is importable from then on. `UsageError` says in one sentence what is wrong with the file: it is
    not there, is not Python, raises, has no such dictionary, or a name in it is taken or there twice.
    """
    if not path:
        return {}
    methods = run_file(path, check_methods_file(path))
    if not isinstance(methods, dict):
        raise UsageError(f"{path}: must define {EXAMPLE}.")
    check_names(path, methods)
    for name, colorizer in methods.items():
        if isinstance(colorizer, type):
            raise UsageError(f"{path}: '{name}' is a class; write {colorizer.__name__}(), which makes a colorizer.")
        if not callable(colorizer):
            raise UsageError(f"{path}: '{name}' is {colorizer!r} and no function; must define {EXAMPLE}.")
        if isinstance(colorizer, nn.Module):
            colorizer.eval()  # a module is made in training mode: dropout would be drawn, batch norm would learn
    return methods
