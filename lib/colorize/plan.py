"""What the command `colorize` will do: which photographs and films it finds, and which files each of them becomes."""

import argparse
import os
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lib.colorize.files import FORMATS
from lib.colorize.hint_files import hints_given
from lib.data.formats import FILM_SUFFIXES, NO_PYAV, SUFFIXES, is_pyav_installed, passed_over_in_words
from lib.data.hints import Hints
from lib.data.unreadable import HEAD, is_video
from lib.data.walk import find_pictures, identity_of

_ALSO_FILMS = {".ts"}  # where they are named; in a folder, most such files are programs
_LONGEST_NAME = 255  # bytes, in all common file systems


@dataclass
class Plan:
    """The photographs and films to colorize, each with its results, and what cannot be done.

    Args:
        jobs: a photograph, and the file of each of its versions.
        films: a film, or a folder of numbered frames, and the file of its result.
        problems: a sentence for each path that is passed over although it was asked for.
        not_whole: a sentence for each film that is damaged, of which there is a result as far as it could be read.
        passed_over: how many files are neither pictures nor hints that are used, by suffix.
        hints: the file of hints of each photograph that has one.
        film_hints: the hints on frames of each film that has any, with their files.
        idle_hints: the files of hints that belong to nothing.
        remarks: a line for each thing that was done otherwise than asked.
    """

    jobs: list[tuple[Path, list[Path]]] = field(default_factory=list)
    films: list[tuple[Path, list[Path]]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    not_whole: list[str] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    hints: dict[Path, Path] = field(default_factory=dict)
    film_hints: dict[Path, list[tuple[Path, Hints]]] = field(default_factory=dict)
    idle_hints: list[Path] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def is_due(self, source: Path, target: Path) -> bool:
        """Whether a result is to be made: it is not there, or its source has hints that it may know nothing of."""
        # os.path.exists, unlike Path.exists, is False in a folder that may not be read: writing will say so.
        return source in self.hints or source in self.film_hints or not os.path.exists(target)


def plan_of(options: argparse.Namespace) -> Plan:
    """The plan for a parsed command line.

    Raises `ValueError` where there is nothing to colorize, and where a photograph or film would be overwritten.
    """
    plan, places = Plan(), []
    for path in options.paths:
        places += _find(path, options, plan)
    if not places and not plan.problems:
        there = passed_over_in_words(plan.passed_over) or "there is no file in it"
        raise ValueError(f"no photographs and no films in {', '.join(map(str, options.paths))}; {there}")
    inputs = {identity_of(source) for source, _ in places}
    makers: dict[Path, list[Path]] = {}
    for source, place in places:
        is_clip = options.frames or is_film(source)
        targets = _film_targets(place, options) if is_clip else _targets(place, options)
        for target in targets:
            if os.path.exists(target) and identity_of(target) in inputs:
                raise ValueError(f"{target} is itself to be colorized; name another folder after -o")
        longest = max(len(os.fsencode(target.name)) for target in targets)
        if longest > _LONGEST_NAME:
            plan.problems.append(
                f"{source}: the name of its result would have {longest} bytes, and {_LONGEST_NAME} is the most; "
                "rename the file"
            )
            continue
        first = makers.setdefault(targets[0], [])
        if not any(identity_of(source) == identity_of(other) for other in first):  # else it is named twice
            first.append(source)
            (plan.films if is_clip else plan.jobs).append((source, targets))
    if plan.jobs and not plan.films and (asked := _asked_of_films(options)):
        raise ValueError(f"{asked} is for films, and there is none; leave it out")
    _leave_out_shared(plan, makers)
    if options.hints and (plan.jobs or plan.films):
        found = hints_given(
            options.hints,
            {source: place for source, place in places if source in dict(plan.jobs)},
            [film for film, _ in plan.films],
        )
        plan.hints, plan.film_hints, plan.idle_hints = found.photographs, found.films, found.idle
        plan.passed_over -= _counted_hints(plan, options.paths)
    return plan


def _counted_hints(plan: Plan, paths: Sequence[Path]) -> Counter[str]:
    """How often `_find` counted a file of hints that lies beside its photograph as one that is passed over."""
    counted: Counter[str] = Counter()
    given = [*plan.hints.items(), *((film, file) for film, some in plan.film_hints.items() for file, _ in some)]
    for source, file in given:
        if file.parent.samefile(source.parent):
            folders = [path for path in paths if path in source.parents]  # none if the photograph was named itself
            counted[file.suffix.lower() or "without suffix"] += len(folders)
    return counted


def _leave_out_shared(plan: Plan, makers: dict[Path, list[Path]]) -> None:
    """Take from the plan the photographs and films of which several would become one file."""
    shared = {target: sources for target, sources in makers.items() if len(sources) > 1}
    plan.jobs = [(source, targets) for source, targets in plan.jobs if targets[0] not in shared]
    plan.films = [(source, targets) for source, targets in plan.films if targets[0] not in shared]
    for target, sources in shared.items():
        for source in sources:
            other = next(path for path in sources if path is not source)
            plan.problems.append(
                f"{source}: would become {target}, and so would {other}; colorize them into two folders"
            )


def _asked_of_films(options: argparse.Namespace) -> str:
    """An option that only films have, if one was given; else ""."""
    asked = {"--lossless": options.lossless, "--preview": options.preview}
    asked["--keep-color"] = options.keep_color
    times = {"--from": options.start, "--to": options.end, "--still": options.still}
    asked |= {name: moment is not None for name, moment in times.items()}
    return next((name for name, is_given in asked.items() if is_given), "")


def _asked_of_photographs(options: argparse.Namespace) -> str:
    """An option that films do not take, if one was given; else ""."""
    asked = {"--versions": options.versions > 1, "--format": options.format != "keep"}
    asked["--reference"] = options.reference
    return next((name for name, is_given in asked.items() if is_given), "")


def is_film(path: Path) -> bool:
    """Whether a file is taken for a film: by its suffix, or by its first bytes where the suffix says nothing."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES or suffix in FILM_SUFFIXES or suffix in _ALSO_FILMS:
        return suffix not in SUFFIXES
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return is_video(file.read(HEAD))
    except OSError:
        return False  # the reader of photographs says why it cannot be read


def _film_targets(place: Path, options: argparse.Namespace) -> list[Path]:
    name = place.name if options.frames else place.stem
    return [options.out / place.with_name(f"{name}{'.mkv' if options.lossless else '.mp4'}")]


def _find(path: Path, options: argparse.Namespace, plan: Plan) -> list[tuple[Path, Path]]:
    """The photographs and films of a file or folder, sorted, each with the place that its result has below `out`."""
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        plan.problems.append(f"{path}: no such file or folder; check the path")
        return []
    except OSError as error:
        plan.problems.append(f"{path}: cannot be read ({error.strerror}); check its permissions")
        return []
    out = options.out
    if not is_folder or options.frames:
        if (options.frames or is_film(path)) and (unfit := _asked_of_photographs(options)):
            raise ValueError(f"{path}: a film takes no {unfit}; leave it out")
        return [(path, Path(path.resolve().name if options.frames else path.name))]
    if os.path.exists(out) and out.samefile(path):
        raise ValueError(f"{out} is itself to be colorized; name another folder after -o")
    takes_films = is_pyav_installed() and not _asked_of_photographs(options)
    found = find_pictures(path, leave_out=out, suffixes=SUFFIXES | FILM_SUFFIXES if takes_films else SUFFIXES)
    if not is_pyav_installed() and not FILM_SUFFIXES.isdisjoint(found.passed_over):
        plan.remarks.append(f"{path}: its films are passed over: {NO_PYAV}")
    plan.problems += found.problems
    plan.passed_over += found.passed_over
    return [(picture, picture.relative_to(path)) for picture in found.pictures]


def _targets(place: Path, options: argparse.Namespace) -> list[Path]:
    """The files that are made of the photograph at `place`, one for each version."""
    suffix = place.suffix if place.suffix.lower() in FORMATS else ".png"
    if options.format != "keep":
        suffix = f".{options.format}"
    numbers = [f"-{number}" for number in range(1, options.versions + 1)] if options.versions > 1 else [""]
    return [options.out / place.with_name(f"{place.stem}{number}{suffix}") for number in numbers]
