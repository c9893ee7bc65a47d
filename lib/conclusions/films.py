"""What notebook 08 concludes about films: how much they flicker, what steadiness costs, shots and speed."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lib.evaluation.bootstrap import mean_over
from lib.evaluation.intervals import with_interval
from lib.evaluation.names import TRUTH, Method
from lib.evaluation.rows import of_method
from lib.evaluation.size import counted, too_few


def flicker_in_words(scores: pd.DataFrame, method: Method, reference: Method) -> str:
    """How much a method flickers, drifts and gains, compared with another one on the same films.

    Args:
        scores: what `scores_of_film` returns for several films.
        method: such as the consistent film.
        reference: such as the film frame by frame.
    """
    own, other, truth = (of_method(scores, one) for one in (method, reference, TRUTH))
    cost = mean_over(own["film_gain"].to_numpy() - other["film_gain"].to_numpy())
    of_truth = f"; the truth's {_percent(truth['film_warping'].mean())}" if len(truth) else ""
    return (
        f"On {counted(len(own), 'film')}{too_few(len(own), 'film')}, {method} against {reference}: warping error "
        f"{_change(own, other, 'film_warping')} (of the film's chroma{of_truth}), drift over 30 frames "
        f"{_change(own, other, 'film_drift')}, chroma PSNR {with_interval(cost, '+z.2f', ' dB')}."
    )


def trade_in_words(curve: pd.DataFrame) -> str:
    """What carrying more along does: the weight that flickers least, and the one that gains most.

    Args:
        curve: one row per weight, with the columns weight, gain (dB) and warping (% of chroma).
    """
    most = curve.loc[curve["gain"].idxmax()]
    if curve["warping"].isna().any():
        return f"Some films are gray, so their flicker is not defined; the gain is {most['gain']:+z.2f} dB at most."
    first, least = curve.loc[curve["weight"].idxmin()], curve.loc[curve["warping"].idxmin()]
    return (
        f"Mixed along the flow, from weight {first['weight']:g} to {least['weight']:g}, which flickers least, the "
        f"warping error goes from {_percent(first['warping'])} to {_percent(least['warping'])} of the chroma and the "
        f"gain over gray from {first['gain']:+z.2f} to {least['gain']:+z.2f} dB; it is largest at weight "
        f"{most['weight']:g}, {most['gain']:+z.2f} dB."
    )


def control_in_words(scores: pd.DataFrame, control: Method) -> str:
    """That a small warping error alone proves nothing: a control's, with what else it does."""
    own = of_method(scores, control)
    gain = with_interval(mean_over(own["film_gain"].to_numpy()), "+z.2f", " dB")
    warping, drift = (_percent(own[column].mean()) for column in ("film_warping", "film_drift"))
    return (
        f"Beside it, {control}: warping error {warping} (of its chroma), drift over 30 frames {drift}, gain over gray "
        f"{gain}."
    )


def shots_in_words(found: Sequence[int], true: Sequence[int], count: int) -> str:
    """Which of a film's cuts were found.

    Args:
        found: the frames at which a shot was found to begin, the first frame left out.
        true: those at which one does.
        count: frames of the film.
    """
    right, wrong = sorted(set(found) & set(true)), sorted(set(found) - set(true))
    false = f"{counted(len(wrong), 'false one')} (at frame {', '.join(map(str, wrong))})" if wrong else "no false one"
    return (
        f"In a film of {counted(count, 'frame')} with a flash and a fade, {len(right)} of {counted(len(true), 'cut')} "
        f"were found, and {false}."
    )


def speed_in_words(seconds: Mapping[str, float], frames: int, size: tuple[int, int]) -> str:
    """How long the parts of the work take per frame, and how many frames a second the whole makes.

    Args:
        seconds: for all frames, by part; the last part is the whole.
        frames: how many there were.
        size: height and width of a frame in px.
    """
    *parts, whole = seconds
    each = ", ".join(f"{part} {1000 * seconds[part] / frames:.1f} ms" for part in parts)
    rate = f"{frames / seconds[whole]:.0f} frames per second" if seconds[whole] > 0 else "too fast to time"
    return f"A frame of {size[1]} x {size[0]} px: {each}. The whole, {whole}: {rate} on this machine."


def _change(own: pd.DataFrame, other: pd.DataFrame, column: str) -> str:
    """`1.32% instead of 6.19%`, means over films."""
    if own[column].isna().all() and other[column].isna().all():
        return _percent(np.nan)
    return f"{_percent(own[column].mean())} instead of {_percent(other[column].mean())}"


def _percent(value: float) -> str:
    """A share in percent; in words where there is none, because the film is gray or too short."""
    return f"{value:.2g}%" if np.isfinite(value) else "not defined"
