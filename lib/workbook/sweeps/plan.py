"""A sweep: one notebook at many points of its parameters, read from YAML and checked whole before anything starts.

    values: {epochs: 9}                                # the same at every point
    grid: {perceptual_weight: [0.01, 0.1]}             # every combination
    zip: {batch_size: [16, 4], accumulation: [1, 4]}   # side by side
    seeds: 5                                           # each point so often, with seeds of its own

    metrics: [psnr, ssim]                              # what table and page show; also `methods`, by identifier
    baseline: {method: gray_copy}                      # differences to it are paired by seed
    claims:
      - claim: More epochs beat fewer
        paper: Fig. 4
        better: {method: cnn, perceptual_weight: 0.1}
        than: {method: cnn, settings: {epochs: 6}, perceptual_weight: 0.1}
        needs: {pairs: 1000, epochs: 20, seeds: 3, pictures: 100}  # with less of these it is not tested at this size

A baseline and each side of a claim name a method by its identifier, values of swept parameters, or both. `settings`
choose among several lines that a notebook records of one method; without them the last one counts, such as the network
after all of its epochs.

A sweep's folder holds sweep.json (what was asked) and one folder per point. Its point.json records what happened to
the point. It is done if its results.json carries the fingerprints of this notebook, these parameters, this code and
this data. Rerunning the command resumes the sweep, however it was interrupted.
"""

import itertools
import math
import re
import shlex
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

from lib.common.files import NOTEBOOKS, ROOT
from lib.common.usage import UsageError, as_written, convert, nearest, value_text
from lib.data.locations import data_arguments
from lib.evaluation.size import Size
from lib.workbook.parameters import PATHS, Notebook, absolute, assign, read_yaml
from lib.workbook.sweeps.fingerprints import short_hash
from lib.workbook.sweeps.points import Point

READY_MADE = NOTEBOOKS / "parameters" / "sweeps"
MOST_SEEDS = 1000
NEEDED = (("train", "pairs"), ("test", "pictures"))  # splits, and what claims need of them
AXES = ("values", "grid", "zip")
# What table and page read.
REPORTED = {"question": str, "metrics": list, "baseline": dict, "methods": list, "claims": list}
CLAIM = ("claim", "paper", "better", "than")
Swept = Mapping[str, tuple[str, list]]  # parameter -> its type, and its value at each point


@dataclass(frozen=True)
class Sweep:
    """A sweep as its file asks for it. `reported` is what table and page read: question, metrics, baseline, ..."""

    name: str
    profile: str
    notebook: Notebook
    points: list[Point]
    reported: dict[str, object]

    @property
    def methods(self) -> list[str]:
        """The identifiers of all methods that baseline, claims and `methods` name, each once."""
        sides = [self.reported["baseline"]]
        sides += [claim[side] for claim in self.reported["claims"] for side in ("better", "than")]
        named = [side["method"] for side in sides if "method" in side]
        return list(dict.fromkeys([*named, *self.reported["methods"]]))

    def record(self) -> dict[str, object]:
        """What sweep.json says of it."""
        points = [{"folder": p.folder, "parameters": p.parameters, "varied": p.varied} for p in self.points]
        return {
            "name": self.name,
            "notebook": self.notebook.stem,
            "profile": self.profile,
            "data": self.points[0].parameters.get("data", ""),
            "varied": list(self.points[0].varied),
            **self.reported,
            "points": points,
        }


def find_sweep(name: str) -> Path:
    """The file of a sweep: a path, or a ready-made one's name, with or without `sweeps/` and `.yaml`."""
    for candidate in (Path(name), READY_MADE.parent / name, READY_MADE / f"{name}.yaml"):
        if candidate.is_file():
            return candidate
    known = [path.stem for path in READY_MADE.glob("*.yaml")]
    raise UsageError(f"There is no sweep {name}; {nearest(Path(name).stem, known)}")


def read_sweep(
    file: Path, notebook: Notebook, profile: str, given: Mapping, seeds: int | None, insisted: Collection[str] = ()
) -> Sweep:
    """Read and check a sweep's file for a notebook.

    `given` are the notebook's parameters from the profile and the command line; the file's own take their place, but
    for those whose names are `insisted` on, which the file may not vary. `seeds` takes the place of the file's. A
    section under `profiles: {<profile>: ...}` takes the place of its namesake.
    Anything unknown, mistyped or given twice raises `UsageError` with one sentence.
    """
    sections = _sections(file, profile)
    if seeds is not None:
        sections["seeds"] = seeds
    axes = _axes(file, sections, notebook)
    points = []
    for combination in itertools.product(*axes):
        varied = {name: value for part in combination for name, value in part.items()}
        for name in insisted:
            if name in varied:
                raise UsageError(f"{file.name} varies '{name}'; leave it out of the command, or out of the file.")
        parameters: dict[str, dict] = {notebook.stem: {}}
        assign(parameters, [notebook], {**sections.get("values", {}), **varied}, file.name)
        own = {**notebook.defaults, **given, **parameters[notebook.stem], **{name: given[name] for name in insisted}}
        own.pop("run", None)
        own |= {name: absolute(own[name]) for name in PATHS if name in own}  # where its help does not call it a path
        varied = {name: own[name] for name in varied}  # as converted
        point = Point(point_folder(notebook, own, varied), own, varied)
        if point in points:
            raise UsageError(f"{file.name}: the point {point.label} is there twice; remove one.")
        points.append(point)
    swept = {name: (notebook.types[name], [point.varied[name] for point in points]) for name in points[0].varied}
    reported = _reported(file, sections, swept)
    for claim in reported["claims"]:
        if "needs" in claim:
            claim["command"] = paper_command(file, notebook, points[0].parameters.get("data", "auto"))
    return Sweep(file.stem, profile, notebook, points, reported)


