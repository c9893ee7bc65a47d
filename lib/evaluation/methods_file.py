"""A user's file of methods: what can be said of it before it runs, and how it is run.

Nothing here imports torch: the command line checks the file before a kernel starts.
"""

import ast
import runpy
import sys
import traceback
import warnings
from collections.abc import Iterable
from pathlib import Path

from lib.common.files import resolve
from lib.common.usage import UsageError
from lib.evaluation.names import is_taken, look_of

EXAMPLE = 'METHODS = {"a name": a colorizer}'
_folders: dict[str, frozenset[str]] = {}  # folders of files that were run -> modules that were there before


def check_methods_file(path: str) -> Path:
    """The file of methods that `path` names, made absolute, after all checks that need not run it.

    It can be read as Python and defines `METHODS`; where this is written as a dictionary, its names are free.

    Raises:
        UsageError: what is wrong, in one sentence.
    """
    file = resolve(path)
    if file.is_dir():
        raise UsageError(f"{path} is a folder; name the Python file in it that defines {EXAMPLE}.")
    if not file.is_file():
        raise UsageError(f"{path}: no such file of methods.")
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(file.read_bytes(), str(file))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", str(error))
        raise UsageError(f"{_place(path, getattr(error, 'lineno', None))} is not Python: {reason}.") from None
    if not _may_define_methods(tree):
        raise UsageError(f"{path}: must define {EXAMPLE}.")
    for value in _assigned(tree):
        if isinstance(value, ast.List | ast.Tuple | ast.Set | ast.Constant):
            raise UsageError(f"{path}: must define {EXAMPLE}.")
        if isinstance(value, ast.Dict) and all(isinstance(key, ast.Constant) for key in value.keys):
            check_names(path, [key.value for key in value.keys])
    return file


def check_names(path: str, names: Iterable[object]) -> None:
    """Raise `UsageError` for names of a file's methods that are none, that are taken, or that look the same."""
    names, seen = list(names), {}
    if not names or not all(isinstance(name, str) for name in names):
        raise UsageError(f"{path}: must define {EXAMPLE}.")
    for name in names:
        if not name.isprintable() or not look_of(name):
            raise UsageError(f"{path}: {name!r} is no name that can be shown; choose another.")
        if is_taken(name):
            raise UsageError(
                f"{path}: the name '{name}' is taken by one of the workbook's own methods; choose another."
            )
        if look_of(name) in seen:
            raise UsageError(f"{path}: the names '{seen[look_of(name)]}' and '{name}' look the same; change one.")
        seen[look_of(name)] = name


def run_file(path: str, file: Path) -> object:
    """What the file calls `METHODS`; None where it does not. Whatever the file raises becomes one `UsageError`.

    As for a script, the file's folder is the first place where its imports are looked for, also those that run later.
    """
    _make_importable(str(file.parent))
    try:
        return runpy.run_path(str(file)).get("METHODS")
    except (Exception, SystemExit) as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_below(frame.filename, file)]
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(file)), None)
        inside = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}: " if frames else ""
        inside = inside if frames and frames[-1].filename != str(file) else ""
        reason = in_words(error).rstrip(".")
        raise UsageError(f"{_place(path, line)}: {inside}{reason}.") from None


def in_words(error: BaseException) -> str:
    """The kind of an error and the first line of what it says: `ValueError: no such color`."""
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0]}" if said else type(error).__name__


def _place(path: str, line: int | None) -> str:
    return f"{path}, line {line}" if line else path


def _is_below(filename: str, file: Path) -> bool:
    return Path(filename).is_relative_to(file.parent) and "site-packages" not in filename


def _may_define_methods(tree: ast.Module) -> bool:
    """Whether the name occurs. It may come from an import or an `if`: then only running the file says what it is."""
    names = (getattr(node, "id", None) or getattr(node, "name", None) for node in ast.walk(tree))
    return any(name in ("METHODS", "*") for name in names)


def _assigned(tree: ast.Module) -> list[ast.expr]:
    """What is assigned to `METHODS` at the top of the file."""
    assigned = []
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            assigned += [node.value for target in targets if getattr(target, "id", "") == "METHODS"]
    return assigned


def _make_importable(folder: str) -> None:
    """Put a folder first on `sys.path`, and forget what earlier files of methods imported from beside them.

    Two of them may each have a `helper.py`, and one that was edited is to be read again.
    """
    for name, module in list(sys.modules.items()):
        top, place = name.partition(".")[0], getattr(module, "__file__", None) or ""
        for known, before in _folders.items():
            if top not in before and place.startswith((f"{Path(known, top)}.py", f"{Path(known, top)}/")):
                sys.modules.pop(name, None)
    _folders.setdefault(folder, frozenset(sys.modules))
    if folder in sys.path:
        sys.path.remove(folder)
    sys.path.insert(0, folder)
