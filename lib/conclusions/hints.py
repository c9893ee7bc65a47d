"""What notebook 07 concludes about hints: what they gain by each method, and where they help most."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lib.evaluation.bootstrap import difference
from lib.evaluation.hinting import RANDOM, lines_by_hints
from lib.evaluation.intervals import with_interval
from lib.evaluation.names import Method
from lib.evaluation.size import counted, too_few


def methods_in_words(rows: pd.DataFrame, hints: int) -> str:
    """What each method gains with so many hints in random places. `rows` are what `gains_by_hints` returns."""
    parts, pictures = [], int(rows["n"].iloc[0])
    for line, points in lines_by_hints(rows).items():
        if line.settings["places"] == RANDOM:
            point = points[points["hints"] == hints].iloc[0]
            gain = with_interval(tuple(point[["value", "low", "high"]]), "+z.2f", " dB")
            parts.append(f"{Method(line.name)} {gain}")
    return (
        f"With {counted(hints, 'hint')} in random places, gain over the gray copy on "
        f"{counted(pictures, 'picture')}{too_few(pictures)}: {'; '.join(parts)}."
    )


def against_levin_in_words(scores: pd.DataFrame, counts: Sequence[int]) -> str:
    """The posterior compared with Levin alone, with as many hints in the same random places.

    Args:
        scores: what `measure_hints` returns.
        counts: the numbers of hints that are compared.
    """
    leads = {count: _lead(scores, count, ("posterior", RANDOM), ("levin", RANDOM)) for count in counts}
    least, most = (choose(leads, key=lambda count: leads[count][0]) for choose in (min, max))
    ends = [
        f"{with_interval(leads[c], '+z.2f', ' dB')} with {counted(c, 'hint')}" for c in dict.fromkeys((least, most))
    ]
    clear = sum(low > 0 for _, low, _ in leads.values())
    sure = f"; the interval is above zero for {clear} of {counted(len(leads), 'number')} of hints"
    sure = "" if np.isnan(leads[least][1]) else sure
    few = too_few(scores["name"].nunique())
    return f"The posterior against Levin alone, with the same hints: {' to '.join(ends)}{sure}{few}."


def saved_hints_in_words(rows: pd.DataFrame, counts: Sequence[int]) -> str:
    """How many hints Levin alone needs for what the posterior has with few; of the numbers tried, the least.

    Args:
        rows: what `gains_by_hints` returns.
        counts: the numbers of hints that the posterior has.
    """
    lines = {line.name: points for line, points in lines_by_hints(rows).items() if line.settings["places"] == RANDOM}
    posterior, levin = lines["posterior"], lines["levin"]
    parts = []
    for count in counts:
        gain = posterior.loc[posterior["hints"] == count, "value"].iloc[0]
        enough = levin.loc[levin["value"] >= gain, "hints"]
        parts.append(f"{enough.min()} for {count}" if len(enough) else f"more than {levin['hints'].max()} for {count}")
    return (
        "How many hints Levin alone needs for the gain of the posterior, of the numbers tried: "
        f"{', '.join(parts)} of the posterior's."
    )


def places_in_words(scores: pd.DataFrame, kinds: Sequence[str], hints: int) -> str:
    """Hints in chosen places compared with as many in random ones, both spread by the posterior."""
    parts = []
    for kind in kinds:
        lead = _lead(scores, hints, ("posterior", kind), ("posterior", RANDOM))
        parts.append(f"{kind} places {with_interval(lead, '+z.2f', ' dB')}")
    few = too_few(scores["name"].nunique())
    return f"{counted(hints, 'hint')} against as many in random places: {', '.join(parts)}{few}."


def _lead(scores: pd.DataFrame, hints: int, *both: tuple[str, str]) -> tuple[float, float, float]:
    methods = [Method(name, {"hints": hints, "places": places}) for name, places in both]
    return difference(scores, *methods, "psnr")
