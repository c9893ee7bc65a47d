"""Data sets by their name or folder: find one, describe it, load it as `Pairs`."""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from lib.common.files import CACHE, resolve
from lib.common.progress import progress
from lib.data.cache import cached_pairs, decode_pairs
from lib.data.folders import match_pairs
from lib.data.images import PhotographError, holds_pairs, list_pictures
from lib.data.kaggle import download_kaggle, kaggle_folder
from lib.data.pairs import Pairs, make_pairs, read_splits, split_by_name
from lib.data.scenes.rendering import render_scenes

SCENES = 2600  # 80 in 100 of them are for training, which must be more than the paper's 2,000 pairs
_SCENES_VERSION = 2  # raise it when the renderer changes: cached scenes are then rendered anew


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


def load_pairs(data: str = "auto", size: int = 128, cache: Path = CACHE) -> Pairs:
    """The pictures of `data` as `Pairs` of `size` x `size` px, from the cache where they were loaded before.

    A folder holds `gray/` and `color/`, matched by stem, or color photographs, whose gray side is their luma. Splits
    come from a `split.csv` in or beside it, else from the names. Files that cannot be used are listed in `skipped`.

    Args:
        data: see `find_source`.
        size: side of the squares in px, at least 16; less raises `ValueError`.
        cache: the folder of decoded pictures.

    Raises:
        PhotographError: the folder holds no picture that can be read.
    """
    if size < 16:
        raise ValueError(f"size is {size} px; the networks need at least 16")
    source = find_source(data)
    if source == "scenes":
        return cached_pairs(cache, ["scenes", _SCENES_VERSION, SCENES, size], lambda _: _render(size))
    if holds_pairs(source):
        files, alone = match_pairs(source / "gray", source / "color")
    else:
        files, alone = [(stem, path, None) for stem, path in list_pictures(source).items()], []
    if not files:
        raise PhotographError(f"{source} holds no pictures; give a folder of photographs, or of gray/ and color/")
    stats = [path.stat() for _, *sides in files for path in sides if path]
    splits = read_splits(source, [stem for stem, *_ in files])
    sizes = [(s.st_size, s.st_mtime_ns) for s in stats]
    key = [str(source), size, [stem for stem, *_ in files], sizes, splits.tolist(), alone]

    def decode(folder: Path) -> Pairs:
        names, gray, color, problems = decode_pairs(files, size, folder)
        if not names:
            raise PhotographError(f"{source} holds no readable picture; the first problem: {problems[0]}")
        kept = np.isin([stem for stem, *_ in files], names)
        name = source.parent.name if source.name == "color" else source.name
        pairs = make_pairs(name, describe_source(data), names, gray, color, splits[kept])
        pairs.skipped.extend(alone + problems)
        return pairs

    return cached_pairs(cache, key, decode)


def _render(size: int) -> Pairs:
    with progress(f"rendering scenes at {size} px", SCENES) as tick:
        names, color = render_scenes(range(SCENES), size, progress=tick)
    gray = np.stack([np.asarray(Image.fromarray(picture).convert("L")) for picture in color])
    return make_pairs("scenes", describe_source("scenes"), names, gray, color, split_by_name(names))


def sample_photographs() -> dict[str, Path]:
    """Photographs that scikit-learn and scikit-image ship, by name: at hand wherever the workbook is installed."""
    shipped = {
        "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
        "skimage": ("data/coffee.png", "data/chelsea.png", "data/astronaut.png", "data/rocket.jpg"),
    }
    # Found without being imported, which would take seconds.
    roots = {package: Path(find_spec(package).submodule_search_locations[0]) for package in shipped}
    return {Path(file).stem: roots[package] / file for package, files in shipped.items() for file in files}


if __name__ == "__main__":
    argparse.ArgumentParser(description=download_kaggle.__doc__).parse_args()
    try:
        print(describe_source(str(download_kaggle())))
    except RuntimeError as error:
        sys.exit(str(error))
