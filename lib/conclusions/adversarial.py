"""What notebook 09 concludes: whether adversarial training lies above the frontier, and how real its colors look."""

import numpy as np
import pandas as pd

from lib.evaluation.bootstrap import difference
from lib.evaluation.frontier import SLIDER, Compared
from lib.evaluation.intervals import with_interval
from lib.evaluation.names import TRUTH, Method
from lib.evaluation.rows import methods_of, of_method, values_of
from lib.evaluation.size import counted, too_few

# Less is no difference: at a setting that is found to so many digits, a control and itself differ by a tenth of it.
LEAST_GAIN, LEAST_NEARER = 0.01, 0.001  # dB, and of the distance


def frontier_in_words(compared: Compared, method: Method | str) -> str:
    """Whether a colorizer lies above its controls at equal colorfulness.

    It does so where it scores more PSNR than every control that can be as colorful, or is nearer to the true colors,
    and is worse in neither, by paired intervals that lie beyond `LEAST_GAIN` and `LEAST_NEARER`. The sentence ends with
    the verdict: "above the frontier", else "no gain", or "cannot tell" where the pictures are too few for intervals.

    Args:
        compared: see `frontier.against_the_frontier`.
        method: one of those judged.
    """
    method, count = Method.of(method), len(compared.histograms[Method(TRUTH)])
    own = compared.settings[compared.settings["judged"] == method]
    ratio = compared.places().loc[method, "colorfulness_ratio"]
    color = f"{ratio:.2f} of the truth's" if np.isfinite(ratio) else f"{own['colorfulness'].iloc[0]:.1f}"
    controls = compared.controls_of(method)
    parts, distances = [], []
    for control, setting in controls.items():
        gain = with_interval(difference(compared.per_image, method, control, "psnr"), "+z.2f", " dB")
        parts.append(f"{gain} over {_setting_in_words(control, setting)}")
        nearer = with_interval(compared.distance_difference(method, control), "+z.3f")
        distances.append(f"{compared.distance(control)[0]:.3f} ({nearer})")
    missing = [
        f"{_control_in_words(row.control)} cannot be as colorful (it reaches {row.least:.1f} to {row.most:.1f}, "
        f"{method} has {row.colorfulness:.1f})"
        for row in own.itertuples()
        if not np.isfinite(row.setting)
    ]
    if not parts:
        return f"{method}, at a colorfulness of {color}: {'; '.join(missing)}: no gain can be measured."
    return (
        f"{method}, at a colorfulness of {color}, scores {' and '.join(parts)}; the distance of its colors from the "
        f"true ones is {compared.distance(method)[0]:.3f} against {' and '.join(distances)}"
        f"{''.join(f'; {one}' for one in missing)}{too_few(count)}: {verdict_of(compared, method)}."
    )


def verdict_of(compared: Compared, method: Method | str) -> str:
    """The verdict of `frontier_in_words`: "above the frontier", "no gain" or "cannot tell"."""
    controls = compared.controls_of(method)
    gains = [difference(compared.per_image, method, control, "psnr") for control in controls]
    distances = [compared.distance_difference(method, control) for control in controls]
    if not np.isfinite([*gains, *distances]).all():
        return "cannot tell"
    both = list(zip(gains, distances, strict=True))
    is_better = [gain[1] > LEAST_GAIN or distance[2] < -LEAST_NEARER for gain, distance in both]
    is_worse = [gain[2] < -LEAST_GAIN or distance[1] > LEAST_NEARER for gain, distance in both]
    return "above the frontier" if controls and all(is_better) and not any(is_worse) else "no gain"


def _control_in_words(control: Method) -> str:
    return "the vividness setting" if control.name == SLIDER else "chroma times a constant"


def _setting_in_words(control: Method, setting: float) -> str:
    return f"vividness {setting:.2f}" if control.name == SLIDER else f"chroma times {setting:.2f}"


def detector_in_words(accuracies: pd.DataFrame) -> str:
    """How often fresh classifiers tell each method's colors from true ones. See `detector.detector_accuracies`."""
    parts = []
    for method in methods_of(accuracies):
        own = of_method(accuracies, method)["accuracy"]
        spread = f" ({own.min():.0%} to {own.max():.0%})" if len(own) > 1 else ""
        parts.append(f"{method} {own.mean():.0%}{spread}" if own.notna().all() else f"{method} not measured")
    seeds = accuracies["seed"].nunique()
    return (
        f"A fresh classifier tells painted colors from true ones with an accuracy of: {'; '.join(parts)}; 50% is "
        f"chance (mean and range over {counted(seeds, 'seed')})."
    )


def spread_in_words(rows: pd.DataFrame) -> str:
    """Whether pictures differ in color as photographs do, or all have one tint. `rows` are from `realism.realism`."""
    values = values_of(rows)
    parts = []
    for method in values.index:
        if method.name == TRUTH:
            continue
        spread, correlation = values.loc[method, ["color_spread", "color_correlation"]]
        related = f", correlation with the truth's {correlation:+z.2f}" if np.isfinite(correlation) else ""
        parts.append(f"{method} {spread:.2f}{related}" if np.isfinite(spread) else f"{method} not defined")
    return f"The colorfulness of pictures varies, compared with that of the truths, by: {'; '.join(parts)}."


def blotches_in_words(rows: pd.DataFrame) -> str:
    """How many color edges lie where luma has none. `rows` are from `realism.realism`."""
    return "Color edges without luma edges, ratio to the truth's: " + _listed(rows, "blotches", ".2f") + "."


def balance_in_words(rows: pd.DataFrame) -> str:
    """What becomes of cast and blotches where the balance is lost. `rows` are from `realism.realism`."""
    values, parts = values_of(rows), []
    for method in values.index:
        cast, blotches = values.loc[method, ["color_cast", "blotches"]]
        if method.name != TRUTH:
            parts.append(f"{method} {cast:.1f} and {f'{blotches:.2f}' if np.isfinite(blotches) else 'not defined'}")
    return (
        f"Mean chroma of all pictures (of 255; the truth's is {values.loc[Method(TRUTH), 'color_cast']:.1f}) and color "
        f"edges without luma edges (ratio to the truth's): {'; '.join(parts)}."
    )


def kernel_distance_in_words(rows: pd.DataFrame, weights: str) -> str:
    """How far VGG's features are from those of photographs. `rows` are from `realism.realism`.

    `weights` names those of VGG, see `vgg_features.WEIGHTS`.
    """
    values = _listed(rows, "vgg_kernel_distance", "z.1f")
    return f"Kernel distance of VGG features x 1000 (weights: {weights}; no KID): {values}."


def _listed(rows: pd.DataFrame, metric: str, form: str) -> str:
    """A metric of every method with its interval."""
    parts = []
    for row in rows[rows["metric"] == metric].itertuples():
        interval = (row.value, row.low, row.high)
        parts.append(f"{row.label} {with_interval(interval, form) if np.isfinite(row.value) else 'not defined'}")
    return "; ".join(parts)
