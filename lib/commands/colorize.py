"""The command `colorize`: photographs, films and folders in, their colored versions out."""

import argparse
import os
from pathlib import Path

from lib.color import MOST_VERSIONS
from lib.common.homes import home_environment
from lib.common.terminal import exit_code_of
from lib.common.usage import decimal_number, number, whole_number


def _parse(argv: list[str] | None) -> argparse.Namespace:
    about = "Colorize photographs and films; their luma stays as it is."
    parser = argparse.ArgumentParser(prog="colorize", description=about)
    about = "photographs, films, and folders with all below them"
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER", help=about)
    parser.add_argument("-o", dest="out", required=True, type=Path, metavar="FOLDER", help="where the results go")
    parser.add_argument("--vividness", type=decimal_number(0, 1), default=0.5, help="0, the safest colors, to 1 (0.5)")
    counts, about = whole_number(1, MOST_VERSIONS), "1 to 9 plausible versions, called NAME-1, NAME-2, ... (1)"
    parser.add_argument("--versions", type=counts, default=1, metavar="N", help=about)
    parser.add_argument("--format", choices=("png", "jpg", "keep"), default="keep", help="of the results (keep)")
    parser.add_argument("--force", action="store_true", help="overwrite what exists in FOLDER")
    about = "the largest photograph that is opened (as many as fit into the free memory)"
    parser.add_argument("--max-megapixels", type=_above_0, metavar="N", help=about)
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a ChromaNet of your own (the bundled one)")
    about = "colors that you give to places: the file for one photograph or film, or a folder of such files"
    parser.add_argument("--hints", type=Path, metavar="FILE_OR_FOLDER", help=about)
    about = "a color photograph whose colors the results follow, where they show the same things"
    parser.add_argument("--reference", type=Path, metavar="FILE", help=about)
    _add_films(parser)
    parser.add_argument("--device", choices=("cpu", "cuda"), help="(cuda where there is one)")
    options = parser.parse_args(argv)
    _check_films(parser, options)
    from lib.data.formats import FILM_SUFFIXES, SUFFIXES  # here: help and most mistakes need not wait for PIL

    is_called_like_one = options.out.suffix.lower() in SUFFIXES | FILM_SUFFIXES
    if is_called_like_one or (os.path.exists(options.out) and not os.path.isdir(options.out)):
        parser.error(f"-o names a folder, but {options.out} is a file or is called like one")
    return options


def _above_0(text: str) -> float:
    value = decimal_number(0)(text)
    if value == 0:
        raise argparse.ArgumentTypeError(f"must be above 0, not {text!r}")
    return value


def _add_films(parser: argparse.ArgumentParser) -> None:
    """The options that are about films."""
    films = parser.add_argument_group("films")
    about = "luma to the bit, FFV1 in Matroska (H.264 in MP4)"
    films.add_argument("--lossless", action="store_true", help=about)
    films.add_argument("--from", dest="start", type=moment, metavar="TIME", help="seconds, or 1:30 (its beginning)")
    films.add_argument("--to", dest="end", type=moment, metavar="TIME", help="seconds, or 1:30 (its end)")
    about = "shots that are in color already keep their own (new ones for all)"
    films.add_argument("--keep-color", action="store_true", help=about)
    about = "write the frame at that time as a gray picture, to set hints on, and no film"
    films.add_argument("--still", type=moment, metavar="TIME", help=about)
    films.add_argument("--preview", action="store_true", help="no frame waits for later ones; less steady colors")
    films.add_argument("--frames", action="store_true", help="each folder is one film of numbered pictures")
    rates = decimal_number(0.01, 1000)  # a rate much lower is no fraction that a film can note
    films.add_argument("--fps", type=rates, metavar="N", help="frames a second of these pictures")


def _check_films(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """End with one sentence where the options on films contradict each other."""
    if options.start is not None and options.end is not None and options.end <= options.start:
        parser.error(f"--to {options.end:g} is not after --from {options.start:g}")
    if options.still is not None and (options.frames or options.start is not None or options.end is not None):
        parser.error("--still takes none of --frames, --from and --to; its time counts from the film's beginning")
    if options.frames and options.fps is None:
        parser.error("--frames needs --fps, the number of frames a second, such as --fps 25")
    if options.fps is not None and not options.frames:
        parser.error("--fps is for the numbered pictures of --frames; a film has its own")
    if options.frames and (options.start is not None or options.end is not None):
        parser.error("--from and --to are for films, not for --frames; leave pictures out of the folder instead")


def moment(text: str) -> float:
    """A time in seconds, written so or as h:m:s or m:s.

    >>> moment("90"), moment("1:30"), moment("1:00:00.5")
    (90.0, 90.0, 3600.5)
    """
    parts = text.strip().split(":")
    values = [number(part) for part in parts]
    is_time = len(parts) <= 3 and None not in values and min(values) >= 0
    if not is_time or max(values[1:], default=0) >= 60 or any(isinstance(value, float) for value in values[:-1]):
        raise argparse.ArgumentTypeError(f"must be seconds, m:s or h:m:s, not {text!r}")
    return float(sum(value * 60**place for place, value in enumerate(reversed(values))))


def main(argv: list[str] | None = None) -> int:
    """The console script: 0 done, 1 a file could not be done, 2 a mistake in what was asked, 130 Ctrl-C."""
    options = _parse(argv)
    os.environ.update(home_environment())  # networks of the notebooks import Matplotlib

    def work() -> int:
        from lib.colorize.batch import run

        return run(options)

    return exit_code_of(work)
