"""How real the colors of a colorizer look as a whole, whether or not they are those of the picture.

All measures take pictures as a file holds them: RGB, uint8 `(N, 3, H, W)`, the same pictures by a method and in truth.
The classifier's accuracy (see `detector.py`) and blotches are looked for on a grid of cells. A network's chroma is
smoother than a camera's, which is seldom seen, but which a measure at full resolution would find out first.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.color import spaces
from lib.color.spaces import Colorizer
from lib.common.progress import progress
from lib.data.pairs import Pairs
from lib.evaluation.bootstrap import interval_of
from lib.evaluation.evaluate import device_of, predict
from lib.evaluation.names import TRUTH, Method
from lib.evaluation.rows import rows_of
from lib.evaluation.size import LEAST_PICTURES
from lib.losses.vgg_features import normalize

GRID = 32  # cells each way, at which blotches are looked for: our network chooses so many chromas for a square
FLAT = 0.03  # luma in [0, 1]: a smaller step from cell to cell is no edge that anyone sees
SUBSETS = 100  # for the interval of the kernel distance
_BATCH = 32

Interval = tuple[float, float, float]  # value, low, high


@torch.inference_mode()
def painted(colorizers: Mapping[Method | str, Colorizer], pairs: Pairs) -> dict[Method, Tensor]:
    """What colorizers paint, rounded to 8 bits, and the truth: uint8 `(N, 3, H, W)` by method, on the CPU."""
    found: dict[Method, list[Tensor]] = {Method(TRUTH): []}
    with progress("painting", len(pairs)) as tick:
        for start in range(0, len(pairs), _BATCH):
            gray, truth = pairs.tensors(slice(start, start + _BATCH))
            found[Method(TRUTH)].append(_to_bytes(truth))
            for key, colorizer in colorizers.items():
                rgb = predict(colorizer, gray.to(device_of(colorizer)), key)
                found.setdefault(Method.of(key), []).append(_to_bytes(rgb))
            tick(len(gray))
    return {method: torch.cat(parts) for method, parts in found.items()}


def _to_bytes(rgb: Tensor) -> Tensor:
    return (rgb * 255).round().clamp(0, 255).to(torch.uint8).cpu()


def realism(pictures: Mapping[Method, Tensor], features: nn.Module) -> pd.DataFrame:
    """The measures that need no training, of every method: rows of the metrics `names.OF_REALISM`, see `names.ROW`.

    The truth has a row of `color_cast` only. `color_distance` is measured by `frontier`, and `detector_accuracy` by
    `detector`. Intervals are over pictures, that of `vgg_kernel_distance` over subsets of them.

    Args:
        pictures: see `painted`, the truth among them.
        features: see `vgg_features.vgg11_features`; the scale of `vgg_kernel_distance` depends on its weights.
    """
    truth, rows = pictures[Method(TRUTH)], []
    known = {method: pooled_features(own, features) for method, own in pictures.items()}
    for method, own in pictures.items():
        measured = {"color_cast": color_cast(own)}
        if method.name != TRUTH:
            measured |= {
                "color_spread": color_spread(own, truth),
                "color_correlation": color_correlation(own, truth),
                "blotches": blotches(own, truth),
                "vgg_kernel_distance": tuple(
                    1000 * end for end in kernel_distance(known[method], known[Method(TRUTH)])
                ),
            }
        rows += [method.row(metric, len(own), *interval) for metric, interval in measured.items()]
    return rows_of(rows)


def _by_batch(function: Callable[[Tensor], Tensor], pictures: Tensor) -> np.ndarray:
    """A function of RGB in [0, 1], a batch at a time, as float64."""
    return np.concatenate([function(part.float() / 255).double().cpu().numpy() for part in pictures.split(_BATCH)])


def color_spread(pictures: Tensor, truth: Tensor) -> Interval:
    """The standard deviation of colorfulness over pictures, ratio to the truth's, with its interval over pictures.

    Below 1, pictures are more alike in color than photographs are; near 0, the colorizer has collapsed to one tint or
    to none. NaN where the truths are all as colorful.
    """
    own, true = (_by_batch(spaces.colorfulness, side) for side in (pictures, truth))
    return interval_of(lambda weights: _ratio(_deviation(weights, own), _deviation(weights, true)), len(own))


def color_correlation(pictures: Tensor, truth: Tensor) -> Interval:
    """The correlation over pictures of colorfulness with the truth's, in [-1, 1], with its interval over pictures.

    NaN where all pictures, or all truths, are as colorful.
    """
    own, true = (_by_batch(spaces.colorfulness, side) for side in (pictures, truth))

    def correlation(weights: np.ndarray) -> np.ndarray:
        covariance = weights @ (own * true) - (weights @ own) * (weights @ true)
        return _ratio(covariance, _deviation(weights, own) * _deviation(weights, true))

    return interval_of(correlation, len(own))


def _deviation(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The standard deviation of values for each row of weights `(R, N)`: `(R,)`."""
    centered = values - values.mean()
    return np.sqrt(np.maximum(weights @ centered**2 - (weights @ centered) ** 2, 0))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.where(below > 1e-6, above / np.maximum(below, 1e-6), np.nan)