def paper_command(file: Path, notebook: Notebook, data: object) -> str:
    """The command that runs a sweep at its full size, as typed in the project's folder."""
    path = notebook.path.relative_to(ROOT) if notebook.path.is_relative_to(ROOT) else notebook.path
    command = ["workbook", "sweep", str(path), file.stem if file.parent == READY_MADE else str(file)]
    command += ["--profile", "paper"]
    return shlex.join([*command, *data_arguments(str(data))])


def leave_out_small_data(sweep: Sweep, file: Path, counts: Mapping[str, Mapping[str, int]]) -> None:
    """Remove the data from the commands of claims that need more pictures than it has: they cannot be tested on it.

    Args:
        sweep: as read from `file`; its claims are changed.
        file: the sweep's file.
        counts: the number of pictures in each split, by the name of the data.
    """
    there = counts.get(sweep.points[0].parameters.get("data", ""), {})
    for claim in sweep.reported["claims"]:
        needs = claim.get("needs", {})
        if any(there.get(split, math.inf) < needs.get(name, 0) for split, name in NEEDED):
            claim["command"] = paper_command(file, sweep.notebook, "auto")


def _sections(file: Path, profile: str) -> dict[str, object]:
    """The sections of a sweep's file for a profile, their names and kinds checked."""
    kinds = {**dict.fromkeys(AXES, dict), "seeds": int | list, **REPORTED}
    known = [*kinds, "profiles"]
    content = read_yaml(file)
    if not isinstance(content, dict):
        raise UsageError(f"{file.name} must hold sections: {', '.join(known)}.")
    profiles = content.pop("profiles", None) or {}
    if not isinstance(profiles, dict) or not all(isinstance(own, dict) for own in profiles.values()):
        raise UsageError(f"{file.name}: 'profiles' must hold sections by the name of a profile.")
    known_profiles = [path.stem for path in READY_MADE.parent.glob("*.yaml")]
    for name in profiles:
        if name not in known_profiles:
            raise UsageError(f"{file.name}: there is no profile '{name}'; {nearest(str(name), known_profiles)}")
    sections = content | profiles.get(profile, {})
    for name, section in sections.items():
        if name not in kinds:
            raise UsageError(f"{file.name}: a sweep has no section '{name}'; {nearest(str(name), known)}")
        if not isinstance(section, kinds[name]) or section is True:
            kind = {dict: "lines of name: value", list: "a list", str: "text"}.get(kinds[name], "a number or a list")
            raise UsageError(f"{file.name}: '{name}' must be {kind}, not {as_written(section)}.")
    return sections


def _axes(file: Path, sections: Mapping, notebook: Notebook) -> list[list[dict[str, object]]]:
    """What is to be combined, each with each: the seeds first, so that a sweep cut short has whole comparisons."""
    grid, zipped = sections.get("grid", {}), sections.get("zip", {})
    names = [name for section in AXES for name in sections.get(section, {})]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{file.name}: '{name}' is given twice; keep it in one of {', '.join(AXES)}.")
        if name == "run":
            raise UsageError(f"{file.name}: 'run' is the runner's to set; use --output.")
    for name, choices in (grid | zipped).items():
        if not isinstance(choices, list) or not choices:
            raise UsageError(f"{file.name}: '{name}' needs a list of the values to try, not {as_written(choices)}.")
    lengths = {name: len(choices) for name, choices in zipped.items()}
    if len(set(lengths.values())) > 1:
        each = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise UsageError(f"{file.name}: zipped lists must be of one length ({each}).")
    axes = [[{name: choice} for choice in choices] for name, choices in grid.items()]
    if zipped:
        axes.insert(0, [dict(zip(zipped, row, strict=True)) for row in zip(*zipped.values(), strict=True)])
    return [*_seeds(file, sections, names, notebook), *axes]


