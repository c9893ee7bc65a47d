"""The one reader of photographs: a file or its bytes in, the picture as a person sees it out.

`read_photograph` serves data sets, notebooks and widgets. The command `colorize` keeps transparency, metadata and
pages, so it takes the same steps one by one: `open_picture`, `frames_of`, `load_frame`, `as_seen`.
"""

import io
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from lib.data.formats import FORMATS
from lib.data.limits import BYTES_A_PIXEL, SizeError, check_header, free_memory, room_for
from lib.data.pixels import PixelError
from lib.data.seen import as_seen
from lib.data.tiff import PREFIXES, RAW, Tiff, pages
from lib.data.unreadable import HEAD, RAW_SUFFIXES, about_jpeg, is_large_and_no_picture, what_it_is

DECODER = 2  # raise it when `read_photograph` or `squared` return other pixels: decoded pictures are then made anew

# Bytes that nobody needs to count: to ask for the free memory takes as long as to read such a file.
_SMALL_FILE = 2**24


class PhotographError(ValueError):
    """A picture that cannot be used; the message names the file and says why."""


def read_photograph(path: str | Path, content: bytes | None = None) -> Image.Image:
    """A photograph as 8-bit RGB, as a person sees it (see `as_seen`), transparency laid on white.

    Several threads may read at a time: large pictures wait for each other where the memory is short.

    Args:
        path: the picture's file, in any format that PIL reads; only a name for messages where `content` is given.
        content: the bytes of the file, where they are at hand.

    Returns:
        A picture of mode "RGB" without metadata; of several pages or frames, the first.

    Raises:
        PhotographError: the file is missing, empty, truncated, no picture, larger than the free memory, or has pixels
            without an agreed range (floating point, 32 bits).
    """
    image = _opened(path, content)
    with _in_words(path, image), _room(image):
        image.load()  # a truncated file fails here, not later
        image = as_seen(image)
        image = on_white(image) if image.mode == "RGBA" else image.convert("RGB")
    image.info = {}  # an orientation that stays in the metadata would be applied twice
    return image


def open_picture(path: str | Path, content: bytes | None = None, max_pixels: int | None = None) -> Image.Image:
    """The picture of a file, or of its bytes `content`, decoded and otherwise as it is stored.

    Args:
        path: the picture's file; only a name for messages where `content` is given.
        content: the bytes of the file.
        max_pixels: the largest size that is decoded; None is as many as fit into the memory that is free.

    Returns:
        The first picture of the file. For others, see `frames_of` and `load_frame`.

    Raises:
        PhotographError: the file is missing, empty, truncated, no picture, or too large.
    """
    image = _opened(path, content)
    _load(path, image, max_pixels)
    return image


def load_frame(path: str | Path, image: Image.Image, number: int, max_pixels: int | None = None) -> None:
    """Choose a page or frame of an opened picture and decode it, in place; `path` is its name in messages.

    Raises `PhotographError` as `open_picture` does.
    """
    with _in_words(path, image):
        image.seek(number)
    _load(path, image, max_pixels)


def frames_of(image: Image.Image) -> list[int]:
    """The numbers of the pages or frames of an opened picture that are pictures of their own.

    Smaller copies and masks among the pages of a TIFF are left out, and so is all but the first of an MPO, the JPEG of
    phones and stereo cameras, whose others are previews, depths and gain maps.
    """
    if isinstance(image, Tiff):
        return pages(image)
    return [0] if image.format == "MPO" else list(range(getattr(image, "n_frames", 1)))


def _load(path: str | Path, image: Image.Image, max_pixels: int | None) -> None:
    with _in_words(path, image), _room(image, max_pixels):
        image.load()


def _room(image: Image.Image, max_pixels: int | None = None) -> AbstractContextManager[None]:
    return room_for(image.size, max_pixels, getattr(image, "bytes_a_pixel", BYTES_A_PIXEL))


