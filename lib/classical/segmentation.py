"""Intensity-based segmentation (multi-level Otsu, k-means) and a color for each segment.

Both methods see only the histogram of a picture, so a segmentation is a label for each of 256 gray levels. It costs the
same for a thumbnail and for a 12-megapixel photograph. Labels run from 0 (darkest) upwards. A picture with fewer
distinct levels than segments gets one segment for each level, and the higher labels stay unused.

Unlike a fixed color map, the segments follow the picture: "the darkest of four" is another band in every photograph.
"""

from collections.abc import Callable

import cv2
import numpy as np

from lib.classical.color_maps import LEVELS, PictureColorizer, level_sums
from lib.classical.filters import check_gray, check_pairs
from lib.color.spaces import LUMA_WEIGHTS


def otsu_levels(counts: np.ndarray, segments: int = 4) -> np.ndarray:
    """Multi-level Otsu: the segments of a histogram with the least variance within them.

    The exact optimum, by dynamic programming over the levels: the same thresholds as an exhaustive search
    (`skimage.filters.threshold_multiotsu`), which takes 40 ms for four segments and 4 s for five.

    Args:
        counts: number of pixels of each gray level, `(256,)`.
        segments: 2 to 256; others raise `ValueError`.

    Returns:
        The label of each gray level, uint8 `(256,)`.

    >>> labels = otsu_levels(np.bincount([10, 11, 90, 91, 200], minlength=256), segments=3)
    >>> labels[[10, 11, 90, 91, 200]].tolist()
    [0, 0, 1, 1, 2]
    """
    seen = np.flatnonzero(counts)
    if len(seen) <= _check_segments(segments):
        return np.searchsorted(seen[:-1], LEVELS).astype(np.uint8)
    mass = np.concatenate([[0.0], np.cumsum(counts[seen], dtype=np.float64)])
    moment = np.concatenate([[0.0], np.cumsum(counts[seen] * seen, dtype=np.float64)])
    # score[i, j]: what one segment of the seen levels i..j-1 adds to the variance between segments.
    pixels, total = mass - mass[:, None], moment - moment[:, None]
    score = np.where(pixels > 0, total**2 / np.maximum(pixels, 1), -np.inf)
    best, starts = score[0], []
    for _ in range(segments - 1):
        candidates = best[:, None] + score
        starts.append(candidates.argmax(axis=0))
        best = candidates.max(axis=0)
    end, thresholds = len(seen), []
    for start in reversed(starts):
        end = start[end]
        thresholds.append(seen[end - 1])  # the brightest level of the segment below
    return np.searchsorted(thresholds[::-1], LEVELS).astype(np.uint8)


