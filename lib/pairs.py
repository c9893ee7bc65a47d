"""Gray and colour pictures in pairs: read as a person sees them, decoded once, split for good.

`GrayscaleToColorDataset` is the paper's data set, two folders read picture by picture. `Pairs` is what the notebooks
train and measure on: every picture decoded once to uint8 and kept under a fingerprint of the files. Its arrays stay on
the disk, mapped into memory, and a split looks its pictures up there: there may be more of them than memory holds.
"""

import hashlib
import io
import json
import mmap
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torch.utils.data import Dataset

from lib.color import spaces

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
SPLITS = ("train", "val", "test")
_PIECE = 256  # pictures that are read at a time where all of them are needed
_ABANDONED = 24 * 3600  # seconds after which an unfinished cache belongs to a process that was killed
_DECODER = 1  # raise it when `read_photograph` or `squared` change what they return: caches are then made anew


class PhotographError(ValueError):
    """A picture that cannot be used; the message names the file and says why."""


def read_photograph(path: str | Path, content: bytes | None = None) -> Image.Image:
    """Read any picture PIL reads as 8-bit RGB, as a person sees it; from `content` where its bytes are at hand.

    EXIF rotation is applied, transparency is laid on white, 16-bit gray is scaled to 8 bits. Raises `PhotographError`
    for a file that is missing, empty, truncated, no picture, or larger than PIL's limit against decompression bombs.
    """
    try:
        # Opened by path, PIL maps an uncompressed TIFF into memory, and turns a rotated one into noise.
        with Image.open(io.BytesIO(Path(path).read_bytes() if content is None else content)) as opened:
            image = ImageOps.exif_transpose(opened)  # decodes: a truncated file fails here, not later
    except FileNotFoundError as error:
        raise PhotographError(f"{path}: no such file") from error
    except UnidentifiedImageError as error:
        raise PhotographError(f"{path}: not readable as a picture; replace or remove it") from error
    except Exception as error:  # PIL raises errors of all kinds on damaged files and damaged EXIF
        raise PhotographError(f"{path}: not readable as a picture ({error}); replace or remove it") from error
    if image.mode.startswith("I"):  # 16 bits a pixel, which PIL's own conversion would clip to 255
        levels = np.asarray(image)
        return Image.fromarray((levels.clip(0, 65535) / 257).round().astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise PhotographError(f"{path}: floating-point pixels have no agreed range; save it with 8 or 16 bits")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def squared(image: Image.Image, size: int) -> Image.Image:
    """The picture's centre square, antialiased to `size` x `size`."""
    return ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)


def list_pictures(folder: str | Path) -> dict[str, Path]:
    """The pictures directly in `folder` by stem, sorted. Two files of one stem raise `PhotographError`."""
    found: dict[str, Path] = {}
    for path in sorted(Path(folder).iterdir()):
        if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
            continue
        if path.stem in found:
            raise PhotographError(f"{path} and {found[path.stem].name} have the same stem; rename one")
        found[path.stem] = path
    return found


def match_pairs(gray_dir: str | Path, color_dir: str | Path) -> tuple[list[tuple[str, Path, Path]], list[str]]:
    """Pair two folders by stem: `[(stem, gray, color)]`, and a sentence for each picture without a partner."""
    gray, color = list_pictures(gray_dir), list_pictures(color_dir)
    alone = [f"{gray[s]}: no colour picture of that name in {color_dir}" for s in sorted(gray.keys() - color.keys())]
    alone += [f"{color[s]}: no gray picture of that name in {gray_dir}" for s in sorted(color.keys() - gray.keys())]
    return [(stem, gray[stem], color[stem]) for stem in gray if stem in color], alone


def read_pair(gray_path: Path, color_path: Path | None) -> tuple[Image.Image, Image.Image]:
    """A pair as PIL "L" and "RGB" pictures of one size; without a colour path `gray_path` is the colour picture."""
    color = read_photograph(color_path or gray_path)
    gray = read_photograph(gray_path).convert("L") if color_path else color.convert("L")
    if gray.size != color.size:
        raise PhotographError(f"{gray_path}: {gray.size} pixels, but {color_path} has {color.size}; make them equal")
    return gray, color


