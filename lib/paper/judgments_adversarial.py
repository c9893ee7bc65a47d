"""How the claims on adversarial training are judged: against the frontier, and by a fresh classifier."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from lib.evaluation.bootstrap import mean_over
from lib.evaluation.intervals import mean_interval, verdict, with_interval
from lib.evaluation.names import Method
from lib.evaluation.rows import methods_of, of_method
from lib.evaluation.size import Size, counted, too_few
from lib.paper.judgments import FEW, Judgment, best_of


def judge_frontier(judged: str, rivals: Sequence[str], frontier: pd.DataFrame, distances: pd.DataFrame) -> Judgment:
    """An adversarial network against what needs no critic and is as colorful: whether it lies above the frontier.

    Supported where, beside every such control, it scores more or its colors as a whole are nearer to the true ones, and
    is worse in neither; not supported where it is worse in one. Both are judged by the interval over pictures (of
    scores that of the mean over seeds, of distances that of every seed) and by that over seeds, which must agree. A
    control that can be as colorful with no seed is named, and nothing can be told beside it; one that can with some is
    judged by these.

    Args:
        judged: the identifier of the method.
        rivals: those of the controls.
        frontier: what `lib.evaluation.frontier.Compared` has per image, for each "seed".
        distances: how much farther its colors as a whole are from the true ones: "seed", "judged", "control" (two
            identifiers), "difference", and the ends "low" and "high" of its interval over pictures.
    """
    own = best_of(frontier, [judged])
    controls = {m.name: m for m in methods_of(frontier) if m.settings.get("judged") == judged}
    own_psnr = _psnr(frontier, own)
    pictures, seeds = own_psnr.shape
    words, verdicts = [], []
    for rival in rivals:
        if rival not in controls:
            words.append(f"{Method(rival)} cannot be as colorful")
            verdicts.append("cannot tell")
            continue
        gains = (own_psnr - _psnr(frontier, controls[rival])).dropna(axis=1)
        seeds = min(seeds, gains.shape[1])
        over_pictures = mean_over(gains.mean(axis=1).to_numpy())
        over_seeds = mean_interval(gains.mean().tolist())
        farther = distances[(distances["judged"] == judged) & (distances["control"] == rival)]
        distance = mean_interval(farther["difference"].tolist())
        low, high = over_seeds[1:]
        ends = f" (over seeds [{low:+z.2f}, {high:+z.2f}])" if np.isfinite(low) else ""
        words.append(
            f"{with_interval(over_pictures, '+z.2f', ' dB')}{ends} against {Method(rival)}, distance of the "
            f"colors {with_interval(distance, '+z.3f')}"
        )
        gained = _agreed(over_pictures[1:], over_seeds[1:])
        nearer = _agreed((-farther["high"].max(), -farther["low"].min()), (-distance[2], -distance[1]))
        verdicts.append(_above(gained, nearer))
    size = Size.of((own,), seeds, pictures)
    few = FEW if too_few(pictures) else ""
    measured = f"{own}, at equal colorfulness: {'; '.join(words)}, {size.in_words}{few}"
    return Judgment(measured, _worst(verdicts), size)


def _psnr(frontier: pd.DataFrame, method: Method) -> pd.DataFrame:
    """The PSNR of a method by picture (rows) and seed (columns)."""
    return of_method(frontier, method).pivot(index="name", columns="seed", values="psnr")


def judge_detection(judged: str, rival: str, detected: pd.DataFrame) -> Judgment:
    """Whether a fresh classifier tells an adversarial network's colors from true ones less often than a rival's.

    Args:
        judged: the identifier of the method.
        rival: that of what it is compared with.
        detected: the mean accuracy of classifiers for every method and "seed" of the trainings, with the number of
            "pictures".
    """
    own, pictures = best_of(detected, [judged], "accuracy"), int(detected["pictures"].min())
    size = Size.of((own,), len(of_method(detected, own)), pictures)
    if rival not in set(detected["method"]):  # a control that cannot be as colorful with any seed
        return Judgment(f"{own}: {Method(rival)} cannot be as colorful", "cannot tell", size)
    other = best_of(detected, [rival], "accuracy")
    accuracy = [of_method(detected, method).set_index("seed")["accuracy"] for method in (own, other)]
    both = pd.concat(accuracy, axis=1, keys=["own", "other"]).dropna()
    if both.empty:
        return Judgment(f"{own}: {counted(pictures, 'picture')}, too few for a classifier", "cannot tell", size)
    size = replace(size, seeds=len(both))
    shares = 100 * both.mean()
    interval = mean_interval((100 * (both["own"] - both["other"])).tolist())
    measured = (
        f"A fresh classifier tells {own} from true colors in {shares['own']:.0f}% of the cases, {other} in "
        f"{shares['other']:.0f}%: "
        f"{with_interval(interval, '+z.1f', ' points')} {size.in_words}"
    )
    return Judgment(measured, verdict(-interval[2], -interval[1]), size)


def _agreed(*ends: tuple[float, float]) -> str:
    """The verdict on which several intervals of a difference agree."""
    verdicts = {verdict(*own) for own in ends}
    return verdicts.pop() if len(verdicts) == 1 else "cannot tell"


def _above(gained: str, nearer: str) -> str:
    """The verdict beside one control, from those on its score and on its distance."""
    if "not supported" in (gained, nearer):
        return "not supported"
    return "supported" if "supported" in (gained, nearer) else "cannot tell"


def _worst(verdicts: list[str]) -> str:
    return next((one for one in ("not supported", "cannot tell") if one in verdicts), "supported")
