"""Rows of arrays that are read when they are asked for."""

import ctypes
import mmap
import os
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from lib.data.arrays import Rows, prefetch


def test_a_split_looks_its_pictures_up_as_an_array_would(pairs):
    test, chosen = pairs.split("test"), pairs.indices("test")
    for side in ("gray", "color"):
        rows, whole = getattr(test, side), getattr(pairs, side)[chosen]
        assert isinstance(rows, Rows) and rows.shape == whole.shape and rows.dtype == np.uint8 and len(rows) == 12
        for index in (
            0, -1, np.int64(3), slice(2, 9, 3), slice(0, 0), [4, 1, 4], np.array([5, 0]), np.arange(12) % 2 == 0,
            (slice(1, 3), slice(4, 8)), (2, slice(None), 1), (..., 0), (slice(None), slice(None), slice(8, 16)),
        ):  # fmt: skip
            found = rows[index]
            assert type(found) is np.ndarray or np.isscalar(found)
            np.testing.assert_array_equal(found, whole[index])
        np.testing.assert_array_equal(np.asarray(rows), whole)
        np.testing.assert_array_equal(np.stack(list(rows)), whole)
        assert np.asarray(rows, np.float32).dtype == np.float32
        with pytest.raises(IndexError):
            rows[12]
    of_a_split = replace(test, splits=np.array(["val", "train"] * 6)).split("train", 3)
    for name, picture in zip(of_a_split.names, of_a_split.gray, strict=True):
        np.testing.assert_array_equal(picture, pairs.gray[pairs.names.index(name)])


def in_memory(path):
    """Which pages of a file are in memory."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
        pages = (ctypes.c_ubyte * -(-len(mapped) // mmap.PAGESIZE))()
        start = ctypes.c_char.from_buffer(mapped)
        try:
            done = ctypes.CDLL(None, use_errno=True).mincore(
                ctypes.c_void_p(ctypes.addressof(start)), ctypes.c_size_t(len(mapped)), pages
            )
            assert done == 0, os.strerror(ctypes.get_errno())
        finally:
            del start
        return np.array(pages) % 2 == 1


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux which pages are in memory")
def test_pictures_that_are_looked_up_are_read_ahead_and_nothing_beside_them(tmp_path):
    path, size = tmp_path / "color.npy", 64 * 64 * 3
    np.save(path, np.random.default_rng(0).integers(0, 256, (400, 64, 64, 3), np.uint8))
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    array = np.load(path, mmap_mode="r")
    if in_memory(path)[100:].any():
        pytest.skip("this file system keeps its files in memory")
    prefetch(array, np.array([300, 201]))
    wanted = np.zeros(len(in_memory(path)), bool)
    for row in (201, 300):
        first, last = ((128 + row * size + end) // mmap.PAGESIZE for end in (0, size - 1))
        wanted[first : last + 1] = True
    patience = time.monotonic() + 60
    while not in_memory(path)[wanted].all():
        assert time.monotonic() < patience, "they were not read"
        time.sleep(0.01)
    np.testing.assert_array_equal(in_memory(path)[100:], wanted[100:])  # before lies what reading the head brought
