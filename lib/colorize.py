"""Photographs in, photographs out: each keeps its name, its folder, its resolution and its luma.

    colorize photo.jpg albums/ -o colored

The colours are predicted small and joined with the luma at full resolution. From Python:

    colored = colorize_photograph(Image.open("photo.jpg"), load_colorizer())[0]
"""

import argparse
import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError
from tqdm import tqdm

from lib.common.files import atomic_write

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
# What counts as a photograph in a folder; a file that is named itself may be anything that PIL reads.
SUFFIXES = {*FORMATS, ".gif", ".jp2", ".avif", ".pgm", ".ppm"}
_MOST_VERSIONS = 9  # chroma.MOST_VERSIONS, which is not to be had without torch

# EXIF that is about the photograph. The rest is about how its pixels were stored, which is true no more.
_KEPT = """DocumentName ImageDescription Make Model Software DateTime Artist HostComputer Copyright Rating RatingPercent
    XResolution YResolution ResolutionUnit XPTitle XPComment XPAuthor XPKeywords XPSubject ExifOffset GPSInfo"""
_KEPT_TAGS = {ExifTags.Base[name] for name in _KEPT.split()}
_MOST_EXIF = 65533  # bytes that a JPEG marker holds
_TURNS = "FLIP_LEFT_RIGHT ROTATE_180 FLIP_TOP_BOTTOM TRANSPOSE ROTATE_270 TRANSVERSE ROTATE_90"
_TURN_OF = {orientation: Image.Transpose[name] for orientation, name in enumerate(_TURNS.split(), 2)}  # 1 is upright


def _read_exif(image: Image.Image) -> tuple[int, bytes]:
    """The orientation that EXIF gives a decoded picture (1 to 8), and what is to be kept of its EXIF."""
    orientation = 1
    try:
        exif, kept = image.getexif(), Image.Exif()
        orientation = exif.get(ExifTags.Base.Orientation, 1)
        kept.load(exif.tobytes())
        for tag in set(kept) - _KEPT_TAGS:
            del kept[tag]
        found = kept.tobytes() if kept else b""
    except Exception:  # EXIF is damaged in many ways, and PIL raises as many errors; none shall cost the picture
        return orientation, b""
    return orientation, found if len(found) <= _MOST_EXIF else b""


def _about(image: Image.Image, exif: bytes) -> dict:
    """What a picture says of itself besides its pixels, as PIL's options of saving."""
    about = {"exif": exif} if exif else {}
    icc = image.info.get("icc_profile") or b""
    if icc[16:20] == b"RGB ":  # the profile of a gray or CMYK scan is about channels that are no more
        about["icc_profile"] = icc
    match image.info.get("dpi"):
        case (x, y) if 1 <= x < 2**16 and 1 <= y < 2**16:  # there are files with 0 and with infinity
            about["dpi"] = float(x), float(y)
    return about


