"""The project's folders, and files that are written whole or not at all."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from errno import ENOSPC
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "data"
MODELS = DATA / "models"
# Decoded pictures; may lie on another disk. Absolute, because kernels run in another folder than who starts them.
CACHE = Path(os.path.expanduser(os.environ.get("WORKBOOK_CACHE") or DATA / "cache")).absolute()
OUTPUTS = ROOT / "outputs"
NOTEBOOKS = ROOT / "notebooks"


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Write a file whole or not at all: yields a temporary path, which becomes `path` when the block ends.

    Where the block raises, the temporary file is removed and `path` is left as it was. Missing folders are made. The
    temporary name keeps the suffix, because many writers choose the format by it. A full disk's error names `path`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:40]}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)  # mkstemp makes files private; results are to be shared
        temporary.replace(path)
    except OSError as error:
        if error.errno == ENOSPC and error.filename is None:  # as `write` raises it
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | Path, value: object) -> None:
    """Write `value` as indented JSON, whole or not at all.

    Raises `ValueError` for NaN and infinity: JSON has no such numbers.
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    with atomic_write(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def timestamp() -> str:
    """The current time in ISO 8601, to the second, with the time zone."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def read_json(path: str | Path) -> dict:
    """The object in a JSON file. A broken file, or one that holds something else, raises `ValueError`.

    Its sentence names the file and what to do.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{printable(path)} is not readable as JSON ({reason}); delete it and run again") from error
    if not isinstance(content, dict):
        raise ValueError(f"{printable(path)} holds no JSON object of the workbook; delete it and run again")
    return content


def resolve(path: str | Path, folder: str | Path = "") -> Path:
    """A user's path made absolute, `~` expanded.

    A relative path is looked up in `folder` first, by default the current one; where nothing is there, it counts from
    the project root.
    """
    path = Path(os.path.expanduser(path))  # not Path.expanduser, which raises where there is no home
    found = Path(folder, path)
    return found.resolve() if path.is_absolute() or found.exists() else (ROOT / path).resolve()


def printable(path: str | Path) -> str:
    """A path as text that can be shown and stored: bytes of its name that are not UTF-8 become escapes.

    >>> printable(os.fsdecode(b"caf\\xe9.jpg"))
    'caf\\\\xe9.jpg'
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")
