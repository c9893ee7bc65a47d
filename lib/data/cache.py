"""Decoded pictures on the disk: each data set is decoded once, then mapped into memory."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from lib.common.files import printable
from lib.common.terminal import silent_libraries
from lib.data.images import DECODER, PhotographError, squared_pair
from lib.data.listing import Item
from lib.data.pairs import PIECE, Pairs
from lib.data.splits import sha256_of

_ABANDONED = 24 * 3600  # seconds after which an unfinished cache belongs to a process that was killed


def cached_pairs(cache: Path, key: Sequence[object], make: Callable[[Path], Pairs]) -> Pairs:
    """The pairs that `make` returns, made once and memory-mapped from the disk ever after.

    Args:
        cache: the folder of all caches.
        key: what the pairs depend on; another key is another entry of the cache.
        make: is called where the key is new, with a folder in which it may leave `gray.npy` and `color.npy`; what it
            does not leave there is written from the pairs that it returns.
    """
    folder = cache / sha256_of(json.dumps([DECODER, *key]))[:16]
    pairs = _kept(folder)
    if pairs is None:
        _make(folder, make)
        pairs = _kept(folder)
    if pairs is None:
        raise OSError(f"{folder}: decoded pictures cannot be read back; check the disk and its permissions")
    return pairs


def _kept(folder: Path) -> Pairs | None:
    """The pairs of a folder of the cache, memory-mapped. None where it is missing or damaged: it can be made again."""
    try:
        rest = json.loads((folder / "pairs.json").read_text(encoding="utf-8"))
        gray, color = (np.load(folder / f"{side}.npy", mmap_mode="r") for side in ("gray", "color"))
        pairs = Pairs(gray=gray, color=color, splits=np.array(rest.pop("splits")), **rest)
        shape = (len(pairs.names), *gray.shape[1:])
        fits = len(pairs.splits) == len(pairs) and gray.shape == shape and color.shape == (*shape, 3)
    except (OSError, ValueError, EOFError, KeyError, TypeError, AttributeError):
        return None
    return pairs if fits and len(shape) == 3 and gray.dtype == color.dtype == np.uint8 else None


def _make(folder: Path, make: Callable[[Path], Pairs]) -> None:
    """Make a folder of the cache whole, in the place of a damaged one."""
    cache = folder.parent
    cache.mkdir(parents=True, exist_ok=True)
    for abandoned in cache.glob(".making-*"):
        if time.time() - abandoned.stat().st_mtime > _ABANDONED:
            shutil.rmtree(abandoned, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(dir=cache, prefix=".making-"))
    try:
        pairs = make(temporary)
        for side in ("gray", "color"):
            if not (temporary / f"{side}.npy").exists():
                np.save(temporary / f"{side}.npy", getattr(pairs, side))
        rest = {k: getattr(pairs, k) for k in ("name", "description", "names", "fingerprint", "skipped", "remarks")}
        text = json.dumps(rest | {"splits": pairs.splits.tolist()})
        (temporary / "pairs.json").write_text(text, encoding="utf-8")
        try:
            os.replace(temporary, folder)
        except OSError:  # another process was first, and its copy is the same; or a damaged one is there
            if _kept(folder) is None:
                folder.unlink() if folder.is_file() else shutil.rmtree(folder)
                os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _new_array(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """A uint8 array in a new npy file, mapped into memory; a full disk raises `OSError`."""
    array = np.lib.format.open_memmap(path, "w+", np.uint8, shape)
    if hasattr(os, "posix_fallocate") and array.size:
        # The file is made with holes. To fill one on a full disk would kill the process; this raises instead.
        with path.open("r+b") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
            except OSError as error:
                raise OSError(error.errno, f"{os.strerror(error.errno)} for decoded pictures", str(path)) from error
    return array


def _only_rows(array: np.ndarray, path: Path, rows: list[int]) -> np.ndarray:
    """The array of the file `path` with these rows only, which replaces the file; copied in pieces to save memory."""
    shorter = path.with_name(f"shorter-{path.name}")
    kept = _new_array(shorter, (len(rows), *array.shape[1:]))
    for start in range(0, len(rows), PIECE):
        kept[start : start + PIECE] = array[rows[start : start + PIECE]]
    shorter.replace(path)
    return kept


def decode_pairs(files: list[Item], size: int, folder: Path) -> tuple[list[str], np.ndarray, np.ndarray, list]:
    """Decode picture files to squares of `size` px, on all processor cores.

    Args:
        files: `(name, gray, color)` for each pair; without a color file, `gray` is the color picture.
        size: side of the squares, in px.
        folder: where `gray.npy` and `color.npy` are written.

    Returns:
        The names of the N pairs that could be read, gray `(N, size, size)` and color `(N, size, size, 3)` as mapped
        uint8 arrays, and a sentence for each file that was left out.
    """
    gray = _new_array(folder / "gray.npy", (len(files), size, size))
    color = _new_array(folder / "color.npy", (len(files), size, size, 3))

    def decode(position: int) -> str | None:
        try:
            gray[position], color[position] = squared_pair(*files[position][1:], size)
        except PhotographError as error:
            return printable(str(error))
        return None

    problems: list[str | None] = []
    # PIL decodes and resizes without holding the GIL.
    with silent_libraries(), ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(files), PIECE):  # all at once, the waiting jobs alone would take 100 MB
            problems += pool.map(decode, range(start, min(start + PIECE, len(files))))
    good = [i for i, problem in enumerate(problems) if problem is None]
    if len(good) < len(files):
        gray, color = _only_rows(gray, folder / "gray.npy", good), _only_rows(color, folder / "color.npy", good)
    return [files[i][0] for i in good], gray, color, [p for p in problems if p]
