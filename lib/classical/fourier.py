"""Filters in the frequency domain for gray pictures: low-pass, high-pass, homomorphic; and the log spectrum.

Every filter reads a gray uint8 picture `(H, W)` and returns one of the same shape and type.

A cutoff is counted in cycles per picture height: 16 is the pattern that repeats sixteen times from top to
bottom. So a filter does to a 12-megapixel photograph what it does to its thumbnail. At the cutoff a Gaussian
transfer function `exp(-f^2 / (2 cutoff^2))` has fallen to 0.61.

The transform is the cosine transform: the Fourier transform of the picture mirrored at its edges. A plain FFT would
join the sky to the ground and leave a seam; padding with mirrored copies would cost four times the work.
"""

import numpy as np
import scipy.fft

from lib.classical.filters import check_gray

MID_GRAY = 128  # where a high-pass picture puts "no detail here"


def _filter(values: np.ndarray, cutoff: float, low_gain: float, high_gain: float) -> np.ndarray:
    """Multiply frequencies far below `cutoff` by `low_gain` and far above it by `high_gain`, in float32 `(H, W)`."""
    if not cutoff > 0:
        raise ValueError(f"cutoff is counted in cycles per picture height and above 0, got {cutoff}")
    height, width = values.shape
    # A side with a large prime factor takes five times as long. A few mirrored rows or columns more avoid it; near
    # the lower and the right edge, a filter that reaches far then sees the mirror a little further out.
    padding = [(0, scipy.fft.next_fast_len(side) - side) for side in values.shape]
    coefficients = scipy.fft.dctn(np.pad(values, padding, mode="symmetric"), norm="ortho", overwrite_x=True)
    # Coefficient k of n makes k half-waves over n pixels.
    rows, columns = (
        np.exp(-((np.arange(n, dtype=np.float32) / (2 * n) * height) ** 2) / (2 * cutoff**2))
        for n in coefficients.shape
    )
    coefficients *= high_gain + (low_gain - high_gain) * np.outer(rows, columns)
    return scipy.fft.idctn(coefficients, norm="ortho", overwrite_x=True)[:height, :width]


def _to_uint8(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def low_pass(gray: np.ndarray, cutoff: float = 16) -> np.ndarray:
    """Keep low frequencies, up to about `cutoff` cycles per picture height: shapes without texture."""
    return _to_uint8(_filter(check_gray(gray).astype(np.float32), cutoff, low_gain=1, high_gain=0))


def high_pass(gray: np.ndarray, cutoff: float = 4) -> np.ndarray:
    """Keep high frequencies, from about `cutoff` cycles per picture height, around mid-gray (128): detail, no shade.

    At the same cutoff, `low_pass + high_pass - 128` is the picture again, to rounding, wherever nothing was clipped.
    """
    return _to_uint8(_filter(check_gray(gray).astype(np.float32), cutoff, low_gain=0, high_gain=1) + MID_GRAY)


def homomorphic(gray: np.ndarray, cutoff: float = 4, low_gain: float = 0.7, high_gain: float = 1.2) -> np.ndarray:
    """Even out the light and strengthen detail: filter the logarithm, where light times surface becomes a sum.

    The mean of the logarithm is kept, so the picture does not darken as a whole.

    Args:
        gray: uint8 `(H, W)`.
        cutoff: between slow and fast changes, in cycles per picture height.
        low_gain: multiplies slow changes of `log(1 + gray)`, taken for illumination.
        high_gain: multiplies fast changes, taken for reflectance.
    """
    logs = np.log1p(np.arange(256, dtype=np.float32))[check_gray(gray)]
    mean = logs.mean(dtype=np.float64).astype(np.float32)
    return _to_uint8(np.exp(_filter(logs - mean, cutoff, low_gain, high_gain) + mean) - 1)


def spectrum(gray: np.ndarray) -> np.ndarray:
    """The log spectrum `log10(1 + |F|)` for figures: float32 `(H, W)`, with frequency zero in the middle."""
    transform = scipy.fft.fft2(check_gray(gray).astype(np.float32))
    return np.log10(1 + np.abs(np.fft.fftshift(transform)))


FILTERS = {"low-pass": low_pass, "high-pass": high_pass, "homomorphic": homomorphic}
