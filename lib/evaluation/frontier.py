"""Whether a colorizer lies above the frontier: what plain controls reach at the same colorfulness.

The controls need no training. One is the vividness setting of a `ChromaNet`. The other multiplies the chroma of a
colorizer by a constant and keeps the luma: that given where the colorizer is a `ChromaNet`, else the colorizer's own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from lib.color import composition, spaces
from lib.color import distribution as chromas
from lib.color.spaces import Colorizer
from lib.common.progress import progress
from lib.data.pairs import Pairs
from lib.evaluation.bootstrap import interval_of, summarize
from lib.evaluation.evaluate import device_of, evaluate, predict
from lib.evaluation.metrics import psnr_of
from lib.evaluation.names import GRAY_COPY, TRUTH, Method
from lib.evaluation.rows import of_method, rows_of
from lib.evaluation.vividness import color_and_gain, measure_vividness
from lib.networks.chroma_net import ChromaNet

SLIDER, CONSTANT, CNN_CONSTANT = "slider_at_equal_color", "constant_at_equal_color", "cnn_constant_at_equal_color"
CNN_SCALED = "chroma x constant"  # in `frontier_of`, beside the kinds of `vividness`
FACTORS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
LARGEST_FACTOR = 4.0  # beyond it most colors lie on the border of the gamut
EQUAL = 0.02  # of mean colorfulness: photographs have about 35, so that is less than 0.001 of theirs
_BATCH = 32


@dataclass(frozen=True)
class _Control:
    """What a control sees of gray pictures, once, and how it paints them at any setting from 0 to `largest`."""

    name: str
    largest: float
    look: Callable[[Tensor], object]
    paint: Callable[[object, float], Tensor]

    def at(self, setting: float) -> Colorizer:
        return lambda gray: self.paint(self.look(gray), setting)


class _Beside(nn.Module):
    """A colorizer that works on the device of `network`."""

    def __init__(self, colorizer: Colorizer, network: Colorizer) -> None:
        super().__init__()
        self.network, self.colorizer = network, colorizer

    def forward(self, gray: Tensor) -> Tensor:
        return predict(self.colorizer, gray)


class _Counting(_Beside):
    """The same, and it counts the colors of what it paints."""

    def __init__(self, colorizer: Colorizer, network: Colorizer) -> None:
        super().__init__(colorizer, network)
        self.counted = []

    def forward(self, gray: Tensor) -> Tensor:
        rgb = super().forward(gray)
        self.counted.append(histograms(_as_in_a_file(rgb)))
        return rgb


@dataclass(frozen=True)
class Compared:
    """Colorizers and the controls that are as colorful as they, on the same pictures.

    Args:
        per_image: what `evaluate` returns, of the gray copy, the judged and their controls.
        settings: one row per judged colorizer and control, with the `Method`s "judged" and "control", the "setting" of
            the control, NaN where it cannot be as colorful, and the mean "colorfulness" of the judged colorizer and of
            the control at its "least" and "most" setting, on the scale of 0..255.
        histograms: the colors of each picture by each method and by the truth, `(N, K)`, see `histograms`.
    """

    per_image: pd.DataFrame
    settings: pd.DataFrame
    histograms: Mapping[Method, np.ndarray]

    @property
    def judged(self) -> list[Method]:
        """The colorizers that were judged."""
        return list(dict.fromkeys(self.settings["judged"]))

    def controls_of(self, judged: Method | str) -> dict[Method, float]:
        """The controls that are as colorful as a judged colorizer, with their settings."""
        own = self.settings[self.settings["judged"] == Method.of(judged)].dropna(subset="setting")
        return dict(zip(own["control"], own["setting"], strict=True))

    def distance(self, method: Method | str) -> tuple[float, float, float]:
        """The distance of a method's colors from the true ones: value, low, high of the 95% interval over pictures.

        The total variation between the distributions of chroma over all pictures, as in `measure_vividness`: the share
        of pixels that would have to change their color.
        """
        return self._interval(lambda distance: distance(Method.of(method)))

    def distance_difference(self, method: Method | str, reference: Method | str) -> tuple[float, float, float]:
        """How much farther from the true colors a method is than `reference`; the interval is paired."""
        return self._interval(lambda distance: distance(Method.of(method)) - distance(Method.of(reference)))

    def _interval(self, score: Callable[[Callable[[Method], np.ndarray]], np.ndarray]) -> tuple[float, float, float]:
        true = self.histograms[Method(TRUTH)]

        def of_weights(weights: np.ndarray) -> np.ndarray:
            return score(lambda method: np.abs(weights @ (self.histograms[method] - true)).sum(1) / 2)

        return interval_of(of_weights, len(true))

    def distances(self) -> pd.DataFrame:
        """Rows of the metric `color_distance` of every method, see `names.ROW`."""
        count = len(self.histograms[Method(TRUTH)])
        methods = [method for method in self.histograms if method.name != TRUTH]
        return rows_of([method.row("color_distance", count, *self.distance(method)) for method in methods])

    def places(self) -> pd.DataFrame:
        """Where the judged lie, by method: "colorfulness_ratio", "gain" (dB) and "distance", as in `placed`."""
        found = color_and_gain(summarize(self.per_image), self.judged)
        rows = [(*found[method], self.distance(method)[0]) for method in self.judged]
        return pd.DataFrame(rows, self.judged, ["colorfulness_ratio", "gain", "distance"])


@torch.inference_mode()
def against_the_frontier(judged: Mapping[Method | str, Colorizer], reference: Colorizer, pairs: Pairs) -> Compared:
    """Colorizers compared with controls of another one that are as colorful as they on these pictures.

    Args:
        judged: the colorizers by method.
        reference: what the controls change: the network from before the training that is judged. A `ChromaNet` has
            both controls, another colorizer only the constant.
        pairs: the pictures, on which the settings are found too, so that both are as colorful on those that are scored.
    """
    judged = {Method.of(method): colorizer for method, colorizer in judged.items()}
    all_methods = {Method(TRUTH): _truths(pairs)}
    scores = [_counted({GRAY_COPY: (spaces.gray_to_rgb, None)}, pairs, all_methods)]
    scores.append(_counted({method: (one, one) for method, one in judged.items()}, pairs, all_methods))
    means = {method: of_method(scores[-1], method)["colorfulness"].mean() for method in judged}
    settings = []
    for control in _controls(reference):
        found = _settings_at(control, list(means.values()), device_of(reference), pairs)
        for (method, colorfulness), (setting, least, most) in zip(means.items(), found, strict=True):
            name = Method(control.name, {**method.settings, "judged": method.name})
            settings.append((method, name, setting, colorfulness, least, most))
            if np.isfinite(setting):
                scores.append(_counted({name: (control.at(setting), reference)}, pairs, all_methods))
    columns = ["judged", "control", "setting", "colorfulness", "least", "most"]
    return Compared(pd.concat(scores, ignore_index=True), pd.DataFrame(settings, columns=columns), all_methods)


def _counted(
    colorizers: Mapping[Method, tuple[Colorizer, Colorizer | None]], pairs: Pairs, into: dict[Method, np.ndarray]
) -> pd.DataFrame:
    """`evaluate`, which also keeps the colors of every picture."""
    counting = {method: _Counting(*pair) for method, pair in colorizers.items()}
    table = evaluate(counting, pairs, batch_size=_BATCH)
    into.update({method: np.concatenate(one.counted) for method, one in counting.items()})
    return table


def _truths(pairs: Pairs) -> np.ndarray:
    starts = range(0, len(pairs), _BATCH)
    return np.concatenate([histograms(pairs.tensors(slice(start, start + _BATCH))[1]) for start in starts])


def _controls(reference: Colorizer) -> list[_Control]:
    """The controls of a colorizer."""
    if isinstance(reference, ChromaNet):

        def join(gray: Tensor, chroma: Tensor) -> Tensor:
            return composition.join(gray, composition.enlarge(chroma, gray.shape[-2:]))

        return [
            _Control(SLIDER, 1.0, lambda gray: (gray, reference.distribution(gray)),
                     lambda seen, setting: join(seen[0], seen[1].chroma(setting))),
            _Control(CONSTANT, LARGEST_FACTOR, lambda gray: (gray, reference.distribution(gray).chroma(0.0)),
                     lambda seen, factor: join(seen[0], factor * seen[1])),
        ]  # fmt: skip
    return [
        _Control(CNN_CONSTANT, LARGEST_FACTOR, lambda gray: spaces.rgb_to_ycbcr(predict(reference, gray)),
                 lambda seen, factor: composition.join(seen[:, :1], factor * seen[:, 1:])),
    ]  # fmt: skip


@torch.inference_mode()
def _settings_at(
    control: _Control, wanted: Sequence[float], device: torch.device, pairs: Pairs
) -> list[tuple[float, float, float]]:
    """The setting at which a control has each of the wanted mean colorfulnesses, and the least and most it can have.

    The setting is NaN where none has it.
    """
    from scipy.optimize import brentq  # here, because its import takes a while

    seen = []
    with progress(control.name.replace("_", " "), len(pairs)) as tick:
        for start in range(0, len(pairs), _BATCH):
            gray, _ = pairs.tensors(slice(start, start + _BATCH), device)
            seen.append(control.look(gray))
            tick(len(gray))

    @cache
    def colorfulness(setting: float) -> float:
        found = [spaces.colorfulness(_as_in_a_file(control.paint(one, setting))) for one in seen]
        return float(torch.cat(found).double().mean())

    least, most, found = colorfulness(0.0), colorfulness(control.largest), []
    for target in wanted:
        ends = [end for end in (0.0, control.largest) if abs(colorfulness(end) - target) < EQUAL]
        setting = ends[0] if ends else np.nan
        if not ends and least < target < most:
            setting = brentq(lambda at, target=target: colorfulness(at) - target, 0.0, control.largest, xtol=1e-4)
        found.append((setting, least, most))
    return found


def _as_in_a_file(rgb: Tensor) -> Tensor:
    """Rounded to 8 bits."""
    return (rgb.clamp(0, 1) * 255).round() / 255


def histograms(rgb: Tensor) -> np.ndarray:
    """The share of each color of `distribution.COLORS` among the pixels of each picture.

    Args:
        rgb: `(B, 3, H, W)` in [0, 1].

    Returns:
        `(B, K)`, float64, each row summing to 1.
    """
    chroma = spaces.rgb_to_ycbcr(rgb)[:, 1:]
    return np.stack([chromas.frequencies(one[None]).double().cpu().numpy() for one in chroma])


@torch.inference_mode()
def placed(colorizers: Mapping[object, Colorizer], pairs: Pairs) -> pd.DataFrame:
    """Where colorizers lie beside the frontier, without intervals: for the checkpoints of a training, for instance.

    Returns:
        By the keys of `colorizers`: "colorfulness_ratio", NaN where the truths have no color, "gain" over the gray copy
        (dB, per-image mean), and "distance", the total variation from the true colors, as in `measure_vividness`.
    """
    true, rows = _truths(pairs).mean(0), {}
    for key, colorizer in colorizers.items():
        parts, counts, colorful = [], 0.0, 0.0
        for start in range(0, len(pairs), _BATCH):
            gray, truth = pairs.tensors(slice(start, start + _BATCH), device_of(colorizer))
            rgb = _as_in_a_file(predict(colorizer, gray, str(key)))
            errors = [(side - truth).square().mean((1, 2, 3)).cpu() for side in (rgb, gray)]
            parts.append(np.stack([psnr_of(errors[0]) - psnr_of(errors[1]), spaces.colorfulness(rgb).cpu()]))
            counts = counts + histograms(rgb).sum(0)
            colorful += float(spaces.colorfulness(truth).sum())
        gain, own = np.concatenate(parts, axis=1).mean(1)
        ratio = own * len(pairs) / colorful if colorful > 1e-6 * len(pairs) else np.nan
        rows[key] = (ratio, gain, np.abs(counts / len(pairs) - true).sum() / 2)
    return pd.DataFrame(rows.values(), pd.Index(rows, dtype=object), ["colorfulness_ratio", "gain", "distance"])


def frontier_of(reference: Colorizer, pairs: Pairs, factors: Sequence[float] = FACTORS) -> pd.DataFrame:
    """The frontier of a colorizer as a curve, see `measure_vividness`: with the vividness setting for a `ChromaNet`.

    Returns:
        One row per setting, with "kind", "setting", "gain", "colorfulness_ratio" and "distance".
    """
    if isinstance(reference, ChromaNet):
        return measure_vividness(reference, pairs, factors=factors)
    (control,) = _controls(reference)
    curve = placed({factor: _Beside(control.at(factor), reference) for factor in factors}, pairs)
    return curve.rename_axis("setting").reset_index().assign(kind=CNN_SCALED)