def pil_to_tensor(image: Image.Image) -> Tensor:
    """A PIL picture as a float tensor `(C, H, W)` in [0, 1]."""
    return spaces.to_tensor(np.asarray(image))


class GrayscaleToColorDataset(Dataset):
    """Pairs from a folder of gray and a folder of colour pictures, matched by file stem (paper, section III.B).

    Args:
        gray_dir, color_dir: the two folders.
        transform: from a PIL picture to a tensor, applied to both sides; without it, a float tensor in [0, 1].
        on_error: "raise" stops at the first picture that cannot be used (no partner, unreadable, another size than
            its partner); "skip" leaves it out and lists it in `skipped`. Every file is decoded once to know.

    Items are `(gray, color)`: `(1, H, W)` and `(3, H, W)`.
    """

    def __init__(
        self,
        gray_dir: str | Path,
        color_dir: str | Path,
        transform: Callable[[Image.Image], Tensor] = pil_to_tensor,
        on_error: str = "raise",
    ):
        if on_error not in ("raise", "skip"):
            raise ValueError(f'on_error is "raise" or "skip", not {on_error!r}')
        matched, self.skipped = match_pairs(gray_dir, color_dir)
        self.transform, self.items = transform, []
        for item in matched:
            try:
                read_pair(*item[1:])
                self.items.append(item)
            except PhotographError as error:
                self.skipped.append(str(error))
        if self.skipped and on_error == "raise":
            raise PhotographError(self.skipped[0])
        if not self.items:
            raise PhotographError(f"{gray_dir} and {color_dir} hold no usable pair")

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        gray, color = read_pair(*self.items[index][1:])
        return self.transform(gray), self.transform(color)


