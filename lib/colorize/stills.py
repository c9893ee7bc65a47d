"""Single frames of a film as gray pictures, on which hints are set."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from lib.common.files import atomic_write
from lib.data.clips import FilmError, upright_luma

if TYPE_CHECKING:
    from lib.data.clips import Frame
    from lib.data.clips_reading import Clip

_BEFORE = 2.0  # seconds in which most films have a frame


def write_still(source: "Clip", seconds: float, folder: Path) -> Path:
    """Write the frame that is shown at a time as a gray PNG, upright; its file in `folder`, which is made.

    Args:
        source: a film.
        seconds: from the film's beginning.
        folder: for the picture; one of that name is overwritten.

    Raises:
        FilmError: there is no frame that late.
    """
    shown = _shown_at(source, seconds)
    if shown is None:
        raise FilmError(f"{source.path}: has no frame at {seconds:g} s; name an earlier time after --still")
    file = folder / source.frame_name(shown.time)
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(file) as temporary:
        Image.fromarray(upright_luma(shown.luma, source.look)).save(temporary, "PNG")
    return file


def _shown_at(source: "Clip", seconds: float) -> "Frame | None":
    """The last frame that begins by then, or the first one of all if none does; None beyond the end."""
    moment = source.time_of(seconds)
    shown, later = _around(source.reader().frames(source.time_of(seconds - _BEFORE)), moment)
    if shown is None:  # a frame lasts longer, or there is none yet
        shown, later = _around(source.reader().frames(), moment)
    is_beyond = later is None and source.seconds is not None and seconds > source.seconds
    return None if is_beyond else shown or later


def _around(frames: "Iterable[Frame]", moment: int) -> "tuple[Frame | None, Frame | None]":
    """The last frame that begins by a time and the first one after it, each None where there is none."""
    shown = None
    for frame in frames:
        if frame.time > moment:
            return shown, frame
        shown = frame
    return shown, None
