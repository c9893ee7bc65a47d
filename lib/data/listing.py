"""Lists the pictures of a folder under the names that data sets use, and finds which gray and color ones are pairs."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from lib.common.files import printable
from lib.data.formats import passed_over_in_words
from lib.data.images import PhotographError
from lib.data.kaggle import is_gray_side, pair_folders
from lib.data.names import file_name, loose, unique_names, without_suffix
from lib.data.splits import SPLIT_FILES, read_splits
from lib.data.walk import Found, find_pictures

Item = tuple[str, Path, Path | None]  # name, gray and color file; without a color file, the first is the color picture


@dataclass
class Listing:
    """The pictures of a data set, before any is decoded.

    Args:
        folder: holds them, directly or in folders of its own.
        items: name and files of each picture.
        files: for each picture its file's name below the folder, as split.csv may give it.
        paired: whether gray pictures come from files of their own.
        passed_over: other files by suffix.
        problems: a sentence for each picture, link or folder that cannot be used.
    """

    folder: Path
    items: list[Item]
    files: list[str]
    paired: bool
    passed_over: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The names of the pictures, each of them once."""
        return [name for name, *_ in self.items]

    @property
    def description(self) -> str:
        """One line about the pictures."""
        if self.paired:
            return f"gray and color pairs in {printable(self.folder)}"
        return f"color photographs in {printable(self.folder)}, gray made as Rec. 601 luma"

    @property
    def title(self) -> str:
        """What the data set is called: the folder's name, or for one called color/ that of the folder around it."""
        return printable(self.folder.parent.name if self.folder.name == "color" else self.folder.name)


def list_folder(folder: Path) -> Listing:
    """The pictures of a folder and of all below it: color photographs, or pairs where it holds gray/ and color/.

    A name is the path below the folder without suffix, such as `beach/p01`. Where the only pictures are pairs one or
    more folders further down, as in an unpacked archive, these are listed.

    Raises:
        PhotographError: there are no pictures, no pair, or pairs in several places; the message says what to do.
    """
    sides = pair_folders(folder)
    if sides:
        return _list_pairs(folder, *sides)
    found = find_pictures(folder)
    inside = {Path(name) for name in {os.path.dirname(path) for path in found.pictures}}
    places = sorted({place for path in inside for place in _pairs_around(path, folder)})
    if places:
        return _list_inner(folder, found, places)
    if not found.pictures:
        advice = "give a folder of photographs, or of gray/ and color/"
        raise PhotographError(_without_pictures(folder, found, advice))
    files = _names_below(folder, found.pictures)
    items = [(name, path, None) for name, path in zip(unique_names(files), found.pictures, strict=True)]
    return Listing(folder, items, files, False, _without_split_file(found.passed_over, folder), found.problems)


def list_with_splits(folder: Path, split: str = "") -> tuple[Listing, list[str], str]:
    """`list_folder` and `read_splits` in one: the pictures, their splits, and a sentence on how the splits were made.

    A picture whose name is not UTF-8 cannot be in split.csv. It is left out rather than the whole folder refused. With
    `split`, all pictures are in that one, whatever split.csv says.
    """
    listing = list_folder(folder)
    if split:
        return listing, [split] * len(listing.items), ""
    odd = {name for name, *paths in listing.items if not all(_is_utf8(path) for path in paths if path)}
    splits, remark = read_splits(listing.folder, listing.names, listing.files, odd)
    for (_, path, _), split in zip(listing.items, splits, strict=True):
        if split is None:
            listing.problems.append(
                f"{printable(path)}: not in split.csv, and its name is not UTF-8; rename and add it"
            )
    chosen = [i for i, split in enumerate(splits) if split is not None]
    kept = replace(listing, items=[listing.items[i] for i in chosen], files=[listing.files[i] for i in chosen])
    return kept, [splits[i] for i in chosen], remark


def _is_utf8(path: Path) -> bool:
    text = str(path)
    return text.isascii() or printable(text) == text


def status_of(item: Item, problems: list[str]) -> list[tuple[int, ...]] | None:
    """What changes when a picture does. None, and a sentence among the problems, for one that has just disappeared."""
    try:
        found = [path.stat() for path in item[1:] if path]
    except OSError as error:
        problems.append(f"{printable(item[1])}: cannot be read ({error.strerror})")
        return None
    return [(s.st_size, s.st_mtime_ns, s.st_mode) for s in found]  # a locked picture is read when it is unlocked


def match_pairs(gray_dir: str | Path, color_dir: str | Path) -> tuple[list[tuple[str, Path, Path]], list[str]]:
    """The pairs of pictures in two folders and all below them, matched by their names.

    A partner has the same path below its folder: with the suffix, else without it, else in another case. Unicode forms
    do not count.

    Returns:
        `(name, gray, color)` for each pair, and a sentence for each picture, link or folder that cannot be used.
    """
    return _match(Path(gray_dir), find_pictures(gray_dir), Path(color_dir), find_pictures(color_dir))


def _match(gray_dir: Path, gray: Found, color_dir: Path, color: Found) -> tuple[list, list[str]]:
    partner, unclear = _partners(_names_below(gray_dir, gray.pictures), _names_below(color_dir, color.pictures))
    chosen = [color.pictures[j] for j in partner.values()]
    names = unique_names(_names_below(color_dir, chosen))
    pairs = [(n, gray.pictures[i], path) for n, i, path in zip(names, partner, chosen, strict=True)]
    problems, listed = [*gray.problems, *color.problems], [set(), set()]
    for grays, colors in unclear:
        listed[0].update(grays)
        listed[1].update(colors)
        shown = [printable(gray.pictures[i]) for i in grays] + [printable(color.pictures[j]) for j in colors]
        problems.append(f"{', '.join(shown)}: it is not clear which of them are pairs; rename them")
    for i, path in enumerate(gray.pictures):
        if i not in partner and i not in listed[0]:
            problems.append(f"{printable(path)}: no color picture of that name in {printable(color_dir)}")
    taken = set(partner.values()) | listed[1]
    for j, path in enumerate(color.pictures):
        if j not in taken:
            problems.append(f"{printable(path)}: no gray picture of that name in {printable(gray_dir)}")
    return pairs, problems