class Rows:
    """Chosen rows of arrays laid end to end, read when they are asked for: a split of mapped pictures costs no memory.

    It has the shape, type, length, indexing and iteration of the array it stands for; what an index gives is an
    ordinary array, as is `np.asarray` of it.

    Args:
        parts: arrays that differ in length alone, one or more.
        positions: which rows, counted through all parts.
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
            ask_ahead(self._parts[number], inside[part == number])
            found[part == number] = self._parts[number][inside[part == number]]
        return found[(slice(None), *rest)]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[position] for position in range(len(self)))

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("rows that are looked up cannot become an array without a copy")
        return self[:].astype(dtype or self.dtype, copy=False)


def ask_ahead(array: np.ndarray | Rows, rows: np.ndarray) -> None:
    """Have the system read rows of a mapped array from the disk, all at once and nothing beside them.

    Touched one after the other, each would wait for the disk and bring 128 KB of its neighbours along: where there are
    more pictures than memory holds, that is most of a training's time. An array that is not mapped is left alone.
    """
    mapped = getattr(array, "base", None)
    if not isinstance(mapped, mmap.mmap) or not hasattr(mmap, "MADV_WILLNEED"):
        return
    first = array.offset % mmap.ALLOCATIONGRANULARITY  # where the array begins in what is mapped
    for row in rows.tolist():
        start = first + row * array.strides[0]
        begin = start - start % mmap.PAGESIZE
        mapped.madvise(mmap.MADV_WILLNEED, begin, start + array.strides[0] - begin)


@dataclass(frozen=True)
class Pairs:
    """Pairs of one size, decoded to uint8.

    `gray` is `(N, H, W)`, `color` is `(N, H, W, 3)`: arrays, memory-mapped where they come from a cache, or the `Rows`
    of such; `names` and `splits` have N entries. `fingerprint` identifies pixels, names and splits; `skipped` says what
    was left out and why.
    """

    name: str
    description: str
    gray: np.ndarray | Rows
    color: np.ndarray | Rows
    names: list[str]
    splits: np.ndarray
    fingerprint: str
    skipped: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def size(self) -> int:
        """Side of the square pictures, in pixels."""
        return self.gray.shape[-1]

    def counts(self) -> dict[str, int]:
        """Number of pairs in each split."""
        return {split: int((self.splits == split).sum()) for split in SPLITS}

    def indices(self, split: str, limit: int | None = None) -> np.ndarray:
        """Positions of a split's pairs in an order fixed by their names, so that 1,000 are among the 2,000.

        Fewer than `limit` in the split raises `ValueError`: a run must not quietly train on less than it says.
        """
        if split not in SPLITS:
            raise ValueError(f"split is one of {', '.join(SPLITS)}, not {split!r}")
        found = np.flatnonzero(self.splits == split)
        if not len(found):
            raise ValueError(f"{self.name} has no pictures in its {split} split; see split.csv or add pictures")
        if limit is not None and limit > len(found):
            raise ValueError(f"{limit} {split} pairs were asked for, {self.name} has {len(found)}; ask for fewer")
        return np.array(sorted(found, key=lambda i: _hash("order", self.names[i])))[:limit]

    def split(self, split: str, limit: int | None = None) -> "Pairs":
        """The first `limit` pairs of a split, as `Pairs`; no picture is copied."""
        chosen = self.indices(split, limit)
        return replace(
            self,
            gray=Rows([self.gray], chosen),
            color=Rows([self.color], chosen),
            names=[self.names[i] for i in chosen],
            splits=self.splits[chosen],
        )

    def tensors(self, chosen: slice | Sequence[int], device: str = "cpu") -> tuple[Tensor, Tensor]:
        """Gray `(B, 1, H, W)` and colour `(B, 3, H, W)`, float32 in [0, 1], of the chosen positions."""
        gray, color = (torch.from_numpy(np.array(side[chosen])).to(device) for side in (self.gray, self.color))
        return gray.unsqueeze(1).float() / 255, color.movedim(-1, 1).float() / 255


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def split_by_name(names: Iterable[str]) -> np.ndarray:
    """train, val or test (80, 10, 10 in 100) for each name, by its hash: the same name always falls the same way."""
    hundredth = [int(_hash("split", name)[:8], 16) % 100 for name in names]
    return np.array(["train" if h < 80 else "val" if h < 90 else "test" for h in hundredth])


def read_splits(folder: Path, names: list[str]) -> np.ndarray:
    """Splits from `split.csv` (`name,split`) in or beside `folder`, else `split_by_name`.

    Names in the file may carry a suffix. A picture that the file does not name raises `ValueError`.
    """
    file = next((p for p in (folder / "split.csv", folder.parent / "split.csv") if p.exists()), None)
    if file is None:
        return split_by_name(names)
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)  # a picture may be called NA
    except ValueError as error:  # pandas' own errors, and bytes that are no text
        raise ValueError(f"{file}: not readable as lines of name,split ({str(error).strip()})") from error
    if list(table.columns) != ["name", "split"] or not set(table["split"]) <= set(SPLITS):
        raise ValueError(f"{file}: needs the columns name,split with split one of {', '.join(SPLITS)}")
    # Only a picture's suffix is cut off: a name may hold dots of its own.
    stems = (Path(name).stem if Path(name).suffix.lower() in SUFFIXES else name for name in table["name"])
    known = dict(zip(stems, table["split"], strict=True))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"{file}: does not name {unknown[0]} ({len(unknown)} such pictures); add a line for each")
    return np.array([known[name] for name in names])


def make_pairs(
    name: str, description: str, names: list[str], gray: np.ndarray | Rows, color: np.ndarray | Rows, splits: np.ndarray
) -> Pairs:
    """`Pairs` from arrays, with the fingerprint of their content."""
    digest = hashlib.sha256(json.dumps([names, splits.tolist(), list(color.shape)]).encode())
    for start in range(0, len(names), _PIECE):  # in pieces: a memory-mapped array need not fit in memory
        digest.update(np.ascontiguousarray(gray[start : start + _PIECE]).data)
        digest.update(np.ascontiguousarray(color[start : start + _PIECE]).data)
    return Pairs(name, description, gray, color, names, splits, digest.hexdigest()[:16])


def join_pairs(parts: Sequence[Pairs]) -> Pairs:
    """Several sets of pairs of one size as one, each name led by the name of its set; no picture is copied."""
    if len({part.size for part in parts}) > 1:
        raise ValueError(f"sets of {sorted({part.size for part in parts})} px cannot be joined; load them at one size")
    everything = np.arange(sum(len(part) for part in parts))
    return make_pairs(
        " + ".join(part.name for part in parts),
        "; ".join(part.description for part in parts),
        [f"{part.name}/{name}" for part in parts for name in part.names],
        Rows([part.gray for part in parts], everything),
        Rows([part.color for part in parts], everything),
        np.concatenate([part.splits for part in parts]),
    )


def cached_pairs(cache: Path, key: Sequence[object], make: Callable[[Path], Pairs]) -> Pairs:
    """What `make` returns, kept in `cache` under a hash of `key` and memory-mapped from there, now and the next time.

    `make` is given the folder that becomes the cache; the `gray.npy` and `color.npy` that it leaves there are kept.
    """
    folder = cache / _hash(json.dumps([_DECODER, *key]))[:16]
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
    for start in range(0, len(rows), _PIECE):
        kept[start : start + _PIECE] = array[rows[start : start + _PIECE]]
    shorter.replace(path)
    return kept


def decode_pairs(
    files: list[tuple[str, Path, Path | None]], size: int, folder: Path
) -> tuple[list[str], np.ndarray, np.ndarray, list]:
    """Decode `(stem, gray, color)` files at `size` px: names, gray, colour, and a sentence for each file left out.

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
        # A gray side of its own is resized as it is; a made one is the luma of the resized colour side.
        gray[position] = squared(pair[0], size) if files[position][2] else squared(pair[1], size).convert("L")
        return None

    problems: list[str | None] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # PIL decodes and resizes without holding the GIL
        for start in range(0, len(files), _PIECE):  # all at once, the waiting jobs alone would take 100 MB
            problems += pool.map(decode, range(start, min(start + _PIECE, len(files))))
    good = [i for i, problem in enumerate(problems) if problem is None]
    if len(good) < len(files):
        gray, color = _only_rows(gray, folder / "gray.npy", good), _only_rows(color, folder / "color.npy", good)
    return [files[i][0] for i in good], gray, color, [p for p in problems if p]


