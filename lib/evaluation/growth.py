"""Laws of growth: how a gain depends on the number of training pictures, fitted and extrapolated."""

from dataclasses import dataclass

import numpy as np

LINE, SATURATING = "line", "saturating"
UNIT = 1000  # training pictures; the laws are written in thousands of them
EXPONENTS = np.logspace(-1.3, 0.3, 33)  # c of the saturating law, from 0.05 to 2
LEAST = {LINE: 3, SATURATING: 5}  # numbers of training pictures that a fit needs, so that one can be left out


@dataclass(frozen=True)
class Growth:
    """A law of growth, fitted to R curves at once: the measured one, then resampled ones.

    The line is gain = a + b log10(n), the saturating law gain = a - b n^-c, with n in thousands of pictures.

    Args:
        law: `LINE` or `SATURATING`.
        a, b, c: `(R,)`; c is 0 for the line.
        errors: for each law that was tried, the root mean square error at a point left out of the fit, in dB.
    """

    law: str
    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    errors: dict[str, float]

    def at(self, pairs: float | np.ndarray) -> np.ndarray:
        """The gain at each number of pictures: value, low and high of the 95% interval, `(3,)` or `(3, P)`."""
        n = np.atleast_1d(np.asarray(pairs, dtype=float)) / UNIT
        found = _values(self.law, n, self.a[:, None], self.b[:, None], self.c[:, None])
        ends = np.stack([found[0], *np.percentile(found[1:] if len(found) > 1 else found, [2.5, 97.5], axis=0)])
        return ends[:, 0] if np.ndim(pairs) == 0 else ends

    def slope(self) -> tuple[float, float, float]:
        """b, the line's gain for ten times the pictures, with its interval: value, low, high in dB."""
        low, high = np.percentile(self.b[1:] if len(self.b) > 1 else self.b, [2.5, 97.5])
        return float(self.b[0]), float(low), float(high)


def fit(pairs: np.ndarray, gains: np.ndarray) -> Growth | None:
    """The law that predicts points left out better, fitted by least squares; None for fewer than three points.

    The saturating law is tried from five points on.

    Args:
        pairs: numbers of training pictures, `(C,)`.
        gains: `(R, C)` in dB, the measured curve first.
    """
    laws = [law for law, least in LEAST.items() if len(pairs) >= least]
    if not laws:
        return None
    n = np.asarray(pairs, dtype=float) / UNIT
    errors = {law: _left_out(law, n, gains[0]) for law in laws}
    best = min(laws, key=errors.get)
    return Growth(best, *_fitted(best, n, gains), errors)


def _values(law: str, n: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return a + b * np.log10(n) if law == LINE else a - b * n**-c


def _fitted(law: str, n: np.ndarray, gains: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """a, b and c of each row of `gains`."""
    if law == LINE:
        a, b = np.linalg.lstsq(np.stack([np.ones_like(n), np.log10(n)], 1), gains.T, rcond=None)[0]
        return a, b, np.zeros_like(a)
    tried = []
    for c in EXPONENTS:
        design = np.stack([np.ones_like(n), -(n**-c)], 1)
        factors = np.linalg.lstsq(design, gains.T, rcond=None)[0]
        tried.append([((design @ factors - gains.T) ** 2).sum(0), *factors, np.full(len(gains), c)])
    tried = np.array(tried)  # (exponents, 4, R)
    best = tried[:, 0].argmin(0)
    return tuple(tried[best, number, np.arange(len(gains))] for number in (1, 2, 3))


def _left_out(law: str, n: np.ndarray, gains: np.ndarray) -> float:
    """The root mean square error at each point, predicted from the others."""
    errors = []
    for position in range(len(n)):
        others = np.arange(len(n)) != position
        factors = _fitted(law, n[others], gains[None, others])
        errors.append(_values(law, n[position], *factors)[0] - gains[position])
    return float(np.sqrt(np.mean(np.square(errors))))
