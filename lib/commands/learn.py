"""`workbook learn FOLDER`: the bundled colorizer learns a person's own kind of photograph.

    workbook learn path/to/photographs

It learns from color photographs and from photographs that were corrected with hints, and keeps what it knew. Says what
that changes on pictures of the folder that were held back, and on photographs that scikit-image ships.
"""

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lib.common.devices import best_device, check_device
from lib.common.files import OUTPUTS
from lib.common.usage import UsageError
from lib.data.locations import find_source
from lib.evaluation.size import counted, too_few
from lib.networks.pretrained import BUNDLED_COLORIZER

if TYPE_CHECKING:
    from lib.scripts.corrections import Material
    from lib.scripts.learning import Change, Learned

# torch takes seconds to import, and what reads pictures some tenths: both are imported when they are needed.

LEARNED = OUTPUTS / "learned"
_LONGEST_NAME = 40  # letters of the folder's name that the file's name keeps


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        help="color photographs, and gray ones with hints beside them (cup.jpg.json), in it and all folders below it",
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), help="(cuda where there is one)")
    parser.set_defaults(action="lib.commands.learn:run")


def run(options: argparse.Namespace) -> int:
    """Learn, and say what changed.

    Returns:
        0 if all is done; 1 if nothing is gained, what was known is lost, or a file could not be used; 2 for a mistake
        in what was asked, which raises `UsageError`.
    """
    try:
        check_device(options.device)
        folder = _folder(options.folder)
        _check_writable(LEARNED)
        from lib.data.listing import list_with_splits

        list_with_splits(folder)  # what is wrong with it is said at once, without torch
        from lib.networks.pretrained import load_colorizer
        from lib.scripts.corrections import read_material
        from lib.scripts.learning import learning_config
        from lib.scripts.recipe import SIZE

        learning_config(1, BUNDLED_COLORIZER)
        device = options.device or best_device()
        material = read_material(folder, SIZE, load_colorizer(BUNDLED_COLORIZER, device=device))
        material.pairs.indices("train")
    except (ValueError, OSError) as error:
        raise UsageError(str(error)) from None
    print(about(material), flush=True)
    for problem in material.problems:
        print(problem, file=sys.stderr)
    return max(_learn(material, device), int(bool(material.problems)))


def _folder(name: str) -> Path:
    """The folder of that name; `UsageError` or `OSError` where there is none, or no network to begin with."""
    if not name:
        raise UsageError("the folder's name is empty; give a folder of photographs.")
    if not BUNDLED_COLORIZER.is_file():
        raise UsageError(f"{BUNDLED_COLORIZER}: the bundled network is missing; copy it from the project again.")
    folder = find_source(name)
    if not isinstance(folder, Path):
        raise UsageError(f"{name} names no folder here; give a folder of photographs.")
    return folder


def _check_writable(folder: Path) -> None:
    """Make the folder of the results; `UsageError` where nothing can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); remove what is in its way") from None
    if not os.access(folder, os.W_OK):
        raise UsageError(f"{folder}: cannot be written to; change its permissions")


def about(material: "Material") -> str:
    """What was found in the folder, as lines of text."""
    counts = material.pairs.counts()
    plain = len(material.pairs) - material.corrected
    lines = [
        f"Data: {counted(plain, 'color photograph')} and {material.corrected:,} corrected with hints · "
        f"{counts['train']:,} to learn from, {counts['val']:,} for validation, {counts['test']:,} held back"
    ]
    if material.gray:
        lines.append(f"Not learned from: {counted(material.gray, 'photograph')} with neither color nor hints")
    return "\n".join(filter(None, [*lines, material.remarks]))


def _learn(material: "Material", device: str) -> int:
    from lib.data.sources import sample_pairs
    from lib.networks.pretrained import load_colorizer
    from lib.networks.storage import save_network
    from lib.scripts.learning import change_on, learn

    pairs = material.pairs
    try:
        learned = learn(material, BUNDLED_COLORIZER, device)
    except FloatingPointError as error:
        print(f"workbook: {error}", file=sys.stderr)
        return 1
    if not learned.share:
        print(f"workbook: {refusal(learned)}", file=sys.stderr)
        return 1
    before = load_colorizer(BUNDLED_COLORIZER, device=device)
    held_back = pairs.split("test") if pairs.counts()["test"] else None
    own = change_on(held_back, before, learned.network) if held_back else None
    others = change_on(sample_pairs(pairs.size), before, learned.network)
    file = LEARNED / file_name(pairs.name, learned.fingerprint)
    save_network(file, learned.network, learned.config)
    print(report(learned, own, others, file))
    return 0


def refusal(learned: "Learned") -> str:
    """Why nothing is written, in one sentence."""
    from lib.scripts.learning import LARGEST_FALL

    gain = f"{counted(learned.validated, 'validation picture')} would gain {learned.gain:+.2f} dB and "
    return (
        f"no file is written: {gain if learned.validated else ''}the photographs that ship would change by "
        f"{-learned.fall:+.2f} dB; what was learned is kept only where it gains, and costs these at most "
        f"{LARGEST_FALL} dB. More pictures, or pictures of one kind, may help"
    )


def file_name(folder: str, fingerprint: str) -> str:
    """The name of the file that keeps what was learned: that of the photographs' folder, and digits.

    The digits depend on the photographs and on the training, so that no other network takes the place of this one.
    """
    name = folder.replace(os.sep, " ").strip(" .-") or "photographs"
    return f"{name[:_LONGEST_NAME]}-{fingerprint[:6]}.safetensors"


def report(learned: "Learned", own: "Change | None", others: "Change", file: Path) -> str:
    """What learning changed and how to use it, as lines of text; `own` is None where no picture was held back."""
    rows = [("", "before", "after")]
    for change, kind in ((own, "held-back picture"), (others, "sample photograph")):
        if change:
            cells = (f"{gain:+.2f} dB ({worse:.0%})" for gain, worse in (change.before, change.after))
            rows.append((counted(change.pictures, kind), *cells))
    width = max(len(name) for name, *_ in rows)
    table = [f"{name:{width}}  {before:>16}  {after:>16}" for name, before, after in rows]
    chosen = f", the least that brings most of the gain on {counted(learned.validated, 'validation picture')}"
    return "\n".join(
        [
            f"It keeps {learned.share:.0%} of the change to the bundled weights{chosen if learned.validated else ''}.",
            "",
            *(line.rstrip() for line in table),
            "Gain over the gray copy at the safest setting, mean of images; in brackets the share worse than gray.",
            "",
            _about_own(own) if own else "No picture was held back: whether others of the kind gain was not measured.",
            "Photographs of other kinds may come out a little worse than before: keep it for yours.",
            "",
            f"{_shown(file)} keeps it; remove that file to undo it. To color with it:",
            f"  {_program()} path/to/gray -o outputs/colored --weights {shlex.quote(_shown(file))}",
        ]
    )


def _about_own(own: "Change") -> str:
    from lib.evaluation.intervals import verdict, with_interval

    value, low, high = own.difference
    gained = f"On the pictures that were held back it gains {with_interval(own.difference, '+.2f', ' dB')}"
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
