"""How the frames of a film are encoded, and the pieces that they are written to."""

from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lib.color.film_chroma import ChromaLayout
from lib.data.clips import Look

if TYPE_CHECKING:
    from av.container import OutputContainer

# Of x264: near the source to the eye, in 15 ms a frame of 1280x720 (`fast` 43 ms). To look 5 frames ahead instead of 10
# saves 14 MB. Without B-frames the packets of the pieces are simply joined.
_X264 = {"preset": "veryfast", "crf": "18", "bf": "0", "profile": "high"}
_X264_PARAMETERS = "rc-lookahead=5"
_SAMPLINGS = {(2, 2): "420", (2, 1): "422", (1, 1): "444", (1, 2): "440", (4, 1): "411", (4, 4): "410"}
_DEPTHS = (8, 9, 10, 12, 14, 16)  # of FFV1, in 4:2:0, 4:2:2 and 4:4:4


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
        context.colorspace, context.color_range = look.colorspace, look.color_range
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
    fields = {0: "", 3: ":bff=1", 5: ":bff=1"}.get(look.field_order, ":tff=1")
    return _X264 | {"x264-params": _X264_PARAMETERS + fields}


class Piece:
    """A file of frames that follow each other, being written; its times are counted from its first frame.

    Args:
        path: the file. It is whole only after `close`.
        encoding: how frames are written.
    """

    def __init__(self, path: Path, encoding: Encoding):
        import av

        self.encoding, self.count, self.first, self.last = encoding, 0, 0, 0
        self._container = av.open(str(path.absolute()), "w", format="nut")
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
    frame.colorspace, frame.color_range = look.colorspace, look.color_range
    for plane, values in zip(frame.planes, (luma, *chroma), strict=True):
        rows = np.frombuffer(plane, values.dtype).reshape(plane.height, plane.line_size // values.itemsize)
        rows[: len(values), : values.shape[1]] = values
        rows[: len(values), values.shape[1] : plane.width] = values[:, -1:]  # what makes a size even repeats the border
        rows[len(values) :] = rows[len(values) - 1]
    return frame
