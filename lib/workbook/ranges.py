"""The ranges of a notebook's parameters, as the help comment of each says them in words.

    epochs: int = 9  # passes over the training pairs, at least 3
    pair_counts: list[int] = [200, 400]  # training pairs; at least 1, at most the training split
    precision: str = "auto"  # of the forward pass: one of auto, float32, bfloat16; auto is bfloat16 on a GPU
    filters: list[str] = []  # further inputs: some of edges, smoothed; [] for none
    photograph: str = ""  # path of a file; "" for a sample

A help text is made of phrases, parted by commas, semicolons, colons and "and". These phrases are a range:

| phrase | allowed |
| --- | --- |
| at least 3, at most 1, above 0, below 1 | such numbers; a unit may follow: at least 16 px |
| a multiple of 8 | such whole numbers |
| at most the training split | no more than the data has pictures there; or the validation split, the test split |
| one of a, b or c | these values; N in one of them is any whole number: cuda:N |
| some of a, b or c | for a list: these values, each at most once |
| path of a file, path of a folder, path of a file or folder | what is there, seen from where the user is |
| path or joined paths of folders | also several paths as in PATH, and values to choose from among them |
| path or pattern of folders | such a path, or a pattern of several: outputs/*-quick |
| "" for ... | the empty text too, where there are values or a path to choose from |
| [] for ... | the empty list too |

`one of` and `some of` end at a semicolon; `path of ...` may be the last of their values. A path's phrase may say more,
such as `path of a Python file with METHODS`: it is that of a folder where it names one, else that of a file. In a list
the range is that of each element. Any other phrase is for people only.
"""

import glob
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lib.common.files import ROOT, printable, resolve
from lib.common.plain_yaml import scalar
from lib.common.usage import as_written, convert, number, value_text
from lib.data.locations import parts_of

SPLITS = {"training": "train", "validation": "val", "test": "test"}
_BOUNDS: dict[str, Callable[[float, float], bool]] = {
    "at least": lambda value, bound: value >= bound,
    "at most": lambda value, bound: value <= bound,
    "above": lambda value, bound: value > bound,
    "below": lambda value, bound: value < bound,
    "a multiple of": lambda value, bound: value % bound == 0,
}
_PHRASES = f"(?:{'|'.join(_BOUNDS)})"
_PATH = re.compile(
    r"\b(?:the )?(?i:path)s? (?:(?P<pattern>or patterns? )|(?P<joined>or joined paths ))?of (?P<what>.+)"
)
_WANTED = {"file": Path.is_file, "folder": Path.is_dir, "file or folder": Path.exists}


@dataclass(frozen=True)
class Range:
    """The values that a parameter may have.

    Args:
        kind: the type of a value, or of a list's elements: "int", "float", "bool" or "str".
        bounds: (phrase, number), such as ("at least", 3).
        choices: the values to choose from, as text; none where any will do.
        once: whether a list may name each of them only once.
        path: "" or what a value must be the path of: "file", "folder", "file or folder".
        pattern: whether a path may be a pattern of several, such as outputs/*-quick.
        joined: whether several paths may be joined by `os.pathsep`, see `lib.data.locations.parts_of`.
        split: "" or the split that a number may not exceed: "train", "val" or "test".
        empty: whether the empty text or the empty list will do.
    """

    kind: str = "str"
    bounds: list[tuple[str, float]] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    once: bool = False
    path: str = ""
    pattern: bool = False
    joined: bool = False
    split: str = ""
    empty: bool = False

    def check(self, name: str, value: object) -> object:
        """The value of the parameter `name`; a path that is there is made absolute, as kernels run elsewhere.

        Raises:
            ValueError: it is out of range; the message goes on after the name of what gave it.
        """
        if not isinstance(value, list):
            return self._element(f"{name} must be", value)
        if not value and not self.empty:
            raise ValueError(f"{name} must have at least one value, not []")
        for position, item in enumerate(value):
            if self.once and item in value[:position]:
                raise ValueError(f"{name} names {as_written(item)} twice; remove one")
        nested = any(isinstance(item, list) for item in value)
        return value if nested else [self._element(f"each of {name} must be", item) for item in value]

    def _element(self, must_be: str, value: object) -> object:
        for phrase, bound in self.bounds:
            if not _BOUNDS[phrase](value, bound):
                raise ValueError(f"{must_be} {phrase} {bound}, not {value_text(value)}")
        if self._is_choice(value) or (value == "" and self.empty):
            return value
        parts = parts_of(value) if self.joined else [value]
        if len(parts) > 1:
            return os.pathsep.join(str(self._element(must_be, part)) for part in parts)
        if self.path:
            return self._found(must_be, str(value))
        if self.choices:
            raise ValueError(f"{must_be} {self.in_words}, not {as_written(value)}")
        return value

    def _is_choice(self, value: object) -> bool:
        for choice in self.choices:
            if self.kind != "str":
                if convert(scalar(choice), self.kind) == value:
                    return True
            elif re.fullmatch(re.sub(r"\bN\b", "[0-9]+", re.escape(choice)), value):
                return True
        return False

    def _found(self, must_be: str, value: str) -> str:
        wanted = _WANTED[self.path]
        path = str(resolve(value)) if is_there(value, wanted) else None
        if path is None and self.pattern and value:
            for folder in (Path.cwd(), ROOT):
                if any(is_there(folder / name, wanted) for name in glob.iglob(value, root_dir=folder)):
                    path = str(Path(glob.escape(str(folder)), value))
                    break
        if path is None:
            raise ValueError(f"{must_be} {self.in_words}, and there is no {self.path} {printable(value)!r}")
        if path != printable(path):
            raise ValueError(f"{must_be} a path in UTF-8, which {printable(path)} is not; rename it")
        return path

    @property
    def in_words(self) -> str:
        """What a value may be, for messages."""
        path = [f"the path of a {self.path}"] if self.path else []
        return " or ".join([f"one of {', '.join(self.choices)}", *path] if self.choices else path)


