"""Many results.json files as one long table: one row per file, method and metric, beside the parameters that differ."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd

from lib.common.files import read_json
from lib.common.usage import UsageError, value_text
from lib.evaluation.names import Method
from lib.workbook.records.reader import load_sweep, pictures_of

FIRST, LAST = ("notebook", "pictures"), ("seed", "method", "settings", "label", "metric", "value", "low", "high", "n")


def load_long_table(files: Sequence[Path]) -> pd.DataFrame:
    """One row per results.json, method and metric: notebook, pictures, each swept parameter, seed, method, ..., n.

    Swept are the parameters that differ between files of one notebook, and what a file's sweep.json says; never `run`
    and `seed`. Lists stand there as text, `edges, smoothed`; so do a method's settings, as JSON. The label names only
    settings that tell a method's lines apart (see `telling_settings`), and none that equals the file's swept parameter
    of the same name. Of files that agree in notebook, parameters and pictures the one finished last counts.
    """
    loaded = newest([(file, read_json(file)) for file in files])
    swept = swept_parameters(loaded)
    clash = {*FIRST, *LAST} & set(swept)
    if clash:
        raise UsageError(f"'{clash.pop()}' is a swept parameter and a column of the table; rename the parameter.")
    telling = telling_settings([results for _, results in loaded])
    rows = []
    for _, results in loaded:
        notebook, parameters = results["notebook"], {name: results["parameters"].get(name) for name in swept}
        head = {"notebook": notebook, "pictures": pictures_of(results)}
        head |= {name: value_text(value) if isinstance(value, list) else value for name, value in parameters.items()}
        head["seed"] = results["parameters"].get("seed", results.get("seed"))
        for row in results["rows"]:
            method = Method.of(row)
            own = {
                name: value
                for name, value in method.settings.items()
                if (notebook, method.name, name) in telling and value != parameters.get(name)
            }
            names = {"settings": method.settings_text, "label": Method(method.name, own).label}
            rows.append(row | head | names)
    table = pd.DataFrame(rows, columns=[*FIRST, *swept, *LAST])
    return table.astype(dict.fromkeys(("value", "low", "high", "n"), float))


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
        varied = {name for folder in {file.parents[2] for file, _ in own} for name in varied_by_sweep(folder)}
        for name in dict.fromkeys(name for _, parameters in own for name in parameters):
            values = {json.dumps(parameters.get(name)) for _, parameters in own}
            if (len(values) > 1 or name in varied) and name not in ("run", "seed"):
                swept[name] = None
    return list(swept)


def varied_by_sweep(folder: Path) -> list[str]:
    """What a sweep's own record says it varies; nothing where the folder is no sweep's, or the record is broken."""
    with suppress(ValueError, OSError):
        return load_sweep(folder).record.get("varied", [])
    return []


def telling_settings(kept: Sequence[dict]) -> set[tuple[str, str, str]]:
    """The (notebook, method, setting) of those settings that tell a method's lines apart, or that all of them share.

    A setting that varies inside one file tells lines apart: the same network after 4 and after 6 epochs. One that
    differs only from file to file follows a swept parameter, which has a column of its own.
    """
    settings = [
        (results["notebook"], row["method"], name, json.dumps(value), file)
        for file, results in enumerate(kept)
        for row in results["rows"]
        for name, value in row["settings"].items()
    ]
    keys = ["notebook", "method", "setting"]
    values = pd.DataFrame(settings, columns=[*keys, "value", "file"])
    shared = values.groupby(keys)["value"].nunique() == 1
    inside = values.groupby([*keys, "file"])["value"].nunique().groupby(keys).max() > 1
    return set(shared.index[shared | inside])


def select(table: pd.DataFrame, side: Mapping[str, object]) -> pd.DataFrame:
    """The rows of a long table that a baseline or a side of a claim names.

    `side` holds values of swept parameters, and may hold a `method` (its identifier) with `settings`. Of several rows
    that one file has for the method, such as the same network after fewer epochs, the last counts.
    """
    settings = side.get("settings", {})
    chosen = table["settings"].map(lambda text: settings.items() <= json.loads(text).items()).astype(bool)
    for name, value in side.items():
        if name != "settings":
            chosen &= table[name].map(value_text) == value_text(value)
    found = table[chosen]
    if "method" not in side:
        return found
    return found.drop_duplicates(["notebook", "pictures", *swept_of(table), "seed", "metric"], keep="last")


def side_text(side: Mapping[str, object], label: str = "") -> str:
    """`CNN, 6 epochs, perceptual_weight 0`: a baseline or a side of a claim for people.

    `label` takes the place of what its method and settings make, where a table has a longer one.
    """
    swept = {name: value for name, value in side.items() if name not in ("method", "settings")}
    if "method" in side:
        label = label or Method(side["method"], side.get("settings", {})).label
    return ", ".join(filter(None, [label, *(f"{name} {value_text(value)}" for name, value in swept.items())]))


def whole_seeds(rows: pd.DataFrame, apart: Sequence[str]) -> pd.DataFrame:
    """The rows of those seeds that have the same settings of the columns `apart`: a seed that lacks one would be the
    mean of other things. The largest set of settings counts, of equally large ones the commonest.
    """
    sets: dict[str, set[tuple]] = {}
    for seed, *setting in rows[["seed", *apart]].map(value_text).itertuples(index=False, name=None):
        sets.setdefault(seed, set()).add(tuple(setting))
    common = Counter(map(frozenset, sets.values()))
    wanted = max(common, key=lambda settings: (len(settings), common[settings]), default=None)
    return rows[rows["seed"].map(lambda seed: sets[value_text(seed)] == wanted).astype(bool)]


def swept_of(table: pd.DataFrame) -> list[str]:
    """The swept parameters of a long table."""
    return [column for column in table.columns if column not in (*FIRST, *LAST)]
