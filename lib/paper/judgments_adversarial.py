"""How the claims on adversarial training are judged: against the frontier, and by a fresh classifier."""

import numpy as np
import pandas as pd

from lib.evaluation.bootstrap import mean_over
from lib.evaluation.intervals import mean_interval, verdict, with_interval
from lib.evaluation.rows import methods_of, of_method
from lib.evaluation.size import Size, too_few
from lib.paper.judgments import FEW, Judgment, best_of


def judge_frontier(judged: str, frontier: pd.DataFrame, distances: pd.DataFrame) -> Judgment:
    """An adversarial network against what needs no critic and is as colorful: whether it lies above the frontier.

    Supported where, beside every such control, it scores more or its colors as a whole are nearer to the true ones, and
    is worse in neither; not supported where it is worse in one. Scores are judged by the interval over pictures (each
    the mean over seeds) and by that over seeds, which must agree; distances by that over seeds.

    Args:
        judged: the identifier of the method.
        frontier: what `lib.evaluation.frontier.Compared` has per image, for each "seed".
        distances: how much farther its colors as a whole are from the true ones: "seed", "judged", "control" (two
            identifiers) and "difference".
    """
    own = best_of(frontier, [judged])
    controls = [method for method in methods_of(frontier) if method.settings.get("judged") == judged]
    psnr = {m: of_method(frontier, m).pivot(index="name", columns="seed", values="psnr") for m in (own, *controls)}
    size = Size.of((own,), *psnr[own].shape[::-1])
    if not controls:
        return Judgment(f"{own}: nothing else is as colorful, {size.in_words}", "cannot tell", size)
    words, verdicts = [], []
    for control in controls:
        gains = (psnr[own] - psnr[control]).dropna(axis=1)  # a control may not be as colorful with every seed
        over_pictures = mean_over(gains.mean(axis=1).to_numpy())
        over_seeds = mean_interval(gains.mean().tolist())
        farther = distances[(distances["judged"] == judged) & (distances["control"] == control.name)]["difference"]
        distance = mean_interval(farther.tolist())
        low, high = over_seeds[1:]
        ends = f" (over seeds [{low:+z.2f}, {high:+z.2f}])" if np.isfinite(low) else ""
        words.append(
            f"{with_interval(over_pictures, '+z.2f', ' dB')}{ends} against {control.label.split(', as')[0]}, distance "
            f"of the colors {with_interval(distance, '+z.3f')}"
        )
        both = {verdict(*over_pictures[1:]), verdict(*over_seeds[1:])}
        gained = both.pop() if len(both) == 1 else "cannot tell"
        verdicts.append(_above(gained, verdict(-distance[2], -distance[1])))
    measured = (
        f"{own}, at equal colorfulness: {'; '.join(words)}, {size.in_words}{FEW if too_few(size.pictures) else ''}"
    )
    return Judgment(measured, _worst(verdicts), size)


def judge_detection(judged: str, rival: str, detected: pd.DataFrame) -> Judgment:
    """Whether a fresh classifier tells an adversarial network's colors from true ones less often than a rival's.

    Args:
        judged: the identifier of the method.
        rival: that of what it is compared with.
        detected: the mean accuracy of classifiers for every method and "seed" of the trainings, with the number of
            "pictures".
    """
    own, other = (best_of(detected, [name], "accuracy") for name in (judged, rival))
    accuracy = {method: of_method(detected, method).set_index("seed")["accuracy"] for method in (own, other)}
    less = (accuracy[other] - accuracy[own]).dropna()
    size = Size.of((own,), len(less), int(detected["pictures"].min()))
    shares = [f"{100 * accuracy[method].mean():.0f}%" for method in (own, other)]
    interval = mean_interval((-100 * less).tolist())
    measured = (
        f"A fresh classifier tells {own} from true colors in {shares[0]} of the cases, {other} in {shares[1]}: "
        f"{with_interval(interval, '+z.1f', ' points')} {size.in_words}"
    )
    return Judgment(measured, verdict(-interval[2], -interval[1]), size)


def _above(gained: str, nearer: str) -> str:
    """The verdict beside one control, from those on its score and on its distance."""
    if "not supported" in (gained, nearer):
        return "not supported"
    return "supported" if "supported" in (gained, nearer) else "cannot tell"


def _worst(verdicts: list[str]) -> str:
    return next((one for one in ("not supported", "cannot tell") if one in verdicts), "supported")
