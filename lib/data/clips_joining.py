"""Joins the pieces of a film with what else its source has: sound, subtitles, chapters, title, all copied."""

import heapq
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from lib.data.clips import opened
from lib.data.clips_reading import Clip
from lib.data.clips_writing import Encoding

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer, OutputContainer

_FORMATS = {".mp4": "mp4", ".mkv": "matroska"}
_NAMES = {"audio": "sound", "subtitle": "subtitles", "video": "further pictures"}
_ABOUT_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "ENCODER", "DURATION"}
_COPIED = {"audio", "subtitle"}
_TEXT = {"subrip", "srt", "ass", "ssa", "webvtt", "text"}  # subtitles that become those of MP4
_TEXT_OF_MP4 = "mov_text"
_BEFORE = 2  # seconds; sound may lie in the file before the pictures that it belongs to


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
        What the file cannot hold, in words, such as "subtitles (srt)".
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
        for _, number, packet in heapq.merge(*sources, key=lambda item: item[:2]):
            try:
                output.mux_one(packet)
            except av.error.InvalidDataError:
                if number == 0:
                    raise  # a damaged packet of the source costs only itself
    return left_out


def _writing(target: Path):
    import av

    options = {"movflags": "faststart"} if target.suffix == ".mp4" else {}
    return av.open(str(target.absolute()), "w", format=_FORMATS[target.suffix], options=options)


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
        if stream.type in _COPIED and _holds(suffix, stream):
            copied[stream.index] = output.add_stream_from_template(stream)
            copied[stream.index].metadata.update(stream.metadata)
        elif stream.type == "subtitle" and suffix == ".mp4" and stream.codec_context.name in _TEXT:
            copied[stream.index] = _add_text(output, stream)
            copied[stream.index].metadata.update(stream.metadata)
        elif stream.type != "data":
            codec = getattr(stream, "codec_context", None)
            kind = _NAMES.get(stream.type, stream.type)
            left_out.append(f"{kind} ({codec.name})" if codec else kind)
    return copied, left_out


def _add_text(output: "OutputContainer", stream):
    """A stream of subtitles as MP4 has them."""
    stream.codec_context.open()  # which makes the header
    text = output.add_stream(_TEXT_OF_MP4)
    text.codec_context.subtitle_header = stream.codec_context.subtitle_header
    text.codec_context.time_base = text.time_base = stream.time_base
    return text


def _as_text(packet: "Packet", stream, text) -> "Packet | None":
    """A packet of subtitles as MP4 has it; None where nothing is written in it."""
    import av

    with suppress(av.error.FFmpegError, ValueError):  # a damaged packet costs only itself
        written = stream.codec_context.decode2(packet)
        if written and len(written):
            found = text.codec_context.encode_subtitle(written)
            found.pts, found.dts, found.duration = packet.pts, packet.dts, packet.duration
            found.time_base = packet.time_base
            return found
    return None


def _holds(suffix: str, stream) -> bool:
    """Whether a container can hold a stream's packets: tried, because its list of codecs is not all."""
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


def _copied_packets(
    source: "InputContainer", copied: dict, clip: Clip, shift: Fraction
) -> Iterator[tuple[Fraction, int, "Packet"]]:
    """The packets of the streams that are copied, within the part that is wanted, with their times in seconds."""
    import av

    if not copied:
        return
    begin = clip.start * clip.time_base
    end = None if clip.end is None else clip.end * clip.time_base
    if clip.is_part:
        with suppress(av.error.FFmpegError):
            source.seek(max(0, round((begin - _BEFORE) * 10**6)))
    last: dict[int, int] = {}
    over: set[int] = set()
    with suppress(av.error.FFmpegError):  # of a damaged file, what comes before the damage is kept
        for packet in source.demux([source.streams[index] for index in copied]):
            time = packet.dts if packet.pts is None else packet.pts
            if packet.size == 0 or time is None:
                continue
            packet.dts = time if packet.dts is None else packet.dts
            index, base = packet.stream_index, packet.time_base
            at = time * base
            if end is not None and at >= end:
                over.add(index)
                if over == set(copied):
                    return
                continue
            if clip.is_part and at < begin:
                continue
            moved = round(shift / base)
            packet.pts = None if packet.pts is None else packet.pts - moved
            packet.dts -= moved
            packet.dts = max(packet.dts, last.get(index, packet.dts - 1) + 1)  # as containers want it
            packet.pts = None if packet.pts is None else max(packet.pts, packet.dts)
            last[index] = packet.dts
            if copied[index].codec.name == _TEXT_OF_MP4 != source.streams[index].codec_context.name:
                packet = _as_text(packet, source.streams[index], copied[index])
                if packet is None:
                    continue
            packet.stream = copied[index]
            yield packet.dts * base, 1 + index, packet


def in_words(left_out: Sequence[str]) -> str:
    """What a file cannot hold, each once.

    >>> in_words(["subtitles (srt)", "subtitles (srt)", "attachment"])
    '2 x subtitles (srt), attachment'
    """
    counts = {name: left_out.count(name) for name in dict.fromkeys(left_out)}
    return ", ".join(f"{count} x {name}" if count > 1 else name for name, count in counts.items())
