"""The films of a call of `colorize`: one after the other, each with a bar, and one sentence for what goes wrong."""

import argparse
import ctypes
import hashlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lib.colorize.films import Colors, Outcome, Source, colorize_film
from lib.colorize.plan import Plan
from lib.colorize.stills import write_still
from lib.data.clips import FilmError
from lib.data.clips_joining import in_words
from lib.data.clips_reading import open_clip
from lib.data.hints import plain_hint
from lib.data.numbered_frames import NumberedFrames

if TYPE_CHECKING:
    from lib.colorize.video import Colored
    from lib.networks.chroma_net import ChromaNet

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # in glibc's malloc.h
# Options with another value of which a film is begun anew.
_SAME = ("lossless", "start", "end", "preview", "vividness", "fps", "keep_color")
_MOST_OF_A_RATE = 1001  # broadcast rates are such as 24000 / 1001


def sources_of(films: list[tuple[Path, list[Path]]], options: argparse.Namespace, plan: Plan) -> list:
    """The films that can be read, each with the file of its result; `plan.problems` gets a sentence for the others."""
    found = []
    for path, (target,) in films:
        try:
            found.append((_source(path, options), target))
        except FilmError as error:
            plan.problems.append(str(error))
    return found


def _source(path: Path, options: argparse.Namespace) -> Source:
    if options.frames:
        rate = Fraction(options.fps).limit_denominator(_MOST_OF_A_RATE)
        return NumberedFrames(path, rate, options.lossless)
    return open_clip(path, options.start, options.end)


def colorize_films(
    sources: list[tuple[Source, Path]], network: "ChromaNet", options: argparse.Namespace, plan: Plan
) -> int:
    """Colorize films; `plan` gets a sentence for each that is not done or damaged.

    Returns:
        How many results were written.
    """
    from tqdm import tqdm

    _keep_freed_memory()
    written = 0
    for source, target in sources:
        look = {"unit": "frame", "desc": source.path.name, "leave": False, "file": sys.stderr, "disable": None}
        with tqdm(total=source.count, **look) as bar:
            try:
                with _in_words(source, target):
                    asked, colors = _asked(source, options, plan), _colors(source, network, options, plan)
                    show = partial(_show, bar)
                    outcome = colorize_film(source, target, colors, asked, options.lossless, options.keep_color, show)
            except FilmError as error:
                plan.problems.append(str(error))
                tqdm.write(plan.problems[-1], file=sys.stderr)
                continue
            except KeyboardInterrupt:
                bar.close()
                print(f"{source.path}: stopped; the same command goes on after the last whole shot", file=sys.stderr)
                raise
        written += 1
        if options.keep_color:
            which = f"{outcome.kept:,} of {outcome.count:,} frames are in color already, and keep their colors"
            plan.remarks.append(f"{source.path}: {which if outcome.kept else 'no shot of it is in color already'}")
        _say(source, target, outcome, plan)
    return written


def write_stills(sources: list[tuple[Source, Path]], options: argparse.Namespace, plan: Plan) -> int:
    """Write the frame of each film that is shown at `options.still`, next to where its result would be.

    `plan.problems` gets a sentence for each film that has none. Returns how many were written.
    """
    written = 0
    for source, target in sources:
        try:
            with _in_words(source, target):
                plan.remarks.append(f"{write_still(source, options.still, target.parent)}: set hints on it")
                written += 1
        except FilmError as error:
            plan.problems.append(str(error))
            print(plan.problems[-1], file=sys.stderr)
    return written


def _colors(source: Source, network: "ChromaNet", options: argparse.Namespace, plan: Plan) -> Colors:
    """What colors a film, its hints included; `plan` gets a line for hints on frames that it does not have."""
    from lib.colorize.film_guides import guides_of
    from lib.colorize.video import colors_of_film

    guides, given = {}, plan.film_hints.get(source.path)
    if given:
        guides, missing = guides_of(source, given, network, options.vividness, options.preview)
        plan.remarks += [f"{file}: {source.path} has no such frame, at least not in this part" for file in missing]

    def colors(lumas: Iterable[np.ndarray], first_shot: int) -> "Iterator[Colored]":
        return colors_of_film(lumas, network, options.vividness, options.preview, guides, first_shot)

    return colors


