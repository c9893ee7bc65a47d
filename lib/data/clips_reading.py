"""Reads films: what is in a file, and its frames one by one, whatever is damaged.

PyAV is imported where a film is opened, because nothing else needs it.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from lib.data.clips import FilmError, Frame, Look, chroma_of, look_of, luma_of, opened

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer
    from av.video.frame import VideoFrame

_ARBITRARY_CLOCKS = {"mpegts", "mpeg", "mpegvideo", "rtsp", "hls", "rm"}  # whose first time stamp means nothing
_LENGTH_FROM_0 = {"matroska", "nut"}  # whose length counts from time 0, not from the first time stamp
_MISSING = 0.5  # seconds by which a film may end before its header says


@dataclass(frozen=True)
class Clip:
    """A film that can be colorized.

    Args:
        path: its file.
        look: of its frames.
        time_base: seconds that one unit of time lasts.
        rate: frames a second, on average.
        origin: the time that counts as the film's beginning.
        start: the same of the part that is wanted.
        end: the time after the last frame that is wanted, None for the end of the file.
        count: about how many frames there are, None if unknown.
        seconds: how long after its beginning it ends, by its header; None if unknown.
        stream: the number of the video stream.
        is_part: whether the beginning of that part was named; what comes before it is left out.
    """

    path: Path
    look: Look
    time_base: Fraction
    rate: Fraction
    origin: int
    start: int
    end: int | None
    count: int | None
    seconds: float | None
    stream: int
    is_part: bool

    def at(self, time: int) -> float:
        """A time in seconds from the film's beginning, also where a part is wanted."""
        return float((time - self.origin) * self.time_base)

    def time_of(self, seconds: float) -> int:
        """The time that is so many seconds after the film's beginning."""
        return self.origin + _units(seconds, self.time_base)

    def frame_name(self, time: int) -> str:
        """What a picture of the frame at that time is called, such as `film.mp4-12.480s.png`."""
        return f"{self.path.name}-{self.at(time):.3f}s.png"

    def reader(self, chroma: str = "") -> "Reader":
        """A new decoder of the film; several may be used at a time."""
        return Reader(self, chroma)


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
        until = _until(container)
        seconds = None if until is None else until - float(origin * base)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        first = origin if start is None else origin + _units(start, base)
        last = None if end is None else origin + _units(end, base)
        if start is not None and seconds is not None and start >= seconds:
            raise FilmError(f"{path}: has {seconds:.1f} s, and --from {start:g} is not before its end")
        count = stream.frames or (round(seconds * rate) if seconds else None)
        if count and seconds and (start is not None or end is not None):
            count = max(1, round(count * (min(end or seconds, seconds) - (start or 0)) / seconds))
        look, is_part = look_of(stream, frame), start is not None
        return Clip(path, look, base, rate, origin, first, last, count, seconds, stream.index, is_part)


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


def _until(container: "InputContainer") -> float | None:
    """The time in seconds at which the file ends, by its header."""
    if container.duration is None:
        return None
    is_from_0 = container.format.name.split(",")[0] in _LENGTH_FROM_0
    return (container.duration + (0 if is_from_0 else container.start_time or 0)) / 10**6


def _first_frame(container: "InputContainer", stream) -> "VideoFrame | None":
    import av

    stream.codec_context.thread_count = 1
    with suppress(av.error.EOFError):
        for packet in container.demux(stream):
            with suppress(av.error.FFmpegError):
                for frame in packet.decode():
                    return frame
    return None


class Reader:
    """Decodes a film. As far as its `frames` have come, it knows what is damaged.

    Args:
        clip: the film.
        chroma: the pixel format in which frames have their own chroma, "" for frames without.

    Attributes:
        damaged_at: the time of the last frame before the first damage; None if there is none.
        is_cut: whether the film ends before its header says.
    """

    def __init__(self, clip: Clip, chroma: str = ""):
        self.clip, self._chroma = clip, chroma
        self.damaged_at: int | None = None
        self.is_cut = False
        self._begin = clip.start  # the time from which on frames are wanted
        self._last: int | None = None  # the time of the last frame
        self._end = 0.0  # seconds until which there is anything, be it sound

    def frames(self, start: int | None = None) -> Iterator[Frame]:
        """The frames in order of time, from the time `start` on, by default from the film's beginning.

        Frames that are damaged are left out where the decoder cannot mend them; decoding goes on after them.
        """
        self._begin = self.clip.start if start is None else start
        is_all = start is None and not self.clip.is_part
        with opened(self.clip.path) as container:
            for frame in self._decoded(container) if is_all else self._sought(container):
                if self.clip.end is not None and frame.time >= self.clip.end:
                    return
                if is_all or frame.time >= self._begin:
                    yield frame
            until = _until(container)
        if until is not None and until - self._end > _MISSING:
            self._note_damage()
            self.is_cut = True

    def _sought(self, container: "InputContainer") -> Iterator[Frame]:
        """The frames from a key frame before the wanted time; all of them where a seek does not lead there."""
        import av

        with suppress(av.error.FFmpegError, OverflowError):  # the latter where a time is beyond any film
            container.seek(self._begin, stream=container.streams[self.clip.stream])
            frames = self._decoded(container)
            first = next(frames, None)
            if first is not None and first.time <= self._begin:
                yield first
                yield from frames
                return
        self._last = self.damaged_at = None
        with opened(self.clip.path) as again:
            yield from self._decoded(again)

    def _decoded(self, container: "InputContainer") -> Iterator[Frame]:
        step = max(1, round(1 / (self.clip.rate * self.clip.time_base)))
        look = self.clip.look
        for frame in self._pictures(container):
            if (frame.width, frame.height) != (look.width, look.height):
                self._note_damage()
                continue
            if self._last is None:
                time = self.clip.start if frame.pts is None else frame.pts
            else:  # always later than the one before, whatever the file says
                time = self._last + step if frame.pts is None else max(frame.pts, self._last + 1)
            if frame.is_corrupt:
                self._note_damage()
            self._last = time
            yield Frame(time, luma_of(frame, look), chroma_of(frame, look, self._chroma) if self._chroma else None)

    def _pictures(self, container: "InputContainer") -> Iterator["VideoFrame"]:
        import av

        stream = container.streams[self.clip.stream]
        stream.codec_context.thread_count = 1  # several decoders run at a time; more threads need more memory
        packets = container.demux()
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError:  # the file ends amid a packet
                self._note_damage()
                self.is_cut = True
                packet = None
            if packet is None:
                return
            self._note_end(packet)
            if packet.stream_index != stream.index:
                continue
            if packet.is_corrupt:
                self._note_damage()
            try:
                yield from packet.decode()
            except av.error.EOFError:
                continue
            except av.error.FFmpegError:
                self._note_damage()

    def _note_end(self, packet: "Packet") -> None:
        time = packet.pts if packet.pts is not None else packet.dts
        if time is not None:
            self._end = max(self._end, float((time + (packet.duration or 0)) * packet.time_base))

    def _note_damage(self) -> None:
        """Note that what comes after the last frame is damaged, unless it lies before what is wanted."""
        time = self.clip.start if self._last is None else self._last
        if self.damaged_at is None and time >= self._begin:
            self.damaged_at = time
