"""The command `colorize`: photographs and folders in, their colored versions out."""

import argparse
import os
import warnings
from pathlib import Path

from lib.color import MOST_VERSIONS
from lib.common.homes import home_environment


def _parse(argv: list[str] | None) -> argparse.Namespace:
    def vividness(text: str) -> float:  # argparse names it in its messages
        if not 0 <= float(text) <= 1:
            raise argparse.ArgumentTypeError(f"{text} does not lie between 0 and 1")
        return float(text)

    parser = argparse.ArgumentParser(prog="colorize", description="Colorize photographs; their luma stays as it is.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PHOTO_OR_FOLDER", help="folders with all below them")
    parser.add_argument("-o", dest="out", required=True, type=Path, metavar="FOLDER", help="where the results go")
    parser.add_argument("--vividness", type=vividness, default=0.5, help="0, the safest colors, to 1 (0.5)")
    counts, about = range(1, MOST_VERSIONS + 1), "1 to 9 plausible versions, called NAME-1, NAME-2, ... (1)"
    parser.add_argument("--versions", type=int, choices=counts, default=1, metavar="N", help=about)
    parser.add_argument("--format", choices=("png", "jpg", "keep"), default="keep", help="of the results (keep)")
    parser.add_argument("--force", action="store_true", help="overwrite what exists in FOLDER")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a ChromaNet of your own (the bundled one)")
    options = parser.parse_args(argv)
    from lib.data.formats import SUFFIXES  # here: help and most mistakes need not wait for what reads pictures

    if options.out.suffix.lower() in SUFFIXES or (options.out.exists() and not options.out.is_dir()):
        parser.error(f"-o names a folder, but {options.out} is a file or is called like one")
    return options


def main(argv: list[str] | None = None) -> int:
    """The console script: 0 done, 1 a photograph could not be done, 2 a mistake in what was asked, 130 Ctrl-C."""
    options = _parse(argv)
    os.environ.update(home_environment())  # networks of the notebooks import Matplotlib
    from lib.colorize.batch import run

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PIL warns of odd files; what fails is said in a line of its own
            return run(options)
    except KeyboardInterrupt:
        return 130
