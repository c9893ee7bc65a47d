"""What can be known of a data set before it is decoded: its pictures, their splits, and what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lib.common.files import printable
from lib.data import locations
from lib.data.formats import passed_over_in_words
from lib.data.images import PhotographError
from lib.data.listing import list_with_splits
from lib.data.locations import describe_source, find_sources
from lib.data.monochrome import check_color, look_at, no_readable_picture
from lib.data.shards import is_sharded, read_index
from lib.data.splits import SPLITS, empty_split, split_by_name


@dataclass
class Survey:
    """What `survey` found.

    Args:
        description: one line about the pictures.
        counts: the number of pictures in each split, before any is decoded.
        passed_over: a sentence on files that are no pictures, and on how the splits were made; "" for none.
        problems: a sentence for each picture, link or folder that cannot be used, as far as is known yet.
    """

    description: str
    counts: dict[str, int]
    passed_over: str = ""
    problems: list[str] = field(default_factory=list)


def survey(data: str, needed: Sequence[str] = SPLITS, split: str = "") -> Survey:
    """Look at the data set `data` (see `find_sources`), without importing torch; a few pictures are decoded.

    Args:
        data: a name or folder, or several of them; a split may then be missing in some.
        needed: the splits without which nothing can be done.
        split: the one that all pictures of a folder are in, see `load_pairs`.

    Raises:
        ValueError, OSError: nothing can be trained or scored on these pictures; the message is one sentence that names
            the folder or file and says what to do.
    """
    sources = find_sources(data)
    if len(sources) == 1:
        return _survey(sources[0], needed, split)
    parts = [_survey(source, (), split) for source in sources]
    counts = {name: sum(part.counts[name] for part in parts) for name in SPLITS}
    for name in needed:
        if not counts[name]:
            raise PhotographError(empty_split(printable(data), name))
    found = zip(sources, parts, strict=True)
    passed_over = [f"{printable(source)}: {part.passed_over}" for source, part in found if part.passed_over]
    return Survey(
        "; ".join(part.description for part in parts),
        counts,
        "; ".join(passed_over),
        [problem for part in parts for problem in part.problems],
    )


def _survey(source: str | Path, needed: Sequence[str], split: str) -> Survey:
    if source == "scenes":
        from lib.data.scenes.rendering import scene_name  # imports OpenCV

        splits = split_by_name(map(scene_name, range(locations.SCENES)))
        return Survey(describe_source("scenes"), _counts(splits))
    if is_sharded(source):
        return _survey_shards(source, needed, split)
    listing, splits, remark = list_with_splits(source, split)
    counts = _counts(splits)
    looks = look_at(listing, splits)
    unread = {split: look for split, look in looks.items() if not look.readable}
    if len(unread) == len(looks):
        raise PhotographError(no_readable_picture(listing, next(iter(unread.values())).problem))
    _check_splits(counts, needed, listing.folder)
    for split in needed:
        if split in unread:
            raise PhotographError(
                f"{printable(listing.folder)}: no picture of its {split} split can be read; the first problem: "
                f"{unread[split].problem}"
            )
    check_color(listing, looks)
    sentences = filter(None, [passed_over_in_words(listing.passed_over), remark])
    return Survey(listing.description, counts, "; ".join(sentences), listing.problems)


def _survey_shards(folder: Path, needed: Sequence[str], split: str) -> Survey:
    """The survey of a folder of shards, whose pictures were looked at when they were packed."""
    index = read_index(folder)
    counts = dict.fromkeys(SPLITS, 0)
    for own, count in zip(index.splits, index.counts, strict=True):
        counts[split or own] += count
    _check_splits(counts, needed, folder)
    return Survey(index.description, counts, index.remarks, index.skipped)


def _check_splits(counts: Mapping[str, int], needed: Sequence[str], folder: Path) -> None:
    for split in needed:
        if not counts[split]:
            raise PhotographError(empty_split(printable(folder), split))


def _counts(splits: Sequence[str]) -> dict[str, int]:
    return {split: splits.count(split) for split in SPLITS}
