"""What a person's folder teaches: color photographs, and photographs whose colors were corrected with hints.

The hints on `cup.jpg` lie beside it in `cup.jpg.json`, as `colorize --hints` takes them. The canvas of notebook 07
saves hints and the colored picture, `album-cup.jpg.json` and `album-cup.jpg-colored.jpg`: there they are taken on that
picture, which has the photograph's luma.
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lib.color.composition import paint
from lib.colorize.hints import Evidence, Seen, across_and_weights, posterior
from lib.colorize.photograph import view_of
from lib.common.files import printable
from lib.common.progress import progress
from lib.common.terminal import silent_libraries
from lib.data.formats import passed_over_in_words
from lib.data.hints import Hints, HintsError, read_hints
from lib.data.images import PhotographError, read_pair, squared
from lib.data.listing import Listing, list_with_splits
from lib.data.monochrome import chroma_spread
from lib.data.pairs import Pairs, make_pairs
from lib.data.splits import sha256_of
from lib.evaluation.size import counted
from lib.networks.chroma_net import ChromaNet

TONED = 1.4  # of `chroma_spread`: 99 in 100 color photographs have more, gray and toned ones mostly less
MOST = 500  # pictures that are learned from; more would take longer
LEAST_HELD_BACK = 10  # pictures; of fewer none is held back, all are learned from
_LONGER = 1000  # px of the longer side at which a corrected photograph is painted


@dataclass(frozen=True)
class Material:
    """What was found in a folder.

    Args:
        pairs: the pictures that teach, in the colors that they teach.
        reach: how far each color is to be believed, uint8 `(N, S, S)`, 255 for a color photograph.
        corrected: how many of them are photographs with hints.
        gray: how many photographs have neither color nor hints.
        problems: a sentence for each file that cannot be used.
        remarks: what else there is to say of the files; "" for nothing.
    """

    pairs: Pairs
    reach: np.ndarray
    corrected: int
    gray: int
    problems: list[str]
    remarks: str


def read_material(folder: Path, size: int, network: ChromaNet) -> Material:
    """Read what a folder and all below it teach, as squares of `size` px, at most `MOST` pictures.

    Args:
        folder: holds the pictures, and the files of hints beside them.
        size: side in px.
        network: spreads the hints.

    Raises `ValueError` or `OSError` where there is nothing to learn from; the message says what to do.
    """
    listing, splits, remark = list_with_splits(folder)
    hints, problems = hints_beside([item[1] for item in listing.items])
    passed_over = listing.passed_over.copy()
    passed_over[".json"] -= len(hints) + len(problems)
    order, left_out = _to_read(listing, hints)

    def read(number: int) -> tuple[Image.Image, Image.Image, Image.Image, str] | str:
        _, *files = listing.items[number]
        try:
            gray, color = read_pair(*files)
            if files[0] in hints:
                return *_squares(*_corrected(network, files[0], gray, read_hints(hints[files[0]])), size), "corrected"
        except HintsError as error:
            return str(error) if str(hints[files[0]]) in str(error) else f"{printable(hints[files[0]])}: {error}"
        except (PhotographError, OSError) as error:
            return printable(str(error))
        finally:
            tick(1)
        kind = "color" if chroma_spread(color) > TONED else "gray"
        return *_squares(gray, color, Image.new("L", gray.size, 255), size), kind

    with silent_libraries(), progress("reading", len(order)) as tick, ThreadPoolExecutor() as pool:
        found = dict(zip(order, pool.map(read, order), strict=True))
    problems += listing.problems + [text for text in found.values() if isinstance(text, str)]
    useful = [i for i, one in found.items() if not isinstance(one, str) and one[-1] != "gray"]
    gray = sum(one[-1] == "gray" for one in found.values() if not isinstance(one, str))
    if not useful:
        raise PhotographError(_nothing(printable(folder), gray, problems))
    sides = [np.stack([np.asarray(found[i][side]) for i in useful]) for side in range(3)]
    names = [listing.names[i] for i in useful]
    chosen = np.array([splits[i] if len(useful) >= LEAST_HELD_BACK else "train" for i in useful])
    pairs = make_pairs(listing.title, listing.description, names, sides[0], sides[1], chosen)
    remarks = "; ".join(filter(None, [passed_over_in_words(+passed_over), remark, *left_out]))
    return Material(pairs, sides[2], sum(found[i][-1] == "corrected" for i in useful), gray, problems, remarks)


def _to_read(listing: Listing, hints: Mapping[Path, Path]) -> tuple[list[int], list[str]]:
    """The numbers of the pictures that are looked at, at most `MOST`, corrected ones first; and in words what is not.

    The canvas's colored copy of a photograph that is there with its hints would teach it twice, and one of the two
    might be held back.
    """
    paths = [item[1] for item in listing.items]
    copies = {
        (file.parent, name) for picture, file in hints.items() if picture.stem != (name := f"{file.stem}-colored")
    }
    numbers = [i for i, path in enumerate(paths) if (path.parent, path.stem) not in copies]
    order = sorted(numbers, key=lambda i: (paths[i] not in hints, sha256_of("order", listing.names[i])))[:MOST]
    copied, beyond = len(paths) - len(numbers), len(numbers) - len(order)
    words = [f"left out: {counted(copied, 'colored copy')} of corrected photographs"] if copied else []
    words += [f"{beyond:,} photographs beyond {MOST} are not looked at"] if beyond else []
    return order, words


def _nothing(folder: str, gray: int, problems: Sequence[str]) -> str:
    there = [f"{gray} with neither color nor hints"] if gray else []
    there += [f"the first problem: {problems[0]}"] if problems else []
    return (
        f"{folder} holds nothing to learn from ({'; '.join(there)}); give color photographs, or photographs with hints "
        "beside them, such as cup.jpg.json for cup.jpg"
    )


def hints_beside(pictures: Sequence[Path]) -> tuple[dict[Path, Path], list[str]]:
    """The file of hints of each picture that has one, and a sentence on each that belongs to no picture.

    Other JSON files, such as the metadata that photo services write beside a picture, are left alone.
    """
    found, problems, here = {}, [], set(pictures)
    by_stem = {(path.parent, path.stem): path for path in pictures}
    for file in sorted({file for folder in {path.parent for path in pictures} for file in folder.glob("*.json")}):
        beside, photograph = file.with_suffix(""), _photograph_of(file)
        if photograph is None or (not photograph and beside not in here):
            continue
        picture = beside if beside in here else by_stem.get((file.parent, f"{file.stem}-colored"))
        if picture:
            found[picture] = file
        else:
            name = printable(photograph)
            renamed = "" if beside.name == photograph else f"name it {name}.json and "
            problems.append(f"{printable(file)}: has hints on no picture here; {renamed}put {name} beside it")
    return found, problems


def _photograph_of(file: Path) -> str | None:
    """The photograph that a file of hints names; "" where the file is broken, and None for one that holds no hints."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return ""
    if not isinstance(content, dict) or "hints" not in content:
        return None
    return str(content.get("photograph", ""))