def sample_table(pairs: Pairs) -> pd.DataFrame:
    """What one wants to know of samples when something is off: shape, type, range and means of both sides, by name."""
    rows = []
    for index, name in enumerate(pairs.names):
        for side, picture in (("gray", pairs.gray[index]), ("color", pairs.color[index])):
            means = " ".join(f"{mean:.1f}" for mean in np.atleast_1d(picture.mean((0, 1))))
            shape, span = " x ".join(map(str, picture.shape)), f"{picture.min()} to {picture.max()}"
            rows.append((name, side, shape, str(picture.dtype), span, means, pairs.splits[index]))
    columns = ["name", "side", "shape (H x W x C)", "type", "range", "mean by channel", "split"]
    return pd.DataFrame(rows, columns=columns).set_index(["name", "side"])


def near_duplicates(pairs: Pairs, threshold: float = 0.995, side: int = 16) -> pd.DataFrame:
    """Pictures that stand in two splits almost unchanged, as rows (name, split, other, other_split, similarity).

    Similarity is the correlation of luma thumbnails of `side` x `side` pixels, as they are or mirrored.
    """
    pieces = (pairs.gray[start : start + _PIECE, ..., None] for start in range(0, len(pairs), _PIECE))
    thumbs = torch.cat(
        [torch.nn.functional.interpolate(spaces.to_tensor(x), size=(side, side), mode="area") for x in pieces]
    )

    def normalised(x: Tensor) -> Tensor:  # (N, side * side), zero mean, unit length
        x = x.flatten(1) - x.flatten(1).mean(1, keepdim=True)
        return x / x.norm(dim=1, keepdim=True).clamp(min=1e-6)

    straight, mirrored = normalised(thumbs), normalised(thumbs.flip(-1))
    rows = []
    for start in range(0, len(pairs), 1024):
        block = straight[start : start + 1024]
        similarity = torch.maximum(block @ straight.T, block @ mirrored.T)  # (1024, N)
        for i, j in (similarity > threshold).nonzero().tolist():
            a, b = start + i, j
            if a < b and pairs.splits[a] != pairs.splits[b]:
                rows.append((pairs.names[a], pairs.splits[a], pairs.names[b], pairs.splits[b], float(similarity[i, j])))
    columns = ["name", "split", "other", "other_split", "similarity"]
    return pd.DataFrame(rows, columns=columns).sort_values("similarity", ascending=False, ignore_index=True)
