"""A folder of numbered pictures that are the frames of one film."""

import hashlib
import re
from collections.abc import Iterator
from copy import copy
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from lib.color.film_chroma import ChromaLayout, matrix_of
from lib.data.clips import FilmError, Frame, Look, chroma_of
from lib.data.formats import SUFFIXES
from lib.data.images import PhotographError, open_picture
from lib.data.pixels import PixelError
from lib.data.seen import as_seen


class NumberedFrames:
    """The pictures of a folder as a film, in the order of the numbers in their names.

    Args:
        path: the folder; folders below it are not looked into.
        rate: frames a second.
        is_lossless: whether luma is stored in full range, as pictures have it. Films that are to play everywhere have
            the limited one.

    Raises:
        FilmError: there is no picture, or the folder or the first one cannot be read.
    """

    def __init__(self, path: Path, rate: Fraction, is_lossless: bool):
        self.path, self.rate, self.time_base, self.start = path, rate, 1 / rate, 0
        if not path.is_dir():
            raise FilmError(f"{path}: --frames takes folders of numbered pictures; name one, or leave --frames out")
        self._names = _pictures_in(path)
        self.count = len(self._names)
        if not self._names:
            raise FilmError(f"{path}: there is no picture in it; name the folder that holds the frames")
        self._chroma = ""
        width, height = self._seen(self._names[0]).size
        colorspace, weights = matrix_of(0, min(height, width))
        self.look = Look(width, height, ChromaLayout(weights, is_lossless), colorspace)

    def at(self, time: int) -> float:
        """A time in seconds from the beginning."""
        return float(time * self.time_base)

    def frame_name(self, time: int) -> str:
        """The name of the picture of that number."""
        return self._names[time]

    def fingerprint(self) -> str:
        """Another text where a picture was added, taken away or changed."""
        digest = hashlib.sha256()
        for name in self._names:
            status = (self.path / name).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def reader(self, chroma: str = "") -> "NumberedFrames":
        """The same folder; its frames have their own chroma, in a pixel format, if one is named."""
        reader = copy(self)
        reader._chroma = chroma
        return reader

    damaged_at, is_cut = None, False  # a picture that cannot be read is an error: its time would be missing

    def frames(self, start: int | None = None) -> Iterator[Frame]:
        """The frames from the number `start` on; `FilmError` where one cannot be read or has another size."""
        for time in range(start or 0, self.count):
            seen = self._seen(self._names[time])
            width, height = seen.size
            if (width, height) != (self.look.width, self.look.height):
                raise FilmError(
                    f"{self.path / self._names[time]}: has {width} x {height} px and the first frame "
                    f"{self.look.width} x {self.look.height}; give all frames one size"
                )
            gray = np.asarray(seen.convert("L") if seen.mode != "L" else seen)  # as a photograph's luma is taken
            yield Frame(time, self.look.layout.stored(gray), self._chroma_of(seen) if self._chroma else None)

    def _chroma_of(self, seen: Image.Image) -> tuple[np.ndarray, np.ndarray] | None:
        if seen.mode in ("L", "LA"):
            return None
        import av

        frame = av.VideoFrame.from_ndarray(np.asarray(seen.convert("RGB")), "rgb24")
        return chroma_of(frame, self.look, self._chroma)

    def _seen(self, name: str) -> Image.Image:
        try:
            return as_seen(open_picture(self.path / name))
        except PhotographError as error:
            raise FilmError(str(error)) from error
        except PixelError as error:
            raise FilmError(f"{self.path / name}: {error}") from error


def _pictures_in(folder: Path) -> list[str]:
    """The names of the pictures in a folder, by their numbers."""
    try:
        files = [entry for entry in folder.iterdir() if entry.suffix.lower() in SUFFIXES and not entry.is_dir()]
    except OSError as error:
        raise FilmError(f"{folder}: cannot be read ({error.strerror}); check its permissions") from error
    return sorted((file.name for file in files if file.name[0] != "."), key=_by_numbers)


def _by_numbers(name: str) -> tuple[list, str]:
    """A key that sorts `frame-10` after `frame-9`, and `01` and `1` alike on every disk."""
    parts = enumerate(re.split(r"([0-9]+)", name))
    return [int(part) if place % 2 else part for place, part in parts], name
