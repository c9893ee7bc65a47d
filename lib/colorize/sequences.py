"""Files that hold several pictures: the pages of a scan, the frames of an animation."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from lib.colorize.files import WITH_FRAMES, WITH_PAGES, check_side, save_frames, save_pages
from lib.data.images import PhotographError, frames_of, load_frame
from lib.data.limits import free_memory

Colorize = Callable[[Image.Image], list[Image.Image]]  # a decoded picture to its versions

_ANIMATED = {"GIF", "PNG", "WEBP", "AVIF", "FLI"}
_OF_ONE_PICTURE = {"PSD"}  # whose further "frames" are the layers of the first
_COPIES = 3  # of each frame that an animation needs in memory: as colored, as converted, and in the writer


def sequence_of(image: Image.Image) -> list[int]:
    """The numbers of an opened picture's pages or frames; a single one for an ordinary photograph."""
    return [0] if image.format in _OF_ONE_PICTURE else frames_of(image)


def is_held(image: Image.Image, path: Path) -> bool:
    """Whether all pages or frames of an opened picture can be written to a file with this path's suffix."""
    suffix = path.suffix.lower()
    return suffix in (WITH_FRAMES if image.format in _ANIMATED else WITH_PAGES) and image.format in (*_ANIMATED, "TIFF")


def colorize_sequence(
    source: Path,
    image: Image.Image,
    numbers: Sequence[int],
    targets: Sequence[Path],
    colorize: Colorize,
    max_pixels: int | None,
) -> None:
    """Write all pages or frames of a file, in each version.

    Args:
        source: the file, for messages.
        image: the picture that was opened from it.
        numbers: its pages or frames, as from `sequence_of`.
        targets: a file for each version; see `is_held`.
        colorize: from one page to its versions.
        max_pixels: see `open_picture`.

    Raises:
        PhotographError: a page is damaged, too large or too small; the message names the file and the page.
    """
    kind = "frame" if image.format in _ANIMATED else "page"

    def versions() -> Iterator[list[Image.Image]]:
        for position, number in enumerate(numbers, 1):
            with _named(source, f"{kind} {position} of {len(numbers)}"):
                load_frame(source, image, number, max_pixels)
                made = colorize(image)
            for picture, target in zip(made, targets, strict=True):
                check_side(picture, target)
            yield made

    if kind == "page":
        save_pages(versions(), targets, len(numbers) * 4 * image.width * image.height)
    else:
        _write_frames(source, image, len(numbers), targets, versions())


def _write_frames(
    source: Path, image: Image.Image, count: int, targets: Sequence[Path], versions: Iterator[list[Image.Image]]
) -> None:
    need = _COPIES * 4 * image.width * image.height * count * len(targets)
    if need > free_memory():
        raise PhotographError(
            f"{source}: its {count} frames need {need / 1e9:.1f} GB of memory; shorten it, or make it smaller"
        )
    loops, made, milliseconds = _loops(image), [], []
    for frames in versions:
        made.append(frames)
        milliseconds.append(image.info.get("duration", 0))  # of the frame that was read last
    has_still = bool(image.info.get("default_image"))
    for target, (first, *others) in zip(targets, zip(*made, strict=True), strict=True):
        keep_still = has_still and target.suffix.lower() != ".webp"
        shown = others if has_still else [first, *others]
        save_frames(shown, target, milliseconds[-len(shown) :], loops, first if keep_still else None)


def _loops(image: Image.Image) -> int:
    """How often an animation is shown, 0 for without end. A GIF counts the repetitions, if it is repeated at all."""
    loops = image.info.get("loop")
    if image.format == "GIF" and loops != 0:
        return 1 if loops is None else loops + 1
    return loops or 0


@contextmanager
def _named(source: Path, page: str) -> Iterator[None]:
    """Put the page between the file's name and what is wrong with it."""
    try:
        yield
    except PhotographError as error:
        raise PhotographError(f"{source}: {page}: {str(error).removeprefix(f'{source}: ')}") from error
    except ValueError as error:
        raise PhotographError(f"{source}: {page}: {error}") from error
