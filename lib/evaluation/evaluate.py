"""Colorizers run on pictures and measured: one row of metrics for each method and picture."""

import math
from collections.abc import Mapping

import pandas as pd
import torch
from torch import nn

from lib.color.spaces import Colorizer
from lib.common.progress import progress
from lib.data.pairs import Pairs
from lib.evaluation.methods_file import in_words
from lib.evaluation.metrics import ciede2000, quick_metrics
from lib.evaluation.names import Method, refuse_look_alikes
from lib.losses.vgg_features import feature_distance

ROUNDING = 1e-3  # values may lie that far outside [0, 1]: rounding, which is clipped; beyond it something is wrong


@torch.inference_mode()
def predict(colorizer: Colorizer, gray: torch.Tensor, name: Method | str = "the colorizer") -> torch.Tensor:
    """`colorizer(gray)` with the contract checked: `(B, 3, H, W)`, finite, in [0, 1] to rounding, which is clipped.

    The colorizer gets a copy: what it does to its input reaches no other. `ValueError` names what breaks the contract,
    and `RuntimeError` what the colorizer raised.
    """
    try:
        rgb = colorizer(gray.clone())
    except Exception as error:
        raise RuntimeError(f"{name} failed: {in_words(error)}") from error
    if not isinstance(rgb, torch.Tensor):
        raise ValueError(f"{name} returned a {type(rgb).__name__}; it must return a tensor (B, 3, H, W)")
    expected = (len(gray), 3, *gray.shape[-2:])
    if tuple(rgb.shape) != expected:
        raise ValueError(f"{name} returned {tuple(rgb.shape)} for gray {tuple(gray.shape)}; it must be {expected}")
    if rgb.is_complex():
        raise ValueError(f"{name} returned complex numbers; a colorizer returns RGB in [0, 1]")
    low, high = (float(end) for end in rgb.aminmax())
    if not math.isfinite(low + high):
        raise ValueError(f"{name} returned values that are not finite")
    kind = "" if rgb.is_floating_point() else f"{rgb.dtype} ".removeprefix("torch.")
    if kind or low < -ROUNDING or high > 1 + ROUNDING:
        wanted = "a colorizer returns RGB in [0, 1]" + (", as floats" if kind else "")
        raise ValueError(f"{name} returned {kind}values from {low:.4g} to {high:.4g}; {wanted}")
    return rgb.float().clamp(0, 1)


def device_of(colorizer: Colorizer) -> torch.device:
    """Where a colorizer's weights lie; one without weights works on the CPU."""
    parameter = next(colorizer.parameters(), None) if isinstance(colorizer, nn.Module) else None
    return torch.device("cpu") if parameter is None else parameter.device


def evaluate(
    colorizers: Mapping[Method | str, Colorizer], pairs: Pairs, features: nn.Module | None = None, batch_size: int = 32
) -> pd.DataFrame:
    """All metrics of every colorizer on every picture of `pairs`: one row per method and picture.

    The columns `method`, `settings` (as JSON text) and `label` say which method it is, `name` which picture.
    `features` (see `vgg_features.vgg11_features`) adds the column `vgg_distance`. Predictions are rounded to 8 bits
    first, as they would be in a file. Two methods that would be shown under one name raise `ValueError`.
    """
    refuse_look_alikes(colorizers)
    tables, methods = [], {Method.of(method): colorizer for method, colorizer in colorizers.items()}
    with progress("evaluation", len(colorizers) * len(pairs)) as tick:
        for start in range(0, len(pairs), batch_size):
            gray, truth = pairs.tensors(slice(start, start + batch_size))
            for method, colorizer in methods.items():
                prediction = predict(colorizer, gray.to(device_of(colorizer)), method).cpu()
                prediction = (prediction * 255).round() / 255
                head = {"method": method.name, "settings": method.settings_text, "label": method.label}
                names = pairs.names[start : start + batch_size]
                table = pd.DataFrame({**head, "name": names, **quick_metrics(prediction, truth)})
                table["ciede2000"] = ciede2000(prediction, truth).numpy()
                if features is not None:
                    table["vgg_distance"] = feature_distance(features, prediction, truth).cpu().numpy()
                tables.append(table)
                tick(len(gray))
    return pd.concat(tables, ignore_index=True)
