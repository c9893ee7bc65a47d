"""Judging colorizers: the controls, a row a picture and method, intervals over pictures, paired differences."""

import runpy
from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from torch import nn

from lib.classical.color_maps import fit_intensity_map
from lib.color import spaces
from lib.color.spaces import Colorizer
from lib.common.files import resolve
from lib.common.progress import progress
from lib.data.pairs import Pairs
from lib.losses.vgg_features import feature_distance
from lib.metrics import ciede2000, psnr_of, quick_metrics, r2_of_sums
from lib.results import GRAY_COPY, INTENSITY_MAP, METRICS, ROW

RESAMPLES = 1000


def controls(pairs: Pairs) -> dict[str, Colorizer]:
    """What every table is held against: doing nothing, and the best map from intensity alone.

    The map is the mean colour of every gray level over the whole training split: no other function of a pixel's
    intensity has a smaller squared error there.
    """
    training = pairs.split("train")
    return {GRAY_COPY: spaces.gray_to_rgb, INTENSITY_MAP: fit_intensity_map(training.gray, training.color)}


def load_methods(path: str) -> dict[str, Colorizer]:
    """The `METHODS` (name to colorizer) of a Python file of one's own; an empty path has none.

    Raises `FileNotFoundError` for a missing file and `ValueError` for one without such a dictionary.
    """
    if not path:
        return {}
    file = resolve(path)
    if not file.is_file():
        raise FileNotFoundError(f"{path}: no such file of methods")
    methods = runpy.run_path(str(file)).get("METHODS")
    if not isinstance(methods, dict) or not all(callable(method) for method in methods.values()):
        raise ValueError(f'{path}: must define METHODS = {{"a name": a colorizer}}')
    return methods


@torch.inference_mode()
def predict(colorizer: Colorizer, gray: torch.Tensor, name: str = "the colorizer") -> torch.Tensor:
    """`colorizer(gray)` with the contract checked: `(B, 3, H, W)`, finite, clipped to [0, 1]."""
    rgb = colorizer(gray)
    if not isinstance(rgb, torch.Tensor):
        raise ValueError(f"{name} returned a {type(rgb).__name__}; it must return a tensor (B, 3, H, W)")
    expected = (len(gray), 3, *gray.shape[-2:])
    if tuple(rgb.shape) != expected:
        raise ValueError(f"{name} returned {tuple(rgb.shape)} for gray {tuple(gray.shape)}; it must be {expected}")
    if not torch.isfinite(rgb).all():
        raise ValueError(f"{name} returned values that are not finite")
    return rgb.float().clamp(0, 1)


def device_of(colorizer: Colorizer) -> torch.device:
    """Where a colorizer's weights lie; one without weights works on the CPU."""
    parameter = next(colorizer.parameters(), None) if isinstance(colorizer, nn.Module) else None
    return torch.device("cpu") if parameter is None else parameter.device


def evaluate(
    colorizers: Mapping[str, Colorizer], pairs: Pairs, features: nn.Module | None = None, batch_size: int = 32
) -> pd.DataFrame:
    """All metrics of every colorizer on every picture of `pairs`: one row a method and picture.

    `features` (see `perceptual.vgg11_features`) adds the column `vgg_distance`. Predictions are rounded to 8 bits
    first, as they would be in a file.
    """
    tables = []
    with progress("evaluation", len(colorizers) * len(pairs)) as tick:
        for start in range(0, len(pairs), batch_size):
            gray, truth = pairs.tensors(slice(start, start + batch_size))
            for method, colorizer in colorizers.items():
                prediction = predict(colorizer, gray.to(device_of(colorizer)), method).cpu()
                prediction = (prediction * 255).round() / 255
                table = quick_metrics(prediction, truth)
                table["ciede2000"] = ciede2000(prediction, truth).numpy()
                if features is not None:
                    table["vgg_distance"] = feature_distance(features, prediction, truth).cpu().numpy()
                table.insert(0, "method", method)
                table.insert(1, "name", pairs.names[start : start + batch_size])
                tables.append(table)
                tick(len(gray))
    return pd.concat(tables, ignore_index=True)


def _scores(table: pd.DataFrame, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Every metric of one method's pictures under rows of weights `(R, N)` that sum to 1: `(R,)` each.

    Means of pictures are linear in the weights; the pooled scores are functions of weighted sums.
    """
    value = {name: weights @ table[name].to_numpy() for name in table.columns if name not in ("method", "name")}
    scores = {name: value[name] for name in ("psnr", "ssim", "mse", "colorfulness", "ciede2000")}
    scores["psnr_pooled"] = psnr_of(value["mse"])
    truth = value["colorfulness_truth"]
    scores["colorfulness_ratio"] = np.where(truth > 1e-6, value["colorfulness"] / np.maximum(truth, 1e-6), np.nan)
    scores |= {f"r2_{space}": r2_of_sums(value, space) for space in ("rgb", "chroma")}
    if "vgg_distance" in value:
        scores["vgg_distance"] = value["vgg_distance"]
    return scores


def _bootstrap_weights(count: int, seed: int = 0) -> np.ndarray:
    """`(1 + RESAMPLES, count)`: the pictures as they are, then resampled with replacement; equal for every method."""
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    return np.vstack([np.ones(count), drawn]) / count


def summarize(per_image: pd.DataFrame) -> pd.DataFrame:
    """Rows (method, metric, n, value, low, high): bootstrap 95% intervals over pictures, methods in given order."""
    rows = []
    for method, table in per_image.groupby("method", sort=False):
        scores = _scores(table, _bootstrap_weights(len(table)))
        for metric in METRICS:
            if metric in scores:
                low, high = np.percentile(scores[metric][1:], [2.5, 97.5])
                rows.append((method, metric, len(table), float(scores[metric][0]), float(low), float(high)))
    return pd.DataFrame(rows, columns=ROW)


def difference(per_image: pd.DataFrame, method: str, reference: str, metric: str) -> tuple[float, float, float]:
    """How much more `method` scores than `reference`: value, low, high of the paired bootstrap 95% interval."""
    tables = [per_image[per_image["method"] == name].sort_values("name") for name in (method, reference)]
    if tables[0]["name"].tolist() != tables[1]["name"].tolist() or tables[0].empty:
        raise ValueError(f"{method} and {reference} were not measured on the same pictures")
    weights = _bootstrap_weights(len(tables[0]))
    gains = _scores(tables[0], weights)[metric] - _scores(tables[1], weights)[metric]
    low, high = np.percentile(gains[1:], [2.5, 97.5])
    return float(gains[0]), float(low), float(high)
