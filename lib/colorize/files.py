"""Colored pictures as files: one picture, the pages of a TIFF, the frames of an animation; whole or not at all."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from PIL import Image, TiffImagePlugin

from lib.common.files import atomic_write
from lib.data.images import PhotographError, on_white

# What is written, with PIL's options. On 12 megapixels PNG's level 1 takes a quarter of the seconds of the default 6,
# WebP's method 0 a third of those of the default 4, for files a third and a fiftieth larger.
_JPEG = {"quality": 95, "subsampling": 0}  # 4:4:4: chroma is all that is new
_PNG, _WEBP = {"compress_level": 1}, {"quality": 95, "method": 0}
FORMATS = dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), _JPEG) | dict.fromkeys((".png", ".apng"), _PNG)
FORMATS |= {".webp": _WEBP, ".tif": {}, ".tiff": {}, ".bmp": {}}
WITH_ALPHA = {".png", ".apng", ".webp", ".tif", ".tiff"}
WITH_FRAMES, WITH_PAGES = {".png", ".apng", ".webp"}, {".tif", ".tiff"}
_LONGEST_SIDE = dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), 65535) | {".webp": 16383}  # px, by the format itself
_CLASSIC_TIFF = 2**32 - 2**20  # bytes that an ordinary TIFF holds, and some for its directories


def check_side(image: Image.Image, path: Path) -> None:
    """Raise `PhotographError` where a picture has a side that the format of the path's suffix cannot hold."""
    longest = _LONGEST_SIDE.get(path.suffix.lower())
    if longest and max(image.size) > longest:
        raise PhotographError(
            f"{path}: this format holds {longest:,} px each way, and the picture has {image.width:,} x "
            f"{image.height:,}; choose --format png"
        )


def save_colored(image: Image.Image, path: Path) -> None:
    """Write a result of `colorize_photograph` in the format of the path's suffix, whole or not at all.

    Where the format has no transparency, the picture is laid on white.
    """
    options = FORMATS[path.suffix.lower()] | image.info
    if image.mode == "RGBA" and path.suffix.lower() not in WITH_ALPHA:
        image = on_white(image)
    with atomic_write(path) as temporary:
        image.save(temporary, **options)


def save_pages(pages: Iterable[Sequence[Image.Image]], paths: Sequence[Path], total_bytes: int) -> None:
    """Write TIFF files page by page: no more than one page of each is held in memory.

    Args:
        pages: each page, one for each of the files.
        paths: the files. All of them are written whole, or none.
        total_bytes: how large a file gets at most; from 4 GB on it is a BigTIFF.
    """
    big = total_bytes >= _CLASSIC_TIFF
    with ExitStack() as stack:
        temporaries = [stack.enter_context(atomic_write(path)) for path in paths]
        writers = [stack.enter_context(TiffImagePlugin.AppendingTiffWriter(path)) for path in temporaries]
        for versions in pages:
            for page, writer in zip(versions, writers, strict=True):
                page.save(writer, "TIFF", big_tiff=big, **page.info)
                writer.newFrame()


def save_frames(
    frames: Sequence[Image.Image], path: Path, milliseconds: Sequence[float], loops: int, still: Image.Image | None
) -> None:
    """Write an animation, as PNG (APNG) or WebP by the path's suffix, whole or not at all.

    Args:
        frames: pictures of one size.
        path: the file.
        milliseconds: how long each frame is shown.
        loops: how often all frames are shown; 0 for without end.
        still: what programs show that know no animation, if it is none of the frames; PNG only.
    """
    mode = "RGBA" if any(frame.mode == "RGBA" for frame in frames) else "RGB"
    first, *others = (frame.convert(mode) for frame in ([still, *frames] if still else frames))
    options = FORMATS[path.suffix.lower()] | frames[0].info | ({"default_image": True} if still else {})
    with atomic_write(path) as temporary:
        first.save(temporary, save_all=True, append_images=others, duration=list(milliseconds), loop=loops, **options)
