"""What the name of a data set stands for: found and described without anything being read."""

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
