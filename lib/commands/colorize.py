"""The command `colorize`: photographs and folders in, their colored versions out."""

import argparse
import os
from pathlib import Path

from lib.color import MOST_VERSIONS
from lib.common.homes import home_environment
from lib.common.terminal import exit_code_of
from lib.common.usage import decimal_number, whole_number


def _parse(argv: list[str] | None) -> argparse.Namespace:
    def megapixels(text: str) -> float:
        number = decimal_number(0)(text)
        if number == 0:
            raise argparse.ArgumentTypeError(f"must be above 0, not {text!r}")
        return number

    parser = argparse.ArgumentParser(prog="colorize", description="Colorize photographs; their luma stays as it is.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PHOTO_OR_FOLDER", help="folders with all below them")
    parser.add_argument("-o", dest="out", required=True, type=Path, metavar="FOLDER", help="where the results go")
    parser.add_argument("--vividness", type=decimal_number(0, 1), default=0.5, help="0, the safest colors, to 1 (0.5)")
    counts, about = whole_number(1, MOST_VERSIONS), "1 to 9 plausible versions, called NAME-1, NAME-2, ... (1)"
    parser.add_argument("--versions", type=counts, default=1, metavar="N", help=about)
    parser.add_argument("--format", choices=("png", "jpg", "keep"), default="keep", help="of the results (keep)")
    parser.add_argument("--force", action="store_true", help="overwrite what exists in FOLDER")
    about = "the largest photograph that is opened (as many as fit into the free memory)"
    parser.add_argument("--max-megapixels", type=megapixels, metavar="N", help=about)
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a ChromaNet of your own (the bundled one)")
    about = "colors that you give to places: the file for one photograph, or a folder with NAME.json for each"
    parser.add_argument("--hints", type=Path, metavar="FILE_OR_FOLDER", help=about)
    about = "a color photograph whose colors the results follow, where they show the same things"
    parser.add_argument("--reference", type=Path, metavar="FILE", help=about)
    parser.add_argument("--device", choices=("cpu", "cuda"), help="(cuda where there is one)")
    options = parser.parse_args(argv)
    from lib.data.formats import SUFFIXES  # here: help and most mistakes need not wait for what reads pictures

    if options.out.suffix.lower() in SUFFIXES or (os.path.exists(options.out) and not os.path.isdir(options.out)):
        parser.error(f"-o names a folder, but {options.out} is a file or is called like one")
    return options


def main(argv: list[str] | None = None) -> int:
    """The console script: 0 done, 1 a photograph could not be done, 2 a mistake in what was asked, 130 Ctrl-C."""
    options = _parse(argv)
    os.environ.update(home_environment())  # networks of the notebooks import Matplotlib

    def work() -> int:
        from lib.colorize.batch import run

        return run(options)

    return exit_code_of(work)
