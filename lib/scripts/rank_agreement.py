"""Changes of photographs, and how alike two distances between pictures rank them."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms.functional import gaussian_blur

from lib.classical.color_maps import opencv_map
from lib.color.spaces import luma, rgb_to_ycbcr, to_tensor, to_uint8, ycbcr_to_rgb
from lib.data.images import read_photograph
from lib.losses.vgg_features import normalize

SCORED_SIZE = 96
SCORED_PHOTOGRAPHS = 120
RESAMPLES = 1000


def crop(path: Path, size: int, at: np.random.Generator | None = None) -> Tensor:
    """A square `(3, size, size)` of a photograph: from a random place, or the middle without a generator."""
    image = np.array(read_photograph(path))
    spare = np.array(image.shape[:2]) - size
    top, left = spare // 2 if at is None else at.integers(0, spare + 1)
    return to_tensor(image[top : top + size, left : left + size])


def recolor(rgb: Tensor, saturation: Tensor | float, angle: Tensor | float = 0.0) -> Tensor:
    """`(B, 3, H, W)` with its chroma scaled and turned by `angle` (radians), clipped to [0, 1]; per picture or all."""
    saturation, angle = (torch.as_tensor(v, dtype=rgb.dtype).reshape(-1, 1, 1, 1) for v in (saturation, angle))
    y, cb, cr = rgb_to_ycbcr(rgb).split(1, dim=1)
    turned = [angle.cos() * cb - angle.sin() * cr, angle.sin() * cb + angle.cos() * cr]
    return ycbcr_to_rgb(torch.cat([y, *(saturation * chroma for chroma in turned)], dim=1)).clamp(0, 1)


def _smeared(rgb: Tensor) -> Tensor:
    """Chroma averaged over 8 x 8 px under the true luma: color that runs over the edges."""
    y, chroma = rgb_to_ycbcr(rgb).split((1, 2), dim=1)
    small = F.avg_pool2d(chroma, 8)
    chroma = F.interpolate(small, size=rgb.shape[2:], mode="bilinear", align_corners=False)
    return ycbcr_to_rgb(torch.cat([y, chroma], dim=1)).clamp(0, 1)


def _blue_faded(rgb: Tensor) -> Tensor:
    return ycbcr_to_rgb(rgb_to_ycbcr(rgb) * torch.tensor([1, 0.3, 1]).reshape(1, 3, 1, 1)).clamp(0, 1)


def _jpeg(rgb: Tensor) -> Tensor:
    pictures = []
    for picture in to_uint8(rgb):
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "JPEG", quality=15)
        pictures.append(to_tensor(np.array(Image.open(buffer))))
    return torch.stack(pictures)


def _noisy(rgb: Tensor) -> Tensor:
    return (rgb + 0.05 * torch.randn(rgb.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)


COLOR_CHANGES: dict[str, Callable[[Tensor], Tensor]] = {
    "gray copy": lambda rgb: recolor(rgb, 0.0),
    "saturation 0.25": lambda rgb: recolor(rgb, 0.25),
    "saturation 0.5": lambda rgb: recolor(rgb, 0.5),
    "saturation 0.75": lambda rgb: recolor(rgb, 0.75),
    "saturation 1.5": lambda rgb: recolor(rgb, 1.5),
    "hue turned by 20 degrees": lambda rgb: recolor(rgb, 1.0, np.deg2rad(20)),
    "hue turned by 90 degrees": lambda rgb: recolor(rgb, 1.0, np.deg2rad(90)),
    "Cb times 0.3": _blue_faded,
    "chroma smeared over 8 px": _smeared,
}
OTHER_CHANGES: dict[str, Callable[[Tensor], Tensor]] = {
    "blur, sigma 1 px": lambda rgb: gaussian_blur(rgb, 9, 1.0),
    "noise, sigma 0.05": _noisy,
    "JPEG, quality 15": _jpeg,
    "viridis of the gray": lambda rgb: opencv_map("viridis")(luma(rgb)),
    "another photograph": lambda rgb: rgb.roll(1, 0),
}
SCORES_SAY = (
    "Spearman rank correlation with the teacher's distances, [value, low, high], 95% bootstrap "
    f"over {SCORED_PHOTOGRAPHS} held-out photographs (the middle {SCORED_SIZE} px), each against "
    f"{len(COLOR_CHANGES)} color changes and {len(OTHER_CHANGES)} others. A group named after one change "
    "ranks photographs by what it costs them; JPEG and viridis were never trained on. `pixel MSE` and "
    "`random weights` (the same shape, untrained) are controls"
)


def _rank_correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Spearman's, of each row of `a` with that row of `b`: `(R, N)` twice to `(R,)`."""
    return pd.DataFrame(a.T).rank().corrwith(pd.DataFrame(b.T).rank()).to_numpy()  # far faster than method="spearman"


def rank_agreement(own: np.ndarray, wanted: np.ndarray, seed: int = 0) -> dict[str, list[float]]:
    """How alike two measures rank changes: `[value, low, high]` a group, 95% bootstrap over photographs.

    Both are `(photographs, changes)`, the columns in the order of COLOR_CHANGES and then OTHER_CHANGES.
    """
    samples = np.random.default_rng(seed).integers(0, len(own), (RESAMPLES, len(own)))
    samples = np.concatenate([np.arange(len(own))[None], samples])  # the first "sample" is the data itself
    colors = slice(0, len(COLOR_CHANGES))
    columns = {"all pairs": slice(None), "color changes": colors}
    columns |= {name: slice(i, i + 1) for i, name in enumerate(COLOR_CHANGES | OTHER_CHANGES)}
    scores = {}
    for group, chosen in columns.items():
        drawn = [distances[:, chosen][samples].reshape(len(samples), -1) for distances in (own, wanted)]
        scores[group] = _rank_correlation(*drawn)
    for group, chosen in (("within a photograph", slice(None)), ("within a photograph, color changes", colors)):
        scores[group] = _rank_correlation(own[:, chosen], wanted[:, chosen])[samples].mean(1)
    return {
        group: [round(float(v), 4) for v in (values[0], *np.quantile(values[1:], [0.025, 0.975]))]
        for group, values in scores.items()
    }


@torch.no_grad()
def score(teacher: nn.Module, networks: Mapping[str, nn.Module], photographs: list[Path], seed: int) -> dict[str, dict]:
    """Rank agreement with the teacher on held-out photographs, by name: of each network's features, and of the pixels.

    The squared error of the pixels, "pixel MSE", is a control.
    """
    chosen = np.random.default_rng(seed).permutation(len(photographs))[:SCORED_PHOTOGRAPHS]
    truths = torch.stack([crop(photographs[i], SCORED_SIZE) for i in sorted(chosen)])
    changes = (COLOR_CHANGES | OTHER_CHANGES).values()
    pictures = torch.stack([truths, *(change(truths) for change in changes)], dim=1)
    maps = {n: lambda rgb, net=net: net(normalize(rgb)) for n, net in {"teacher": teacher, **networks}.items()}
    maps["pixel MSE"] = lambda rgb: rgb
    distances = {name: [] for name in maps}
    for row in pictures.unbind():  # a photograph and its changed copies, (1 + changes, 3, H, W)
        row = row.contiguous(memory_format=torch.channels_last)
        for name, features in maps.items():
            truth, changed = features(row).split([1, len(changes)])
            distances[name].append((changed - truth).square().mean((1, 2, 3)).numpy())
    tables = {name: np.stack(rows) for name, rows in distances.items()}
    wanted = tables.pop("teacher")
    return {name: rank_agreement(own, wanted, seed) for name, own in tables.items()}
