"""The judge: color photographs that no training of a run has seen, which show what a network knows of the world."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lib.common.files import CACHE, printable, resolve
from lib.data.images import PhotographError
from lib.data.listing import list_folder, list_with_splits
from lib.data.locations import find_sources, overlap

if TYPE_CHECKING:
    from lib.data.pairs import Pairs

# `Pairs` need NumPy and torch, which take seconds to import: what checks a judge before a run does without it.


def judge_photographs(judge: str, data: str, side: int, most: int, cache: Path = CACHE) -> "Pairs":
    """The judge's photographs as `Pairs` of `side` x `side` px, all of them in the test split.

    Args:
        judge: a folder of color photographs, or "" for those that scikit-image ships.
        data: what is trained on, see `find_sources`. Pictures of the folder that are in its training or validation
            split are left out and named in `remarks`.
        side: in px.
        most: photographs are chosen by their names where there are more.
        cache: the folder of decoded pictures.

    Raises:
        ValueError, OSError: the folder cannot be used, or all its pictures are trained on; one sentence says so.
    """
    import numpy as np

    from lib.data.sources import load_pairs, sample_pairs

    if not judge:
        return sample_pairs(side, most)
    trained_on = names_trained_on(judge, data)
    pairs = load_pairs(str(resolve(judge)), side, cache, split="test")
    pairs = replace(pairs, splits=np.array(["train" if name in trained_on else "test" for name in pairs.names]))
    unseen = pairs.counts()["test"]
    remark = f"left out, as they are trained on: {len(trained_on):,}" if trained_on else ""
    remarks = "; ".join(filter(None, (remark, pairs.remarks)))
    return replace(pairs.split("test", min(most, unseen)), remarks=remarks)


def names_trained_on(judge: str, data: str) -> set[str]:
    """The names of the judge's pictures that are in the training or validation split of `data`, by their files.

    Raises `PhotographError` where these are all of them.
    """
    folder = resolve(judge)
    files: set[str] = set()
    for source in find_sources(data):
        if isinstance(source, Path) and overlap(folder, source):
            listing, splits, _ = list_with_splits(source)
            files |= {_file(item) for item, split in zip(listing.items, splits, strict=True) if split != "test"}
    if not files:
        return set()
    judged = list_folder(folder).items
    found = {item[0] for item in judged if _file(item) in files}
    if len(found) == len(judged):
        raise PhotographError(
            f"{printable(folder)}: all its pictures are trained on; a judge needs photographs that are not"
        )
    return found


def _file(item: tuple[str, Path, Path | None]) -> str:
    """The color file of a picture, where its links lead."""
    _, gray, color = item
    return os.path.realpath(color or gray)
