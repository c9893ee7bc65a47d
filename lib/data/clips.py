"""What a film is: its file, how its pixels are to be understood, and the luma of a decoded frame.

PyAV is imported where a film is opened, because nothing else needs it.
"""

import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lib.color.film_chroma import ChromaLayout, matrix_of, turned
from lib.data.formats import NO_PYAV, is_pyav_installed

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

# Pixel formats whose first plane is luma and nothing else, in the processor's byte order.
_WITH_LUMA_PLANE = re.compile(r"(yuvj?|yuva)4\d\dp(9|1\d)?(le)?|gray(9|1\d)?(le)?|nv(12|21|16|24|42)|[pP][024]1[026]le")
_SHIFTED = re.compile(r"[pP][024]1[026]le")  # formats of 16 bits whose lowest ones are empty
_LIMITED_UNLESS_SAID = {"h264", "hevc", "av1", "vp9", "vp8", "mpeg2video", "mpeg1video", "mpeg4", "vvc"}
_FULL_RANGE, _LIMITED_RANGE = 2, 1  # as FFmpeg numbers them
_UNSPECIFIED = 2  # primaries and transfer
_UPRIGHT = (1, 0, 0, 1)


class FilmError(ValueError):
    """A film that cannot be used; the message names the file and says why."""


class Frame(NamedTuple):
    """One frame of a film.

    Args:
        time: when it is shown, in units of the film's time base; strictly increasing.
        luma: as it is stored: uint8 or uint16, `(H, W)`, at the film's depth and range, not turned upright.
        chroma: its own planes U and V, where they were asked for and there are any.
    """

    time: int
    luma: np.ndarray
    chroma: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True)
class Look:
    """How the pixels of a film are to be understood.

    Args:
        width, height: of the frames as they are stored, px.
        layout: matrix, range and depth, and how many pixels share a chroma value.
        colorspace, primaries, transfer: tags, by the numbers of H.264 and FFmpeg.
        turn: (a, b, c, d) of the display matrix in whole numbers; (1, 0, 0, 1) for upright.
        display_matrix: all nine numbers of it, None where there is none.
        aspect: width over height of a pixel.
        field_order: FFmpeg's number; 1 and 0 for frames that are whole.
        has_alpha: whether the film has transparency.
    """

    width: int
    height: int
    layout: ChromaLayout
    colorspace: int
    primaries: int = _UNSPECIFIED
    transfer: int = _UNSPECIFIED
    turn: tuple[int, int, int, int] = _UPRIGHT
    display_matrix: tuple[int, ...] | None = None
    aspect: Fraction = Fraction(1)
    field_order: int = 0
    has_alpha: bool = False

    @property
    def color_range(self) -> int:
        """The range of luma and chroma, by FFmpeg's number."""
        return _FULL_RANGE if self.layout.is_full_range else _LIMITED_RANGE


@contextmanager
def opened(path: Path) -> Iterator["InputContainer"]:
    """The container of a film; what is wrong with the file is raised as a `FilmError` that names it."""
    if not is_pyav_installed():
        raise FilmError(f"{path}: {NO_PYAV}")
    import av

    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FilmError(f"{path}: it is a folder, a pipe or a device, not a file; name a film")
        if status.st_size == 0:
            raise FilmError(f"{path}: not readable as a film (the file is empty); replace or remove it")
        # Absolute, because FFmpeg takes `http:` in a name for a protocol; and no film may fetch anything.
        container = av.open(
            str(path.absolute()), metadata_errors="replace", container_options={"protocol_whitelist": "file"}
        )
    except FilmError:
        raise
    except PermissionError as error:
        raise FilmError(f"{path}: not readable ({error.strerror}); check its permissions") from error
    except FileNotFoundError as error:
        raise FilmError(f"{path}: no such film; check the path") from error
    except (av.error.FFmpegError, ValueError) as error:
        raise FilmError(
            f"{path}: not readable as a film (damaged, cut off, or of an unknown kind); replace or remove it"
        ) from error
    try:
        yield container
    finally:
        container.close()


