"""Pictures decoded once, kept on the disk under a fingerprint of the files."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from lib.data.folders import read_pair
from lib.data.images import PhotographError, squared
from lib.data.pairs import PIECE, Pairs, sha256_of

_ABANDONED = 24 * 3600  # seconds after which an unfinished cache belongs to a process that was killed
_DECODER = 1  # raise it when `read_photograph` or `squared` change what they return: caches are then made anew


def cached_pairs(cache: Path, key: Sequence[object], make: Callable[[Path], Pairs]) -> Pairs:
    """What `make` returns, kept in `cache` under a hash of `key` and memory-mapped from there, now and the next time.

    `make` is given the folder that becomes the cache; the `gray.npy` and `color.npy` that it leaves there are kept.
    """
    folder = cache / sha256_of(json.dumps([_DECODER, *key]))[:16]
    if not folder.exists():
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
            rest = {k: getattr(pairs, k) for k in ("name", "description", "names", "fingerprint", "skipped")}
            (temporary / "pairs.json").write_text(json.dumps(rest | {"splits": pairs.splits.tolist()}))
            try:
                os.replace(temporary, folder)
            except OSError:  # another process was first; its copy is the same
                if not folder.exists():
                    raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    rest = json.loads((folder / "pairs.json").read_text())
    gray, color = (np.load(folder / f"{side}.npy", mmap_mode="r") for side in ("gray", "color"))
    return Pairs(gray=gray, color=color, splits=np.array(rest.pop("splits")), **rest)


def _new_array(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """A uint8 array in a new npy file, mapped into memory."""
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
    """The array of `path` again with no more than these rows, in pieces."""
    shorter = path.with_name(f"shorter-{path.name}")
    kept = _new_array(shorter, (len(rows), *array.shape[1:]))
    for start in range(0, len(rows), PIECE):
        kept[start : start + PIECE] = array[rows[start : start + PIECE]]
    shorter.replace(path)
    return kept


def decode_pairs(
    files: list[tuple[str, Path, Path | None]], size: int, folder: Path
) -> tuple[list[str], np.ndarray, np.ndarray, list]:
    """Decode `(stem, gray, color)` files at `size` px: names, gray, color, and a sentence for each file left out.

    The pictures are written to `gray.npy` and `color.npy` in `folder` as they are decoded, and come back mapped.
    """
    gray = _new_array(folder / "gray.npy", (len(files), size, size))
    color = _new_array(folder / "color.npy", (len(files), size, size, 3))

    def decode(position: int) -> str | None:
        try:
            pair = read_pair(*files[position][1:])
        except PhotographError as error:
            return str(error)
        color[position] = squared(pair[1], size)
        # A gray side of its own is resized as it is; a made one is the luma of the resized color side.
        gray[position] = squared(pair[0], size) if files[position][2] else squared(pair[1], size).convert("L")
        return None

    problems: list[str | None] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # PIL decodes and resizes without holding the GIL
        for start in range(0, len(files), PIECE):  # all at once, the waiting jobs alone would take 100 MB
            problems += pool.map(decode, range(start, min(start + PIECE, len(files))))
    good = [i for i, problem in enumerate(problems) if problem is None]
    if len(good) < len(files):
        gray, color = _only_rows(gray, folder / "gray.npy", good), _only_rows(color, folder / "color.npy", good)
    return [files[i][0] for i in good], gray, color, [p for p in problems if p]