def _partners(gray: list[str], color: list[str]) -> tuple[dict[int, int], list[tuple[list[int], list[int]]]]:
    """For the position of each gray picture that of its color picture, and groups whose pairs are not clear."""
    partner: dict[int, int] = {}
    left = [list(range(len(gray))), list(range(len(color)))]
    keys: list[Callable[[str], str]] = [str, without_suffix, loose, lambda name: loose(without_suffix(name))]
    for key in keys:
        groups: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for side, names in enumerate((gray, color)):
            for position in left[side]:
                groups[key(names[position])][side].append(position)
        partner.update((g[0], c[0]) for g, c in groups.values() if len(g) == len(c) == 1)
        left = [[i for i in left[0] if i not in partner], sorted(set(left[1]) - set(partner.values()))]
        if not left[0] or not left[1]:
            return dict(sorted(partner.items())), []
    unclear = [group for group in groups.values() if all(group) and max(map(len, group)) > 1]
    return dict(sorted(partner.items())), unclear


def _list_pairs(folder: Path, gray_dir: Path, color_dir: Path) -> Listing:
    gray, color = find_pictures(gray_dir), find_pictures(color_dir)
    items, problems = _match(gray_dir, gray, color_dir, color)
    if not items:
        raise PhotographError(_without_pairs(folder, (gray_dir, gray), (color_dir, color)))
    beside = _beside(folder, (gray_dir, color_dir), problems)
    files = _names_below(color_dir, [color for *_, color in items])
    passed_over = gray.passed_over + color.passed_over + _without_split_file(beside, folder)
    return Listing(folder, items, files, True, passed_over, problems)


def _without_pairs(folder: Path, *sides: tuple[Path, Found]) -> str:
    """The sentence on a folder with gray/ and color/ whose pictures are no pairs."""
    for side, found in sides:
        if not found.pictures:
            return _without_pictures(side, found, "put one side of each pair there")
    (gray, color), (grays, colors) = zip(
        *((printable(side.name), found.pictures) for side, found in sides), strict=True
    )
    return (
        f"{printable(folder)} holds no pairs: none of the {len(grays)} pictures in {gray}/, such as "
        f"{printable(grays[0].name)}, has a partner of the same name among the {len(colors)} in {color}/, such as "
        f"{printable(colors[0].name)}; name both sides of a pair alike"
    )


def _without_pictures(folder: Path, found: Found, advice: str) -> str:
    """The sentence on a folder without pictures, with what is there instead."""
    there = [*found.problems[:1], passed_over_in_words(_without_split_file(found.passed_over, folder))]
    return "; ".join(filter(None, [f"{printable(folder)} holds no pictures", *there, advice]))


def _beside(folder: Path, sides: tuple[Path, Path], problems: list[str]) -> Counter[str]:
    """The files by suffix that are on neither side of the pairs."""
    counts = Counter[str]()
    try:
        for path in sorted(folder.iterdir()):
            if path in sides or path.name.startswith("."):
                continue
            if path.is_dir():
                found = find_pictures(path)
                problems += found.problems
                counts += found.passed_over + Counter(picture.suffix.lower() for picture in found.pictures)
            else:
                counts[path.suffix.lower() or "without suffix"] += 1
    except OSError as error:
        problems.append(f"{printable(folder)}: cannot be read ({error.strerror}); check its permissions")
    return counts


def _list_inner(folder: Path, found: Found, places: list[Path]) -> Listing:
    """The pairs in the only folder that has gray/ and color/ further down."""
    shown = ", ".join(printable(place) for place in places[:3])
    if len(places) > 1:
        advice = f"holds gray/ and color/ in {len(places)} places; give one of {shown}"
        raise PhotographError(f"{printable(folder)} {advice}")
    sides = pair_folders(places[0])
    if not all(any(path.is_relative_to(side) for side in sides) for path in found.pictures):
        raise PhotographError(
            f"{printable(folder)} holds gray/ and color/ in {shown} and other pictures beside them; give {shown}"
        )
    listing = _list_pairs(places[0], *sides)
    listing.passed_over = _without_split_file(found.passed_over, places[0])
    listing.problems += [problem for problem in found.problems if problem not in listing.problems]
    return listing


def _pairs_around(path: Path, folder: Path) -> list[Path]:
    """The folders with gray/ and color/ in which the gray picture of a folder `path` lies, below `folder`."""
    above = [parent for parent in (path, *path.parents) if parent != folder and parent.is_relative_to(folder)]
    return [parent.parent for parent in above if is_gray_side(parent)]


def _names_below(folder: Path, paths: list[Path]) -> list[str]:
    cut = len(str(folder / "x")) - 1  # relative_to, one by one, takes as long as all the rest
    return [file_name(str(path)[cut:]) for path in paths]


def _without_split_file(passed_over: Counter[str], folder: Path) -> Counter[str]:
    """The counts without split.csv, which is read."""
    inside = any(os.path.exists(folder / name) for name in SPLIT_FILES)
    return passed_over - Counter({".csv": int(inside)})
