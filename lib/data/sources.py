"""Data sets by their name or folder, loaded as `Pairs`."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from lib.common.files import CACHE
from lib.common.progress import progress
from lib.data import locations
from lib.data.cache import cached_pairs, decode_pairs
from lib.data.folders import match_pairs
from lib.data.images import PhotographError, list_pictures
from lib.data.kaggle import holds_pairs
from lib.data.locations import check_size, describe_source, find_source
from lib.data.pairs import Pairs, make_pairs, read_splits, split_by_name
from lib.data.scenes.rendering import render_scenes

_SCENES_VERSION = 2  # raise it when the renderer changes: cached scenes are then rendered anew


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
    check_size(size)
    source = find_source(data)
    if source == "scenes":
        return cached_pairs(cache, ["scenes", _SCENES_VERSION, locations.SCENES, size], lambda _: _render(size))
    if holds_pairs(source):
        files, alone = match_pairs(source / "gray", source / "color")
    else:
        files, alone = [(stem, path, None) for stem, path in list_pictures(source).items()], []
    if not files:
        raise PhotographError(f"{source} holds no pictures; give a folder of photographs, or of gray/ and color/")
    stems = [stem for stem, *_ in files]
    splits = read_splits(source, stems)
    stats = [path.stat() for _, *sides in files for path in sides if path]
    key = [str(source), size, stems, [(s.st_size, s.st_mtime_ns) for s in stats], splits.tolist(), alone]

    def decode(folder: Path) -> Pairs:
        names, gray, color, problems = decode_pairs(files, size, folder)
        if not names:
            raise PhotographError(f"{source} holds no readable picture; the first problem: {problems[0]}")
        name = source.parent.name if source.name == "color" else source.name
        pairs = make_pairs(name, describe_source(data), names, gray, color, splits[np.isin(stems, names)])
        pairs.skipped.extend(alone + problems)
        return pairs

    return cached_pairs(cache, key, decode)


def _render(size: int) -> Pairs:
    with progress(f"rendering scenes at {size} px", locations.SCENES) as tick:
        names, color = render_scenes(range(locations.SCENES), size, progress=tick)
    gray = np.stack([np.asarray(Image.fromarray(picture).convert("L")) for picture in color])
    return make_pairs("scenes", describe_source("scenes"), names, gray, color, split_by_name(names))


def sample_photographs() -> dict[str, Path]:
    """Color photographs that scikit-image ships, by name: at hand wherever the workbook is installed."""
    # Found without being imported, which would take seconds.
    folder = Path(find_spec("skimage").submodule_search_locations[0]) / "data"
    shipped = ("coffee.png", "chelsea.png", "astronaut.png", "rocket.jpg", "motorcycle_left.png")
    return {Path(file).stem: folder / file for file in shipped}
