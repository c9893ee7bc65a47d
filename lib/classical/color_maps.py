"""Color maps as colorizers: one color for every gray level (paper section III-A1).

Intensity rules, OpenCV's maps, custom gradients and fitted tables are all tables of 256 RGB colors. None of them can
tell a gray sky from gray rock; `fit_intensity_map` is the best that any of them can do.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from torch import Tensor

from lib.classical.filters import check_gray, check_pairs
from lib.color.spaces import to_tensor, to_uint8

LEVELS = np.arange(256)


def map_batch(function: Callable[[np.ndarray], np.ndarray], gray: Tensor) -> Tensor:
    """Apply a function of one uint8 picture to each picture of a batch.

    Args:
        function: from gray uint8 `(H, W)` to uint8 `(H, W)` or `(H, W, C)`.
        gray: `(B, 1, H, W)` in [0, 1]; another shape raises `ValueError`.

    Returns:
        `(B, 1, H, W)` or `(B, C, H, W)`, float32 in [0, 1], on the device of `gray`.
    """
    if gray.ndim != 4 or gray.shape[1] != 1:
        raise ValueError(f"expected a gray batch (B, 1, H, W), got shape {tuple(gray.shape)}")
    pictures = np.stack([function(picture) for picture in to_uint8(gray)])
    return to_tensor(pictures.reshape(*pictures.shape[:3], -1)).to(gray.device)


class PictureColorizer:
    """A colorizer that works on one uint8 picture at a time; subclasses implement `map_image`."""

    def map_image(self, gray: np.ndarray) -> np.ndarray:
        """Gray uint8 `(H, W)` to RGB uint8 `(H, W, 3)`."""
        raise NotImplementedError

    def __call__(self, gray: Tensor) -> Tensor:
        """Gray `(B, 1, H, W)` in [0, 1] to RGB `(B, 3, H, W)` in [0, 1], float32."""
        return map_batch(self.map_image, gray)


class LookupColorizer(PictureColorizer):
    """A color map: paints every gray level in its color of `table`, uint8 `(256, 3)` RGB."""

    def __init__(self, table: np.ndarray):
        if table.shape != (256, 3) or table.dtype != np.uint8:
            raise ValueError(f"a table of colors is uint8 (256, 3), got {table.dtype} of shape {table.shape}")
        self.table = table

    def map_image(self, gray: np.ndarray) -> np.ndarray:
        # For a gray picture and a table of three channels cv2 is some ten times as fast as table[gray].
        return cv2.applyColorMap(check_gray(gray), np.ascontiguousarray(self.table[:, None]))


class Preprocessed(PictureColorizer):
    """A colorizer behind a filter: `filter` maps gray uint8 `(H, W)` to the same, `colorizer` paints the result."""

    def __init__(self, filter: Callable[[np.ndarray], np.ndarray], colorizer: PictureColorizer):
        self.filter, self.colorizer = filter, colorizer

    def map_image(self, gray: np.ndarray) -> np.ndarray:
        return self.colorizer.map_image(self.filter(gray))


# Gray levels from the bound before up to this bound get the color. Each color's own luma lies in its band, so that the
# rules quantize the light and never reverse it.
INTENSITY_RULES: tuple[tuple[int, tuple[int, int, int], str], ...] = (
    (32, (17, 20, 17), "shadow"),
    (88, (47, 71, 34), "vegetation"),
    (132, (75, 121, 146), "water"),
    (176, (163, 153, 136), "rock"),
    (224, (172, 208, 238), "sky"),
    (256, (240, 242, 244), "snow and cloud"),
)


def intensity_rules() -> LookupColorizer:
    """The paper's "if darker than ... then this color" mapping (section III-A1, method 1), see `INTENSITY_RULES`.

    >>> intensity_rules().table[[0, 100, 255]].tolist()  # shadow, water, cloud
    [[17, 20, 17], [75, 121, 146], [240, 242, 244]]
    """
    bounds = [bound for bound, _, _ in INTENSITY_RULES]
    colors = np.array([color for _, color, _ in INTENSITY_RULES], dtype=np.uint8)
    return LookupColorizer(colors[np.searchsorted(bounds, LEVELS, side="right")])


_PREFIX = "COLORMAP_"
# OpenCV's code of each of its color maps, by name.
OPENCV_MAPS = {name.removeprefix(_PREFIX): code for name, code in sorted(vars(cv2).items()) if name.startswith(_PREFIX)}


def opencv_map(name: str) -> LookupColorizer:
    """OpenCV's `cv2.COLORMAP_<name>` (paper section III-A1, method 2); an unknown name raises `ValueError`.

    `name` may be written in upper or lower case.
    """
    if name.upper() not in OPENCV_MAPS:
        raise ValueError(f"OpenCV has no color map {name!r}; it has {', '.join(OPENCV_MAPS)}")
    bgr = cv2.applyColorMap(LEVELS.astype(np.uint8)[:, None], OPENCV_MAPS[name.upper()])[:, 0]
    return LookupColorizer(bgr[:, ::-1].copy())


# Hand-made gradients for `gradient_map`: (position, color). Every color is placed at its own luma, so that a gradient
# tints the picture and leaves its light as it is; black and white stay black and white.
GRADIENTS: dict[str, tuple[tuple[float, str], ...]] = {
    "landscape": (
        (0, "black"),
        (0.2, "#263e21"),
        (0.42, "#607848"),
        (0.58, "#9e937c"),
        (0.78, "#acceec"),
        (1, "white"),
    ),
    "sepia": ((0, "black"), (0.25, "#543c21"), (0.6, "#b89269"), (0.85, "#e8d6b8"), (1, "white")),
    "sunset": ((0, "black"), (0.22, "#462c52"), (0.45, "#be5648"), (0.7, "#f4a452"), (0.87, "#ffde8c"), (1, "white")),
    "glacier": ((0, "black"), (0.25, "#24466a"), (0.55, "#6896b8"), (0.8, "#bad0e4"), (1, "white")),
}


def gradient_map(stops: Sequence) -> LookupColorizer:
    """A gradient between colors by matplotlib's `LinearSegmentedColormap` (paper section III-A1, method 3).

    Args:
        stops: matplotlib colors, evenly spaced from black to white input, or pairs (position, color) with positions
            that rise from 0 to 1. What matplotlib cannot read raises its `ValueError`.

    >>> gradient_map(["black", "red"]).table[[0, 128, 255]].tolist()
    [[0, 0, 0], [128, 0, 0], [255, 0, 0]]
    """
    colormap = LinearSegmentedColormap.from_list("gradient", list(stops), N=256)
    return LookupColorizer(np.rint(255 * colormap(LEVELS)[:, :3]).astype(np.uint8))


def level_sums(gray: np.ndarray, color: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number of pixels of each gray level, `(256,)`, and the sum of their colors, `(256, 3)`, in one uint8 pair."""
    levels = gray.ravel().astype(np.intp)
    sums = [np.bincount(levels, weights=color[..., channel].ravel(), minlength=256) for channel in range(3)]
    return np.bincount(levels, minlength=256), np.stack(sums, axis=1)


