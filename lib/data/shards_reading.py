"""Pictures read from shards: `Pairs` whose rows are looked up in the tar files when they are asked for."""

import os
from collections import OrderedDict
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

import numpy as np
from PIL import Image

from lib.common.files import printable
from lib.data.arrays import Rows
from lib.data.pairs import Pairs
from lib.data.shards import Index, read_index

_MOST_OPEN = 256  # files; systems allow a process some 1,000


def shard_pairs(folder: Path, size: int, split: str = "") -> Pairs:
    """The pictures of a folder of shards as `Pairs`; none is read yet.

    Args:
        folder: holds the shards and their index.
        size: side of the squares in px, which must be that of the shards.
        split: the one that all pictures are in; "" for those that they were packed with.

    Raises:
        ValueError: the shards have another size, are damaged or not all there; one sentence says so. A picture
            whose bytes have changed raises it when it is read.
    """
    index = read_index(folder)
    if size != index.layout.size:
        raise ValueError(
            f"{printable(folder)}: its pictures are packed at {index.layout.size} px and not {size}; give that size, "
            "or pack the photographs again"
        )
    files, everything = _ShardFiles(index), np.arange(len(index.names))
    sides = {side: Rows([_Side(files, side)], everything) for side in ("gray", "color")}
    splits = np.repeat([split] * len(index.files) if split else index.splits, index.counts)
    about = {"fingerprint": index.fingerprint, "skipped": index.skipped, "remarks": index.remarks}
    return Pairs(index.name, index.description, names=index.names, splits=splits, **sides, **about)


class _ShardFiles:
    """The bytes of pictures, read by their numbers. The last batch is kept: its other side is asked for next."""

    def __init__(self, index: Index):
        self.index, self.layout = index, index.layout
        self._length = self.layout.bytes
        self._ends = np.cumsum(index.counts)
        self._open: OrderedDict[int, BinaryIO] = OrderedDict()
        self._last = np.empty(0, np.int64), np.empty((0, self._length), np.uint8)

    def read(self, numbers: np.ndarray) -> np.ndarray:
        """The bytes of these pictures, `(N, bytes)`, which must not be changed; `ValueError` for a damaged one."""
        if not np.array_equal(numbers, self._last[0]):
            shards = np.searchsorted(self._ends, numbers, side="right")
            places = (numbers - (self._ends - self.index.counts)[shards]) * self._length
            self._last = numbers.copy(), self._read(numbers, shards, places)
        return self._last[1]

    def _read(self, numbers: np.ndarray, shards: np.ndarray, places: np.ndarray) -> np.ndarray:
        found = np.empty((len(numbers), self._length), np.uint8)
        every = list(zip(shards.tolist(), places.tolist(), strict=True))
        if hasattr(os, "posix_fadvise") and len(every) > 1:
            for shard, place in every:  # the disk fetches all of them at once, and nothing beside them
                os.posix_fadvise(self._file(shard), place, self._length, os.POSIX_FADV_WILLNEED)
        for row, number, (shard, place) in zip(found, numbers.tolist(), every, strict=True):
            content = os.pread(self._file(shard), self._length, place)
            if len(content) != self._length or crc32(content) != self.index.sums[number]:
                file = printable(self.index.folder / self.index.files[shard])
                raise ValueError(
                    f"{file}: {self.index.names[number]} is damaged; remove this file and run `workbook shards` again"
                )
            row[:] = np.frombuffer(content, np.uint8)
        found.flags.writeable = False
        return found

    def _file(self, shard: int) -> int:
        """The descriptor of a shard's file, opened if it is not; then the one that was used longest ago is closed."""
        if shard not in self._open:
            self._open[shard] = (self.index.folder / self.index.files[shard]).open("rb", buffering=0)
            if len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(shard)
        return self._open[shard].fileno()


class _Side:
    """The gray or the color side of all pictures, as `Rows` take it: indexed by one number, or by an array of them."""

    def __init__(self, files: _ShardFiles, side: str):
        self._files, self._side, self.dtype = files, side, np.dtype(np.uint8)
        size = files.layout.size
        self.shape = (len(files.index.names), size, size, *([3] if side == "color" else []))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, numbers: np.ndarray) -> np.ndarray:
        layout, read = self._files.layout, self._files.read(np.atleast_1d(numbers))
        if self._side == "color":
            found = layout.color(read)
        elif layout.paired:
            found = layout.gray(read)
        else:  # as one tall picture: PIL's luma, which is the gray side everywhere else
            tall = np.ascontiguousarray(layout.color(read)).reshape(-1, layout.size, 3)
            found = np.asarray(Image.fromarray(tall).convert("L")).reshape(len(read), layout.size, layout.size)
        return found if np.ndim(numbers) else found[0]
