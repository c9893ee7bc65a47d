"""`workbook learn FOLDER`: the bundled colorizer learns a person's own kind of photograph, in a minute or two.

    workbook learn path/to/photographs

Says what that changes on photographs of the folder that were held back, and on those that scikit-image ships.
"""

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lib.common.devices import best_device, check_device
from lib.common.files import OUTPUTS, printable
from lib.common.usage import UsageError
from lib.evaluation.size import counted, too_few
from lib.networks.pretrained import BUNDLED_COLORIZER

if TYPE_CHECKING:
    from lib.data.pairs import Pairs
    from lib.scripts.learning import Change, Learned

# torch takes seconds to import: what needs it is imported once there is something to learn from.

LEARNED = OUTPUTS / "learned"  # the files, and a folder for each of the trainings that they came from
LEAST = 10  # photographs to learn from
_LONGEST_NAME = 40  # letters of the folder's name that the file's name keeps


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("folder", metavar="FOLDER", help="50 to 500 color photographs, in it and all folders below it")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="(cuda where there is one)")
    parser.set_defaults(action="lib.commands.learn:run")


def check_photographs(folder: str) -> list[str]:
    """What is passed over in a folder, as lines to print; nothing slow is imported.

    Raises `ValueError` or `OSError` where nothing can be learned from it, or the bundled network is missing.
    """
    if not folder:
        raise UsageError("the folder's name is empty; give a folder of color photographs.")
    if not BUNDLED_COLORIZER.is_file():
        raise UsageError(f"{BUNDLED_COLORIZER}: the bundled network is missing; copy it from the project again.")
    from lib.data.survey import survey

    found = survey(folder)
    _check_enough(folder, found.counts["train"])
    return [found.passed_over] if found.passed_over else []


def _check_enough(folder: str, count: int) -> None:
    if count < LEAST:
        raise UsageError(
            f"{printable(folder)} has {counted(count, 'photograph')} to learn from; {LEAST} are the least, and 50 to "
            "500 are better."
        )


def run(options: argparse.Namespace) -> int:
    """Learn, and say what changed: 0 done, 1 nothing was gained or the training failed, 2 a mistake in what was asked.

    What cannot be learned from raises `UsageError`.
    """
    try:
        check_device(options.device)
        lines = check_photographs(options.folder)
        from lib.data.sources import load_pairs
        from lib.scripts.learning import learning_config
        from lib.scripts.recipe import SIZE

        pairs = load_pairs(options.folder, SIZE)
        counts = pairs.counts()  # pictures that cannot be read are left out by now
        _check_enough(options.folder, counts["train"])
        pairs.split("val"), pairs.split("test")
        learning_config(counts["train"], BUNDLED_COLORIZER)
    except (ValueError, OSError) as error:
        raise UsageError(str(error)) from None
    print(
        f"Data: {pairs.description} · {counts['train']:,} to learn from, {counts['val']:,} for validation, "
        f"{counts['test']:,} held back"
    )
    print(*filter(None, [*lines, pairs.left_out]), sep="\n", end="\n" if lines or pairs.left_out else "", flush=True)
    return _learn(pairs, options.device or best_device())


def _learn(pairs: "Pairs", device: str) -> int:
    from lib.data.sources import sample_pairs
    from lib.networks.pretrained import load_colorizer
    from lib.networks.storage import save_network
    from lib.scripts.learning import change_on, learn

    try:
        learned = learn(pairs, device, BUNDLED_COLORIZER, LEARNED)
    except FloatingPointError as error:
        print(f"workbook: {error}", file=sys.stderr)
        return 1
    if not learned.share:
        print(
            f"workbook: what was learned is no better than the bundled network on {learned.validated}: no file is "
            "written; more photographs, or photographs of one kind, may help",
            file=sys.stderr,
        )
        return 1
    before = load_colorizer(BUNDLED_COLORIZER, device=device)
    own, others = (change_on(part, before, learned.network) for part in (pairs, sample_pairs(pairs.size)))
    file = LEARNED / file_name(pairs.name, learned.fingerprint)
    save_network(file, learned.network, learned.config, learned.history)
    print(report(learned, own, others, file))
    return 0


def file_name(folder: str, fingerprint: str) -> str:
    """The name of the file that keeps what was learned: that of the photographs' folder, and digits.

    The digits depend on the photographs and on the training, so that no other network takes the place of this one.
    """
    name = folder.replace(os.sep, " ").strip(" .-") or "photographs"
    return f"{name[:_LONGEST_NAME]}-{fingerprint[:6]}.safetensors"


def report(learned: "Learned", own: "Change", others: "Change", file: Path) -> str:
    """What learning changed and how to use it, as lines of text."""
    rows = [("", "before", "after")]
    for change, kind in ((own, "held-back"), (others, "sample")):
        name = counted(change.pictures, f"{kind} photograph")
        rows.append((name, *(f"{gain:+.2f} dB ({worse:.0%})" for gain, worse in (change.before, change.after))))
    width = max(len(name) for name, *_ in rows)
    table = [f"{name:{width}}  {before:>16}  {after:>16}" for name, before, after in rows]
    return "\n".join(
        [
            f"It keeps {learned.share:.0%} of the change to the bundled weights: that brings most of the gain on "
            f"{learned.validated}.",
            "",
            *(line.rstrip() for line in table),
            "Gain over the gray copy at the safest setting, mean of images; in brackets the share worse than gray.",
            "",
            _about_own(own),
            "Photographs of other kinds may come out worse than before: keep it for yours.",
            "",
            f"{_shown(file)} keeps it. To color with it:",
            f"  {_program()} path/to/gray -o outputs/colored --weights {shlex.quote(_shown(file))}",
        ]
    )


def _about_own(own: "Change") -> str:
    from lib.evaluation.intervals import verdict, with_interval

    value, low, high = own.difference
    gained = f"On the photographs that were held back it gains {with_interval(own.difference, '+.2f', ' dB')}"
    few = too_few(own.pictures)
    if value <= 0:
        return f"{gained} compared with the bundled network{few}: it is no better, and the bundled one will do."
    unsure = "" if few or verdict(low, high) == "supported" else ", which may be chance"
    return f"{gained} compared with the bundled network{few}{unsure}."


def _shown(file: Path) -> str:
    """A path as short as it can be from the current folder."""
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)


def _program() -> str:
    """How to call `colorize`: it lies beside the program that is running."""
    folder = os.path.dirname(sys.argv[0])
    beside = Path(folder, "colorize")
    return shlex.quote(str(beside)) if folder and beside.is_file() else "colorize"