def kmeans_levels(counts: np.ndarray, segments: int = 4) -> np.ndarray:
    """K-means: Lloyd's algorithm on a histogram, from evenly spaced levels. Arguments and labels as in `otsu_levels`.

    In one dimension k-means and Otsu minimize the same variance; k-means descends to the nearest minimum, Otsu finds
    the lowest. So the two agree on many pictures, and k-means is never the tighter one. It needs no random start.
    """
    seen = np.flatnonzero(counts)
    if len(seen) <= _check_segments(segments):
        return np.searchsorted(seen[:-1], LEVELS).astype(np.uint8)
    # Among the seen levels, so that no segment starts empty, each in the middle of its share of them.
    centers = seen[(2 * np.arange(segments) + 1) * len(seen) // (2 * segments)].astype(np.float64)
    labels = None
    while True:  # ends: every round lowers the variance, and there are finitely many labelings
        previous, labels = labels, np.searchsorted((centers[1:] + centers[:-1]) / 2, LEVELS)
        if previous is not None and np.array_equal(previous, labels):
            return labels.astype(np.uint8)
        mass = np.bincount(labels, weights=counts, minlength=segments)
        moment = np.bincount(labels, weights=counts * LEVELS, minlength=segments)
        centers = np.where(mass > 0, moment / np.maximum(mass, 1), centers)


def _check_segments(segments: int) -> int:
    if not 2 <= segments <= 256:
        raise ValueError(f"a picture is cut into 2 to 256 segments, got {segments}")
    return segments


def _histogram(gray: np.ndarray) -> np.ndarray:
    return np.bincount(check_gray(gray).ravel(), minlength=256)


def multi_otsu(gray: np.ndarray, segments: int = 4) -> np.ndarray:
    """The segments of a gray uint8 picture `(H, W)` by multi-level Otsu: labels, uint8 `(H, W)`. See `otsu_levels`."""
    return cv2.LUT(gray, otsu_levels(_histogram(gray), segments))


def kmeans(gray: np.ndarray, segments: int = 4) -> np.ndarray:
    """The segments of a gray uint8 picture `(H, W)` by k-means: labels, uint8 `(H, W)`. See `kmeans_levels`."""
    return cv2.LUT(gray, kmeans_levels(_histogram(gray), segments))


METHODS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {"otsu": otsu_levels, "kmeans": kmeans_levels}


class SegmentColors(PictureColorizer):
    """Cuts a picture into segments by its gray levels and paints each segment in one color.

    Args:
        palette: uint8 `(segments, 3)` RGB, from the darkest segment to the brightest.
        method: "otsu" or "kmeans".
        keep_luma: False paints flat, so that texture within a segment is lost, as in the paper's segmentation. True
            takes only the chroma of the segment's color, and every pixel keeps its luma; chroma that would leave the
            RGB cube is shrunk.
    """

    def __init__(self, palette: np.ndarray, method: str = "otsu", keep_luma: bool = False):
        if palette.ndim != 2 or palette.shape[1] != 3 or palette.dtype != np.uint8:
            raise ValueError(f"a palette is uint8 (segments, 3), got {palette.dtype} of shape {palette.shape}")
        self.palette, self.segments, self.label_levels = palette, _check_segments(len(palette)), _method(method)
        self.keep_luma = keep_luma

    @classmethod
    def fit(
        cls, gray: np.ndarray, color: np.ndarray, method: str = "otsu", segments: int = 4, keep_luma: bool = False
    ) -> "SegmentColors":
        """Segment colors fitted on training pairs: each segment's mean color.

        Args:
            gray: uint8 `(N, H, W)`.
            color: uint8 `(N, H, W, 3)`.
            method: "otsu" or "kmeans".
            segments: how many.
            keep_luma: see the class.

        Raises:
            ValueError: no picture has as many gray levels as `segments`, which leaves a segment without a color.
        """
        check_pairs(gray, color)
        label_levels = _method(method)
        counts, sums = np.zeros(segments), np.zeros((segments, 3))
        for picture in zip(gray, color, strict=True):
            level_counts, level_colors = level_sums(*picture)
            members = np.eye(segments)[label_levels(level_counts, segments)]
            counts += level_counts @ members
            sums += members.T @ level_colors
        if not counts.all():
            raise ValueError(f"none of the training pictures has {segments} gray levels to make {segments} segments of")
        return cls(np.rint(sums / counts[:, None]).astype(np.uint8), method, keep_luma)

    def map_image(self, gray: np.ndarray) -> np.ndarray:
        table = self.palette[self.label_levels(_histogram(gray), self.segments)]
        if self.keep_luma:
            table = _with_luma(table.astype(np.float64), LEVELS[:, None])
        return cv2.applyColorMap(gray, table[:, None])


def _method(name: str) -> Callable[[np.ndarray, int], np.ndarray]:
    if name not in METHODS:
        raise ValueError(f"unknown segmentation {name!r}; there are {', '.join(METHODS)}")
    return METHODS[name]


def _with_luma(colors: np.ndarray, luma: np.ndarray) -> np.ndarray:
    """Colors `(N, 3)` moved to `luma` `(N, 1)`, all in 0..255, as uint8; chroma shrinks until the color fits."""
    chroma = colors - colors @ np.array(LUMA_WEIGHTS)[:, None]
    room = np.where(chroma > 0, 255 - luma, luma)
    scale = (room / np.maximum(np.abs(chroma), 1e-9)).min(axis=1, keepdims=True).clip(max=1)
    return np.rint(luma + scale * chroma).astype(np.uint8)