def look_of(stream, frame: "VideoFrame") -> Look:
    """How the pixels of a stream are to be understood, by its header and its first frame."""
    context, pixels = stream.codec_context, frame.format
    is_yuv = not (pixels.is_rgb or pixels.has_palette or pixels.name.startswith(("mono", "xyz", "bayer")))
    stored = frame.color_range or context.color_range
    is_full = stored == _FULL_RANGE
    if is_yuv and not stored and pixels.name.startswith(("gray", "ya")):
        is_full = context.name not in _LIMITED_UNLESS_SAID  # as FFmpeg takes it
    is_full &= is_yuv  # RGB is converted to the limited range
    number = frame.colorspace if is_yuv else _UNSPECIFIED
    colorspace, weights = matrix_of(number, min(frame.width, frame.height))
    has_chroma = sum(not part.is_alpha for part in pixels.components) == 3
    columns, rows = (1, 1) if not is_yuv else _sharing(pixels) if has_chroma else (2, 2)
    bits = max(part.bits for part in pixels.components)
    depth = min(bits, 16) if is_yuv else 8 if bits <= 8 else 16
    turn, matrix = _turn(frame)
    return Look(
        width=frame.width,
        height=frame.height,
        layout=ChromaLayout(weights, is_full, depth, columns, rows),
        colorspace=colorspace,
        primaries=context.color_primaries,
        transfer=context.color_trc,
        turn=turn,
        display_matrix=matrix,
        aspect=stream.sample_aspect_ratio or Fraction(1),
        field_order=(context.field_order if context.field_order > 1 else 2) if frame.interlaced_frame else 0,
        has_alpha=any(part.is_alpha for part in pixels.components),
    )


def _sharing(pixels) -> tuple[int, int]:
    """How many columns and rows of pixels share a chroma value."""
    return 16 // pixels.chroma_width(16), 16 // pixels.chroma_height(16)


def _turn(frame: "VideoFrame") -> tuple[tuple[int, int, int, int], tuple[int, ...] | None]:
    """The display matrix of a frame, as what turns it upright and as it is stored."""
    found = [data for data in frame.side_data if data.type.name == "DISPLAYMATRIX"]
    if not found:
        return _UPRIGHT, None
    matrix = tuple(np.frombuffer(bytes(found[0]), np.int32).tolist())
    turn = tuple(int(np.sign(matrix[i])) if abs(matrix[i]) > 2**15 else 0 for i in (0, 1, 3, 4))
    is_quarter = sorted(map(abs, turn)) == [0, 0, 1, 1] and turn[0] * turn[3] - turn[1] * turn[2] != 0
    return (turn, matrix) if is_quarter else (_UPRIGHT, None)


def luma_of(frame: "VideoFrame", look: Look) -> np.ndarray:
    """The luma of a decoded frame at the film's depth; a view of the frame where it has a plane of luma."""
    name = frame.format.name
    if not _WITH_LUMA_PLANE.fullmatch(name):
        depth, is_yuv = look.layout.depth, not frame.format.is_rgb
        sampling = "422" if is_yuv and look.layout.columns == 2 else "444"
        wanted = f"yuv{sampling}p" + (f"{depth}le" if depth > 8 else "")
        frame = frame.reformat(format=wanted, dst_colorspace=None if is_yuv else look.colorspace, threads=1)
        name = wanted
    luma = _values(frame.planes[0], look.layout.dtype)
    return luma >> (16 - look.layout.depth) if _SHIFTED.fullmatch(name) else luma


def chroma_of(frame: "VideoFrame", look: Look, pixel_format: str) -> tuple[np.ndarray, np.ndarray] | None:
    """The planes U and V of a decoded frame in a planar pixel format, such as "yuv420p"; None where it has no color.

    Views of the frame where it has that format; else they are converted, with the range kept.
    """
    pixels = frame.format
    is_rgb = pixels.is_rgb or pixels.has_palette
    if not is_rgb and sum(not part.is_alpha for part in pixels.components) < 3:
        return None
    if re.sub("^yuv[aj]", "yuv", pixels.name) != pixel_format:
        options = {"dst_colorspace": look.colorspace} if is_rgb else {"src_color_range": look.color_range}
        frame = frame.reformat(format=pixel_format, dst_color_range=look.color_range, threads=1, **options)
    kind = np.uint8 if frame.format.components[0].bits == 8 else np.uint16
    return _values(frame.planes[1], kind), _values(frame.planes[2], kind)


def _values(plane, kind: type) -> np.ndarray:
    rows = np.frombuffer(plane, kind).reshape(plane.height, plane.line_size // np.dtype(kind).itemsize)
    return rows[:, : plane.width]


def upright_luma(luma: np.ndarray, look: Look) -> np.ndarray:
    """What a network sees of a frame: its luma as uint8 in full range, upright."""
    return np.ascontiguousarray(turned(look.layout.full_range(luma), look.turn))