def _seeds(file: Path, sections: Mapping, names: list[str], notebook: Notebook) -> list[list[dict[str, object]]]:
    seeds = sections.get("seeds")
    if seeds is None:
        return []
    if "seed" not in notebook.types:
        raise UsageError(f"{file.name}: {notebook.stem} has no parameter 'seed', so it cannot be run over seeds.")
    if "seed" in names:
        raise UsageError(f"{file.name}: 'seed' and 'seeds' are both given; keep one.")
    if isinstance(seeds, int):
        if seeds < 1:
            raise UsageError(f"{file.name}: seeds is {seeds}; it must be at least 1.")
        if seeds > MOST_SEEDS:
            raise UsageError(f"{file.name}: seeds is {seeds}; it must be at most {MOST_SEEDS}.")
        seeds = list(range(seeds))
    if not seeds:
        raise UsageError(f"{file.name}: 'seeds' is an empty list; give a number, or the seeds.")
    return [[{"seed": seed} for seed in seeds]]


def _reported(file: Path, sections: Mapping, swept: Swept) -> dict[str, object]:
    """What table and page read, checked, its swept values converted; empty where the file does not say it."""
    reported = {name: sections.get(name, kind()) for name, kind in REPORTED.items()}
    for name in ("metrics", "methods"):
        for item in reported[name]:
            if not isinstance(item, str):
                raise UsageError(f"{file.name}: '{name}' must be a list of names, not {item!r}.")
    zipped = list(sections.get("zip", {}))
    reported["baseline"] = _chosen(f"{file.name}: baseline", reported["baseline"], swept, zipped)
    reported["claims"] = [_checked_claim(file, claim, swept, zipped) for claim in reported["claims"]]
    return reported


def _checked_claim(file: Path, claim: object, swept: Swept, zipped: list[str]) -> dict[str, object]:
    lacking = [name for name in CLAIM if not isinstance(claim, dict) or name not in claim]
    if lacking:
        raise UsageError(f"{file.name}: a claim lacks {', '.join(lacking)}; it has {', '.join(CLAIM)}.")
    where, checked = f"{file.name}: claim '{claim['claim']}'", dict(claim)
    for side in ("better", "than"):
        if not isinstance(claim[side], dict):
            raise UsageError(f"{where}: '{side}' must be lines of name: value.")
        checked[side] = _chosen(where, claim[side], swept, zipped)
    if "within" in claim:
        checked["within"] = _margins(where, claim["within"])
    if "needs" in claim:
        checked["needs"] = _needs(where, claim["needs"])
    return checked


def _chosen(where: str, choice: Mapping, swept: Swept, zipped: list[str]) -> dict[str, object]:
    """What a baseline or a side of a claim names, its values converted. Anything unknown would select nothing."""
    known = ["method", "settings", *swept]
    lacking = [name for name in zipped if name not in choice]
    if 0 < len(lacking) < len(zipped):
        raise UsageError(f"{where}: {', '.join(zipped)} are zipped; name {lacking[0]} too.")
    for name in choice:
        if name not in known:
            raise UsageError(f"{where}: '{name}' is not swept; {nearest(str(name), known)}")
    if not isinstance(choice.get("method", ""), str) or not isinstance(choice.get("settings", {}), dict):
        raise UsageError(f"{where}: 'method' must be a name, and 'settings' lines of name: value.")
    if "settings" in choice and "method" not in choice:
        raise UsageError(f"{where}: 'settings' are those of a method; name the 'method' too.")
    converted = {name: _swept_value(where, name, choice[name], *swept[name]) for name in choice if name in swept}
    return {**choice, **converted}


def _swept_value(where: str, name: str, value: object, kind: str, known: list) -> object:
    """A value that baseline or claim names, as its parameter has it; one that no point has raises `UsageError`."""
    with suppress(ValueError):  # 400 stands for [400] too
        found = convert([value] if kind.startswith("list[") and not isinstance(value, list) else value, kind)
        if found in known:
            return found
    values = ", ".join(dict.fromkeys(map(value_text, known)))
    raise UsageError(f"{where}: {name} {value!r} is not swept; there are: {values}.")


def _margins(where: str, within: object) -> dict[str, float]:
    """The margins of a claim that two methods score alike, as numbers."""
    with suppress(ValueError):
        if isinstance(within, dict) and set(within) == {"psnr", "ssim"}:
            margins = {name: convert(value, "float") for name, value in within.items()}
            if min(margins.values()) > 0:
                return margins
    raise UsageError(f"{where}: 'within' gives a margin above 0 for psnr and one for ssim.")


def _needs(where: str, needs: object) -> dict[str, int]:
    """What a claim needs to be tested, see `Size`."""
    known = [field.name for field in fields(Size)]
    with suppress(ValueError):
        if isinstance(needs, dict) and set(needs) <= set(known):
            return {name: convert(value, "int") for name, value in needs.items()}
    raise UsageError(f"{where}: 'needs' gives a whole number for some of {', '.join(known)}.")


def point_folder(notebook: Notebook, parameters: dict, varied: dict) -> str:
    """A folder's name that a person can read and that no other point has."""
    label = ",".join(f"{name}={value_text(value).replace(', ', '+')}" for name, value in varied.items())
    readable = re.sub(r"[^\w.=,+-]", "_", label)[:80]
    return f"{readable}-{short_hash(notebook.stem, parameters)[:8]}".lstrip("-")
