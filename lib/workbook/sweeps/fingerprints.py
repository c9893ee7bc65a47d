"""Fingerprints of a point. A point is done if its results carry the expected ones."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from lib.common.files import ROOT, printable, read_json, resolve
from lib.common.usage import UsageError
from lib.data.locations import find_sources
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
        parameters: the point's parameters. If one names a file, its content counts too; if that is a Python file,
            also the Python files beside it, which it may import.
        data: the fingerprint of the pictures (see `expected_fingerprints`).

    Returns:
        A fingerprint each of "notebook", "parameters", "code" and "data".
    """
    cells = ["".join(c["source"]) for c in read_json(notebook)["cells"] if c["cell_type"] == "code"]
    # As the kernel sees them, from the notebook's folder: in a worker's own folder may lie a file called "auto".
    files = [resolve(v, notebook.parent) for v in parameters.values() if isinstance(v, str) and v]
    contents = [part for path in files if path.is_file() for part in _contents(path)]
    return {
        "notebook": short_hash(cells),
        "parameters": short_hash(dict(parameters), contents),
        "code": code_fingerprint(),
        "data": data,
    }


def _contents(path: Path) -> list[str]:
    """The hash of a file that a parameter names; of a Python file also names and hashes of those beside it."""
    found = [hashlib.sha256(path.read_bytes()).hexdigest()]
    for other in sorted(path.parent.glob("*.py")) if path.suffix == ".py" else ():
        with suppress(OSError):  # a dangling link, or somebody else's file: it cannot be imported either
            if other != path:
                found += [printable(other.name), hashlib.sha256(other.read_bytes()).hexdigest()]
    return found


def expected_fingerprints(notebook: Path, points: Sequence[Point]) -> list[dict[str, str]]:
    """The fingerprints of each point; that of the data is "" for a notebook without data.

    Decodes and caches the pictures if needed, so that the workers do not all do so at once.

    Raises:
        UsageError: the data cannot be used.
    """
    keys = [(point.parameters.get("data"), point.parameters.get("size")) for point in points]
    try:
        for data, size in keys:
            if None not in (data, size):
                find_sources(data)  # an unknown name is refused before torch is imported
        from lib.data.sources import load_pairs

        known = {key: "" if None in key else load_pairs(*key).fingerprint for key in dict.fromkeys(keys)}
    except (ValueError, OSError) as error:
        raise UsageError(str(error)) from None
    return [fingerprints(notebook, point.parameters, known[key]) for point, key in zip(points, keys, strict=True)]


def is_done(folder: Path, expected: Mapping[str, str]) -> bool:
    """Whether a point has results that carry the expected fingerprints and were made of the expected pictures."""
    try:
        results = read_json(min(folder.glob("*/results.json")))
    except (ValueError, OSError):  # not readable, or there is none
        return False
    data = results.get("data", {}).get("fingerprint", "")
    return results.get("fingerprints") == dict(expected) and expected["data"] in ("", data)
