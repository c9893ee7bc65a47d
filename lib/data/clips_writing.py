"""Films as files: pieces that are encoded one by one, and their packets joined with the sound of the source."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lib.color.film_chroma import ChromaLayout
from lib.data.clips import Look, opened
from lib.data.clips_reading import Clip

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer, OutputContainer

_FAST = "veryfast"  # 1280x720 on one core: see docs/colorize.md
_QUALITY = "18"  # of x264: visually near the source
_FORMATS = {".mp4": "mp4", ".mkv": "matroska"}
_SAMPLINGS = {(2, 2): "420", (2, 1): "422", (1, 1): "444", (1, 2): "440", (4, 1): "411", (4, 4): "410"}
_DEPTHS = (8, 9, 10, 12, 14, 16)  # of FFV1, in 4:2:0, 4:2:2 and 4:4:4
_NAMES = {"audio": "sound", "subtitle": "subtitles", "video": "further pictures", "attachment": "attachment"}
_LIVES_ELSEWHERE = {"data", "attachment"}  # streams that are no packets of the film's time, or not known to PyAV


@dataclass(frozen=True)
class Encoding:
    """How the frames of a film are written.

    Args:
        look: of the film's frames.
        time_base: seconds that a unit of time lasts.
        rate: frames a second, on average.
        is_lossless: FFV1 at the film's own depth in Matroska, else H.264 with 8 bits and 4:2:0 in MP4.
    """

    look: Look
    time_base: Fraction
    rate: Fraction
    is_lossless: bool

    @property
    def suffix(self) -> str:
        return ".mkv" if self.is_lossless else ".mp4"

    @property
    def depth(self) -> int:
        return next(depth for depth in _DEPTHS if depth >= self.look.layout.depth) if self.is_lossless else 8

    @property
    def sharing(self) -> tuple[int, int]:
        """How many columns and rows of pixels share a chroma value."""
        layout = self.look.layout
        wanted = (layout.columns, layout.rows)
        is_known = wanted in _SAMPLINGS and (wanted in {(2, 2), (2, 1), (1, 1)} or self.depth == 8)
        return wanted if self.is_lossless and is_known else (2, 2)

    @property
    def layout(self) -> ChromaLayout:
        """How luma and chroma are stored in the result."""
        columns, rows = self.sharing
        return replace(self.look.layout, depth=self.depth, columns=columns, rows=rows)

    @property
    def pixel_format(self) -> str:
        return f"yuv{_SAMPLINGS[self.sharing]}p" + (f"{self.depth}le" if self.depth > 8 else "")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px. H.264 in 4:2:0 has even ones only."""
        width, height = self.look.width, self.look.height
        return (width, height) if self.is_lossless else (width + width % 2, height + height % 2)

    def add_to(self, container: "OutputContainer"):
        """The stream of pictures in a new file, its encoder ready to be opened."""
        name, options = ("ffv1", _ffv1()) if self.is_lossless else ("libx264", _x264(self.look))
        width, height = self.size
        limited = self.rate.limit_denominator(1001)
        stream = container.add_stream(
            name, rate=limited, options=options, width=width, height=height, time_base=self.time_base
        )
        context, look = stream.codec_context, self.look
        context.pix_fmt, context.time_base = self.pixel_format, self.time_base
        context.colorspace, context.color_range = look.colorspace, 2 if look.layout.is_full_range else 1
        context.color_primaries, context.color_trc = look.primaries, look.transfer
        if look.aspect != 1:
            context.sample_aspect_ratio = look.aspect
        if look.field_order:
            context.field_order = look.field_order
        context.thread_count = 2 if self.is_lossless else 1
        if look.display_matrix:
            stream.set_display_matrix(look.display_matrix)
        return stream


def _ffv1() -> dict[str, str]:
    return {"level": "3", "slicecrc": "1", "g": "1"}


def _x264(look: Look) -> dict[str, str]:
    options = {"preset": _FAST, "crf": _QUALITY, "bf": "0", "profile": "high"}
    if look.field_order:
        options["x264-params"] = "bff=1" if look.field_order in (3, 5) else "tff=1"
    return options