def color_cast(pictures: Tensor) -> Interval:
    """The length of the mean chroma over all pictures, in units of 0..255, with its interval over pictures.

    Photographs have one, too: compare with the truth's.
    """
    means = 255 * _by_batch(lambda rgb: spaces.rgb_to_ycbcr(rgb)[:, 1:].mean((2, 3)), pictures)
    return interval_of(lambda weights: np.linalg.norm(weights @ means, axis=1), len(means))


def blotches(pictures: Tensor, truth: Tensor) -> Interval:
    """Color edges without luma edges: how much of them there is, ratio to the truth's, with its interval over pictures.

    An edge is the step from a cell of a grid of `GRID` x `GRID` to the next. What is summed are the chroma steps where
    the photograph's luma has no edge: no step of `FLAT` or more within a cell's distance. Photographs have such places,
    too, as a sky at sunset; 1 is as much as they have. Paler pictures have less, so methods are to be compared at equal
    colorfulness. NaN where the truths have none.
    """
    sums = []
    for own, true in zip(pictures.split(_BATCH), truth.split(_BATCH), strict=True):
        of_own, of_true = _cells(own.float() / 255), _cells(true.float() / 255)
        is_flat = F.max_pool2d(_steps(of_true[:, :1]), 3, stride=1, padding=1) < FLAT
        sums.append(torch.stack([(_steps(cells[:, 1:]) * is_flat).mean((1, 2, 3)) for cells in (of_own, of_true)]))
    own, true = torch.cat(sums, 1).double().cpu().numpy()
    return interval_of(lambda weights: _ratio(weights @ own, weights @ true), len(own))


def _cells(rgb: Tensor) -> Tensor:
    """Luma and chroma of cells, `(B, 3, h, w)`."""
    return spaces.rgb_to_ycbcr(F.adaptive_avg_pool2d(rgb, GRID))


def _steps(cells: Tensor) -> Tensor:
    """The length of the step of all channels to the next cell, right and down: `(B, 1, h - 1, w - 1)`."""
    here = cells[..., :-1, :-1]
    right, down = cells[..., :-1, 1:] - here, cells[..., 1:, :-1] - here
    return (right.square() + down.square()).sum(1, keepdim=True).sqrt()


@torch.inference_mode()
def pooled_features(pictures: Tensor, features: nn.Module) -> np.ndarray:
    """VGG's features of each picture, the mean over all places: `(N, C)`."""
    device = next(features.buffers()).device
    return _by_batch(lambda rgb: features(normalize(rgb.to(device))).mean((2, 3)), pictures)


def kernel_distance(own: np.ndarray, true: np.ndarray, seed: int = 0) -> Interval:
    """How far the features of pictures are from those of photographs as a whole: 0 where they are alike.

    The squared maximum mean discrepancy with the polynomial kernel (x · y / d + 1)³ of Binkowski et al., Demystifying
    MMD GANs (2018), as the unbiased estimate of Gretton et al., A Kernel Two-Sample Test (2012), equation 4: a picture
    is never compared with its own truth. It is not the KID of the former, which takes Inception's features, so it
    cannot be compared with numbers elsewhere. Features are divided by the root mean square of the truth's.

    Args:
        own: features of a method's pictures, see `pooled_features`.
        true: those of the true pictures, in the same order.
        seed: of the subsets.

    Returns:
        The value, and its 95% interval over `SUBSETS` subsets of half of the pictures, whose values vary about as much
        as that of all would over other pictures. The ends are NaN with fewer than twice `LEAST_PICTURES`, and all
        three with one picture.
    """
    scale, count = max(float(np.sqrt((true**2).mean())), 1e-12), len(true)
    own, true = own / scale, true / scale

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x @ y.T / x.shape[1] + 1) ** 3

    across = kernel(own, true)
    compared = kernel(own, own) + kernel(true, true) - across - across.T
    np.fill_diagonal(compared, 0)

    def mean_over_pairs(chosen: np.ndarray) -> float:
        return float(compared[np.ix_(chosen, chosen)].sum() / (len(chosen) * (len(chosen) - 1)))

    if count < 2:
        return (np.nan,) * 3
    value = mean_over_pairs(np.arange(count))
    if count < 2 * LEAST_PICTURES:
        return value, np.nan, np.nan
    generator = np.random.default_rng(seed)
    drawn = [mean_over_pairs(generator.permutation(count)[: count // 2]) for _ in range(SUBSETS)]
    return value, *(float(end) for end in np.percentile(drawn, [2.5, 97.5]))
