"""Means over pictures with bootstrap intervals; paired differences of two methods."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from lib.evaluation.metrics import psnr_of, r2_of_sums
from lib.evaluation.names import METRICS, Method
from lib.evaluation.rows import METHOD, methods_of, of_method, rows_of
from lib.evaluation.size import LEAST_PICTURES

RESAMPLES = 1000


def _scores(table: pd.DataFrame, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Every metric of one method on N pictures, for each row of weights `(R, N)`: `(R,)` per metric.

    Each row of weights sums to 1, as `bootstrap_weights` makes them. Means over pictures are weighted means of the
    table's columns; pooled scores (PSNR, R², the colorfulness ratio) are computed from such means.
    """
    value = {name: weights @ table[name].to_numpy() for name in table.columns if name not in (*METHOD, "name")}
    scores = {name: value[name] for name in ("psnr", "ssim", "mse", "colorfulness", "ciede2000")}
    scores["psnr_pooled"] = psnr_of(value["mse"])
    truth = value["colorfulness_truth"]
    scores["colorfulness_ratio"] = np.where(truth > 1e-6, value["colorfulness"] / np.maximum(truth, 1e-6), np.nan)
    scores |= {f"r2_{space}": r2_of_sums(value, space) for space in ("rgb", "chroma")}
    if "vgg_distance" in value:
        scores["vgg_distance"] = value["vgg_distance"]
    return scores


def bootstrap_weights(count: int, seed: int = 0) -> np.ndarray:
    """Weights `(1 + RESAMPLES, count)`: row 0 counts each picture once, the others resample with replacement.

    They depend on the count and the seed alone, so all methods are resampled alike and differences are paired.
    """
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    return np.vstack([np.ones(count), drawn]) / count


def _interval(scores: np.ndarray, pictures: int) -> tuple[float, float, float]:
    """Value, low, high: the score of so many pictures as they are, and its 95% interval over the resampled ones.

    Low and high are NaN for fewer than `LEAST_PICTURES`, and where some resampled pictures have no such score.
    """
    low, high = np.percentile(scores[1:], [2.5, 97.5]) if pictures >= LEAST_PICTURES else (np.nan, np.nan)
    return float(scores[0]), float(low), float(high)


def summarize(per_image: pd.DataFrame) -> pd.DataFrame:
    """Rows of results.json as a table: bootstrap 95% intervals over pictures, methods in given order.

    Fewer than `LEAST_PICTURES` have no interval: its ends are NaN.
    """
    rows = []
    for method in methods_of(per_image):
        table = of_method(per_image, method)
        scores = _scores(table, bootstrap_weights(len(table)))
        for metric in METRICS:
            if metric in scores:
                rows.append(method.row(metric, len(table), *_interval(scores[metric], len(table))))
    return rows_of(rows)


def difference(
    per_image: pd.DataFrame, method: Method | str, reference: Method | str, metric: str
) -> tuple[float, float, float]:
    """How much more `method` scores than `reference`: value, low, high of the paired bootstrap 95% interval.

    Low and high are NaN where there are fewer than `LEAST_PICTURES`.
    """
    tables = [of_method(per_image, one).sort_values("name") for one in (method, reference)]
    if tables[0]["name"].tolist() != tables[1]["name"].tolist() or tables[0].empty:
        raise ValueError(f"{method} and {reference} were not measured on the same pictures")
    weights = bootstrap_weights(len(tables[0]))
    gains = _scores(tables[0], weights)[metric] - _scores(tables[1], weights)[metric]
    return _interval(gains, len(tables[0]))


def mean_over(values: np.ndarray) -> tuple[float, float, float]:
    """The mean of a value per picture or film with its bootstrap 95% interval: value, low, high.

    Differences of two methods, one per picture, give a paired interval. All three are NaN where a value is, and low and
    high where there are fewer than `LEAST_PICTURES`.
    """
    return interval_of(lambda weights: weights @ values, len(values))


def interval_of(score: Callable[[np.ndarray], np.ndarray], count: int) -> tuple[float, float, float]:
    """A score of all pictures together with its bootstrap 95% interval over pictures: value, low, high.

    Low and high are NaN where there are fewer than `LEAST_PICTURES`. All scores of so many pictures are resampled
    alike, so the difference of two scores gives a paired interval.

    Args:
        score: from weights of the pictures, `(R, count)`, each row summing to 1, to the scores `(R,)`.
        count: of the pictures.
    """
    return _interval(score(bootstrap_weights(count)), count)