def _mean_colors(gray: np.ndarray, color: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number of pixels of each level, `(256,)`, and their mean color, `(256, 3)` in 0..255, in training pairs.

    The colors of levels that do not occur are interpolated.
    """
    check_pairs(gray, color)
    counts, sums = np.zeros(256), np.zeros((256, 3))
    for picture in zip(gray, color, strict=True):
        picture_counts, picture_sums = level_sums(*picture)
        counts += picture_counts
        sums += picture_sums
    seen = counts > 0
    # Luma 0 can only be black and luma 255 only white, seen or not: they hold the ends.
    known = seen | (LEVELS == 0) | (LEVELS == 255)
    sums[255] = np.where(seen[255], sums[255], 255)
    means = sums[known] / np.maximum(counts[known], 1)[:, None]
    return counts, np.stack([np.interp(LEVELS, LEVELS[known], channel) for channel in means.T], axis=1)


def fit_intensity_map(gray: np.ndarray, color: np.ndarray) -> LookupColorizer:
    """The best intensity-only map of training pairs: each gray level's mean color.

    No other table has a smaller squared error on these pairs. Levels that do not occur in them are interpolated between
    their neighbors, with black and white at the ends.

    Args:
        gray: uint8 `(N, H, W)`.
        color: uint8 `(N, H, W, 3)`.
    """
    _, means = _mean_colors(gray, color)
    return LookupColorizer(np.rint(means).astype(np.uint8))


def fit_gradient(gray: np.ndarray, color: np.ndarray, stops: int = 8) -> LookupColorizer:
    """The gradient of evenly spaced colors with the smallest squared error on training pairs.

    Args:
        gray: uint8 `(N, H, W)`.
        color: uint8 `(N, H, W, 3)`.
        stops: number of colors, 2 to 256; others raise `ValueError`. With 256 it is `fit_intensity_map`.
    """
    if not 2 <= stops <= 256:
        raise ValueError(f"a gradient has 2 to 256 stops, got {stops}")
    counts, means = _mean_colors(gray, color)
    positions = np.linspace(0, 255, stops)
    basis = np.stack([np.interp(LEVELS, positions, hat) for hat in np.eye(stops)], axis=1)
    # A trace of weight on unseen levels, at their interpolated colors, so that every stop is determined.
    weights = np.sqrt(counts / counts.sum() + 1e-9)[:, None]
    colors, *_ = np.linalg.lstsq(weights * basis, weights * means / 255, rcond=None)
    return gradient_map(list(np.clip(colors, 0, 1)))
