"""Rows of arrays on the disk, read only when they are indexed."""

import mmap
from collections.abc import Iterator, Sequence

import numpy as np


class Rows:
    """Some rows of one or more arrays, read only when they are indexed: a split of mapped pictures costs no memory.

    It has the shape, dtype, length, indexing and iteration of the array it stands for. An index gives an ordinary
    array, and so does `np.asarray`.

    Args:
        parts: one or more arrays that differ in length alone.
        positions: which rows, counted through all parts laid end to end.

    >>> rows = Rows([np.array([10, 11]), np.array([12])], np.array([2, 0]))
    >>> len(rows), rows[:].tolist(), (rows[1:] + 1).tolist()
    (2, [12, 10], [11])
    """

    def __init__(self, parts: Sequence["np.ndarray | Rows"], positions: np.ndarray):
        self._parts, self._positions = parts, positions
        self._starts = np.cumsum([0, *(len(part) for part in parts[:-1])])
        self.shape, self.dtype = (len(positions), *parts[0].shape[1:]), parts[0].dtype

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, index: object) -> np.ndarray:
        rows, *rest = index if isinstance(index, tuple) else (index,)
        if rows is Ellipsis:
            return np.asarray(self)[index]
        positions = self._positions[rows]
        part = np.searchsorted(self._starts, positions, side="right") - 1
        inside = positions - self._starts[part]
        if not positions.ndim:
            return np.asarray(self._parts[part][inside])[tuple(rest)]
        found = np.empty((len(positions), *self.shape[1:]), self.dtype)
        for number in np.unique(part):
            prefetch(self._parts[number], inside[part == number])
            found[part == number] = self._parts[number][inside[part == number]]
        return found[(slice(None), *rest)]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[position] for position in range(len(self)))

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("rows that are looked up cannot become an array without a copy")
        return self[:].astype(dtype or self.dtype, copy=False)


def prefetch(array: np.ndarray | Rows, rows: np.ndarray) -> None:
    """Let the system read rows of a memory-mapped array from the disk: all at once, and nothing beside them.

    Without this, each row waits for the disk in turn and brings 128 KB of its neighbors along. Where there are more
    pictures than memory holds, that is most of the time of a training. Arrays that are not mapped are left alone.
    """
    mapped = getattr(array, "base", None)
    if not isinstance(mapped, mmap.mmap) or not hasattr(mmap, "MADV_WILLNEED"):
        return
    first = array.offset % mmap.ALLOCATIONGRANULARITY  # where the array begins in what is mapped
    for row in rows.tolist():
        start = first + row * array.strides[0]
        begin = start - start % mmap.PAGESIZE
        mapped.madvise(mmap.MADV_WILLNEED, begin, start + array.strides[0] - begin)
