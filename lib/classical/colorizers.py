"""The paper's first milestone, classical color mapping (section III.A), as colorizers.

`filters` and `fourier` filter gray pictures, `color_maps` and `segmentation` paint them. `classical_colorizers` gathers
the methods that the comparison tables show.
"""

import numpy as np

from lib.classical import fourier
from lib.classical.color_maps import (
    GRADIENTS,
    PictureColorizer,
    Preprocessed,
    fit_gradient,
    gradient_map,
    intensity_rules,
    opencv_map,
)
from lib.classical.segmentation import SegmentColors

# The four maps that the paper names, and the one of OpenCV's that stays nearest to gray.
_TABLE_MAPS = ("JET", "TURBO", "VIRIDIS", "HOT", "BONE")


def classical_colorizers(train_gray: np.ndarray, train_color: np.ndarray) -> dict[str, PictureColorizer]:
    """The classical methods of the tables by name; some are fitted on training pairs.

    A gradient behind a Fourier filter is fitted on filtered pictures, so that it is judged for what the filter leaves
    and not for a shift of brightness.

    Args:
        train_gray: uint8 `(N, H, W)`.
        train_color: uint8 `(N, H, W, 3)`.
    """
    fixed = [intensity_rules(), *map(opencv_map, _TABLE_MAPS)]
    fixed.append(gradient_map(GRADIENTS["landscape"], "custom gradient (hand-made)"))
    fitted = [
        fit_gradient(train_gray, train_color),
        SegmentColors.fit(train_gray, train_color, "otsu"),
        SegmentColors.fit(train_gray, train_color, "kmeans"),
        SegmentColors.fit(train_gray, train_color, "otsu", keep_luma=True),
    ]
    for name, filter in fourier.FILTERS.items():
        gradient = fit_gradient(np.stack([filter(gray) for gray in train_gray]), train_color)
        fitted.append(Preprocessed(filter, gradient, f"{name} + fitted gradient"))
    return {colorizer.name: colorizer for colorizer in fixed + fitted}