@contextmanager
def _in_words(path: str | Path, image: Image.Image | None = None, content: bytes | None = None) -> Iterator[None]:
    """Raise what goes wrong inside as a `PhotographError` whose one sentence names the file."""
    try:
        yield
    except PhotographError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PhotographError(f"{path}: no such file") from error
    except PermissionError as error:
        raise PhotographError(f"{path}: not readable ({error.strerror}); check its permissions") from error
    except (PixelError, SizeError) as error:
        raise PhotographError(f"{path}: {error}") from error
    except MemoryError as error:
        size = f" for {image.width} x {image.height} px" if image else ""
        raise PhotographError(f"{path}: the memory is not enough{size}; make it smaller or free memory") from error
    except Image.DecompressionBombError as error:
        raise PhotographError(f"{path}: it holds a picture that is larger than the free memory; replace it") from error
    except Exception as error:  # PIL's readers raise errors of all kinds on damaged files
        # What PIL says on purpose; all else is Python's, about what it did not expect.
        reason = " ".join(str(error).split()) if isinstance(error, OSError | SyntaxError) else ""
        reason = reason or "it is damaged"
        if isinstance(error, UnidentifiedImageError):
            reason = "the file is empty" if content == b"" else "no format that is known"
        raise PhotographError(f"{path}: not readable as a picture ({reason}); replace or remove it") from error


def _opened(path: str | Path, content: bytes | None) -> Image.Image:
    """The picture of a file, its header read and nothing decoded yet."""
    with _in_words(path, content=content):
        content = _content(path) if content is None else content
    with _in_words(path, content=content):
        # Opened by path, PIL maps an uncompressed TIFF into memory, and turns a rotated one into noise.
        try:
            tiff = content.startswith(PREFIXES)
            image = Tiff(content) if tiff else Image.open(io.BytesIO(content), formats=FORMATS)
        except Image.DecompressionBombError:
            raise
        except Exception as error:
            known = what_it_is(content)
            if known:
                raise PixelError(known) from error
            raise
        check_header(image, len(content))
        if isinstance(image, Tiff):
            if Path(path).suffix.lower() in RAW_SUFFIXES:
                raise PixelError(RAW)
            numbers = pages(image) if image.tag_v2.get(254) else [0]  # the first may be a thumbnail of the second
            image.seek(numbers[0])
        _mend(image)
        if image.format == "JPEG" and (unusual := about_jpeg(content)):
            raise PixelError(unusual)
    return image


def _mend(image: Image.Image) -> None:
    """Correct what PIL reads wrong of a header, in place; `PixelError` where that is not possible."""
    layout = image.tile[0][3] if image.tile else None
    key = image.info.get("transparency")
    if image.format == "PNG" and layout in ("L;2", "L;4") and isinstance(key, int):
        image.info["transparency"] = key * {"L;2": 85, "L;4": 17}[layout]  # as its levels are scaled
    if image.format == "PSD":
        channels, kind = (int.from_bytes(image.fp.getvalue()[at : at + 2], "big") for at in (12, 24))
        if kind == 7 and channels > 1:
            raise PixelError("it is a PSD with separate inks (multichannel); save it as TIFF in RGB")


def _content(path: str | Path) -> bytes:
    """The bytes of a file, which is not to be a pipe, a device, or too large to be a picture."""
    path = Path(path)
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise PixelError("it is a folder; name a picture")
    if not stat.S_ISREG(status.st_mode):
        raise PixelError("it is a pipe or a device, not a file; name a picture")
    with path.open("rb") as file:
        head = file.read(HEAD)
        if is_large_and_no_picture(head):
            raise PixelError(what_it_is(head))
        if status.st_size > _SMALL_FILE and status.st_size > free_memory():
            raise SizeError(f"its {status.st_size / 1e9:.1f} GB do not fit into the free memory; make it smaller")
        return head + file.read()


def on_white(image: Image.Image) -> Image.Image:
    """An "RGBA" picture laid on white, as "RGB"."""
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image)
    return white


def read_pair(gray_path: Path, color_path: Path | None) -> tuple[Image.Image, Image.Image]:
    """A pair as two pictures of one size, "L" and "RGB"; without a color path, gray is the luma of `gray_path`.

    Raises `PhotographError` for a picture that cannot be read, and for two of different sizes.
    """
    color = read_photograph(color_path or gray_path)
    gray = read_photograph(gray_path).convert("L") if color_path else color.convert("L")
    if gray.size != color.size:
        raise PhotographError(f"{gray_path}: {gray.size} pixels, but {color_path} has {color.size}; make them equal")
    return gray, color


def squared(image: Image.Image, size: int) -> Image.Image:
    """The picture's center square, antialiased to `size` x `size` px."""
    return ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)


def squared_pair(gray_path: Path, color_path: Path | None, size: int) -> tuple[Image.Image, Image.Image]:
    """A pair (see `read_pair`, also for what it raises) as squares of `size` px, "L" and "RGB"."""
    gray, color = read_pair(gray_path, color_path)
    square = squared(color, size)
    # A gray side of its own is resized as it is; a made one is the luma of the resized color side.
    return squared(gray, size) if color_path else square.convert("L"), square
