"""Fingerprints of a point. A point is done if its results carry the expected ones."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from lib.common.files import ROOT, read_json, resolve
from lib.common.usage import UsageError
from lib.data.locations import find_source
from lib.workbook.sweeps.points import Point


def short_hash(*parts: object) -> str:
    """16 hex digits for values that JSON can represent."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def code_fingerprint() -> str:
    """16 hex digits for everything that computes results: the files of lib/ and the bundled weights."""
    digest = hashlib.sha256()
    for path in sorted([*(ROOT / "lib").rglob("*.py"), *(ROOT / "data" / "models").iterdir()]):
        digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def fingerprints(notebook: Path, parameters: Mapping[str, object], data: str) -> dict[str, str]:
    """The fingerprints of everything that a point's results depend on.

    Args:
        notebook: the notebook; only its code cells count.
        parameters: the point's parameters. If one names a file, its content counts too.
        data: the fingerprint of the pictures (see `data_fingerprints`).

    Returns:
        A fingerprint each of "notebook", "parameters", "code" and "data".
    """
    cells = ["".join(c["source"]) for c in read_json(notebook)["cells"] if c["cell_type"] == "code"]
    files = [resolve(v) for v in parameters.values() if isinstance(v, str) and v]
    contents = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()]
    return {
        "notebook": short_hash(cells),
        "parameters": short_hash(dict(parameters), contents),
        "code": code_fingerprint(),
        "data": data,
    }


def data_fingerprints(points: list[Point]) -> Iterator[str]:
    """The fingerprint of each point's pictures, "" for a notebook without data.

    Decodes and caches the pictures if needed, so that the workers do not all do so at once.

    Raises:
        UsageError: the data cannot be used.
    """
    known: dict[tuple, str] = {}
    for point in points:
        key = (point.parameters.get("data"), point.parameters.get("size"))
        if None in key:
            yield ""
            continue
        try:
            find_source(key[0])  # a name that is none is told before torch is imported
            from lib.data.sources import load_pairs

            known[key] = known.get(key) or load_pairs(*key).fingerprint
        except (ValueError, OSError) as error:
            raise UsageError(str(error)) from None
        yield known[key]


def results_of(folder: Path) -> dict | None:
    """The results.json that a point's notebook has written, or None if there is none or it is not readable."""
    for path in sorted(folder.glob("*/results.json")):
        try:
            return read_json(path)
        except (ValueError, OSError):
            return None
    return None


def is_done(folder: Path, expected: Mapping[str, str]) -> bool:
    """Whether a point has results that carry the expected fingerprints and were made of the expected pictures."""
    results = results_of(folder) or {}
    data = results.get("data", {}).get("fingerprint", "")
    return results.get("fingerprints") == dict(expected) and expected["data"] in ("", data)
