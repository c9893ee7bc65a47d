"""What notebook 05 concludes from the table of all methods and from the ledger."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from lib.conclusions.gains import against_the_gray_copy, of_the_truths_color
from lib.evaluation.names import CONTROLS, GRAY_COPY, Method
from lib.evaluation.rows import grid_of, values_of


def network_in_words(rows: pd.DataFrame) -> list[str]:
    """The paper's network beside the gray copy, in a sentence; none where the rows hold no such network.

    The network is the one with most pairs and all epochs, chosen before it was scored.
    """
    if not grid_of(rows):
        return []
    network, values = grid_of(rows)[-1], values_of(rows)
    own, copy = values.loc[network], values.loc[GRAY_COPY]
    return [
        f"The paper's network ({network}) scores {own['psnr']:.2f} dB and SSIM {own['ssim']:.3f}; "
        f"doing nothing, the gray picture in R, G and B, scores {copy['psnr']:.2f} dB and {copy['ssim']:.3f}."
    ]


def gains_in_words(scores: pd.DataFrame, rows: pd.DataFrame, ours: Iterable[Method]) -> list[str]:
    """How much PSNR each of our networks gains over the gray copy, and how colorful it is; a sentence each.

    Args:
        scores: what `evaluate` returns: one line per method and image.
        rows: the means of all methods, as `summarize` returns them.
        ours: the methods of `scores` to speak of.
    """
    colorful = values_of(rows)["colorfulness_ratio"]
    return [
        f"{method.label[0].upper()}{method.label[1:]}: {against_the_gray_copy(scores, method)}, "
        f"{of_the_truths_color(colorful[method])}."
        for method in ours
    ]


def own_in_words(scores: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """How much PSNR each of the user's methods gains over the gray copy; a sentence each."""
    return [f"Your method {name}: {against_the_gray_copy(scores, name)}." for name in names]


def better_in_words(rows: pd.DataFrame) -> str:
    """How many methods, and which, have a higher mean PSNR than the gray copy. Controls do not compete."""
    psnr = values_of(rows)["psnr"]
    methods = [method for method in psnr.index if method.name not in CONTROLS]
    above = [str(method) for method in methods if psnr[method] > psnr[GRAY_COPY]]
    which = f" ({'; '.join(above)})" if above else ""
    return f"A higher mean PSNR than the gray copy: {len(above)} of {len(methods)} methods{which}."


def ledger_in_words(claims: Sequence[Mapping[str, str]]) -> str:
    """How many claims of the ledger have which verdict, the most frequent first."""
    if not claims:
        return "The comparison judges no claims."
    counts = Counter(entry["verdict"] for entry in claims).most_common()
    each = [f"{count} {'is' if count == 1 else 'are'} “{verdict}”" for verdict, count in counts]
    return f"Of {len(claims)} claims that the comparison judges, {', '.join(each)}."
