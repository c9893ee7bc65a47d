"""What the name of a data set stands for: found and described without anything being read."""

from pathlib import Path

from lib.common.files import resolve
from lib.data.kaggle import holds_pairs, kaggle_folder

SCENES = 2600  # 80 in 100 of them are for training, which must be more than the paper's 2,000 pairs

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
        FileNotFoundError: there is no such folder; the message says what to do.
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
    folder = resolve(data)
    if not folder.is_dir():
        raise FileNotFoundError(f"{data} is neither auto, scenes, kaggle nor a folder; give one of these")
    return folder


def describe_source(data: str) -> str:
    """One line about the pictures of `data` (see `find_source`); none is decoded."""
    source = find_source(data)
    if source == "scenes":
        return f"{SCENES:,} landscapes rendered by lib/data/scenes (no photographs)"
    if holds_pairs(source):
        return f"gray and color pairs in {source}"
    return f"color photographs in {source}, gray made as Rec. 601 luma"
