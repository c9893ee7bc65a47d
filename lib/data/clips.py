"""The one reader of films: what a film is, and its luma frame by frame, exactly as it is stored.

PyAV is imported where a film is opened, because nothing else needs it.
"""

import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lib.color.film_chroma import ChromaLayout, matrix_of, turned

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

_SUFFIXES = "3g2 3gp avi dv f4v flv m2ts m4v mkv mov mp4 mpeg mpg mts mxf ogv qt rm vob webm wmv y4m"
FILM_SUFFIXES = frozenset(f".{name}" for name in _SUFFIXES.split())
NO_PYAV = "films need PyAV; `.venv/bin/uv pip install --python .venv/bin/python av` installs it"
# Pixel formats whose first plane is luma and nothing else, in the processor's byte order.
_WITH_LUMA_PLANE = re.compile(r"(yuvj?|yuva)4\d\dp(9|1\d)?(le)?|gray(9|1\d)?(le)?|nv(12|21|16|24|42)|[pP][024]1[026]le")
_SHIFTED = re.compile(r"[pP][024]1[026]le")  # formats of 16 bits whose lowest ones are empty
_LIMITED_UNLESS_SAID = {"h264", "hevc", "av1", "vp9", "vp8", "mpeg2video", "mpeg1video", "mpeg4", "vvc"}
_ARBITRARY_CLOCKS = {"mpegts", "mpeg", "mpegvideo", "rtsp", "hls", "rm"}  # whose first time stamp means nothing
_FULL_RANGE, _LIMITED_RANGE = 2, 1  # as H.264 and FFmpeg number them
_UNSPECIFIED = 2  # primaries and transfer
_UPRIGHT = (1, 0, 0, 1)


class FilmError(ValueError):
    """A film that cannot be used; the message names the file and says why."""


class Frame(NamedTuple):
    """One frame of a film.

    Args:
        time: when it is shown, in units of the film's time base; strictly increasing.
        luma: as it is stored: uint8 or uint16, `(H, W)`, at the film's depth and range, not turned upright.
    """

    time: int
    luma: np.ndarray


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


@dataclass(frozen=True)
class Clip:
    """A film that can be colorized.

    Args:
        path: its file.
        look: of its frames.
        time_base: seconds that one unit of time lasts.
        rate: frames a second, on average.
        start: the time that counts as the film's beginning.
        end: the time after the last frame that is wanted, None for the end of the file.
        count: about how many frames there are, None if unknown.
        seconds: how long it is by its header, None if unknown.
        stream: the number of the video stream.
    """

    path: Path
    look: Look
    time_base: Fraction
    rate: Fraction
    start: int
    end: int | None
    count: int | None
    seconds: float | None
    stream: int

    def at(self, time: int) -> float:
        """A time in seconds from the beginning."""
        return float((time - self.start) * self.time_base)

    def reader(self) -> "Reader":
        """A new decoder of the film; several may be used at a time."""
        return Reader(self)


def is_pyav_installed() -> bool:
    """Whether films can be read at all."""
    return find_spec("av") is not None


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
        container = av.open(str(path), metadata_errors="replace")
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


def open_clip(path: Path, start: float | None = None, end: float | None = None) -> Clip:
    """What a film is, by its header and its first frame.

    Args:
        path: its file.
        start: seconds from the film's beginning at which the part begins that is wanted; None for all.
        end: seconds from the film's beginning at which that part ends.

    Raises:
        FilmError: there is no film, no frame in it that can be read, or none in that part.
    """
    with opened(path) as container:
        pictures = [stream for stream in container.streams.video if not _is_still(stream)]
        if not pictures:
            raise FilmError(f"{path}: there is no film in it, only {_kinds(container)}; name a film")
        stream = pictures[0]
        origin = _origin(container, stream)
        base = stream.time_base
        frame = _first_frame(container, stream)
        if frame is None:
            raise FilmError(f"{path}: none of its frames can be read (damaged or cut off); replace or remove it")
        seconds = None if container.duration is None else container.duration / 10**6
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        first = origin if start is None else origin + _units(start, base)
        last = None if end is None else origin + _units(end, base)
        if start is not None and seconds is not None and start >= seconds:
            raise FilmError(
                f"{path}: has {seconds:.1f} s, so nothing begins at --from {start:g}; choose an earlier time"
            )
        count = stream.frames or (round(seconds * rate) if seconds else None)
        if count and seconds and (start is not None or end is not None):
            count = max(1, round(count * (min(end or seconds, seconds) - (start or 0)) / seconds))
        return Clip(path, _look(stream, frame), base, rate, first, last, count, seconds, stream.index)


def _units(seconds: float, base: Fraction) -> int:
    return round(Fraction(seconds) / base)


def _kinds(container: "InputContainer") -> str:
    kinds = sorted({"a picture" if stream.type == "video" else stream.type for stream in container.streams})
    return " and ".join(kinds) or "nothing that is known"


def _is_still(stream) -> bool:
    """Whether a video stream is a cover picture."""
    import av

    return av.stream.Disposition.attached_pic in stream.disposition


def _origin(container: "InputContainer", stream) -> int:
    """The time that counts as the beginning: 0, but where clocks start anywhere, that of the first packet."""
    if container.format.name.split(",")[0] not in _ARBITRARY_CLOCKS or container.start_time is None:
        return 0
    return round(Fraction(container.start_time, 10**6) / stream.time_base)


def _first_frame(container: "InputContainer", stream) -> "VideoFrame | None":
    import av

    stream.codec_context.thread_count = 1
    with suppress(av.error.EOFError):
        for packet in container.demux(stream):
            with suppress(av.error.FFmpegError):
                for frame in packet.decode():
                    return frame
    return None


