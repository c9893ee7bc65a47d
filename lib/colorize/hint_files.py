"""Which files of hints belong to the photographs and films of a call of `colorize`."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lib.data.hints import Hints, HintsError, read_hints


@dataclass
class Given:
    """The hints of a call.

    Args:
        photographs: the file of hints of each photograph that has one.
        films: for each film that has any, the files of hints on its frames, with what they hold.
        idle: the files of hints that belong to nothing.
    """

    photographs: dict[Path, Path] = field(default_factory=dict)
    films: dict[Path, list[tuple[Path, Hints]]] = field(default_factory=dict)
    idle: list[Path] = field(default_factory=list)


def hints_given(given: Path, photographs: Mapping[Path, Path], films: Sequence[Path]) -> Given:
    """Find the hints on each photograph and film.

    Args:
        given: the file for the one photograph or for a frame of a film, or a folder. In it, `PLACE.json` holds the
            hints on a photograph; those on a frame of a film may have any name, as they name the frame themselves.
        photographs: those to be colorized, with the place that the result of each has.
        films: those to be colorized; of numbered frames, the folders.

    Raises:
        ValueError: the hints cannot belong to anything.
    """
    if not os.path.exists(given):
        raise ValueError(f"{given}: no such file of hints; check the path after --hints")
    return _in_folder(given, photographs, films) if os.path.isdir(given) else _in_file(given, list(photographs), films)


def _in_file(given: Path, photographs: Sequence[Path], films: Sequence[Path]) -> Given:
    found = Given()
    if films:
        hints = read_hints(given)
        found.films = {film: [(given, hints)] for film in films if is_frame_of(hints.photograph, film)}
    if found.films:
        return found
    if len(photographs) != 1:
        many = len(photographs) + len(films)
        raise ValueError(
            f"{given} holds the hints on one photograph, and {many:,} are to be colorized; name "
            "that one, or after --hints a folder with a file such as cat.jpg.json for each"
            if photographs
            else f"{given} holds the hints on another picture, {hints.photograph}; give hints on a picture that "
            f"--still makes of {films[0].name}"
        )
    found.photographs[photographs[0]] = given
    return found


def _in_folder(given: Path, photographs: Mapping[Path, Path], films: Sequence[Path]) -> Given:
    found, files = Given(), {path.relative_to(given): path for path in sorted(given.rglob("*.json"))}
    for source, place in photographs.items():
        name = place.with_name(place.name + ".json")
        if name in files:
            found.photographs[source] = files.pop(name)
    for file in files.values() if films else ():
        with suppress(HintsError, OSError):  # what holds no hints belongs to nothing
            hints = read_hints(file)
            for film in films:
                if is_frame_of(hints.photograph, film):
                    found.films.setdefault(film, []).append((file, hints))
    used = {file for some in found.films.values() for file, _ in some}
    found.idle = [file for file in files.values() if file not in used]
    if not found.photographs and not found.films:
        raise ValueError(
            f"{given} has hints on none of the photographs; those on cat.jpg are expected in cat.jpg.json"
            if photographs
            else f"{given} has hints on none of the films; set them on a picture that --still makes"
        )
    return found


def is_frame_of(picture: str, film: Path) -> bool:
    """Whether a picture is called like a frame of a film, see `Clip.frame_name`, or is one of a folder of frames."""
    if film.is_dir():
        return (film / picture).is_file()
    name = picture.removeprefix(film.name)
    return name != picture and re.fullmatch(r"-\d+\.\d{3}s\.png", name) is not None
