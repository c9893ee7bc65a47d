"""The pictures that notebooks are to run on, looked at before any kernel starts."""

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lib.common.usage import UsageError
from lib.evaluation.size import counted
from lib.workbook.parameters import Notebook
from lib.workbook.ranges import SPLITS

if TYPE_CHECKING:
    from lib.data.survey import Survey

# What looks at pictures takes a second to import: it is imported where it is used, so that mistakes are said at once.

Uses = Sequence[tuple[Notebook, Mapping[str, object]]]  # notebooks, and the parameters given to each


def check_data(uses: Uses, source: str = "") -> "dict[str, Survey]":
    """Print which pictures each data set has and what of it is passed over; notebooks without data are skipped.

    Args:
        uses: the notebooks, and the parameters that are given to each; defaults are used for the rest.
        source: the file of a sweep, which may give the parameters too.

    Returns:
        What was found, by the name of the data set.

    Raises:
        UsageError: a data set cannot be used, or has fewer pictures than a parameter asks for.
    """
    whole = [(notebook, {**notebook.defaults, **given}) for notebook, given in uses]
    by_data: dict[str, list[tuple[Notebook, dict]]] = {}
    for notebook, values in whole:
        if "data" in notebook.types:
            by_data.setdefault(values["data"], []).append((notebook, values))
    found = {}
    for data, users in by_data.items():
        # What validates a training picks its pictures from the validation split; other notebooks need none.
        trains = any(known.split for notebook, _ in users for known in notebook.ranges.values())
        found[data] = surveyed(data, tuple(SPLITS.values()) if trains else ("train", "test"))
        check_counts(data, found[data].counts, users, f"with -p or in {source}" if source else "")
    for judge, data in dict.fromkeys((values.get("judge"), values.get("data")) for _, values in whole):
        if judge:
            _check_judge(judge, data)
    return found


def _check_judge(judge: str, data: str) -> None:
    from lib.data.judge import names_trained_on

    surveyed(judge, ("test",), "Judge", split="test")
    try:
        names_trained_on(judge, data)
    except (ValueError, OSError) as error:
        raise UsageError(str(error)) from None


def surveyed(data: str, needed: Sequence[str], head: str = "Data", **options: str) -> "Survey":
    """The survey of a data set, printed: one line, then one each for what is passed over and for problems.

    `needed` are the splits that must have pictures; `head` begins the line; `options` are more of `survey`'s. Data
    that cannot be used raises `UsageError`.
    """
    from lib.data.survey import survey

    try:
        found = survey(data, needed, **options)
    except (ValueError, OSError) as error:
        raise UsageError(str(error)) from None
    print(f"{head}: {found.description}", flush=True)
    if found.passed_over:
        print(found.passed_over, flush=True)
    if found.problems:
        print(f"{counted(len(found.problems), 'problem')}; the first: {found.problems[0]}", flush=True)
    return found


def check_counts(data: str, counts: Mapping[str, int], users: Uses, where: str = "", option: str = "-p ") -> None:
    """Raise `UsageError` where parameters ask for more pictures of a split than the data has.

    Args:
        data: the name of the data set.
        counts: its number of pictures in each split; a split that is not there is not checked.
        users: notebooks, and the values of all their parameters.
        where: in words, where the values can be given; without it the sentence says what to give.
        option: what comes before each name in what to give.
    """
    for word, split in SPLITS.items():
        there = counts.get(split, math.inf)
        most: dict[str, object] = {}  # the largest value of each parameter that asks for too many
        for notebook, values in users:
            for name, known in notebook.ranges.items():
                if known.split == split and largest(values[name]) > max(largest(most.get(name, 0)), there):
                    most[name] = values[name]
        if most:
            *others, last = [f"{name} {largest(value)}" for name, value in most.items()]
            asked = f"{', '.join(others)} and {last}" if others else last
            fewer = " ".join(f"{option}{name} {shlex.quote(fitting(value, there))}" for name, value in most.items())
            end = f"give at most {there} {where}" if where else f"give {fewer}"
            raise UsageError(
                f"{data} has {counted(there, f'{word} picture')}, fewer than {asked}; "
                f"{end if there else 'add pictures, or lines to split.csv'}."
            )


def largest(value: object) -> int:
    """The largest number of a parameter's value, a number or a list of them."""
    return max(value, default=0) if isinstance(value, list) else value


def fitting(value: object, most: int) -> str:
    """A value as text for `-p`, with no number above `most`, none of them twice."""
    if isinstance(value, list):
        return json.dumps(sorted({min(item, most) for item in value}))
    return str(min(value, most))
