"""What a user asked for, checked: one sentence for a mistake, the nearest known name, values of the wanted type."""

import difflib
import math
import numbers
from collections.abc import Iterable
from contextlib import suppress

PLAIN_TYPES = ("int", "float", "bool", "str")


class UsageError(ValueError):
    """A mistake in what was asked for or in a notebook's parameters: one sentence, and no kernel was started."""


def is_plain(kind: str) -> bool:
    """Whether an annotation is a type that the runner can check: int, float, bool, str or list[...] of these."""
    return kind in PLAIN_TYPES or (kind.startswith("list[") and kind.endswith("]") and is_plain(kind[5:-1]))


def convert(value: object, kind: str) -> object:
    """`value` as a parameter of the annotated type `kind`; raises ValueError where it is none.

    An int is fine for a float. So is a string that reads as a number: YAML takes `1e-4` for a string.
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


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the nearest known one, or all of them."""
    names = sorted(set(names))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean '{close[0]}'?" if close else f"there are: {', '.join(names) or 'none'}."
