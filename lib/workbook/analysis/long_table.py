"""Many results.json files as one tidy table: a row a file, method and metric, beside the parameters that differ."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd

from lib.common.files import read_json
from lib.common.usage import UsageError
from lib.workbook.records.reader import load_sweep, pictures_of

FIRST, LAST = ("notebook", "pictures"), ("seed", "method", "metric", "value", "low", "high", "n")
NUMBER = re.compile(r"(?<![\w.])\d+(?!\w|\.\d)")  # a whole number that stands alone: not that of VGG11, not 0.5


def tidy(files: Sequence[Path]) -> pd.DataFrame:
    """A row a results.json, method and metric: notebook, pictures, each swept parameter, seed, method, ..., n.

    Swept are the parameters that differ between files of one notebook, and what a file's sweep.json says; never `run`
    and `seed`. Lists stand there as text, `edges, smoothed`. Methods go by their template, `CNN, ‹pair_counts› pairs`.
    Of files that agree in notebook, parameters and pictures the one finished last counts.
    """
    loaded = newest([(file, read_json(file)) for file in files])
    swept = swept_parameters(loaded)
    clash = {*FIRST, *LAST} & set(swept)
    if clash:
        raise UsageError(f"'{clash.pop()}' is a swept parameter and a column of the table; rename the parameter.")
    rows = []
    for results, names in zip((r for _, r in loaded), templates(loaded, swept), strict=True):
        head = {"notebook": results["notebook"], "pictures": pictures_of(results)}
        head |= {name: plain(results["parameters"].get(name)) for name in swept}
        head |= {"seed": results["parameters"].get("seed", results.get("seed"))}
        for row in results["rows"]:
            rows.append({**head, **{k: row.get(k) for k in LAST[1:]}, "method": names[row["method"]]})
    table = pd.DataFrame(rows, columns=[*FIRST, *swept, *LAST])
    numbers = ["value", "low", "high", "n"]
    return table.astype(dict.fromkeys(numbers, float))


def newest(loaded: list[tuple[Path, dict]]) -> list[tuple[Path, dict]]:
    """Each notebook with the same parameters on the same pictures once, where it finished last."""
    kept: dict[tuple, tuple[Path, dict]] = {}
    for file, results in loaded:
        parameters = {name: value for name, value in results["parameters"].items() if name != "run"}
        key = (results["notebook"], pictures_of(results), json.dumps(parameters, sort_keys=True))
        if key not in kept or results.get("finished", "") > kept[key][1].get("finished", ""):
            kept[key] = (file, results)
    return list(kept.values())


def swept_parameters(loaded: list[tuple[Path, dict]]) -> list[str]:
    """The names of the swept parameters, in the notebooks' order."""
    swept: dict[str, None] = {}
    for notebook in dict.fromkeys(results["notebook"] for _, results in loaded):
        own = [(file, results["parameters"]) for file, results in loaded if results["notebook"] == notebook]
        told = {name for folder in {file.parents[2] for file, _ in own} for name in told_by_sweep(folder)}
        for name in dict.fromkeys(name for _, parameters in own for name in parameters):
            values = {json.dumps(parameters.get(name)) for _, parameters in own}
            if (len(values) > 1 or name in told) and name not in ("run", "seed"):
                swept[name] = None
    return list(swept)


def told_by_sweep(folder: Path) -> list[str]:
    """What a sweep's own record says it varies; nothing where the folder is no sweep's, or the record is broken."""
    with suppress(ValueError, OSError):
        return load_sweep(folder).record.get("varied", [])
    return []


def templates(loaded: list[tuple[Path, dict]], swept: Sequence[str]) -> list[dict[str, str]]:
    """For each file, method name -> its template, in which swept whole numbers are replaced by the parameter's name.

    One number may be explained in several ways (16 pairs, batches of 16) or by chance (2 of 3 epochs, 2 accumulated):
    the way that most files have in common is taken, and the parameter's name where two ways are equally common.
    """
    ways = []
    for _, results in loaded:
        numbers = {name: whole_number(results["parameters"].get(name)) for name in swept}
        ways.append({row["method"]: explanations(row["method"], numbers) for row in results["rows"]})
    common = Counter(way for own in ways for way in {way for found in own.values() for way in found})
    return [{method: max(found, key=common.__getitem__) for method, found in own.items()} for own in ways]


def whole_number(value: object) -> int | None:
    """A parameter's value as a number that a method's name may carry: an int, or the only item of a list."""
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    return value if type(value) is int else None


def explanations(method: str, numbers: Mapping[str, int | None]) -> list[str]:
    """All ways to read the whole numbers of a method's name as parameters, as many parameters as possible first."""
    places_found = list(NUMBER.finditer(method))
    choices = [
        [f"‹{name}›" for name, number in numbers.items() if number == int(place[0])] + [place[0]]
        for place in places_found
    ]
    ends = [0, *(place.end() for place in places_found)]
    starts = [*(place.start() for place in places_found), len(method)]
    between = [method[end:start] for end, start in zip(ends, starts, strict=True)]
    return [
        "".join(text + word for text, word in zip(between, [*words, ""], strict=True))
        for words in itertools.product(*choices)
    ]


def plain(value: object) -> object:
    """A parameter's value as a cell: lists as text."""
    return (", ".join(map(as_text, value)) or "none") if isinstance(value, list) else value


def as_text(value: object) -> str:
    """A swept value as it is compared and shown: 0.0 and 0 are one value, so are 400 and [400]."""
    if isinstance(value, list):
        return plain(value)
    if isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_)):
        if np.isnan(value):
            return "–"  # a parameter that this notebook does not have
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return "–" if value is None else str(value)


def whole_seeds(rows: pd.DataFrame, apart: Sequence[str]) -> pd.DataFrame:
    """The rows of those seeds that have the same settings of the columns `apart`: a seed that lacks one would be the
    mean of other things. The largest set of settings counts, of equally large ones the commonest.
    """
    sets: dict[str, set[tuple]] = {}
    for seed, *setting in rows[["seed", *apart]].map(as_text).itertuples(index=False, name=None):
        sets.setdefault(seed, set()).add(tuple(setting))
    common = Counter(map(frozenset, sets.values()))
    wanted = max(common, key=lambda settings: (len(settings), common[settings]), default=None)
    return rows[rows["seed"].map(lambda seed: sets[as_text(seed)] == wanted).astype(bool)]


def swept_of(table: pd.DataFrame) -> list[str]:
    """The swept parameters of a tidy table."""
    return [column for column in table.columns if column not in (*FIRST, *LAST)]
