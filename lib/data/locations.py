"""What the name of a data set stands for: found and described without anything being read."""

import os
from pathlib import Path

from lib.common.files import printable, resolve
from lib.data.kaggle import kaggle_folder

SCENES = 2600  # 80 in 100 of them are for training, which must be more than the paper's 2,000 pairs
SCENES_VERSION = 2  # raise it when the renderer changes: cached scenes are then rendered anew

SMALLEST = 16  # px, side of the pictures that the networks can take


def check_size(size: int) -> None:
    """Raise `ValueError` for pictures of a `size` in px that the networks cannot take."""
    if size < SMALLEST:
        raise ValueError(f"size is {size} px; the networks need at least {SMALLEST}")


def parts_of(data: str) -> list[str]:
    """The names and folders that are joined in `data` by `os.pathsep`, as in PATH (a colon, on Windows a semicolon).

    A folder whose own name holds that character is one part.
    """
    pieces, parts = data.split(os.pathsep), []
    while pieces:
        runs = (os.pathsep.join(pieces[:end]) for end in range(len(pieces), 1, -1))
        part = next(filter(_is_folder, runs), pieces[0])
        parts.append(part)
        del pieces[: part.count(os.pathsep) + 1]
    return parts


def data_arguments(data: str) -> list[str]:
    """What to add to a command for the pictures of `data`: --data for each part, nothing for "auto"."""
    return [] if data == "auto" else [word for part in parts_of(data) for word in ("--data", part)]


def find_sources(data: str) -> list[str | Path]:
    """Where the pictures of each part of `data` come from, see `parts_of` and `find_source`.

    Raises:
        ValueError: besides what `find_source` raises: a part is empty, is named twice, or lies in another one.
    """
    parts = parts_of(data)
    if len(parts) > 1 and not all(parts):
        raise ValueError(f"{printable(data)} names a folder without a name; remove a '{os.pathsep}'")
    sources = [find_source(part) for part in parts]
    for position, source in enumerate(sources):
        for other in sources[:position]:
            if source == other or (isinstance(source, Path) and isinstance(other, Path) and overlap(source, other)):
                raise ValueError(f"{printable(source)} and {printable(other)} share pictures; name one of them")
    return sources


def overlap(one: Path, other: Path) -> bool:
    """Whether one folder is the other or lies in it."""
    one, other = (Path(os.path.realpath(folder)) for folder in (one, other))
    return one.is_relative_to(other) or other.is_relative_to(one)


def _is_folder(path: str) -> bool:
    try:
        return resolve(path).is_dir()
    except (OSError, ValueError, RuntimeError):  # too long, a null character
        return False


def find_source(data: str) -> str | Path:
    """Where the pictures of `data` come from: a folder, or "scenes" for those that are rendered.

    Args:
        data: "scenes", "kaggle", a folder, or "auto" for the Kaggle pairs if they are here and the scenes if not.

    Raises:
        OSError: there is no such folder, or it cannot be reached; the message says what to do.
        ValueError: its name is not UTF-8, and could not be kept with the results.
    """
    if data == "auto":
        return kaggle_folder() or "scenes"
    if data == "scenes":
        return "scenes"
    if data == "kaggle":
        folder = kaggle_folder()
        if folder is None:
            raise FileNotFoundError("the Kaggle pairs are not in data/kaggle; `make data` downloads them")
        return folder
    try:
        folder = resolve(data)
        is_folder = folder.is_dir()
    except OSError as error:
        raise type(error)(f"{printable(data)}: cannot be read ({error.strerror}); check its permissions") from error
    if not is_folder:
        raise FileNotFoundError(f"{printable(data)} is neither auto, scenes, kaggle nor a folder; give one of these")
    if printable(folder) != str(folder):
        raise ValueError(f"{printable(folder)}: the folder's name is not UTF-8 and cannot be kept; rename it")
    return folder


def describe_source(data: str) -> str:
    """One line about the pictures of `data` (see `find_source`); none is decoded.

    Raises what `find_source`, `list_folder` and `read_index` raise.
    """
    source = find_source(data)
    if source == "scenes":
        return f"{SCENES:,} landscapes rendered by lib/data/scenes (no photographs)"
    from lib.data.listing import list_folder  # imports NumPy: names are checked without it
    from lib.data.shards import is_sharded, read_index

    if is_sharded(source):
        return read_index(source).description
    return list_folder(source).description