def _keep_freed_memory() -> None:
    """Let glibc keep what a frame frees for the next one; other C libraries are left as they are.

    By itself it gives large blocks back at once: on 1280x720, the network's took 28 ms a frame to be mapped again. And
    it keeps freed memory for each thread apart, 120 MB more in all.
    """
    with suppress(OSError, AttributeError, TypeError):  # no glibc
        library = ctypes.CDLL(None)
        for parameter, size in ((_MMAP_THRESHOLD, 2**25), (_TRIM_THRESHOLD, 2**26), (_ARENA_MAX, 1)):
            library.mallopt(parameter, size)


def _show(bar, done: int) -> None:
    """Move a bar to a number of frames. Those of an earlier call do not count for the speed."""
    if bar.n == 0 and done > 1:
        bar.initial = bar.n = done
        bar.refresh()
    else:
        bar.update(done - bar.n)


def _asked(source: Source, options: argparse.Namespace, plan: Plan) -> dict:
    """All that the colors of a film depend on."""
    import av

    from lib.networks.pretrained import BUNDLED_COLORIZER

    asked = {"film": str(source.path.resolve()), "PyAV": av.__version__}
    asked |= {name: getattr(options, name) for name in _SAME}
    with (options.weights or BUNDLED_COLORIZER).open("rb") as file:
        asked["weights"] = hashlib.file_digest(file, "sha256").hexdigest()
    given = plan.film_hints.get(source.path, [])
    asked["hints"] = [[hints.photograph, *map(plain_hint, hints.hints)] for _, hints in given]
    if isinstance(source, NumberedFrames):
        return asked | {"frames": source.fingerprint()}
    status = source.path.stat()
    return asked | {"film file": [status.st_size, status.st_mtime_ns]}


def _say(source: Source, target: Path, outcome: Outcome, plan: Plan) -> None:
    """A line for each thing about a result that is otherwise than the film."""
    look, name = source.look, source.path
    if outcome.left_out:
        holder = "Matroska" if target.suffix == ".mkv" else "MP4"
        which = "it" if len(outcome.left_out) == 1 else "them"
        plan.remarks.append(f"{name}: left out, because {holder} cannot hold {which}: {in_words(outcome.left_out)}")
    if look.has_alpha:
        plan.remarks.append(f"{name}: its transparency is left out")
    if outcome.damaged_at is not None:
        when = _clock(outcome.damaged_at)
        what = f"lost from {when} on" if outcome.is_cut else f"damaged after {when}"
        plan.not_whole.append(f"{name}: {what}; {target} holds the {outcome.count:,} frames that could be read")
        print(plan.not_whole[-1], file=sys.stderr)


def _clock(seconds: float) -> str:
    """A time as h:m:s.

    >>> _clock(3723.456), _clock(0)
    ('1:02:03.46', '0:00:00.00')
    """
    hundredths = round(100 * max(0.0, seconds))
    minutes, rest = divmod(hundredths, 6000)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest // 100:02d}.{rest % 100:02d}"


@contextmanager
def _in_words(source: Source, target: Path) -> Iterator[None]:
    """Raise what goes wrong with a film as a `FilmError` of one sentence."""
    try:
        yield
    except FilmError:
        raise
    except ValueError as error:  # of the network: too small
        raise FilmError(f"{source.path}: {error}") from error
    except MemoryError as error:
        raise FilmError(f"{source.path}: the memory is full; close other programs, or make the film smaller") from error
    except OSError as error:
        reason = error.strerror or error
        raise FilmError(
            f"{target}: could not be written ({reason}); check the folder's space and permissions, then call again"
        ) from error
    except Exception as error:  # of torch and PyAV
        first_line = (str(error).splitlines() or [""])[0]
        raise FilmError(
            f"{source.path}: could not be colorized ({type(error).__name__}: {first_line}); leave it out"
        ) from error
