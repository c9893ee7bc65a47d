"""`Pairs`, the data set of the workbook: gray and color pictures of one size, with a split that never changes.

Where they come from a cache, the arrays stay on the disk, mapped into memory, and a split looks its pictures up there:
there may be more of them than memory holds. `lib.data.sources.load_pairs` makes them from a folder.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from lib.data.arrays import Rows
from lib.data.splits import SPLITS, empty_split, in_order, sha256_of

PIECE = 256  # pictures read at a time where all of them are needed


@dataclass(frozen=True)
class Pairs:
    """N pairs of a gray and a color picture, decoded to uint8 at one size.

    Args:
        name: what the data set is called in tables and records.
        description: one line about its pictures.
        gray: `(N, H, W)`, an array, a memory-mapped one, or the `Rows` of such.
        color: `(N, H, W, 3)`, the same.
        names: the N names of the pictures.
        splits: for each picture "train", "val" or "test".
        fingerprint: identifies pixels, names and splits.
        skipped: a sentence for each file that was left out.
        remarks: what else there is to say of the files, in one line; "" for nothing.
    """

    name: str
    description: str
    gray: np.ndarray | Rows
    color: np.ndarray | Rows
    names: list[str]
    splits: np.ndarray
    fingerprint: str
    skipped: list[str] = field(default_factory=list)
    remarks: str = ""

    def __len__(self) -> int:
        return len(self.names)

    @property
    def size(self) -> int:
        """Side of the square pictures, in pixels."""
        return self.gray.shape[-1]

    @property
    def left_out(self) -> str:
        """How many files were left out, and the first sentence; "" for none."""
        if not self.skipped:
            return ""
        count = f"{len(self.skipped):,} {'file' if len(self.skipped) == 1 else 'files'}"
        return f"Left out: {count} that cannot be used; the first: {self.skipped[0]}"

    def counts(self) -> dict[str, int]:
        """Number of pairs in each split."""
        return {split: int((self.splits == split).sum()) for split in SPLITS}

    def indices(self, split: str, limit: int | None = None) -> np.ndarray:
        """The positions of a split's pairs, in an order that depends on their names only: 1,000 are among the 2,000.

        Raises `ValueError` where the split has fewer than `limit`: a run must not train on less than it says.
        """
        if split not in SPLITS:
            raise ValueError(f"split is one of {', '.join(SPLITS)}, not {split!r}")
        found = np.flatnonzero(self.splits == split)
        if not len(found):
            raise ValueError(empty_split(self.name, split))
        if limit is not None and limit > len(found):
            raise ValueError(f"{limit} {split} pairs were asked for, {self.name} has {len(found)}; ask for fewer")
        return np.array(in_order(found, self.names))[:limit]

    def split(self, split: str, limit: int | None = None) -> "Pairs":
        """The first `limit` pairs of a split (see `indices`), all of them without a limit; no picture is copied."""
        chosen = self.indices(split, limit)
        return replace(
            self,
            gray=Rows([self.gray], chosen),
            color=Rows([self.color], chosen),
            names=[self.names[i] for i in chosen],
            splits=self.splits[chosen],
        )

    def tensors(self, chosen: slice | Sequence[int], device: str = "cpu") -> tuple[Tensor, Tensor]:
        """The pairs at the chosen positions as gray `(B, 1, H, W)` and color `(B, 3, H, W)`, float32 in [0, 1]."""
        gray, color = (torch.from_numpy(np.array(side[chosen])).to(device) for side in (self.gray, self.color))
        return gray.unsqueeze(1).float() / 255, color.movedim(-1, 1).float() / 255


def make_pairs(
    name: str, description: str, names: list[str], gray: np.ndarray | Rows, color: np.ndarray | Rows, splits: np.ndarray
) -> Pairs:
    """`Pairs` from arrays: computes the fingerprint of pixels, names and splits. See `Pairs` for the arguments."""
    digest = hashlib.sha256(json.dumps([names, splits.tolist(), list(color.shape)]).encode())
    for start in range(0, len(names), PIECE):  # in pieces: a memory-mapped array need not fit in memory
        digest.update(np.ascontiguousarray(gray[start : start + PIECE]).data)
        digest.update(np.ascontiguousarray(color[start : start + PIECE]).data)
    return Pairs(name, description, gray, color, names, splits, digest.hexdigest()[:16])


def join_pairs(parts: Sequence[Pairs]) -> Pairs:
    """Several data sets as one; each picture's name is led by that of its set. No picture is copied or read.

    What was skipped and remarked is that of all sets. The fingerprint is made of theirs, of names and splits.
    Raises `ValueError` for sets of different sizes.
    """
    if len({part.size for part in parts}) > 1:
        raise ValueError(f"sets of {sorted({part.size for part in parts})} px cannot be joined; load them at one size")
    everything = np.arange(sum(len(part) for part in parts))
    names = [f"{part.name}/{name}" for part in parts for name in part.names]
    splits = np.concatenate([part.splits for part in parts])
    # A part may be some pictures of a set whose fingerprint it keeps: its names tell which.
    content = json.dumps([[part.fingerprint for part in parts], names, splits.tolist()])
    return Pairs(
        " + ".join(part.name for part in parts),
        "; ".join(part.description for part in parts),
        Rows([part.gray for part in parts], everything),
        Rows([part.color for part in parts], everything),
        names,
        splits,
        sha256_of("joined", content)[:16],
        [sentence for part in parts for sentence in part.skipped],
        "; ".join(f"{part.name}: {part.remarks}" for part in parts if part.remarks),
    )
