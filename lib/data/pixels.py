"""What is wrong with a picture's pixels, and arrays of levels as 8-bit pictures."""

import numpy as np


class PixelError(ValueError):
    """Pixels that cannot be shown as 8 bits; the message says why, and the caller names the picture."""


FLOATS = "floating-point pixels have no agreed range; save it with 8 or 16 bits"
INTEGERS = "{bits}-bit integer pixels have no agreed range; save it with 8 or 16 bits"
SIGNED = "signed {bits}-bit pixels have no agreed range; save it with unsigned 8 or 16 bits"


def in_8_bits(levels: np.ndarray) -> np.ndarray:
    """Levels of 16 bits (uint16) as 8 bits, rounded, so that white stays white; 8-bit ones are left alone."""
    if levels.dtype == np.uint8:
        return levels
    wide = levels.astype(np.uint32)
    wide += 128  # in place: a new array for each step takes five times as long
    wide //= 257
    return wide.astype(np.uint8)
