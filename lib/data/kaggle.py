"""The paper's kind of data, landscapes in gray and in color, downloaded from Kaggle."""

import os
from pathlib import Path

from lib.common.files import DATA

KAGGLE = "theblackmamba31/landscape-image-colorization"


_GRAY = {"gray", "grey", "grayscale", "greyscale"}
_COLOR = {"color", "colour"}


def pair_folders(folder: Path) -> tuple[Path, Path] | None:
    """The folders gray/ and color/ of a folder, whose pictures are pairs; None without them.

    Where they are not spelled so, grey/, grayscale/, colour/ and capital letters are understood too.
    """
    try:
        if (folder / "gray").is_dir() and (folder / "color").is_dir():
            return folder / "gray", folder / "color"
        inside = sorted(os.listdir(folder))
        gray, color = (
            [n for n in inside if n.casefold() in names and (folder / n).is_dir()] for names in (_GRAY, _COLOR)
        )
    except OSError:  # what cannot be read is said by whoever reads it
        return None
    return (folder / gray[0], folder / color[0]) if gray and color else None


def is_gray_side(folder: Path) -> bool:
    """Whether a folder holds the gray pictures of pairs, whose color sides lie beside it."""
    if folder.name.casefold() not in _GRAY:
        return False
    return (pair_folders(folder.parent) or (None, None))[0] == folder


def kaggle_folder() -> Path | None:
    """Where the Kaggle pairs are: the first folder under data/kaggle with gray/ and color/; None without them."""
    found = sorted((DATA / "kaggle").rglob("color"))
    return next((path.parent for path in found if pair_folders(path.parent)), None)


def download_kaggle() -> Path:
    """Download the paper's kind of data into data/kaggle through kagglehub; returns the folder of its pairs.

    Raises `RuntimeError` with what to do, where kagglehub is missing, the download fails, or holds no pairs.
    """
    try:
        import kagglehub
    except ImportError as error:
        raise RuntimeError("kagglehub is not installed; `make data` installs it") from error
    try:
        kagglehub.dataset_download(KAGGLE, output_dir=str(DATA / "kaggle"))
    except Exception as error:  # whatever kagglehub and the network below it raise
        raise RuntimeError(
            f"{KAGGLE} could not be downloaded ({type(error).__name__}); connect to the network and try again"
        ) from error
    folder = kaggle_folder()
    if folder is None:
        raise RuntimeError(f"{KAGGLE} came without gray/ and color/ folders; see data/kaggle")
    return folder
