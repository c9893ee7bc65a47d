"""Colorize files and folders: each photograph keeps its name, its place, its resolution and its luma.

    colorize photo.jpg albums/ -o colored

From Python, for one photograph:

    colored = colorize_photograph(Image.open("photo.jpg"), load_colorizer())[0]
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from lib.colorize.files import check_side, save_colored
from lib.colorize.photograph import colorize_photograph
from lib.colorize.plan import Plan, plan_of
from lib.colorize.sequences import colorize_sequence, is_held, sequence_of
from lib.common.devices import check_device
from lib.common.terminal import silent_libraries
from lib.data.formats import passed_over_in_words
from lib.data.hints import Hints, HintsError, read_hints
from lib.data.images import PhotographError, open_picture, read_photograph

if TYPE_CHECKING:
    from lib.colorize.reference import Reference
    from lib.networks.chroma_net import ChromaNet

# torch takes seconds to import: what needs it is imported where it is used, so that the help, mistakes, and a folder
# that is done already are answered at once.

MEGAPIXEL = 10**6
_SMALL = 200  # px of the short side: enough to see how bright the place of a hint is
_FULL = "the memory is full; close other programs, or make the photograph smaller"
_ADVICE = "check the folder's space and permissions, or choose another --format"


def run(options: argparse.Namespace) -> int:
    """Colorize the photographs and films that the command line names, and print a summary.

    Args:
        options: the parsed command line, see `lib.commands.colorize`.

    Returns:
        The exit code: 0 if all is done, 1 if a photograph or film could not be done, 2 if nothing could be begun.
    """
    try:
        check_device(options.device)
        if options.weights and not options.weights.is_file():
            raise FileNotFoundError(f"{options.weights}: no such network; name the file of a ChromaNet")
        if options.reference and not options.reference.is_file():
            raise FileNotFoundError(f"{options.reference}: no such photograph; name a color one after --reference")
        picture = _read_reference(options.reference) if options.reference else None
        plan = plan_of(options)
        todo = [(source, targets) for source, targets in plan.jobs if options.force or _due(source, targets, plan)]
        due = [(film, targets) for film, targets in plan.films if options.force or _due(film, targets, plan)]
        if options.still is not None:
            todo, due = [], plan.films
        films = []
        if due:
            from lib.colorize.film_batch import colorize_films, sources_of, write_stills

            films = sources_of(due, options, plan)
        if (todo or films) and options.still is None:
            from lib.networks.pretrained import BUNDLED_COLORIZER, load_colorizer

            network = load_colorizer(options.weights or BUNDLED_COLORIZER, device=options.device or "")
            reference = None
            if picture:
                from lib.colorize.reference import Reference

                reference = Reference.of(network, picture)
            if options.hints:
                from lib.networks.hint_kernel import kernel_of

                kernel_of(network)  # says that its file is missing, before any photograph is blamed
    except (OSError, ValueError) as error:
        print(f"colorize: error: {error}", file=sys.stderr)
        return 2
    if plan.problems:
        print(*plan.problems, sep="\n", file=sys.stderr)
    written, only_first = 0, []
    from tqdm import tqdm

    hidden = None if todo else True  # None: shown on a terminal only
    with tqdm(todo, unit="photo", leave=False, file=sys.stderr, disable=hidden) as bar:
        for source, targets in bar:
            try:
                if not _colorize_file(source, targets, network, reference, options, plan):
                    only_first.append(source)
                written += 1
            except PhotographError as error:
                plan.problems.append(str(error))
                tqdm.write(plan.problems[-1], file=sys.stderr)
    if films and options.still is not None:
        written = write_stills(films, options, plan)
    elif films:
        written += colorize_films(films, network, options, plan)
    skipped = len(plan.jobs) - len(todo) + len(plan.films) - len(due) if options.still is None else 0
    _print_summary(options, plan, written, skipped, only_first)
    return int(bool(plan.problems or plan.not_whole))


def _read_reference(path: Path) -> Image.Image:
    """The picture in a file that others are to follow; `PhotographError` where it will not do."""
    from lib.colorize.reference import check_reference

    picture = read_photograph(path)
    try:
        check_reference(picture)
    except ValueError as error:
        raise PhotographError(f"{path}: {error}") from error
    return picture


def _due(source: Path, targets: Sequence[Path], plan: Plan) -> list[int]:
    """The numbers, from 0, of the versions of a photograph that are to be made."""
    return [number for number, target in enumerate(targets) if plan.is_due(source, target)]


def _print_summary(
    options: argparse.Namespace, plan: Plan, written: int, skipped: int, only_first: Sequence[Path]
) -> None:
    for remark in plan.remarks:
        print(remark)
    if plan.idle_hints:
        print(f"Hints on nothing here: {', '.join(map(str, plan.idle_hints))}")
    if options.hints:
        having, of = len(plan.hints) + len(plan.film_hints), len(plan.jobs) + len(plan.films)
        print(f"{having:,} of {of:,} have hints")
    if only_first:
        print(
            f"{len(only_first)} with more pages or frames than the results hold, only the first of which is colored: "
            f"{', '.join(map(str, only_first))}"
        )
    if plan.passed_over:
        print(passed_over_in_words(plan.passed_over))
    summary = f"{written} written to {options.out}"
    summary += f", {skipped} skipped because there already (--force overwrites)" if skipped else ""
    summary += f", {len(plan.not_whole)} not whole" if plan.not_whole else ""
    print(summary + (f", {len(plan.problems)} not done" if plan.problems else ""))


@silent_libraries()
def _colorize_file(
    source: Path,
    targets: list[Path],
    network: "ChromaNet",
    reference: "Reference | None",
    options: argparse.Namespace,
    plan: Plan,
) -> bool:
    """Write the versions of one photograph that are not there yet. What fails raises `PhotographError`.

    Returns:
        False where the file has more pages or frames than the format of its results holds.
    """
    max_pixels = int(options.max_megapixels * MEGAPIXEL) if options.max_megapixels else None
    try:
        image = open_picture(source, max_pixels=max_pixels)
        numbers = sequence_of(image)
        whole = len(numbers) == 1 or is_held(image, targets[0])
        wanted = list(range(len(targets))) if options.force else _due(source, targets, plan)
        targets = [targets[i] for i in wanted]
        hints = _hints_on(source, plan, len(numbers))

        def colorize(picture: Image.Image) -> list[Image.Image]:
            versions = colorize_photograph(picture, network, options.vividness, options.versions, hints, reference)
            return [versions[i] for i in wanted]

        if len(numbers) > 1 and whole:
            with _writing(targets[0]):
                colorize_sequence(source, image, numbers, targets, colorize, max_pixels)
            return True
        try:
            pictures = colorize(image)
        except ValueError as error:
            raise PhotographError(f"{source}: {error}") from error
        if hints:
            plan.remarks += _what_is_paler(source, hints, pictures[0])
        for picture, target in zip(pictures, targets, strict=True):
            check_side(picture, target)
            with _writing(target):
                save_colored(picture, target)
    except PhotographError:
        raise
    except Exception as error:  # of torch and OpenCV, where the memory is full or a picture is beyond them
        first_line = (str(error).splitlines() or [""])[0]
        is_full = isinstance(error, MemoryError) or "memory" in first_line or "alloc" in first_line.lower()
        reason = _FULL if is_full else f"could not be colorized ({type(error).__name__}: {first_line}); leave it out"
        raise PhotographError(f"{source}: {reason}") from error
    return whole


def _hints_on(source: Path, plan: Plan, pictures: int) -> Hints | None:
    """The hints on a photograph, if there are any; `PhotographError` where they cannot be used."""
    if source not in plan.hints:
        return None
    if pictures > 1:
        raise PhotographError(f"{source}: has {pictures} pages or frames, and hints are on one picture; leave them out")
    try:
        return read_hints(plan.hints[source])
    except HintsError as error:
        raise PhotographError(str(error)) from error
    except OSError as error:
        raise PhotographError(f"{plan.hints[source]}: cannot be read ({error.strerror}); check the path") from error


def _what_is_paler(source: Path, hints: Hints, colored: Image.Image) -> list[str]:
    """A line on which hints ask for a color that the luma there does not allow, if any do."""
    from lib.colorize.hints import paled_hints

    small = colored.convert("RGB").reduce(max(1, min(colored.size) // _SMALL)).convert("L")
    numbers = paled_hints(hints.hints, np.asarray(small))
    if not numbers:
        return []
    which = f"{'hint' if len(numbers) == 1 else 'hints'} {', '.join(map(str, numbers))}"
    return [f"{source}: paler than asked, because RGB has no such strong color so bright or dark: {which}"]


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    """Raise what fails inside as a `PhotographError` that names this file; those that name another are left alone."""
    try:
        yield
    except (PhotographError, MemoryError):
        raise
    except Exception as error:  # PIL's writers raise all kinds, where a disk is full or a format too small
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error  # without the file's name
        raise PhotographError(f"{target}: could not be written ({reason}); {_ADVICE}") from error
