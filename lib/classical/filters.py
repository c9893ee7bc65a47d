"""Edges and blurs of gray pictures (paper section III-A1): Sobel, Canny, Gaussian, bilateral.

Every filter reads a gray uint8 picture `(H, W)` and returns one of the same shape and type; anything else raises
`TypeError` or `ValueError`. Scales are in pixels, so the same filter sees other details when the picture is resized.
"""

import cv2
import numpy as np

# The Sobel kernel adds four neighbor differences, so a step from 0 to 255 answers with 4 * 255.
_SOBEL_GAIN = 4


def check_gray(gray: np.ndarray) -> np.ndarray:
    """`gray` itself, checked: a uint8 picture `(H, W)` with pixels in it. Others raise `TypeError` or `ValueError`."""
    if not isinstance(gray, np.ndarray) or gray.dtype != np.uint8:
        raise TypeError(f"expected a gray uint8 picture (H, W), got {_describe(gray)}")
    if gray.ndim != 2 or gray.size == 0:
        raise ValueError(f"expected a gray uint8 picture (H, W), got {_describe(gray)}")
    return gray


def check_pairs(gray: np.ndarray, color: np.ndarray) -> None:
    """Check pairs: `gray` is uint8 `(N, H, W)`, `color` uint8 `(N, H, W, 3)`, of the same sizes, none of them 0.

    Whatever has the dtype and the shape of an array will do, such as `Rows`. Others raise `TypeError` or `ValueError`.
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
    """The gradient magnitude (3 x 3 Sobel): 255 at a straight step from 0 to 255. Diagonal steps may be clipped.

    >>> sobel(np.array([[0, 0, 255, 255]] * 3, np.uint8))[1].tolist()
    [0, 255, 255, 0]
    """
    check_gray(gray)
    horizontal = cv2.Sobel(gray, cv2.CV_32F, 1, 0)
    vertical = cv2.Sobel(gray, cv2.CV_32F, 0, 1)
    # Not cv2.magnitude: its last bit depends on where the buffers lie in memory, and then rounding does.
    magnitude = np.sqrt(horizontal * horizontal + vertical * vertical)
    return cv2.convertScaleAbs(magnitude, alpha=1 / _SOBEL_GAIN)


def canny(gray: np.ndarray) -> np.ndarray:
    """Canny edges: 255 on an edge, 0 elsewhere.

    The upper hysteresis threshold is Otsu's threshold of the picture's own gradient magnitudes, the lower one half of
    it.
    """
    otsu, _ = cv2.threshold(sobel(gray), 0, 255, cv2.THRESH_OTSU)
    high = _SOBEL_GAIN * otsu  # `cv2.Canny` does not scale the magnitude
    return cv2.Canny(gray, high / 2, high, L2gradient=True)


def gaussian(gray: np.ndarray, sigma: float = 1.5) -> np.ndarray:
    """A Gaussian blur with a standard deviation of `sigma` px, above 0; others raise `ValueError`."""
    check_gray(gray)
    if not sigma > 0:
        raise ValueError(f"sigma is a blur in pixels above 0, got {sigma}")
    return cv2.GaussianBlur(gray, (0, 0), sigma)


def bilateral(gray: np.ndarray, diameter: int = 7, sigma_color: float = 30, sigma_space: float = 3) -> np.ndarray:
    """A blur that keeps edges: a pixel counts less the further away it lies, and the more its gray level differs.

    Args:
        gray: uint8 `(H, W)`.
        diameter: of the neighborhood, in px. Time grows with its square; the default takes well under a second for 12
            megapixels.
        sigma_color: standard deviation of the weights over differences, in gray levels.
        sigma_space: standard deviation of the weights over distances, in px.
    """
    return cv2.bilateralFilter(check_gray(gray), diameter, sigma_color, sigma_space)


FILTERS = {"Sobel": sobel, "Canny": canny, "Gaussian": gaussian, "bilateral": bilateral}
