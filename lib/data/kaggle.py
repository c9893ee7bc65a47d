"""The paper's kind of data, landscapes in gray and in color, downloaded from Kaggle."""

from pathlib import Path

from lib.common.files import DATA

KAGGLE = "theblackmamba31/landscape-image-colorization"


def holds_pairs(folder: Path) -> bool:
    """Whether a folder holds the folders gray/ and color/, whose pictures are pairs."""
    return (folder / "gray").is_dir() and (folder / "color").is_dir()


def kaggle_folder() -> Path | None:
    """Where the Kaggle pairs are: the first folder under data/kaggle with gray/ and color/; None without them."""
    found = sorted((DATA / "kaggle").rglob("color"))
    return next((path.parent for path in found if holds_pairs(path.parent)), None)


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