def is_there(path: str | Path, wanted: Callable[[Path], bool] = Path.exists) -> bool:
    """Whether a user's path names something of the wanted kind; no path at all, and one that cannot be read, do not.

    Args:
        path: as in `lib.common.files.resolve`.
        wanted: `Path.exists`, `Path.is_file` or `Path.is_dir`.
    """
    try:
        return path != "" and wanted(resolve(path))
    except (OSError, ValueError, RuntimeError):  # too long, a null character, the home of a user who is not there
        return False


def parse_range(text: str, kind: str, default: object) -> Range:
    """The range that a help text says for a parameter of this type (see the module's description).

    >>> parse_range("passes over the pairs, at least 3", "int", 9).bounds
    [('at least', 3)]

    Raises:
        ValueError: a phrase begins like a range and is none, does not suit the type, or excludes the default.
    """
    element = kind.replace("list[", "").rstrip("]")
    found: dict[str, object] = {"kind": element, "bounds": [], "empty": default in ("", [])}
    for part in re.split(r";\s*", text):
        listing = re.search(r"(?:^|[:,] +)((?i:one|some)) of (.+)$", part)
        if listing:
            _read_choices(found, *listing.groups(), kind)
            part = part[: listing.start()]
        for phrase in re.split(rf"[:,] +| and (?={_PHRASES} )", part):
            _read_phrase(found, phrase.strip(), element)
    known = Range(**found)
    for choice in known.choices if element != "str" else ():
        convert(scalar(choice), element)
    if not known.path:  # a default path may be seen from the notebook's folder
        known.check("its default", default)
    return known


def _read_choices(found: dict[str, object], which: str, text: str, kind: str) -> None:
    which = which.lower()
    if (which == "some") != kind.startswith("list["):
        raise ValueError(f"'{which} of' is not for {kind}; write '{'one' if which == 'some' else 'some'} of'")
    path = _PATH.search(text)
    if path:
        found |= _path(path)
    choices = re.split(r", or |, | or ", text[: path.start()] if path else text)
    found["choices"] = [choice.strip() for choice in choices if choice.strip()]
    found["once"] = which == "some"


def _read_phrase(found: dict[str, object], phrase: str, element: str) -> None:
    path = _PATH.fullmatch(phrase)
    if path:
        if element != "str":
            raise ValueError(f"'{phrase}' is not for {element}; a path is str")
        found |= _path(path)
    if re.match(r'(""|\[\]) for ', phrase):
        found["empty"] = True
    bound = re.match(rf"((?i:{_PHRASES})) (?!which )(\S+)(.*)", phrase)
    if not bound:
        return
    name, limit, unit = bound[1].lower(), bound[2], bound[3]
    split = re.fullmatch(rf"the ({'|'.join(SPLITS)}) split", limit + unit)
    if split and name == "at most" and element == "int":
        found["split"] = SPLITS[split[1]]
        return
    value = number(limit)
    suits = element in ("int", "float") and re.fullmatch(r"[ A-Za-z]*", unit)
    if value is None or not suits or (name == "a multiple of" and value <= 0):
        raise ValueError(f"'{phrase}' is no range of {element}; write a number like '{name} 3', or other words")
    found["bounds"].append((name, value))


def _path(match: re.Match) -> dict[str, object]:
    folder, file = (re.search(rf"\b{kind}s?\b", match["what"]) for kind in ("folder", "file"))
    kind = "file or folder" if folder and file else "folder" if folder else "file"
    return {"path": kind, "pattern": bool(match["pattern"]), "joined": bool(match["joined"])}
