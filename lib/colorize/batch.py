"""Colorize files and folders: each photograph keeps its name, its place, its resolution and its luma.

    colorize photo.jpg albums/ -o colored

From Python, for one photograph:

    colored = colorize_photograph(Image.open("photo.jpg"), load_colorizer())[0]
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from lib.colorize.photograph import colorize_photograph
from lib.common.files import atomic_write
from lib.data.formats import SUFFIXES
from lib.data.images import on_white, open_picture

if TYPE_CHECKING:
    from lib.networks.chroma_net import ChromaNet

# torch takes seconds to import: what needs it is imported where it is used, so that the help, mistakes, and a folder
# that is done already are answered at once.

# What is written, with PIL's options. On 12 megapixels PNG's level 1 takes a quarter of the seconds of the default 6,
# WebP's method 0 a third of those of the default 4, for files a third and a fiftieth larger.
_JPEG = {"quality": 95, "subsampling": 0}  # 4:4:4: chroma is all that is new
FORMATS = {".jpg": _JPEG, ".jpeg": _JPEG, ".png": {"compress_level": 1}, ".webp": {"quality": 95, "method": 0}}
FORMATS |= {".tif": {}, ".tiff": {}, ".bmp": {}}
WITH_ALPHA = {".png", ".webp", ".tif", ".tiff"}


def save_colored(image: Image.Image, path: Path) -> None:
    """Write a result of `colorize_photograph` in the format of the path's suffix, whole or not at all.

    Where the format has no transparency, the picture is laid on white.
    """
    options = FORMATS[path.suffix.lower()] | image.info
    if image.mode == "RGBA" and path.suffix.lower() not in WITH_ALPHA:
        image = on_white(image)
    with atomic_write(path) as temporary:
        image.save(temporary, **options)


def _find(path: Path, out: Path) -> list[tuple[Path, Path]]:
    """The photographs of a file or folder, sorted, each with the place that its result has below `out`."""
    if not path.is_dir():
        return [(path, Path(path.name))]
    root, results = path.resolve(), out.resolve()
    if root == results:
        raise ValueError(f"{out} holds the photographs themselves; name another folder after -o")
    found = []
    for file in sorted(path.rglob("*")):
        place = file.relative_to(path)
        hidden = any(part.startswith(".") for part in place.parts)
        made = results.is_relative_to(root) and (root / place).is_relative_to(results)  # by an earlier call
        if file.suffix.lower() in SUFFIXES and file.is_file() and not hidden and not made:
            found.append((file, place))
    return found


def _targets(place: Path, options: argparse.Namespace) -> list[Path]:
    """The files that are made of the photograph at `place`, one for each version."""
    suffix = place.suffix if place.suffix.lower() in FORMATS else ".png"
    if options.format != "keep":
        suffix = f".{options.format}"
    numbers = [f"-{number}" for number in range(1, options.versions + 1)] if options.versions > 1 else [""]
    return [options.out / place.with_name(f"{place.stem}{number}{suffix}") for number in numbers]


def _identity(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_dev, stat.st_ino


def _plan(options: argparse.Namespace) -> tuple[list[tuple[Path, list[Path]]], list[str]]:
    """Each photograph with the files that are made of it, and a sentence for each path that is missing.

    Raises `ValueError` where two photographs would become one file, and where a photograph would be overwritten.
    """
    there = [path for path in options.paths if path.is_file() or path.is_dir()]
    missing = [f"{path}: no such photograph or folder; check the path" for path in options.paths if path not in there]
    sources = [found for path in there for found in _find(path, options.out)]
    if not sources and not missing:
        raise ValueError(f"no photographs in {', '.join(map(str, there))} ({' '.join(sorted(SUFFIXES))})")
    inputs = {_identity(source) for source, _ in sources}
    jobs, makers = [], {}
    for source, place in sources:
        targets = _targets(place, options)
        for target in targets:
            if target.exists() and _identity(target) in inputs:
                raise ValueError(f"{target} is itself one of the photographs; name another folder after -o")
        first = makers.setdefault(targets[0], source)
        if first is source:
            jobs.append((source, targets))
        elif not first.samefile(source):  # else it is the same photograph, named twice
            raise ValueError(f"{first} and {source} would both become {targets[0]}; colorize them into two folders")
    return jobs, missing


@contextmanager
def _silent_libraries() -> Iterator[None]:
    """Keep standard error silent: libtiff and libjpeg write there, past Python, what is wrong with a picture."""
    terminal, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nothing)


@_silent_libraries()
def _colorize_file(source: Path, targets: list[Path], network: "ChromaNet", options: argparse.Namespace) -> None:
    """Write the versions of one photograph. What fails raises `ValueError` with a sentence that names the file."""
    image = open_picture(source)
    try:
        pictures = colorize_photograph(image, network, options.vividness, options.versions)
    except (ValueError, MemoryError) as error:
        raise ValueError(f"{source}: {error}") from error
    for picture, target in zip(pictures, targets, strict=True):
        try:
            if options.force or not target.exists():
                save_colored(picture, target)
        except Exception as error:  # PIL's writers do the same, where a disk is full or a format too small
            advice = "check the folder's space and permissions, or choose another --format"
            raise ValueError(f"{target}: could not be written ({error}); {advice}") from error


def run(options: argparse.Namespace) -> int:
    """Colorize the photographs that the command line names, and print a summary.

    Args:
        options: the parsed command line, see `lib.commands.colorize`.

    Returns:
        The exit code: 0 if all is done, 1 if a photograph could not be done, 2 if nothing could be begun.
    """
    try:
        if options.weights and not options.weights.exists():
            raise FileNotFoundError(f"{options.weights}: no such network; name the file of a ChromaNet")
        jobs, problems = _plan(options)
        todo = [(source, targets) for source, targets in jobs if options.force or not all(t.exists() for t in targets)]
        if todo:
            from lib.networks.pretrained import BUNDLED_COLORIZER, load_colorizer

            network = load_colorizer(options.weights or BUNDLED_COLORIZER)
    except (OSError, ValueError) as error:
        print(f"colorize: error: {error}", file=sys.stderr)
        return 2
    if problems:
        print(*problems, sep="\n", file=sys.stderr)
    written, skipped = 0, len(jobs) - len(todo)
    from tqdm import tqdm

    with tqdm(todo, unit="photo", leave=False, file=sys.stderr, disable=None) as bar:  # None: shown on a terminal only
        for source, targets in bar:
            try:
                _colorize_file(source, targets, network, options)
                written += 1
            except ValueError as error:
                problems.append(str(error))
                tqdm.write(problems[-1], file=sys.stderr)
    summary = f"{written} written to {options.out}"
    summary += f", {skipped} skipped because there already (--force overwrites)" if skipped else ""
    print(summary + (f", {len(problems)} not done" if problems else ""))
    return int(bool(problems))
