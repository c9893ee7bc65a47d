"""What notebook 06 concludes about our network: the kept luma, the gain, vividness, ambiguity and failures."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from lib.conclusions.gains import against_the_gray_copy, difference_in_words, of_the_truths_color
from lib.evaluation.bootstrap import difference
from lib.evaluation.intervals import with_interval
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.rows import values_of
from lib.evaluation.size import counted, too_few
from lib.evaluation.vividness import SCALED, VIVIDNESS, color_and_gain, gain_at, gains_by_picture

SMALL_ERROR = 0.5  # of 255: less is rounding, to which nothing is compared
HIGHEST_COMPARED = 0.95  # of the truth's colorfulness, where vividness is compared with its control


def kept_luma_in_words(rows: pd.DataFrame, network: Method, luma_kept: Method) -> str:
    """What the paper's network gains when the given luma is kept. `rows` are what `summarize` returns."""
    placed = color_and_gain(rows, (network, luma_kept))
    return (
        f"The paper's network scores {placed[network][1]:+.2f} dB against the gray copy; with the given luma kept, the "
        f"same colors score {placed[luma_kept][1]:+.2f} dB."
    )


def gain_in_words(per_image: pd.DataFrame, rows: pd.DataFrame, method: Method) -> str:
    """How a method compares with the gray copy. `per_image` are the scores of which `rows` are the summary."""
    value = values_of(rows).loc[method]
    better = (gains_by_picture(per_image, method) > 0).mean()
    return (
        f"{method}: {against_the_gray_copy(per_image, method)}, SSIM {value['ssim']:.3f}, "
        f"{of_the_truths_color(value['colorfulness_ratio'])}; better than gray on {better:.0%} of the pictures."
    )


def vividness_in_words(curve: pd.DataFrame) -> str:
    """Vividness and its control at the same colorfulness. `curve` is what `measure_vividness` returns."""
    reached = [curve.loc[curve["kind"] == kind, "colorfulness_ratio"].max() for kind in (VIVIDNESS, SCALED)]
    if not np.isfinite(reached).all():
        return "Vividness and its control cannot be compared at one colorfulness: the truths have no color."
    at = min(HIGHEST_COMPARED, *reached)
    gain, control = (gain_at(curve, kind, at) for kind in (VIVIDNESS, SCALED))
    distance, of_control = (gain_at(curve, kind, at, "distance") for kind in (VIVIDNESS, SCALED))
    if not np.isfinite([gain, control]).all():
        least = curve.loc[curve["kind"] == VIVIDNESS, "colorfulness_ratio"].min()
        return (
            f"Vividness and its control cannot be compared at {at:.2f} of the truth's colorfulness: even the safest "
            f"colors have {least:.2f} of it."
        )
    return (
        f"At {at:.2f} of the truth's colorfulness vividness scores {gain:+.2f} dB against the gray copy, the control "
        f"{control:+.2f} dB; the distance of the colors as a whole from the true ones is {distance:.3f} with "
        f"vividness, {of_control:.3f} with the control."
    )


def calibration_in_words(groups: pd.DataFrame) -> str:
    """Whether ambiguity predicts the error. `groups` is what `calibration` returns."""
    if len(groups) < 2 or not (groups["error"] > SMALL_ERROR).all() or groups["ambiguity"].nunique() < 2:
        return (
            f"Whether ambiguity predicts the error cannot be said: {counted(len(groups), 'group')} of cells, with "
            f"errors of {groups['error'].min():.1f} to {groups['error'].max():.1f} of 255."
        )
    rank = groups["ambiguity"].rank().corr(groups["error"].rank()) if groups["error"].nunique() > 1 else 0.0
    ratio = groups["error"].iloc[-1] / groups["error"].iloc[0]
    apart = (groups["expected"] / groups["error"] - 1).abs().mean()
    return (
        f"The error in the most ambiguous of {len(groups)} groups of cells is {ratio:.1f} times that in the least "
        f"(rank correlation over the groups {rank:.2f}); expected and measured error differ by {apart:.0%} on average."
    )


def failures_in_words(gains: pd.Series) -> str:
    """On how many pictures a method is worse than the gray copy. `gains` is what `gains_by_picture` returns."""
    return (
        f"Below the gray copy: {(gains < 0).sum()} of {len(gains)} pictures. The worst one scores "
        f"{gains.min():+.1f} dB against it."
    )


def judged_in_words(per_image: pd.DataFrame, methods: Iterable[Method], pictures: str) -> str:
    """How methods compare with the gray copy on one set of pictures.

    Args:
        per_image: what `evaluate` returns, of the methods and the gray copy.
        methods: those compared.
        pictures: what the pictures are, as it goes on after their number.
    """
    gains = {method: gains_by_picture(per_image, method) for method in methods}
    parts = []
    for method, gain in gains.items():
        interval = with_interval(difference(per_image, method, GRAY_COPY, "psnr"), "+z.2f", " dB")
        parts.append(f"{method} {interval} ({(gain < 0).mean():.0%})")
    number = len(next(iter(gains.values())))
    return (
        f"Gain over the gray copy on {counted(number, 'picture')} of {pictures}{too_few(number)}, and the share worse "
        f"than it: {'; '.join(parts)}."
    )


def knowledge_in_words(per_image: pd.DataFrame, knowing: Method, from_nothing: Method, pictures: str) -> str:
    """What ImageNet's weights are worth: the same network with them and without, on one set of pictures."""
    return (
        f"What ImageNet's weights are worth on {pictures}: {knowing}, against {from_nothing}, "
        f"{difference_in_words(per_image, knowing, from_nothing)}."
    )


def equal_seconds_in_words(histories: Mapping[Method, pd.DataFrame], gray_psnr: float) -> str:
    """What each training has gained on the validation pictures when the one that takes least time has ended.

    Args:
        histories: one row per epoch, with psnr and seconds.
        gray_psnr: that of the gray copy on the validation pictures, in dB.
    """
    least = min(history["seconds"].sum() for history in histories.values())
    parts = []
    for method, history in histories.items():
        done = history[history["seconds"].cumsum() <= least + 1e-9]
        gain = f"{done['psnr'].iloc[-1] - gray_psnr:+z.2f} dB" if len(done) else "has finished no pass over the pairs"
        parts.append(f"{method} {gain}")
    return f"After {least:.1f} s of training each, on the validation pictures: {'; '.join(parts)}."
