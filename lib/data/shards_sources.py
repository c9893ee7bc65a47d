"""What is to be packed into shards: the pictures of folders, or rendered scenes, listed and not yet decoded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lib.common.files import printable
from lib.data import locations
from lib.data.formats import passed_over_in_words
from lib.data.images import PhotographError
from lib.data.listing import list_with_splits, status_of
from lib.data.locations import describe_source, find_source
from lib.data.monochrome import check_color, look_at, no_readable_picture
from lib.data.shards import is_sharded
from lib.data.splits import split_by_name

Source = int | tuple[Path, Path | None]  # the number of a scene, or the files of a picture (see `Item`)


@dataclass
class Collection:
    """Pictures that are to be packed.

    Args:
        name: of the data set.
        description: one line about the pictures.
        names: those of the pictures.
        splits: "train", "val" or "test" for each picture.
        sources: what each picture is made of.
        states: what changes when a picture does, for each of them.
        paired: whether gray pictures come from files of their own.
        problems: a sentence for each picture, link or folder that cannot be used.
        remarks: sentences on what was passed over and on how the splits were made.
    """

    name: str
    description: str
    names: list[str]
    splits: list[str]
    sources: list[Source]
    states: list
    paired: bool = False
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def collect(data: str) -> Collection:
    """The pictures of a data set (see `find_source`), listed; only a few are decoded.

    Raises:
        ValueError, OSError: nothing can be trained on them, or they are shards already; one sentence says so.
    """
    source = find_source(data)
    if source == "scenes":
        from lib.data.scenes.rendering import scene_name  # imports OpenCV

        seeds = list(range(locations.SCENES))
        names = [scene_name(seed) for seed in seeds]
        states = [locations.SCENES_VERSION] * len(seeds)
        return Collection("scenes", describe_source("scenes"), names, split_by_name(names), seeds, states)
    if is_sharded(source):
        raise ValueError(f"{printable(source)} holds shards; give the folder of photographs that they were made of")
    listing, splits, remark = list_with_splits(source)
    looks = look_at(listing, splits)
    if not any(look.readable for look in looks.values()):
        raise PhotographError(no_readable_picture(listing, next(iter(looks.values())).problem))
    check_color(listing, looks)
    states = [status_of(item, listing.problems) for item in listing.items]
    here = [i for i, state in enumerate(states) if state is not None]
    return Collection(
        listing.title,
        listing.description,
        [listing.items[i][0] for i in here],
        [splits[i] for i in here],
        [listing.items[i][1:] for i in here],
        [states[i] for i in here],
        listing.paired,
        listing.problems,
        [sentence for sentence in (passed_over_in_words(listing.passed_over), remark) if sentence],
    )


def join_collections(parts: Sequence[Collection]) -> Collection:
    """Several collections as one; each picture's name is led by that of its collection, as `join_pairs` does it."""
    if len(parts) == 1:
        return parts[0]
    names = [f"{part.name}/{name}" for part in parts for name in part.names]
    if len(set(names)) < len(names):
        raise ValueError(f"two folders are called {' and '.join(part.name for part in parts)}; rename one of them")
    lists = ("splits", "sources", "states", "problems", "remarks")
    joined = {key: [value for part in parts for value in getattr(part, key)] for key in lists}
    name, description = " + ".join(part.name for part in parts), "; ".join(part.description for part in parts)
    return Collection(name, description, names, paired=any(part.paired for part in parts), **joined)
