"""Checks of what a user asks for: values of the wanted type, unknown names, the error that is one sentence."""

import argparse
import difflib
import itertools
import math
import numbers
import os
import re
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from functools import partial

PLAIN_TYPES = ("int", "float", "bool", "str")
# ASCII digits: Python also takes 1_000, and the digits of other scripts.
_INTEGER = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")


class UsageError(ValueError):
    """A mistake of the user's, in one sentence that names the value; nothing has been started yet."""


def is_plain(kind: str) -> bool:
    """Whether a type annotation can be checked by `convert`: int, float, bool, str, or list[...] of these.

    >>> is_plain("list[float]"), is_plain("dict")
    (True, False)
    """
    return kind in PLAIN_TYPES or (kind.startswith("list[") and kind.endswith("]") and is_plain(kind[5:-1]))


def number(text: str) -> int | float | None:
    """The number that a text writes in decimal digits, or None: not for 0x1F, 1_000, 1:30, inf and the like.

    >>> number("010"), number("1e-4"), number("-.5"), number("1_000"), number("1e999")
    (10, 0.0001, -0.5, None, None)
    """
    with suppress(ValueError):  # more digits than Python reads
        if _INTEGER.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
    return None


def convert(value: object, kind: str) -> object:
    """A value as the type that an annotation names (see `is_plain`); `ValueError` where it is not of that type.

    An int is accepted as a float, and so is a text that writes a number. A bool is not accepted as an int, and neither
    is a float without a fraction: 1e3 epochs may be a mistake, and `hint` says how to write it.

    >>> convert("1e-4", "float"), convert([1, 2], "list[float]")
    (0.0001, [1.0, 2.0])
    """
    if kind.startswith("list[") and isinstance(value, list):
        return [convert(item, kind[5:-1]) for item in value]
    if kind == "float" and isinstance(value, str):
        value = number(value)
    if kind == "float" and isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(OverflowError):  # an int of 400 digits
            if math.isfinite(value):
                return float(value)
    elif kind != "float" and type(value).__name__ == kind:  # not isinstance: True is an int to Python
        return value
    raise ValueError(f"{value!r} is no {kind}")


def hint(value: object, kind: str) -> str:
    """How a sentence about a value of the wrong type ends: with how to write it, where that is known.

    >>> hint(1e3, "int"), hint("no", "bool"), hint(2020, "str"), hint(400, "list[int]"), hint("x", "int")
    ('; write 1000', '; write true or false', "; write '2020' in quotes", '; write [400]', '')
    """
    if kind.startswith("list["):
        if isinstance(value, list):
            return next((end for end in (hint(item, kind[5:-1]) for item in value) if end), "")
        with suppress(ValueError):
            return f"; write [{value_text(convert(value, kind[5:-1]))}]"
        return ""
    if kind == "int" and isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"; write {int(value)}"
    if kind == "bool":
        return "; write true or false"
    if kind == "str" and isinstance(value, int | float):
        return f"; write '{as_written(value)}' in quotes"
    return '; write "" for no text' if kind == "str" and value is None else ""


def as_written(value: object) -> str:
    """A value that was read from YAML as a person writes it there, for messages; text is in quotes.

    >>> as_written(None), as_written(True), as_written("a b"), as_written([1, False])
    ('null', 'true', "'a b'", '[1, false]')
    """
    if isinstance(value, list):
        return f"[{', '.join(map(as_written, value))}]"
    if isinstance(value, bool) or value is None:
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def whole_number(least: int | None = None, most: int | None = None) -> Callable[[str], int]:
    """A type for `argparse`: an int within these limits, written in decimal digits."""
    return partial(_read_number, wanted="a whole number", kind=int, least=least, most=most)


def decimal_number(least: float | None = None, most: float | None = None) -> Callable[[str], float]:
    """A type for `argparse`: a float within these limits, written in decimal digits."""
    return partial(_read_number, wanted="a number", kind=int | float, least=least, most=most)


def _read_number(text: str, wanted: str, kind: type, least: float | None, most: float | None) -> int | float:
    value = number(text.strip())
    if least is not None:
        wanted += f" from {least} to {most}" if most is not None else f" of at least {least}"
    low, high = -math.inf if least is None else least, math.inf if most is None else most
    if not isinstance(value, kind) or not low <= value <= high:
        raise argparse.ArgumentTypeError(f"must be {wanted}, not {text!r}")
    return value if kind is int else float(value)


class Joined(argparse.Action):
    """An option of `argparse` that may be repeated: its values as one text, joined by `os.pathsep` as in PATH."""

    def __call__(self, parser, namespace, values, option_string=None):
        """Add one value to those given before."""
        given = vars(namespace).setdefault(f"{self.dest}_given", [])
        given.append(values)
        setattr(namespace, self.dest, os.pathsep.join(given))


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """Add the option `--data` of a command that loads pictures itself: by default "auto", else names or folders."""
    parser.add_argument(
        "--data",
        action=Joined,
        default="auto",
        metavar="NAME_OR_FOLDER",
        help="the pictures (auto); may be repeated for several folders",
    )


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
