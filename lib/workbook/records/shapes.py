"""What the records of runs and sweeps hold, so that a damaged one is told when it is read and not where it is used."""

from collections.abc import Mapping

TEXT, NUMBER = (str,), (int, float, type(None))
_ROW = {"method": TEXT, "settings": dict, "label": TEXT, "metric": TEXT, "value": NUMBER, "low": NUMBER, "high": NUMBER}
_FIGURE, _CLAIM = {"file": TEXT, "caption": TEXT}, dict.fromkeys(("claim", "paper", "measured", "verdict"), TEXT)
_DATA = {"description": TEXT, "fingerprint": TEXT, "splits": dict, "skipped": [TEXT]}
_POINT = {"folder": TEXT, "parameters": dict, "varied": dict}
RESULTS = {
    "notebook": TEXT,
    "parameters": dict,
    "data": _DATA,
    "durations": dict,
    "conclusions": [TEXT],
    "rows": [_ROW],
    "figures": [_FIGURE],
    "claims": [_CLAIM],
    "artifacts": dict,
}
RUN = {"profile": TEXT, "started": TEXT, "notebooks": dict}
SWEEP = {"notebook": TEXT, "points": [_POINT], "baseline": dict, "metrics": [TEXT], "methods": [TEXT], "claims": [dict]}


def wrong_part(value: object, shape: object, name: str = "") -> str | None:
    """The name of the first part of a value that is not of its shape, such as "rows", or None.

    A shape is a type, a tuple of types, `[shape]` of a list's items, or a dictionary of shapes by name. A part that is
    missing is none that is wrong.
    """
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            return name or "all"
        parts = (wrong_part(value[key], shape[key], name or key) for key in shape if key in value)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            return name
        parts = (wrong_part(item, shape[0], name) for item in value)
    else:
        return None if isinstance(value, shape) else name
    return next((part for part in parts if part is not None), None)
