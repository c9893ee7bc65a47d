"""Whether results.json, run.json and sweep.json have the shape that is relied on: files are cut off and edited."""

import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

NUMBER, TEXT, LIST, OBJECT, TIME = "a number", "a text", "a list", "an object", "a time"
_RESULTS = {
    **dict.fromkeys(("notebook", "title", "question", "code", "device"), TEXT),
    **dict.fromkeys(("parameters", "data", "durations", "packages", "artifacts"), OBJECT),
    **dict.fromkeys(("conclusions", "rows", "figures", "claims"), LIST),
    "finished": TIME,
}
_ENTRIES = {
    "rows": {
        **dict.fromkeys(("method", "label", "metric"), TEXT),
        "settings": OBJECT,
        **dict.fromkeys(("value", "n", "low", "high"), NUMBER),
    },
    "figures": dict.fromkeys(("file", "caption"), TEXT),
    "claims": dict.fromkeys(("claim", "paper", "measured", "verdict"), TEXT),
}


def is_number(value: object) -> bool:
    """Whether a value is a finite number; JSON as Python reads it has NaN and infinity, too."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def fault_of_results(results: object) -> str:
    """What is wrong with the content of a results.json, or "". Parts may be missing, but not parts of an entry."""
    if not isinstance(results, dict):
        return "it holds no object"
    rows = results.get("rows")
    # Older versions wrote rows without settings and label, and spelled "artifacts" otherwise.
    with_names = isinstance(rows, list) and all({"settings", "label"} <= set(row) for row in rows if _is(row, OBJECT))
    if "artefacts" in results or (isinstance(rows, list) and not with_names):
        return "it was written by an older version of the workbook"
    fault = _fault("", results, {name: kind for name, kind in _RESULTS.items() if name in results})
    for part, kinds in _ENTRIES.items():
        for number, entry in enumerate([] if fault else results.get(part, []), start=1):
            fault = fault or _fault(f"entry {number} of '{part}': ", entry, kinds, part == "rows")
    if fault:
        return fault
    if not all(_is(sentence, TEXT) for sentence in results.get("conclusions", [])):
        return "'conclusions' must hold texts"
    if not all(map(is_number, results.get("durations", {}).values())):
        return "'durations' must hold numbers"
    data = results.get("data", {})
    if not _is(data.get("splits", {}), OBJECT) or not all(map(is_number, data.get("splits", {}).values())):
        return "'splits' must hold numbers"
    if not _is(data.get("skipped", []), LIST) or not all(_is(line, TEXT) for line in data.get("skipped", [])):
        return "'skipped' must hold texts"
    return ""


def fault_of_record(record: object) -> str:
    """What is wrong with the content of a run.json, or ""."""
    fault = _fault("", record, {"profile": TEXT, "started": TIME, "notebooks": OBJECT})
    for stem, entry in () if fault else record["notebooks"].items():
        fault = fault or _fault(f"'{stem}': ", entry, {"state": TEXT})
        if not fault and not (entry.get("seconds") is None or is_number(entry["seconds"])):
            fault = f"'{stem}': 'seconds' must be a number"
        if not fault and not _is(entry.get("error", []), LIST):
            fault = f"'{stem}': 'error' must be a list"
    if not fault and record.get("finished") is not None and not _is(record["finished"], TIME):
        fault = "'finished' must be a time"
    return fault


def fault_of_sweep(record: object) -> str:
    """What is wrong with the content of a sweep.json, or ""."""
    fault = _fault("", record, {"notebook": TEXT, "points": LIST})
    optional = {"baseline": OBJECT, "metrics": LIST, "methods": LIST, "claims": LIST}
    fault = fault or _fault("", record, {name: kind for name, kind in optional.items() if name in record})
    for number, entry in enumerate([] if fault else record["points"], start=1):
        fault = fault or _fault(f"entry {number} of 'points': ", entry, {"folder": TEXT})
        parts = {name: OBJECT for name in ("parameters", "varied") if not fault and name in entry}
        fault = fault or _fault(f"entry {number} of 'points': ", entry, parts)
    for name in () if fault else ("metrics", "methods"):
        if not all(_is(item, TEXT) for item in record.get(name, [])):
            return f"'{name}' must hold texts"
    if not fault and not all(_is(claim, OBJECT) for claim in record.get("claims", [])):
        return "'claims' must hold objects"
    return fault


def _fault(where: str, entry: object, kinds: Mapping[str, str], empty: bool = False) -> str:
    """The first fault of an object whose parts have these kinds; with `empty` a number may be null."""
    if not isinstance(entry, dict):
        return f"{where}it must be an object"
    for name, kind in kinds.items():
        if name not in entry:
            return f"{where}'{name}' is missing"
        if not (_is(entry[name], kind) or (empty and kind == NUMBER and entry[name] is None)):
            return f"{where}'{name}' must be {kind}, not {str(entry[name])[:40]!r}"
    return ""


def _is(value: object, kind: str) -> bool:
    if kind == NUMBER:
        return is_number(value)
    if kind == TIME:
        with suppress(TypeError, ValueError):
            return datetime.fromisoformat(value) is not None
        return False
    return isinstance(value, {TEXT: str, LIST: list, OBJECT: dict}[kind])
