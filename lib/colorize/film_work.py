"""The work folder of a film: its colored pieces so far, from which a later call goes on."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from lib.common.files import read_json, write_json
from lib.data.clips import FilmError

_WHOLE, _STATE, _DAMAGE, _UNFINISHED = "whole.json", "asked.json", "damage.json", "unfinished.nut"


@dataclass(frozen=True)
class WholePiece:
    """A file of frames of one shot.

    Args:
        path: the file.
        shot: the number of the shot.
        count: how many frames there are.
        first, last: the times of its first and last frame, in units of the film's time base.
        ends_shot: 1 where the next frame begins a shot, else 0.
        is_kept: 1 where the frames have the film's own colors, else 0.
    """

    path: Path
    shot: int
    count: int
    first: int
    last: int
    ends_shot: int
    is_kept: int

    @classmethod
    def of(cls, path: Path) -> "WholePiece":
        return cls(path, *map(int, path.stem.split("_")[2:]))


class WorkFolder:
    """The pieces of one result, beside it in a hidden folder.

    Args:
        target: the result.
    """

    def __init__(self, target: Path):
        self.target = target
        self.folder = target.with_name(f".{target.name}.part")
        self.pieces: list[WholePiece] = []

    @contextmanager
    def entered(self, asked: dict) -> Iterator[None]:
        """Take the folder for this call, and the pieces in it if they were made for what is asked now.

        Args:
            asked: all that the frames depend on, as JSON.

        Raises:
            FilmError: another call is at work on the same result.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise FilmError(f"{self.target}: another call is at work on it; let it end first") from error
        try:
            self._take(asked)
            yield
        finally:
            lock.release()
            with suppress(OSError):  # nothing was begun: no folder shall be left
                if not self.pieces and not (self.folder / _WHOLE).exists():
                    self.remove()

    def _take(self, asked: dict) -> None:
        before = None
        with suppress(OSError, ValueError):
            before = read_json(self.folder / _STATE)
        if before != asked:
            for path in self.folder.iterdir():
                if path.name != "lock":
                    path.unlink()
            write_json(self.folder / _STATE, asked)
        self.pieces = [WholePiece.of(path) for path in sorted(self.folder.glob("piece_*.nut"))]

    @property
    def unfinished(self) -> Path:
        """Where a piece is written before it is whole."""
        return self.folder / _UNFINISHED

    def keep(self, shot: int, count: int, first: int, last: int, ends_shot: bool, is_kept: bool) -> None:
        """The unfinished piece is whole: name it so."""
        about = shot, count, first, last, int(ends_shot), int(is_kept)
        path = self.folder / f"piece_{len(self.pieces):06d}_{'_'.join(map(str, about))}.nut"
        self.unfinished.replace(path)
        self.pieces.append(WholePiece.of(path))

    def open_shot(self) -> list[WholePiece]:
        """The pieces of the last shot, if there may be more of it."""
        last = self.pieces[-1:]
        return [] if not last or last[0].ends_shot else [piece for piece in self.pieces if piece.shot == last[0].shot]

    @property
    def damage(self) -> tuple[float | None, bool]:
        """From which second on the film is damaged, and whether it ends there, as any call has noted."""
        with suppress(OSError, ValueError, KeyError):
            noted = read_json(self.folder / _DAMAGE)
            return float(noted["seconds"]), bool(noted["is_cut"])
        return None, False

    def note_damage(self, seconds: float, is_cut: bool) -> None:
        """Keep where damage begins; that of an earlier call lies before it."""
        before, was_cut = self.damage
        if before is None or (is_cut and not was_cut):
            write_json(self.folder / _DAMAGE, {"seconds": seconds if before is None else before, "is_cut": is_cut})

    @property
    def is_whole(self) -> bool:
        """Whether all pieces are there, and only the film is to be joined from them."""
        return (self.folder / _WHOLE).exists()

    def note_whole(self) -> None:
        write_json(self.folder / _WHOLE, {"pieces": len(self.pieces)})

    def finish(self, joined: Path) -> None:
        """Give the joined film its final name, and remove the folder."""
        joined.chmod(0o644)
        joined.replace(self.target)
        self.remove()

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