class Piece:
    """A file of frames that follow each other, being written; its times are counted from its first frame.

    Args:
        path: the file. It is whole only after `close`.
        encoding: how frames are written.
    """

    def __init__(self, path: Path, encoding: Encoding):
        import av

        self.encoding, self.count, self.first, self.last = encoding, 0, 0, 0
        self._container = av.open(str(path), "w", format="nut")
        self._stream = encoding.add_to(self._container)

    def add(self, time: int, luma: np.ndarray, chroma: tuple[np.ndarray, np.ndarray]) -> None:
        """Encode a frame.

        Args:
            time: when it is shown; later than the frame before.
            luma: at the depth of the encoding, of any even or odd size.
            chroma: its planes U and V.
        """
        self.first = self.first if self.count else time
        frame = _frame(self.encoding, luma, chroma)
        frame.pts, frame.time_base = time - self.first, self.encoding.time_base
        self._container.mux(self._stream.encode(frame))
        self.count, self.last = self.count + 1, time

    def close(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def abandon(self) -> None:
        """Close the file although it is not whole."""
        with suppress(Exception):
            self._container.close()


def _frame(encoding: Encoding, luma: np.ndarray, chroma: tuple[np.ndarray, np.ndarray]):
    import av

    width, height = encoding.size
    frame = av.VideoFrame(width, height, encoding.pixel_format)
    look = encoding.look
    frame.colorspace, frame.color_range = look.colorspace, 2 if look.layout.is_full_range else 1
    for plane, values in zip(frame.planes, (luma, *chroma), strict=True):
        rows = np.frombuffer(plane, values.dtype).reshape(plane.height, plane.line_size // values.itemsize)
        rows[: len(values), : values.shape[1]] = values
        rows[: len(values), values.shape[1] : plane.width] = values[:, -1:]  # what makes a size even repeats the border
        rows[len(values) :] = rows[len(values) - 1]
    return frame


def join(
    target: Path,
    encoding: Encoding,
    pieces: Iterable[tuple[Path, int]],
    clip: Clip | None,
    shift: int = 0,
) -> list[str]:
    """Write a film: the packets of all pieces, and what else the source has, copied as packets.

    Args:
        target: the file, `.mp4` or `.mkv`.
        encoding: of the pieces.
        pieces: the files of the pieces in order, each with the time of its first frame.
        clip: the source, None for one without sound.
        shift: what is subtracted from all times, in units of the encoding's time base.

    Returns:
        What the file cannot hold, in words, such as "subtitles (subrip)".
    """
    import av

    with ExitStack() as stack:
        output = stack.enter_context(_writing(target))
        pictures = encoding.add_to(output)
        copied, left_out, sources = [], [], []
        if clip:
            source = stack.enter_context(opened(clip.path))
            copied, left_out = _add_others(output, target.suffix, source, clip)
            _copy_head(output, source, clip, shift * encoding.time_base)
            sources.append(_copied_packets(source, copied, clip, shift * encoding.time_base))
        output.start_encoding()
        sources.append(_pictures(pieces, pictures, encoding, shift))
        for _, _, packet in heapq.merge(*sources, key=lambda item: item[:2]):
            with suppress(av.error.InvalidDataError):
                output.mux_one(packet)
    return left_out


def _writing(target: Path):
    import av

    options = {"movflags": "+faststart+use_metadata_tags"} if target.suffix == ".mp4" else {}
    return av.open(str(target), "w", format=_FORMATS[target.suffix], options=options)


def _pictures(
    pieces: Iterable[tuple[Path, int]], stream, encoding: Encoding, shift: int
) -> Iterator[tuple[Fraction, int, "Packet"]]:
    """The packets of all pieces with their times in seconds; each lasts until the next one begins."""
    usual = max(1, round(1 / (encoding.rate * encoding.time_base)))
    waiting = None
    for path, first in pieces:
        with opened(path) as container:
            for packet in container.demux(video=0):
                if packet.size == 0:
                    continue
                time = first - shift + round(packet.pts * packet.time_base / encoding.time_base)
                if waiting is not None:
                    usual = time - waiting.pts
                    waiting.duration = usual
                    yield waiting.dts * encoding.time_base, 0, waiting
                packet.time_base, packet.pts, packet.dts, packet.stream = encoding.time_base, time, time, stream
                waiting = packet
    if waiting is not None:
        waiting.duration = usual
        yield waiting.dts * encoding.time_base, 0, waiting


def _add_others(output: "OutputContainer", suffix: str, source: "InputContainer", clip: Clip) -> tuple[dict, list[str]]:
    """A stream of the output for each stream that is copied, and what cannot be."""
    copied, left_out = {}, []
    for stream in source.streams:
        if stream.index == clip.stream:
            continue
        if stream.type in ("audio", "subtitle") and _holds(suffix, stream):
            copied[stream.index] = output.add_stream_from_template(stream)
            copied[stream.index].metadata.update(stream.metadata)
        elif stream.type != "data":
            codec = getattr(stream, "codec_context", None)
            kind = _NAMES.get(stream.type, stream.type)
            left_out.append(f"{kind} ({codec.name})" if codec else kind)
    return copied, left_out


def _holds(suffix: str, stream) -> bool:
    """Whether a container can hold a stream's packets: tried, because its list of codecs is not all."""
    import io

    import av

    try:
        with av.open(io.BytesIO(), "w", format=_FORMATS[suffix]) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (av.error.FFmpegError, ValueError, TypeError):
        return False
    return True


def _copy_head(output: "OutputContainer", source: "InputContainer", clip: Clip, shift: Fraction) -> None:
    """Title, author and the like, and the chapters of the part that is written."""
    kept = {key: value for key, value in source.metadata.items() if key not in _ABOUT_THE_FILE}
    output.metadata.update(kept)
    chapters = []
    for chapter in source.chapters():
        base = chapter["time_base"]
        start, end = (round(chapter[name] - shift / base) for name in ("start", "end"))
        most = None if clip.end is None else round((clip.end * clip.time_base - shift) / base)
        if end > 0 and (most is None or start < most):
            end = end if most is None else min(end, most)
            chapters.append(chapter | {"start": max(0, start), "end": end})
    if chapters:
        output.set_chapters(chapters)


_ABOUT_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "ENCODER", "DURATION"}


def _copied_packets(
    source: "InputContainer", copied: dict, clip: Clip, shift: Fraction
) -> Iterator[tuple[Fraction, int, "Packet"]]:
    """The packets of the streams that are copied, within the part that is wanted, with their times in seconds."""
    import av

    if not copied:
        return
    begin = clip.start * clip.time_base
    end = None if clip.end is None else clip.end * clip.time_base
    if shift:
        with suppress(av.error.FFmpegError):
            source.seek(round(begin * 10**6))
    last: dict[int, int] = {}
    over: set[int] = set()
    with suppress(av.error.FFmpegError):  # of a damaged file, what comes before the damage is kept
        for packet in source.demux([source.streams[index] for index in copied]):
            if packet.size == 0 or packet.dts is None:
                continue
            index, base = packet.stream_index, packet.time_base
            at = (packet.pts if packet.pts is not None else packet.dts) * base
            if end is not None and at >= end:
                over.add(index)
                if over == set(copied):
                    return
                continue
            if shift and at < begin:
                continue
            moved = round(shift / base)
            packet.pts = None if packet.pts is None else packet.pts - moved
            packet.dts -= moved
            if packet.dts < last.get(index, packet.dts):
                continue
            last[index] = packet.dts
            packet.stream = copied[index]
            yield packet.dts * base, 1 + index, packet


def in_words(left_out: Sequence[str]) -> str:
    """What a file cannot hold, each once.

    >>> in_words(["subtitles (subrip)", "subtitles (subrip)", "attachment"])
    '2 x subtitles (subrip), attachment'
    """
    counts = {name: left_out.count(name) for name in dict.fromkeys(left_out)}
    return ", ".join(f"{count} x {name}" if count > 1 else name for name, count in counts.items())
