"""Shards: decoded pictures in tar files, which the library `webdataset` and `tar` read too, and one index beside them.

All pictures of a set have one size, so each takes the same number of bytes of its shard: the place of a picture follows
from its number. Nothing here imports torch.
"""

import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lib.common.files import atomic_write, printable
from lib.data.splits import SPLITS, sha256_of

INDEX = "shards.json"
SHARD = re.compile(rf"(?:{'|'.join(SPLITS)})-[0-9]{{5}}\.tar")
_FORMAT = 1
_END = bytes(2 * tarfile.BLOCKSIZE)  # of every tar file


def member(name: str, content: bytes) -> bytes:
    """A file as it lies in a tar file: its header and its content, in whole blocks."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % tarfile.BLOCKSIZE)


def ending(record: dict) -> bytes:
    """The end of a shard: what it holds, in a file that webdataset passes over because of its name."""
    return member("__pictures__", json.dumps(record).encode()) + _END


def read_ending(shard: Path) -> dict:
    """What a shard says it holds; `ValueError` for a file that is damaged or no shard of ours."""
    try:
        with tarfile.open(shard, "r:") as tar:
            return json.load(tar.extractfile("__pictures__"))
    except (OSError, KeyError, ValueError, tarfile.TarError) as error:
        raise ValueError(f"{printable(shard)}: damaged, or not written by `workbook shards`; remove it") from error


@dataclass(frozen=True)
class Layout:
    """Where the pixels of a picture lie among its bytes.

    Args:
        size: side of the pictures in px.
        paired: whether gray pictures are kept too, because they are not the luma of the color ones.
    """

    size: int
    paired: bool

    def _head(self, kind: str) -> bytes:
        return f"{kind}\n{self.size} {self.size}\n255\n".encode()

    def picture(self, key: str, gray: np.ndarray, color: np.ndarray) -> bytes:
        """The bytes of a picture, of `(size, size)` and `(size, size, 3)` uint8: its files as a PPM, and a PGM if
        paired."""
        files = member(f"{key}.ppm", self._head("P6") + color.tobytes())
        return files + member(f"{key}.pgm", self._head("P5") + gray.tobytes()) if self.paired else files

    @property
    def bytes(self) -> int:
        """The number of bytes of every picture."""
        gray = np.empty((self.size, self.size), np.uint8)
        return len(self.picture("", gray, np.repeat(gray[..., None], 3, -1)))

    def color(self, read: np.ndarray) -> np.ndarray:
        """The color sides `(N, size, size, 3)` in the bytes `(N, bytes)` of pictures, a view."""
        start = tarfile.BLOCKSIZE + len(self._head("P6"))
        return read[:, start : start + 3 * self.size**2].reshape(len(read), self.size, self.size, 3)

    def gray(self, read: np.ndarray) -> np.ndarray:
        """The gray sides `(N, size, size)` in the bytes of paired pictures, a view."""
        start = len(member("", bytes(len(self._head("P6")) + 3 * self.size**2)))
        start += tarfile.BLOCKSIZE + len(self._head("P5"))
        return read[:, start : start + self.size**2].reshape(len(read), self.size, self.size)


@dataclass(frozen=True)
class Index:
    """What a folder of shards holds.

    Args:
        folder: of the shards.
        name: of the data set.
        description: one line about its pictures.
        layout: of every picture.
        files: the names of the shards.
        counts: the number of pictures in each shard.
        names: those of the pictures, one shard after the other.
        sums: the CRC-32 of each picture's bytes.
        fingerprint: identifies pixels, names and splits.
        skipped: a sentence for each file that was left out.
        remarks: what else there is to say, in one line; "" for nothing.
    """

    folder: Path
    name: str
    description: str
    layout: Layout
    files: list[str]
    counts: list[int]
    names: list[str]
    sums: np.ndarray
    fingerprint: str
    skipped: list[str]
    remarks: str

    @property
    def splits(self) -> list[str]:
        """The split of each shard, which its name begins with."""
        return [file.partition("-")[0] for file in self.files]


def write_index(folder: Path, layout: Layout, about: dict, shards: Mapping[str, dict]) -> None:
    """Write the index of the `shards`, of what each file holds; `about` is what else an `Index` says of them."""
    pixels = [[file, record["names"], record["sha256"]] for file, record in shards.items()]
    fingerprint = sha256_of(json.dumps([_FORMAT, layout.size, layout.paired, pixels]))[:16]
    index = {"format": _FORMAT, **about, "size": layout.size, "paired": layout.paired, "fingerprint": fingerprint}
    index["shards"] = [
        {"file": file, "bytes": (folder / file).stat().st_size, "names": record["names"], "crc32": record["crc32"]}
        for file, record in shards.items()
    ]
    with atomic_write(folder / INDEX) as temporary, temporary.open("w", encoding="utf-8") as file:
        json.dump(index, file, ensure_ascii=False)


def is_sharded(folder: Path) -> bool:
    """Whether a folder holds shards; `ValueError` where their packing has not come to its end."""
    if (folder / INDEX).is_file():
        return True
    if any((folder / f"{split}-00000.tar").is_file() for split in SPLITS):
        raise ValueError(f"{printable(folder)} holds tar files without {INDEX}; let `workbook shards` finish")
    return False


def read_index(folder: Path) -> Index:
    """The index of a folder of shards, which are there and as long as they were written.

    Raises `ValueError` where that is not so.
    """
    file, again = folder / INDEX, "remove it and run `workbook shards` again"
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        shards = known["shards"]
        index = Index(
            folder,
            known["name"],
            f"{known['description']}; packed at {known['size']} px in {printable(folder)}",
            Layout(known["size"], known["paired"]),
            [shard["file"] for shard in shards],
            [len(shard["names"]) for shard in shards],
            [name for shard in shards for name in shard["names"]],
            np.array([crc for shard in shards for crc in shard["crc32"]], np.uint32),
            known["fingerprint"],
            known["skipped"],
            known["remarks"],
        )
        if known["format"] != _FORMAT or len(index.names) != len(index.sums):
            raise ValueError("another format")
        lengths = {shard["file"]: shard["bytes"] for shard in shards}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{printable(file)}: damaged, or of another version; {again}") from error
    for name, length in lengths.items():
        try:
            found = (folder / name).stat().st_size
        except OSError as error:
            raise ValueError(
                f"{printable(folder / name)}: cannot be read ({error.strerror}); put it back, or run `workbook shards` "
                "again"
            ) from error
        if found != length:
            raise ValueError(f"{printable(folder / name)}: has {found:,} bytes and not {length:,}; {again}")
    return index