def _look(stream, frame: "VideoFrame") -> Look:
    context, pixels = stream.codec_context, frame.format
    is_yuv = not (pixels.is_rgb or pixels.has_palette or pixels.name.startswith(("mono", "xyz", "bayer")))
    stored = frame.color_range or context.color_range
    is_full = stored == _FULL_RANGE or pixels.name.startswith("yuvj")
    if is_yuv and not stored and pixels.name.startswith(("gray", "ya")):
        is_full = context.name not in _LIMITED_UNLESS_SAID  # as FFmpeg takes it
    is_full &= is_yuv  # RGB is converted to the limited range
    number = frame.colorspace if is_yuv else _UNSPECIFIED
    colorspace, weights = matrix_of(number, min(frame.width, frame.height))
    has_chroma = is_yuv and sum(part.is_chroma for part in pixels.components) == 2
    columns, rows = (_sharing(pixels) if has_chroma else (2, 2)) if is_yuv else (1, 1)
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


class Reader:
    """Decodes a film. After its `frames` have ended, `damaged_at` says from where on the film is damaged.

    Args:
        clip: the film.
    """

    def __init__(self, clip: Clip):
        self.clip = clip
        self.damaged_at: int | None = None  # time of the last frame before the first damage, or the beginning
        self._last: int | None = None

    def frames(self, start: int | None = None) -> Iterator[Frame]:
        """The frames in order of time, from the time `start` on, by default from the film's beginning.

        Frames that are damaged are left out where the decoder cannot mend them; decoding goes on after them.
        """
        begin = self.clip.start if start is None else start
        is_all = begin <= self.clip.start and not self.clip.start
        with opened(self.clip.path) as container:
            stream = container.streams[self.clip.stream]
            stream.codec_context.thread_count = 1  # several decoders run at a time; more threads need more memory
            for frame in self._from(container, stream, begin, is_all):
                if self.clip.end is not None and frame.time >= self.clip.end:
                    return
                if is_all or frame.time >= begin:
                    yield frame
        self._check_whole()

    def _from(self, container: "InputContainer", stream, begin: int, is_all: bool) -> Iterator[Frame]:
        """The frames of a container from a key frame at `begin` or before it, or from the first one."""
        import av

        if not is_all:
            with suppress(av.error.FFmpegError):
                container.seek(begin, stream=stream)
                frames = self._decoded(container, stream)
                first = next(frames, None)
                if first is not None and first.time <= begin:
                    yield first
                    yield from frames
                    return
            self._last = self.damaged_at = None
            with opened(self.clip.path) as again:  # a seek that fails, or ends behind its aim, is not to be trusted
                stream = again.streams[self.clip.stream]
                stream.codec_context.thread_count = 1
                yield from self._decoded(again, stream)
            return
        yield from self._decoded(container, stream)

    def _decoded(self, container: "InputContainer", stream) -> Iterator[Frame]:
        step = max(1, round(1 / (self.clip.rate * self.clip.time_base)))
        for frame in self._pictures(container, stream):
            if (frame.width, frame.height) != (self.clip.look.width, self.clip.look.height):
                self._note_damage()
                return
            time = (
                frame.pts if frame.pts is not None else (self.clip.start if self._last is None else self._last + step)
            )
            time = time if self._last is None else max(time, self._last + 1)
            if frame.is_corrupt:
                self._note_damage()
            self._last = time
            yield Frame(time, _luma(frame, self.clip.look))

    def _pictures(self, container: "InputContainer", stream) -> Iterator["VideoFrame"]:
        import av

        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError:  # the file ends amid a packet: give what the decoder still holds
                self._note_damage()
                with suppress(av.error.FFmpegError):
                    yield from stream.codec_context.decode(None)
                return
            if packet.is_corrupt:
                self._note_damage()
            try:
                yield from packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self._note_damage()

    def _note_damage(self) -> None:
        if self.damaged_at is None:
            self.damaged_at = self.clip.start if self._last is None else self._last

    def _check_whole(self) -> None:
        """Note where a film ends long before its header says."""
        if self.clip.seconds is None or self._last is None:
            return
        wanted = self.clip.seconds + self._offset()
        if wanted - float(self._last * self.clip.time_base) > max(1.0, 3 / float(self.clip.rate)):
            self._note_damage()

    def _offset(self) -> float:
        return float(self.clip.start * self.clip.time_base) if self.clip.end is None else 0.0


def _luma(frame: "VideoFrame", look: Look) -> np.ndarray:
    """The luma of a decoded frame at the film's depth; a view of the frame where it has a plane of luma."""
    name = frame.format.name
    if not _WITH_LUMA_PLANE.fullmatch(name):
        depth, is_yuv = look.layout.depth, not frame.format.is_rgb
        sampling = "422" if is_yuv and look.layout.columns == 2 else "444"
        wanted = f"yuv{sampling}p" + (f"{depth}le" if depth > 8 else "")
        frame = frame.reformat(format=wanted, dst_colorspace=None if is_yuv else look.colorspace, threads=1)
        name = wanted
    plane = frame.planes[0]
    kind = np.uint8 if look.layout.depth == 8 else np.uint16
    rows = np.frombuffer(plane, kind).reshape(frame.height, plane.line_size // np.dtype(kind).itemsize)
    luma = rows[:, : frame.width]
    return luma >> (16 - look.layout.depth) if _SHIFTED.fullmatch(name) else luma


def upright_luma(luma: np.ndarray, look: Look) -> np.ndarray:
    """What a network sees of a frame: its luma as uint8 in full range, upright."""
    return np.ascontiguousarray(turned(look.layout.full_range(luma), look.turn))
