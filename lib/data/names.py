"""The names of pictures: text that does not depend on how a file system writes it, and one for each picture."""

import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from lib.common.files import printable
from lib.data.formats import SUFFIXES


def file_name(path: str | Path) -> str:
    """A file's name as text that can be stored: composed (Unicode NFC), bytes that are not UTF-8 as escapes.

    macOS writes names decomposed and most others composed. They look the same, and must be the same picture.
    """
    text = str(path)
    return text if text.isascii() else unicodedata.normalize("NFC", printable(text))


def without_suffix(name: str) -> str:
    """A name without the suffix of a picture; a name may hold dots of its own.

    >>> without_suffix("beach/v1.2.JPG"), without_suffix("beach/v1.2")
    ('beach/v1.2', 'beach/v1.2')
    """
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in SUFFIXES else name


def loose(name: str) -> str:
    """A name for comparisons that ignore case and blanks around it.

    >>> loose("Beach/P01 ") == loose("beach/p01")
    True
    """
    return unicodedata.normalize("NFC", name.casefold()).strip()


def unique_names(files: Sequence[str]) -> list[str]:
    """A name for each picture file: without its suffix, and with it where two would be called alike.

    >>> unique_names(["beach/p01.jpg", "p00.jpg", "p00.png"])
    ['beach/p01', 'p00.jpg', 'p00.png']
    """
    names = [without_suffix(file) for file in files]
    while len(set(names)) < len(names):
        counts = Counter(names)
        longer = [file if counts[name] > 1 else name for file, name in zip(files, names, strict=True)]
        if longer == names:
            return _numbered(names)
        names = longer
    return names


def _numbered(names: list[str]) -> list[str]:
    """One name in two Unicode forms beside each other: the second gets a number."""
    unique: dict[str, None] = {}  # keeps the order
    for name in names:
        number, free = 1, name
        while free in unique:
            number += 1
            free = f"{name} ({number})"
        unique[free] = None
    return list(unique)
