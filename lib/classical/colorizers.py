"""The paper's first milestone, classical color mapping (section III-A), as colorizers.

`filters` and `fourier` filter gray pictures, `color_maps` and `segmentation` paint them. `classical_colorizers` gathers
the methods that the comparison tables show.
"""

import numpy as np

from lib.classical import color_maps, fourier
from lib.classical.color_maps import PictureColorizer, fit_gradient
from lib.classical.segmentation import SegmentColors

# The four maps that the paper names, and the one of OpenCV's that stays nearest to gray.
_TABLE_MAPS = ("JET", "TURBO", "VIRIDIS", "HOT", "BONE")


def classical_colorizers(train_gray: np.ndarray, train_color: np.ndarray) -> dict[str, PictureColorizer]:
    """The classical methods of the tables by identifier; some are fitted on training pairs.

    A gradient behind a Fourier filter is fitted on filtered pictures, so that it is judged for what the filter leaves
    and not for a shift of brightness.

    Args:
        train_gray: uint8 `(N, H, W)`.
        train_color: uint8 `(N, H, W, 3)`.
    """
    methods = {"intensity_rules": color_maps.intensity_rules()}
    methods |= {f"opencv_{name.lower()}": color_maps.opencv_map(name) for name in _TABLE_MAPS}
    methods["gradient_hand_made"] = color_maps.gradient_map(color_maps.GRADIENTS["landscape"])
    methods["gradient_fitted"] = fit_gradient(train_gray, train_color)
    methods["segments_otsu"] = SegmentColors.fit(train_gray, train_color, "otsu")
    methods["segments_kmeans"] = SegmentColors.fit(train_gray, train_color, "kmeans")
    methods["segments_otsu_luma_kept"] = SegmentColors.fit(train_gray, train_color, "otsu", keep_luma=True)
    for name, filter in fourier.FILTERS.items():
        gradient = fit_gradient(np.stack([filter(gray) for gray in train_gray]), train_color)
        methods[f"gradient_{name.replace('-', '_')}"] = color_maps.Preprocessed(filter, gradient)
    return methods