@torch.inference_mode()
def _corrected(
    network: ChromaNet, path: Path, gray: Image.Image, hints: Hints
) -> tuple[Image.Image, Image.Image, Image.Image]:
    """A photograph in gray, in the colors that its hints give it, and how far those are to be believed."""
    hints.check(gray)
    gray = gray.copy()
    try:
        view = view_of(gray, network)
    except ValueError as error:
        raise PhotographError(f"{printable(path)}: {error}") from error
    gray.thumbnail((_LONGER, _LONGER))
    seen = Seen.of(network, view)
    evidence = Evidence.of(hints.hints, seen)
    color = paint(np.asarray(gray), posterior(seen, seen.distribution.chroma()[0], evidence))
    reach = Image.fromarray((255 * settled(seen, evidence)).round().byte().cpu().numpy())
    return gray, Image.fromarray(color), reach.resize(gray.size, Image.Resampling.BILINEAR)


def settled(seen: Seen, evidence: Evidence) -> Tensor:
    """The share of each cell's prior variance that hints remove, `(h, w)` in [0, 1].

    Rasmussen and Williams (2006), equation 2.26. 1 is a color that is known, 0 one that is as open as before.
    """
    everywhere = torch.arange(seen.luma.numel(), device=evidence.cells.device)
    across, weights = across_and_weights(seen, evidence, everywhere)
    removed = (across * weights.T).sum(1)
    return (removed.view_as(seen.luma) / seen.variance).float().clamp(0, 1)


def _squares(gray: Image.Image, color: Image.Image, reach: Image.Image, size: int) -> tuple[Image.Image, ...]:
    return squared(gray, size), squared(color, size), squared(reach, size)
