"""Which pictures are for training, validation and test: by split.csv, by folders of these names, or by name."""

import csv
import hashlib
import io
import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from lib.common.files import printable
from lib.data.names import file_name, loose, without_suffix

SPLITS = ("train", "val", "test")
SPLIT_FILES = ("split.csv", "Split.csv", "SPLIT.CSV")  # the first that is there
_MEANT = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


def sha256_of(*parts: str) -> str:
    """A hash of texts, as hexadecimal digits; the order and the borders of the texts count."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def in_order(positions: Iterable[int], names: Sequence[str]) -> list[int]:
    """The positions of pictures in the order in which they are taken: it depends on their names only."""
    return sorted(positions, key=lambda i: sha256_of("order", names[i]))


def split_by_name(names: Iterable[str]) -> list[str]:
    """A split for each name, by its hash: 80% "train", 10% "val", 10% "test". A name always gets the same split.

    >>> split_by_name(["scene-000000", "scene-000001"])
    ['val', 'train']
    """
    hundredth = [int(sha256_of("split", name)[:8], 16) % 100 for name in names]
    return ["train" if h < 80 else "val" if h < 90 else "test" for h in hundredth]


def empty_split(data: str, split: str) -> str:
    """The sentence on a split without pictures."""
    return f"{data} has no pictures in its {split} split; see split.csv or add pictures"


def find_split_file(folder: Path) -> Path | None:
    """The file split.csv in a folder or beside it."""
    places = (place / name for place in (folder, folder.parent) for name in SPLIT_FILES)
    return next((path for path in places if os.path.exists(path)), None)


def read_splits(
    folder: Path, names: Sequence[str], files: Sequence[str] | None = None, optional: Collection[str] = ()
) -> tuple[list[str | None], str]:
    """The split of each picture: from split.csv in `folder` or beside it, else from folders train/, val/ and test/.

    Where every picture lies in one of these folders, they decide; without val/, a tenth of train/ is for validation. In
    all other cases `split_by_name` does.

    Args:
        folder: holds the pictures.
        names: those of the pictures.
        files: for each picture its path below the folder, with suffix.
        optional: names that split.csv may leave out.

    Returns:
        "train", "val" or "test" for each picture, None for one that is left out; and a sentence on lines of split.csv
        without a picture or on folders that do not decide, "" for none.

    Raises:
        ValueError: split.csv cannot be read, leaves out a picture, or names one twice with different splits.
    """
    file = find_split_file(folder)
    if file is None:
        folders = [_MEANT.get(name.split("/")[0].casefold()) if "/" in name else None for name in names]
        if set(folders) == set(SPLITS):
            return folders, ""
        if set(folders) == {"train", "test"}:  # a tenth of train/ is kept for validation
            by_name = split_by_name(names)
            taken = [
                "val" if own == "train" and other == "val" else own for own, other in zip(folders, by_name, strict=True)
            ]
            return taken, "there is no folder val/, so that a tenth of train/, by name, is the validation split"
        return split_by_name(names), _about_folders(names, folders)
    lines = _read_lines(file)
    splits, unused = _Names(names, files or names).splits(lines, file)
    unknown = [name for name, split in zip(names, splits, strict=True) if split is None and name not in optional]
    not_here = ""
    if unused:
        count = (
            f"{len(unused)} pictures that are not here, such as" if len(unused) > 1 else "1 picture that is not here,"
        )
        not_here = f"{file.name} names {count} {unused[0]}"
    if unknown:
        wrong = f"does not name {unknown[0]} ({len(unknown)} such pictures); add a line for each"
        raise ValueError("; ".join(filter(None, [f"{printable(file)}: {wrong}", not_here])))
    return splits, not_here


def _about_folders(names: Sequence[str], folders: Sequence[str | None]) -> str:
    """Why folders called train/, val/ and test/ do not decide the splits; "" where there are no two of them."""
    lacking = [split for split in SPLITS if split not in folders]
    if len(lacking) > 1:
        return ""
    outside = [name for name, split in zip(names, folders, strict=True) if split is None]
    reason = f"there is no {lacking[0]}/" if lacking else f"{outside[0]} is in none of them"
    return f"splits are made by name, not by the folders train/, val/ and test/, because {reason}"


def _read_lines(file: Path) -> list[tuple[str, str]]:
    """(name, split) of each line of split.csv, the splits in our words."""
    shown = printable(file)
    needs = f"{shown}: needs the columns name,split with split one of {', '.join(SPLITS)}; "
    try:
        content = file.read_bytes()
        encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        text = content.decode(encoding, "surrogateescape" if encoding == "utf-8-sig" else "strict")
    except OSError as error:
        raise ValueError(f"{shown}: cannot be read ({error.strerror}); correct or remove it") from error
    except UnicodeError as error:
        raise ValueError(f"{shown}: not readable as lines of name,split ({error}); save it as UTF-8") from error
    for delimiter in ",;\t|":
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        try:
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if "".join(row).strip()]
        except csv.Error as error:
            raise ValueError(f"{shown}: not readable as lines of name,split ({error})") from error
        header = [cell.casefold() for cell in rows[0][1]] if rows else []
        if header.count("name") == header.count("split") == 1:
            break
    else:
        first = printable(text.strip().splitlines()[0][:60]) if text.strip() else ""
        raise ValueError(needs + (f"its first line is {first!r}" if first else "it is empty"))
    lines = []
    for number, row in rows[1:]:
        if any(row[len(header) :]):
            raise ValueError(f"{needs}line {number} has more values than columns (a name with a comma needs quotes)")
        row += [""] * (len(header) - len(row))
        name, split = row[header.index("name")], row[header.index("split")]
        if not name or split.casefold() not in _MEANT:
            wrong = f"has {printable(split)!r}" if split else "has no split"
            raise ValueError(f"{needs}line {number} {wrong if name else 'has no name'}")
        lines.append((name, _MEANT[split.casefold()]))
    return lines


class _Names:
    """Finds which pictures a line of split.csv means: exactly, else with another suffix, in another case or folder."""

    def __init__(self, names: Sequence[str], files: Sequence[str]):
        self.stems = [without_suffix(file) for file in files]
        self.exact = defaultdict(dict)
        for i, keys in enumerate(zip(names, files, self.stems, strict=True)):
            for key in keys:
                self.exact[key][i] = None
        self.loose: dict[str, dict] = {}
        self.last: dict[str, dict] = {}

    def splits(self, lines: list[tuple[str, str]], file: Path) -> tuple[list[str | None], list[str]]:
        """The split of each picture, None without one, and the names in `lines` that mean no picture.

        Of several lines for a picture the one that names it best decides: `p00.png` rather than `p00`, which also means
        p00.jpg. Two equally good ones with different splits raise `ValueError`.
        """
        best: dict[int, tuple[tuple[int, int], str, str]] = {}
        meant = {}
        for name, split in lines:
            level, found = self._meant(name)
            meant[name] = found
            for i in found:
                rank = level, len(found)
                old = best.get(i)
                if old and old[0] == rank and old[1] != split:
                    raise ValueError(
                        f"{printable(file)}: {file_name(name)} is in {old[1]} and in {split}; keep one of the lines"
                    )
                if old is None or rank < old[0]:
                    best[i] = rank, split, name
        used = {name for *_, name in best.values()}
        unused = [n for n, found in meant.items() if not found or (n not in used and not self._is_exact(n))]
        return [best[i][1] if i in best else None for i in range(len(self.stems))], [file_name(n) for n in unused]

    def _is_exact(self, name: str) -> bool:
        return file_name(name) in self.exact

    def _meant(self, name: str) -> tuple[int, Iterable[int]]:
        """How well a line names pictures, 0 for exactly, and which."""
        spelled = [file_name(name)]
        if not name.isascii() and any(
            "\udc80" <= letter <= "\udcff" for letter in name
        ):  # not UTF-8: a spreadsheet on Windows, most likely
            spelled.append(file_name(os.fsencode(name).decode("cp1252", "replace")))
        for text in spelled:
            if text in self.exact:
                return 0, self.exact[text]
        spelled = [re.sub(r"^(\./)+", "", text.replace("\\", "/")) for text in spelled]
        for text in spelled:
            for level, key in enumerate((text, without_suffix(text)), 1):
                if key in self.exact:
                    return level, self.exact[key]
        self._index_loosely()
        for text in spelled:
            parts = text.split("/")
            for level in range(len(parts)):  # whole, then without the folders before it
                tail = "/".join(parts[level:])
                for key in (loose(tail), loose(without_suffix(tail))):
                    if self._is_one(self.loose.get(key)):
                        return 3 + level, self.loose[key]
        for text in spelled:
            for key in (loose(text), loose(without_suffix(text))):
                if self._is_one(self.last.get(key)):
                    return 100, self.last[key]
        return 101, ()

    def _is_one(self, found: dict | None) -> bool:
        """Whether a name means one picture, or files of one name that differ in their suffixes only."""
        return bool(found) and len({self.stems[i] for i in found}) == 1

    def _index_loosely(self) -> None:
        """Find names in another case, and pictures in folders by the last part of their names."""
        if self.loose:
            return
        for key, found in self.exact.items():
            self.loose.setdefault(loose(key), {}).update(found)
            self.last.setdefault(loose(key.rpartition("/")[2]), {}).update(found)
