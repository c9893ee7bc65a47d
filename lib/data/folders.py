"""`GrayscaleToColorDataset`, the paper's data set: a folder of gray and a folder of color pictures (section III-B)."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from lib.color import spaces
from lib.common.files import printable
from lib.data.images import PhotographError, read_pair
from lib.data.listing import match_pairs


def pil_to_tensor(image: Image.Image) -> Tensor:
    """A PIL picture of 8 bits as a float32 tensor `(C, H, W)` in [0, 1]."""
    return spaces.to_tensor(np.asarray(image))


class GrayscaleToColorDataset(Dataset):
    """Pairs from a folder of gray and a folder of color pictures, matched by file name (paper, section III-B; see
    `match_pairs`).

    Args:
        gray_dir, color_dir: the two folders.
        transform: from a PIL picture to a tensor, applied to both sides; without it, a float tensor in [0, 1].
        on_error: "raise" stops at the first picture that cannot be used (no partner, unreadable, another size than
            its partner) with `PhotographError`; "skip" leaves it out and lists it in `skipped`. To find out, every file
            is decoded once at the start.

    Items are `(gray, color)`: `(1, H, W)` and `(3, H, W)`, float32 in [0, 1].
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
                self.skipped.append(printable(str(error)))
        if self.skipped and on_error == "raise":
            raise PhotographError(self.skipped[0])
        if not self.items:
            raise PhotographError(f"{printable(gray_dir)} and {printable(color_dir)} hold no usable pair")

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        gray, color = read_pair(*self.items[index][1:])
        return self.transform(gray), self.transform(color)