def _gray_and_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Luma and alpha of a picture in any of PIL's modes, both "L"; without transparency there is no alpha.

    Gray pictures keep their levels, those of 16 bits are rounded to 8; of anything else it is the luma of its RGB.
    """
    if image.mode == "F":
        raise ValueError("floating-point pixels have no agreed range; save it with 8 or 16 bits")
    if image.mode.startswith("I"):  # 16 bits a pixel, which PIL's own conversion would clip to 255
        levels = np.asarray(image).clip(0, 65535).astype(np.uint32)
        return Image.fromarray(((levels + 128) // 257).astype(np.uint8)), None
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
    return image if image.mode == "L" else image.convert("RGB").convert("L"), alpha


def colorize_photograph(
    image: Image.Image, network: "ChromaNet", vividness: float = 0.5, versions: int = 1
) -> list[Image.Image]:
    """A photograph in colour, as a person sees it (EXIF rotation applied), in as many plausible versions as asked for.

    Args:
        image: any picture of PIL's but one with floating-point pixels, from 16 px up; another raises `ValueError`.
        network: see `load_colorizer`.
        vividness: 0 for the safest colours to 1 for the most vivid.
        versions: 1 to 9; the first is the plain one.

    Each result is "RGB", or "RGBA" where the picture has transparency, at the picture's own size; its "L" is that of
    the picture. What the results' `info` holds (EXIF, an RGB profile, dots per inch) may be passed on to `save`.
    """
    import torch

    from lib.color.composition import paint
    from lib.networks.chroma_net import seen_size

    image.load()  # some formats turn a picture here; its EXIF is to be read after that
    orientation, exif = _read_exif(image)
    about = _about(image, exif)
    if orientation in _TURN_OF:
        image = image.transpose(_TURN_OF[orientation])
    gray, alpha = _gray_and_alpha(image)
    # The network would do this itself, by the same filter, but in floats: 12 megapixels take 0.2 s and 100 MB more.
    height, width = seen_size(gray.height, gray.width, network.side)
    small = torch.from_numpy(np.array(gray.resize((width, height), Image.Resampling.BILINEAR)))
    with torch.inference_mode():
        seen = small.to(next(network.parameters()).device).float()[None, None] / 255
        chromas = network.distribution(seen).versions(versions, vividness)
    levels = np.array(gray)  # a copy: torch warns of arrays that it must not write to
    results = []
    for chroma in chromas:
        results.append(Image.fromarray(paint(levels, chroma[0])))
        if alpha:
            results[-1].putalpha(alpha)
        results[-1].info |= about
    return results


def _save(image: Image.Image, path: Path) -> None:
    """Write a result of `colorize_photograph` whole or not at all, in the format of its suffix.

    Where the format has no transparency the picture is laid on white.
    """
    options = FORMATS[path.suffix.lower()] | image.info
    if image.mode == "RGBA" and path.suffix.lower() not in WITH_ALPHA:
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image)
        image = white
    with atomic_write(path) as temporary:
        image.save(temporary, **options)


def _find(path: Path, out: Path) -> list[tuple[Path, Path]]:
    """The photographs that are or lie below `path`, sorted, each with its place below `out`."""
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
    """The files that are to be made of the photograph at `place`, a version each."""
    suffix = place.suffix if place.suffix.lower() in FORMATS else ".png"
    if options.format != "keep":
        suffix = f".{options.format}"
    numbers = [f"-{number}" for number in range(1, options.versions + 1)] if options.versions > 1 else [""]
    return [options.out / place.with_name(f"{place.stem}{number}{suffix}") for number in numbers]


def _identity(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_dev, stat.st_ino


def _plan(options: argparse.Namespace) -> tuple[list[tuple[Path, list[Path]]], list[str]]:
    """Each photograph with the files that are to be made of it, and a sentence for each path that is missing.

    Raises `ValueError` where two photographs would become one file, and where one would be written onto.
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
    """Nothing reaches standard error, where libtiff and libjpeg say past Python what is wrong with a picture."""
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
    """Make the versions of one photograph. Whatever fails raises `ValueError` with a sentence that names the file."""
    try:
        image = Image.open(io.BytesIO(source.read_bytes()))  # by its path PIL would turn an uncompressed TIFF wrongly
        image.load()
    except Exception as error:  # PIL's readers raise errors of all kinds on damaged files
        reason = " ".join(str(error).split()) or type(error).__name__
        reason = "no format that is known" if isinstance(error, UnidentifiedImageError) else reason
        raise ValueError(f"{source}: not readable as a picture ({reason}); replace or remove it") from error
    try:
        pictures = colorize_photograph(image, network, options.vividness, options.versions)
    except (ValueError, MemoryError) as error:
        raise ValueError(f"{source}: {error}") from error
    for picture, target in zip(pictures, targets, strict=True):
        try:
            if options.force or not target.exists():
                _save(picture, target)
        except Exception as error:  # PIL's writers do the same, where a disk is full or a format too small
            advice = "check the folder's space and permissions, or choose another --format"
            raise ValueError(f"{target}: could not be written ({error}); {advice}") from error


def _run(options: argparse.Namespace) -> int:
    """Colorize what is asked for; returns the exit code of `main`."""
    try:
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


def _parse(argv: list[str] | None) -> argparse.Namespace:
    def vividness(text: str) -> float:  # argparse names it in its messages
        if not 0 <= float(text) <= 1:
            raise argparse.ArgumentTypeError(f"{text} does not lie between 0 and 1")
        return float(text)

    parser = argparse.ArgumentParser(prog="colorize", description="Colorize photographs; their luma stays as it is.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PHOTO_OR_FOLDER", help="folders with all below them")
    parser.add_argument("-o", dest="out", required=True, type=Path, metavar="FOLDER", help="where the results go")
    parser.add_argument("--vividness", type=vividness, default=0.5, help="0, the safest colours, to 1 (0.5)")
    counts, about = range(1, _MOST_VERSIONS + 1), "1 to 9 plausible versions, called NAME-1, NAME-2, ... (1)"
    parser.add_argument("--versions", type=int, choices=counts, default=1, metavar="N", help=about)
    parser.add_argument("--format", choices=("png", "jpg", "keep"), default="keep", help="of the results (keep)")
    parser.add_argument("--force", action="store_true", help="overwrite what exists in FOLDER")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a ChromaNet of your own (the bundled one)")
    options = parser.parse_args(argv)
    if options.out.suffix.lower() in SUFFIXES or (options.out.exists() and not options.out.is_dir()):
        parser.error(f"-o names a folder, but {options.out} is a file or is called like one")
    return options


def main(argv: list[str] | None = None) -> int:
    """The console script: 0 done, 1 a photograph could not be done, 2 a mistake in what was asked, 130 Ctrl-C."""
    options = _parse(argv)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PIL warns of odd files; what fails is said in a line of its own
            return _run(options)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
