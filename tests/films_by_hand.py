"""Films of a few frames, made by PyAV, for the tests of what reads and writes films."""

import hashlib
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

av = pytest.importorskip("av", reason="PyAV is not installed; it belongs to the extra `dev`")
SIZE = (64, 48)  # width, height
COUNT = 20
SCENES = (0, 8, 14)  # frames with which a shot begins


def luma(number: int, size: tuple[int, int] = SIZE, levels: tuple[int, int] = (16, 235), kind: type = np.uint8):
    """The luma of a frame: a gradient with a bright square that moves, turned about at every cut."""
    width, height = size
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    scene = sum(number >= first for first in SCENES)
    picture = (across, 1 - down, 1 - across)[scene - 1] * 0.6 + 0.2
    picture[height // 3 : height // 2, 2 * number : 2 * number + width // 6] = 1
    picture[: height // 6, : width // 6] = 0
    low, high = levels
    return np.rint(low + picture * (high - low)).astype(kind)


def frame_of(values: np.ndarray, pixel_format: str, chroma: int | None = None) -> av.VideoFrame:
    """A frame with this plane of luma, the other planes gray."""
    height, width = values.shape
    frame = av.VideoFrame(width, height, pixel_format)
    bits = frame.format.components[0].bits
    for number, plane in enumerate(frame.planes):
        rows = np.frombuffer(plane, values.dtype).reshape(plane.height, plane.line_size // values.itemsize)
        rows[:] = (2 ** (bits - 1) if chroma is None else chroma) if number else 0
        if number == 0:
            rows[:, :width] = values
    return frame


def paint(frame: av.VideoFrame, tone: str) -> None:
    """Give a frame of planes the colors of a tone: "sepia" depends on its luma, "color" on the place."""
    if tone == "gray":
        return
    bits = frame.format.components[0].bits
    first, *planes = [
        np.frombuffer(plane, np.uint8 if bits == 8 else np.uint16).reshape(plane.height, -1)
        for plane in frame.planes[:3]
    ]
    for plane, sign in zip(planes, (-1, 1), strict=True):
        rows, columns = (np.arange(count) for count in plane.shape)
        near = first[(rows * len(first) // len(plane))[:, None], columns * first.shape[1] // plane.shape[1]]
        share = near / 2**bits if tone == "sepia" else np.sin(rows / 5)[:, None] * np.cos(columns / 7) * sign
        plane[:] = np.rint(2**bits * (0.5 + 0.15 * sign * share))


def make_film(
    path: Path,
    *,
    codec: str = "ffv1",
    pixel_format: str = "yuv420p",
    size: tuple[int, int] = SIZE,
    times: list[int] | None = None,
    time_base: Fraction = Fraction(1, 1000),
    sound: str | None = "aac",
    turn: int = 0,
    tags: tuple[int, int] | None = None,
    options: dict | None = None,
    metadata: dict | None = None,
    form_options: dict | None = None,
    chapters: list[tuple[int, int]] | None = None,
    subtitles: list[str] | None = None,
    tones: Callable[[int], str] = lambda number: "gray",
) -> Path:
    """A film of `COUNT` frames at 25 a second, with a sine as its sound.

    Args:
        tags: matrix and range, by the numbers of H.264 and FFmpeg.
        tones: of each frame "gray", "sepia" or "color".
    """
    times = times if times is not None else [40 * number for number in range(COUNT)]
    width, height = size
    with av.open(str(path), "w", options=form_options or {}) as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(codec, rate=25, width=width, height=height, options=options or {})
        stream.codec_context.pix_fmt, stream.codec_context.time_base = pixel_format, time_base
        if tags:
            stream.codec_context.colorspace, stream.codec_context.color_range = tags
        if turn:
            stream.set_display_rotation(turn)
        voice = container.add_stream(sound, rate=16000, layout="mono") if sound else None
        words = container.add_mux_stream("subrip") if subtitles else None
        chapters = chapters or []
        container.set_chapters(
            [
                {"id": number, "start": start, "end": end, "time_base": Fraction(1, 1000),
                 "metadata": {"title": f"part {number}"}}
                for number, (start, end) in enumerate(chapters)
            ]
        )  # fmt: skip
        container.start_encoding()
        depth = av.VideoFormat(pixel_format).components[0].bits
        low, high = (0, 2**depth - 1) if tags and tags[1] == 2 else (16 << depth - 8, 235 << depth - 8)
        kind = np.uint8 if depth == 8 else np.uint16
        packets = []
        for number, time in enumerate(times):
            frame = frame_of(luma(number, size, (low, high), kind), pixel_format)
            paint(frame, tones(number))
            frame.pts, frame.time_base = time, time_base
            packets += stream.encode(frame)
        packets += stream.encode(None)
        packets += _sine(voice) if voice else []
        for number, text in enumerate(subtitles or []):
            packet = av.Packet(text.encode())
            packet.stream, packet.time_base = words, Fraction(1, 1000)
            packet.pts = packet.dts = 200 * number
            packet.duration = 150
            packets.append(packet)
        packets.sort(key=lambda packet: packet.dts * packet.time_base)
        for packet in packets:
            container.mux(packet)
    return path


def make_sound(path: Path) -> Path:
    """A file that holds a sine and no film."""
    with av.open(str(path), "w") as container:
        for packet in _sine(container.add_stream("libmp3lame", rate=16000, layout="mono")):
            container.mux(packet)
    return path


def _sine(stream) -> list:
    packets, rate = [], 16000
    step = stream.codec_context.frame_size or 1024
    for start in range(0, int(0.8 * rate), step):
        wave = np.sin(2 * np.pi * 440 * np.arange(start, start + step) / rate)
        kind = stream.codec_context.format.name
        values = {"flt": wave.astype(np.float32), "s32": (2**30 * wave).astype(np.int32)}.get(kind.rstrip("p"))
        values = (2**14 * wave).astype(np.int16) if values is None else values
        frame = av.AudioFrame.from_ndarray(values[None], format=kind, layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def _places(path: Path) -> list[tuple[int, int]]:
    """Where in the file each frame lies, and how many bytes it has."""
    with av.open(str(path)) as container:
        return [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]


def cut_off(path: Path, amid: int) -> None:
    """Shorten a film's file so that it ends amid this frame, in the order in which frames are stored."""
    place, size = _places(path)[amid]
    path.write_bytes(path.read_bytes()[: place + size // 2])


def damage(path: Path, frame: int) -> None:
    """Put random bytes in the place of a frame, in the order in which frames are stored."""
    (place, size), content = _places(path)[frame], bytearray(path.read_bytes())
    content[place : place + size] = random.Random(0).randbytes(size)
    path.write_bytes(content)


def planes(path: Path) -> list[list[np.ndarray]]:
    """All planes of all frames of a film."""
    found = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            kind = np.uint8 if frame.format.components[0].bits == 8 else np.uint16
            size = np.dtype(kind).itemsize
            found.append(
                [
                    np.frombuffer(bytes(plane), kind).reshape(-1, plane.line_size // size)[:, : plane.width].copy()
                    for plane in frame.planes
                ]
            )
    return found


def times(path: Path) -> list[Fraction]:
    """When each frame of a film is shown, in seconds."""
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def packets(path: Path, kind: str = "audio") -> list[tuple[float, str]]:
    """Time in seconds and content of each packet of a film's sound or subtitles."""
    with av.open(str(path)) as container:
        (stream, *_) = [stream for stream in container.streams if stream.type == kind] or [None]
        if stream is None:
            return []
        return [
            (float(packet.pts * packet.time_base), hashlib.sha256(bytes(packet)).hexdigest())
            for packet in container.demux(stream)
            if packet.size
        ]


def tags(path: Path) -> tuple[int, int]:
    """Matrix and range that a film says it has."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return frame.colorspace, frame.color_range
