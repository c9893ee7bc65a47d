"""What notebook 07 concludes about a reference picture: what it gains, and how often it harms."""

import pandas as pd

from lib.evaluation.intervals import with_interval
from lib.evaluation.names import Method
from lib.evaluation.reference import gains_by_reference, share_harmed
from lib.evaluation.rows import methods_of
from lib.evaluation.size import counted, too_few


def references_in_words(scores: pd.DataFrame) -> list[str]:
    """A sentence for each kind of reference: the gain over the automatic picture, and the share of pictures harmed.

    Args:
        scores: what `measure_references` returns.
    """
    rows, pictures = gains_by_reference(scores), scores["name"].nunique()
    parts: dict[str, list[str]] = {}
    for row, method in zip(rows.to_dict("records"), methods_of(rows), strict=True):
        gain = with_interval((row["value"], row["low"], row["high"]), "+z.2f", " dB")
        words = f"{Method(method.name)} {gain}, {share_harmed(scores, method):.0%} of pictures worse"
        parts.setdefault(method.settings["reference"], []).append(words)
    return [
        f"With a reference of {kind}, against the automatic picture, on {counted(pictures, 'picture')}"
        f"{too_few(pictures)}: {'; '.join(words)}."
        for kind, words in parts.items()
    ]
