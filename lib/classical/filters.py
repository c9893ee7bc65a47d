"""Spatial preprocessing of gray pictures (paper section III.A.1): Sobel and Canny edges, Gaussian and bilateral blur.

Every filter reads a gray uint8 picture `(H, W)` and returns one of the same shape and type; anything else raises
`TypeError` or `ValueError`. Scales are in pixels: shrink or enlarge the picture and the same filter sees other details.
"""

from collections.abc import Callable

import cv2
import numpy as np

# The Sobel kernel adds four neighbor differences, so a step from 0 to 255 answers with 4 * 255.
_SOBEL_GAIN = 4


def check_gray(gray: np.ndarray) -> np.ndarray:
    """Return `gray`, or raise `TypeError` or `ValueError` unless it is a uint8 picture `(H, W)` with pixels in it."""
    if not isinstance(gray, np.ndarray) or gray.dtype != np.uint8:
        raise TypeError(f"expected a gray uint8 picture (H, W), got {_describe(gray)}")
    if gray.ndim != 2 or gray.size == 0:
        raise ValueError(f"expected a gray uint8 picture (H, W), got {_describe(gray)}")
    return gray


def check_pairs(gray: np.ndarray, color: np.ndarray) -> None:
    """Raise unless `gray` is uint8 `(N, H, W)` and `color` uint8 `(N, H, W, 3)` with the same, non-zero sizes.

    Whatever has an array's type and shape will do, such as the rows of a mapped file.
    """
    if any(getattr(array, "dtype", None) != np.uint8 for array in (gray, color)):
        raise TypeError(f"expected uint8 pairs, got gray {_describe(gray)} and color {_describe(color)}")
    if len(gray.shape) != 3 or color.shape != (*gray.shape, 3) or 0 in gray.shape:
        raise ValueError(
            f"expected gray (N, H, W) and color (N, H, W, 3), got gray {_describe(gray)} and color {_describe(color)}"
        )


def _describe(array: object) -> str:
    if hasattr(array, "dtype") and hasattr(array, "shape"):
        return f"{array.dtype} of shape {array.shape}"
    return type(array).__name__


def sobel(gray: np.ndarray) -> np.ndarray:
    """Gradient magnitude (3x3 Sobel), scaled so that a straight step from 0 to 255 is 255; diagonal ones may clip."""
    check_gray(gray)
    horizontal = cv2.Sobel(gray, cv2.CV_32F, 1, 0)
    vertical = cv2.Sobel(gray, cv2.CV_32F, 0, 1)
    # Not cv2.magnitude: its last bit depends on where the buffers lie in memory, and then rounding does.
    magnitude = np.sqrt(horizontal * horizontal + vertical * vertical)
    return cv2.convertScaleAbs(magnitude, alpha=1 / _SOBEL_GAIN)


def canny(gray: np.ndarray, low: float | None = None, high: float | None = None) -> np.ndarray:
    """Canny edges: 255 on an edge, 0 elsewhere.

    `low` and `high` are hysteresis thresholds on the unscaled Sobel magnitude, as in `cv2.Canny`. Left out, `high` is
    Otsu's threshold of this picture's own gradient magnitudes, and `low` half of `high`.
    """
    check_gray(gray)
    if high is None:
        otsu, _ = cv2.threshold(sobel(gray), 0, 255, cv2.THRESH_OTSU)
        high = _SOBEL_GAIN * otsu
    if low is None:
        low = high / 2
    return cv2.Canny(gray, low, high, L2gradient=True)


def gaussian(gray: np.ndarray, sigma: float = 1.5) -> np.ndarray:
    """Gaussian blur with a standard deviation of `sigma` pixels."""
    check_gray(gray)
    if not sigma > 0:
        raise ValueError(f"sigma is a blur in pixels above 0, got {sigma}")
    return cv2.GaussianBlur(gray, (0, 0), sigma)


def bilateral(gray: np.ndarray, diameter: int = 7, sigma_color: float = 30, sigma_space: float = 3) -> np.ndarray:
    """Edge-keeping blur over `diameter` pixels: weights fall with distance (pixels) and with difference (gray levels).

    The time grows with the square of `diameter`: the default keeps a 12-megapixel photograph well under a second.
    """
    return cv2.bilateralFilter(check_gray(gray), diameter, sigma_color, sigma_space)


FILTERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Sobel": sobel,
    "Canny": canny,
    "Gaussian": gaussian,
    "bilateral": bilateral,
}
