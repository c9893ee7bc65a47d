"""Short films on a page: frames as an H.264 file inside the page, and the first frames of a user's file.

Both need PyAV, which the extra `films` installs. Without it `why_no_films` says so, and `first_frames` raises it.
"""

import base64
import io
from collections.abc import Sequence
from fractions import Fraction
from html import escape
from pathlib import Path

import cv2
import numpy as np

from lib.color.film_chroma import turned
from lib.common.files import printable
from lib.common.usage import UsageError
from lib.data.clips import FilmError
from lib.data.clips_reading import open_clip
from lib.data.formats import NO_PYAV, is_pyav_installed

LARGEST = 1_000_000  # bytes of a film in a page


def why_no_films() -> str:
    """Why films can neither be read nor shown, and what to do; "" where they can."""
    return "" if is_pyav_installed() else f"{NO_PYAV}, then run this again"


def encoded(frames: np.ndarray, rate: int = 12) -> bytes:
    """Frames as an H.264 file (MP4) that browsers play, below `LARGEST`: the best quality that allows it.

    Args:
        frames: RGB, uint8 `(T, H, W, 3)`; an odd last row or column is left out, because H.264 in color has none.
        rate: frames per second.
    """
    frames = frames[:, : frames.shape[1] // 2 * 2, : frames.shape[2] // 2 * 2]
    for quality in (20, 26, 32, 38, 44, 51):
        film = _encoded(frames, rate, quality)
        if len(film) < LARGEST:
            return film
    raise UsageError(f"a film of {len(frames)} frames does not fit into {LARGEST:,} bytes; show fewer")


def player(films: Sequence[tuple[str, np.ndarray]], rate: int = 12) -> str:
    """HTML of a player with films side by side in step: their names, and the film itself as a data URI.

    Args:
        films: names and RGB frames, uint8 `(T, H, W, 3)`, all of one shape.
        rate: frames per second.
    """
    names, frames = zip(*films, strict=True)
    film = base64.b64encode(encoded(np.concatenate(frames, 2), rate)).decode()
    cells = "".join(f'<small style="flex: 1; text-align: center">{escape(str(name))}</small>' for name in names)
    return (
        f'<div style="max-width: 960px"><div style="display: flex">{cells}</div>'
        '<video controls loop muted autoplay playsinline style="width: 100%" '
        f'src="data:video/mp4;base64,{film}"></video></div>'
    )


def first_frames(path: Path, most: int, side: int) -> np.ndarray:
    """The first frames of a film in color, upright, RGB uint8 `(T, H, W, 3)`; the short side gets `side` px at most.

    Raises:
        UsageError: the file holds no film that can be read, or PyAV is missing; the sentence names the file.
    """
    if missing := why_no_films():
        raise UsageError(f"{printable(path)}: {missing}")
    import av

    frames = []
    try:
        clip = open_clip(path)
        with av.open(str(path)) as container:
            for frame in container.decode(container.streams[clip.stream]):
                planes = np.moveaxis(frame.to_ndarray(format="rgb24"), -1, 0)
                picture = np.stack([turned(plane, clip.look.turn) for plane in planes], -1)
                scale = min(1.0, side / min(picture.shape[:2]))
                frames.append(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
                if len(frames) == most:
                    break
    except FilmError as error:
        raise UsageError(str(error)) from error
    except av.FFmpegError as error:
        if not frames:
            raise UsageError(
                f"{printable(path)}: holds no film that can be read ({error}); name another one"
            ) from error
    return np.stack(frames)


def _encoded(frames: np.ndarray, rate: int, quality: int) -> bytes:
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate))
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(quality), "preset": "slow"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()
