"""The results.json files that a folder or a pattern names."""

import glob
import os
from pathlib import Path

from lib.common.files import ROOT, resolve
from lib.common.usage import UsageError
from lib.workbook.records.reader import load_sweep, point_state, read_results


def find_results(pattern: str) -> tuple[list[Path], list[str]]:
    """The results.json files that `pattern` names, and a sentence for each that cannot be used.

    `pattern` is a folder (of a sweep, a run or a notebook), a results.json, or a glob of these, seen from the current
    folder, else from the project root. Of a sweep only points that are done count.
    """
    files: list[Path] = []
    problems: list[str] = []
    for place in places(pattern):
        try:
            files += results_in(place)
        except ValueError as error:
            problems.append(str(error))
    checked = {file: unusable(file) for file in files}
    problems += [problem for problem in checked.values() if problem is not None]
    readable = [file for file, problem in checked.items() if problem is None]
    if not readable and not problems:
        raise UsageError(
            f"{pattern}: no results.json of a finished notebook is there; name the folder of a run or a sweep, like "
            "outputs/<run>, or a pattern in quotes, like 'outputs/loss_weight-*'."
        )
    return readable, problems


def places(pattern: str) -> list[Path]:
    """The paths that a pattern names. A path that exists is taken as it is: points' folders may hold `[` and `]`."""
    if resolve(pattern).exists():
        return [resolve(pattern)]
    for root in (Path.cwd(), ROOT):
        found = sorted(glob.glob(os.path.expanduser(pattern), root_dir=root))
        if found:
            return [root / name for name in found]
    return []


def results_in(place: Path) -> list[Path]:
    """The results.json files of one place, without those of a sweep's points that are not done."""
    if (place / "sweep.json").exists():
        return load_sweep(place).finished
    if place.is_file():
        files = [place] if place.name == "results.json" else []
    else:
        files = [place / "results.json"] if (place / "results.json").exists() else sorted(place.glob("*/results.json"))
    return [file for file in files if not of_unfinished_point(file)]


def of_unfinished_point(file: Path) -> bool:
    """Whether a results.json lies in a point of a sweep that is not done: it may be about to change."""
    point = file.parent.parent
    of_sweep = (point / "point.json").exists() or (point.parent / "sweep.json").exists()
    return of_sweep and point_state(point)["state"] != "done"


def unusable(file: Path) -> str | None:
    """Why a results.json cannot be used, or None where it can."""
    try:
        results = read_results(file)
    except (ValueError, OSError) as error:
        return str(error)
    whole = isinstance(results, dict) and {"notebook", "parameters", "rows"} <= set(results)
    return None if whole else f"{file} is no results.json of a notebook"
