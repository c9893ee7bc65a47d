"""Checks of what a user asks for: values of the wanted type, unknown names, the error that is one sentence."""

import difflib
import itertools
import math
import numbers
from collections.abc import Collection, Iterable
from contextlib import suppress

PLAIN_TYPES = ("int", "float", "bool", "str")


class UsageError(ValueError):
    """A mistake of the user's, in one sentence that names the value; nothing has been started yet."""


def is_plain(kind: str) -> bool:
    """Whether a type annotation can be checked by `convert`: int, float, bool, str, or list[...] of these.

    >>> is_plain("list[float]"), is_plain("dict")
    (True, False)
    """
    return kind in PLAIN_TYPES or (kind.startswith("list[") and kind.endswith("]") and is_plain(kind[5:-1]))


def convert(value: object, kind: str) -> object:
    """A value as the type that an annotation names (see `is_plain`); `ValueError` where it is not of that type.

    An int is accepted as a float, and so is a string that reads as a number, because YAML takes `1e-4` for a string.
    A bool is not accepted as an int.

    >>> convert("1e-4", "float"), convert([1, 2], "list[float]")
    (0.0001, [1.0, 2.0])
    """
    if kind.startswith("list[") and isinstance(value, list):
        return [convert(item, kind[5:-1]) for item in value]
    if kind == "float" and not isinstance(value, bool):
        with suppress(TypeError, ValueError):
            number = float(value)
            if math.isfinite(number):
                return number
    if type(value).__name__ == kind:  # not isinstance: True is an int to Python, and no number of epochs
        return value
    raise ValueError(f"{value!r} is no {kind}")


def value_text(value: object) -> str:
    """A parameter's value as it is shown and compared: 0.0 and 0 are one value, so are 400 and [400].

    >>> value_text(1e-4), value_text(["edges", "smoothed"]), value_text([]), value_text(None)
    ('0.0001', 'edges, smoothed', 'none', '–')
    """
    if isinstance(value, list):
        return ", ".join(map(value_text, value)) or "none"
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        if math.isnan(value):
            return "–"  # a parameter that this notebook does not have
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return "–" if value is None else str(value)


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, or, where it is taken, the name with the first number from 2 on that makes it free.

    >>> free_name("sea", ["lake"]), free_name("sea", ["sea", "sea (2)"])
    ('sea', 'sea (3)')
    """
    candidates = itertools.chain([name], (f"{name} ({number})" for number in itertools.count(2)))
    return next(candidate for candidate in candidates if candidate not in taken)


def nearest(name: str, names: Iterable[str]) -> str:
    """How a sentence about an unknown name ends: with the nearest known name, or else with all of them.

    >>> nearest("epoch", ["epochs", "seed"]), nearest("width", ["epochs", "seed"])
    ("did you mean 'epochs'?", 'there are: epochs, seed.')
    """
    names = sorted(set(names))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean '{close[0]}'?" if close else f"there are: {', '.join(names) or 'none'}."
