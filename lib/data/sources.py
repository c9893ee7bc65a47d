"""Data sets by their name or folder, loaded as `Pairs`."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from lib.common.files import CACHE
from lib.common.progress import progress
from lib.data import locations
from lib.data.cache import cached_pairs, decode_pairs
from lib.data.formats import passed_over_in_words
from lib.data.images import PhotographError, read_photograph, squared
from lib.data.listing import list_with_splits, status_of
from lib.data.locations import check_size, describe_source, find_sources
from lib.data.monochrome import check_color, is_gray, look_at, no_readable_picture
from lib.data.pairs import Pairs, join_pairs, make_pairs
from lib.data.scenes.rendering import render_scenes
from lib.data.shards import is_sharded
from lib.data.shards_reading import shard_pairs
from lib.data.splits import split_by_name


def load_pairs(data: str = "auto", size: int = 128, cache: Path = CACHE, split: str = "") -> Pairs:
    """The pictures of `data` as `Pairs` of `size` x `size` px, from the cache where they were loaded before.

    A folder and all below it hold color photographs, whose gray side is their luma, or `gray/` and `color/`, matched by
    name. Splits come from a `split.csv` in or beside it, else from the names. Files that cannot be used are listed in
    `skipped`. A folder of shards holds decoded pictures, which are read from there and not cached. Several folders
    become one data set by `join_pairs`.

    Args:
        data: see `find_sources`.
        size: side of the squares in px, at least 16; less raises `ValueError`.
        cache: the folder of decoded pictures.
        split: the one that all pictures of a folder are in; "" for those of its split.csv or its names.

    Raises:
        ValueError, OSError: the folder holds no picture that can be read, no color, no pair, or a split.csv that will
            not do; the message is one sentence that says what to do.
    """
    parts = load_parts(data, size, cache, split)
    return join_pairs(parts) if len(parts) > 1 else parts[0]


def load_parts(data: str, size: int = 128, cache: Path = CACHE, split: str = "") -> list[Pairs]:
    """The pictures of each name or folder in `data` as `Pairs` of their own, each under another name; see `load_pairs`.

    Two folders of one name are called by the folders around them too, such as `summer/album` and `winter/album`.
    """
    check_size(size)
    sources = find_sources(data)
    parts = [_load(source, size, cache, split) for source in sources]
    names, levels = [part.name for part in parts], 1
    while len(set(names)) < len(names):
        levels += 1
        longer = ["/".join(Path(source).parts[-levels:]) for source in sources]
        names = [long if names.count(name) > 1 else name for name, long in zip(names, longer, strict=True)]
    return [replace(part, name=name) for part, name in zip(parts, names, strict=True)]


def _load(source: str | Path, size: int, cache: Path, split: str) -> Pairs:
    if source == "scenes":
        return cached_pairs(
            cache, ["scenes", locations.SCENES_VERSION, locations.SCENES, size], lambda _: _render(size)
        )
    if is_sharded(source):
        return shard_pairs(source, size, split)
    listing, splits, remark = list_with_splits(source, split)
    status = [status_of(item, listing.problems) for item in listing.items]
    here = [i for i, known in enumerate(status) if known is not None]
    items, splits = [listing.items[i] for i in here], [splits[i] for i in here]
    key = [str(listing.folder), size, [name for name, *_ in items], [status[i] for i in here], splits]

    def decode(folder: Path) -> Pairs:
        check_color(listing, look_at(replace(listing, items=items), splits))
        names, gray, color, problems = decode_pairs(items, size, folder)
        if not names:
            raise PhotographError(no_readable_picture(listing, problems[0]))
        chosen = np.array(splits)[np.isin([name for name, *_ in items], names)]
        pairs = make_pairs(listing.title, listing.description, names, gray, color, chosen)
        without = sum(is_gray(picture) for picture in color)
        remarks = f"pictures without color: {without:,} of {len(names):,}" if without else ""
        return replace(pairs, skipped=problems, remarks=remarks)

    pairs = cached_pairs(cache, key, decode)
    # What is passed over may change without the pictures: it is not part of what is kept.
    remarks = (passed_over_in_words(listing.passed_over), remark, pairs.remarks)
    return replace(pairs, skipped=listing.problems + pairs.skipped, remarks="; ".join(filter(None, remarks)))


def _render(size: int) -> Pairs:
    with progress(f"rendering scenes at {size} px", locations.SCENES) as tick:
        names, color = render_scenes(range(locations.SCENES), size, progress=tick)
    gray = np.stack([np.asarray(Image.fromarray(picture).convert("L")) for picture in color])
    return make_pairs("scenes", describe_source("scenes"), names, gray, color, np.array(split_by_name(names)))


def sample_photographs() -> dict[str, Path]:
    """Color photographs that scikit-image ships, by name: at hand wherever the workbook is installed."""
    # Found without being imported, which would take seconds.
    folder = Path(find_spec("skimage").submodule_search_locations[0]) / "data"
    shipped = ("coffee.png", "chelsea.png", "astronaut.png", "rocket.jpg", "motorcycle_left.png")
    return {Path(file).stem: folder / file for file in shipped}


def sample_pairs(size: int, most: int | None = None) -> Pairs:
    """The first `most` of the `sample_photographs` as pairs of `size` x `size` px, all of them test pictures."""
    files = dict(list(sample_photographs().items())[:most])
    squares = [squared(read_photograph(file), size) for file in files.values()]
    gray, color = (np.stack([np.asarray(square.convert(mode)) for square in squares]) for mode in ("L", "RGB"))
    splits = np.array(["test"] * len(files))
    return make_pairs("samples", "the photographs that scikit-image ships", list(files), gray, color, splits)
