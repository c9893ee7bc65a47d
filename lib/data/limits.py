"""How large a picture may be: as many pixels as fit into the memory that is free, and several at a time no more."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from PIL import Image, PngImagePlugin

# Measured: what the way from a file to its colored copy takes at most (8 to 22).
BYTES_A_PIXEL = 24
_SMALL = 2**20  # pixels that nobody needs to count: to ask for the free memory takes as long as to decode an icon
# Pixels that a byte of a file holds at most: of one color, by the compression. Deflate packs 1,032 bytes of bits.
_MOST_IN_A_BYTE = {"PNG": 10**4, "GIF": 10**4}
_MOST_ELSEWHERE = 10**7  # WebP comes near to it
# What PIL unpacks in Python, pixel by pixel, shall not take minutes.
_MOST_IN_PYTHON, _IN_PYTHON = 1000, {"bmp_rle", "fits_gzip"}
_CGROUPS = Path("/sys/fs/cgroup")


class SizeError(ValueError):
    """A picture that is too large; the message says how large, how many fit and what to do, and does not name it."""


def _number(path: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int(path.read_text())
    return None


def _cgroup_memory() -> list[int]:
    """Bytes that each control group of this process (Linux: containers, batch systems) still allows."""
    found = []
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, inside = line.split(":", 2)
            if controllers and "memory" not in controllers.split(","):
                continue
            root = _CGROUPS / "memory" if controllers else _CGROUPS
            names = ("limit_in_bytes", "usage_in_bytes") if controllers else ("max", "current")
            place = root / inside.strip("/")
            for folder in (place, *place.parents):  # a container sees its own group at the root
                limit, used = (_number(folder / f"memory.{name}") for name in names)
                if limit is not None and used is not None:
                    found.append(limit - used + _cached_files(folder))
                if folder == root:
                    break
    return found


def _cached_files(folder: Path) -> int:
    """Bytes of a control group that the kernel gives back when they are needed: the contents of files."""
    with suppress(OSError, ValueError):
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return int(stat.get("total_inactive_file", stat.get("inactive_file", 0)))
    return 0


def free_memory() -> int:
    """Bytes that this process may still take: of the machine's, its control groups' and its own limit (`ulimit`)."""
    rooms = [psutil.virtual_memory().available, *_cgroup_memory()]
    with suppress(ImportError):  # not on Windows
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most != resource.RLIM_INFINITY:
            rooms.append(most - psutil.Process().memory_info().vms)
    return max(0, min(rooms))


# PIL's own limit is a number of pixels whatever the memory. `room_for` takes its place; what remains is for pictures
# that only PIL sees (in icons, tiles): at 4 bytes a pixel they are not to take more than the memory. PIL refuses from
# twice as many.
Image.MAX_IMAGE_PIXELS = max(_SMALL, free_memory() // 8)
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
# A long comment costs no good picture: up to 64 MB of text in all, which is PIL's second limit.
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY


def check_header(image: Image.Image, file_bytes: int) -> None:
    """Raise `SizeError` for a picture, its header read, whose size a file of so many bytes cannot hold."""
    width, height = image.size
    in_python = any(tile[0] in _IN_PYTHON for tile in image.tile)
    most = _MOST_IN_PYTHON if in_python else _MOST_IN_A_BYTE.get(image.format, _MOST_ELSEWHERE)
    if width * height > most * file_bytes:
        raise SizeError(f"its header says {width} x {height} px, which {file_bytes} bytes cannot hold; replace it")


_room, _taken = threading.Condition(), [0]  # bytes that pictures under way may take


@contextmanager
def room_for(
    size: tuple[int, int], max_pixels: int | None = None, bytes_a_pixel: int = BYTES_A_PIXEL
) -> Iterator[None]:
    """Wait until a picture of `size` (width, height) fits into the free memory beside those that other threads decode.

    A picture that does not fit even alone raises `SizeError`, before it is decoded. `max_pixels` takes the place of
    what fits.
    """
    width, height = size
    pixels = width * height
    if max_pixels is not None and pixels > max_pixels:
        raise SizeError(
            f"{width} x {height} px are {_megapixels(pixels)} megapixels, more than the limit of "
            f"{_megapixels(max_pixels)}; make it smaller or raise the limit"
        )
    if pixels <= _SMALL:
        yield
        return
    need = bytes_a_pixel * pixels
    with _room:
        _room.wait_for(lambda: not _taken[0] or _taken[0] + need <= free_memory())
        free = free_memory()
        if max_pixels is None and need > free:
            raise SizeError(
                f"{width} x {height} px are {_megapixels(pixels)} megapixels, and {_megapixels(free // bytes_a_pixel)} "
                f"fit into the free memory; make it smaller (colorize --max-megapixels {-(-pixels // 10**6)} tries it "
                "all the same)"
            )
        _taken[0] += need
    try:
        yield
    finally:
        with _room:
            _taken[0] -= need
            _room.notify_all()


def _megapixels(pixels: int) -> str:
    """Pixels in millions, with one digit after the point below ten."""
    millions = pixels / 10**6
    return f"{millions:.1f}" if millions < 10 else f"{millions:.0f}"
