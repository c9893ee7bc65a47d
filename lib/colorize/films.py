"""Colorize one film, from file to file: piece by piece, so that a stopped call goes on where it was."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from lib.color.film_chroma import ChromaLayout, turned_back
from lib.colorize.film_work import WorkFolder
from lib.data.clips import FilmError, Frame, Look, upright_luma
from lib.data.clips_joining import join
from lib.data.clips_reading import Clip
from lib.data.clips_writing import Encoding, Piece

if TYPE_CHECKING:
    from lib.colorize.video import Colored

# From upright lumas of a film, and the number of the shot that they begin with, to the colors of its frames.
Colors = Callable[[Iterable[np.ndarray], int], "Iterator[Colored]"]

_LONGEST_PIECE = 10  # seconds; a shot that lasts longer becomes several pieces
_AHEAD = 4  # frames that wait between two threads


class Source(Protocol):
    """What is colorized: a film, or the numbered frames of a folder."""

    path: Path
    look: Look
    time_base: Fraction
    rate: Fraction
    start: int
    count: int | None

    def at(self, time: int) -> float: ...

    def frame_name(self, time: int) -> str: ...

    def reader(self) -> "FrameReader": ...


class FrameReader(Protocol):
    damaged_at: int | None
    is_cut: bool

    def frames(self, start: int | None = None) -> Iterator[Frame]: ...


@dataclass(frozen=True)
class Outcome:
    """How a film went.

    Args:
        count: how many frames the result has.
        resumed: how many of them an earlier call had made.
        damaged_at: from which second on the source is damaged; None if it is whole.
        is_cut: whether nothing comes after that.
        left_out: streams that the result cannot hold, in words.
    """

    count: int
    resumed: int
    damaged_at: float | None
    is_cut: bool
    left_out: list[str]


def colorize_film(
    source: Source,
    target: Path,
    colors: Colors,
    asked: dict,
    is_lossless: bool = False,
    progress: Callable[[int], object] = lambda count: None,
) -> Outcome:
    """Write a film in color.

    Its luma stays as it is, to the bit where `is_lossless`. The result gets its name when it is whole. Until then its
    pieces lie in a hidden folder beside it, and a call with the same `asked` goes on after the last whole one.

    Args:
        source: what to colorize.
        target: the result, `.mkv` where `is_lossless`, else `.mp4`.
        colors: see `Colors`, such as `lib.colorize.video.colors_of_film` with its network.
        asked: all that the colors depend on, as JSON, the source's file included.
        is_lossless: see `Encoding`.
        progress: called with the number of frames that are done; first with that of an earlier call.

    Raises:
        FilmError: no frame could be read, or another call is at work on the same result.
    """
    encoding = Encoding(source.look, source.time_base, source.rate, is_lossless)
    work = WorkFolder(target)
    with work.entered(asked):
        resumed = sum(piece.count for piece in work.pieces)
        progress(resumed)
        if not work.is_whole:
            _make_pieces(source, encoding, colors, work, progress)
            if not work.pieces:
                raise FilmError(f"{source.path}: none of its frames can be read; replace or remove it")
            work.note_whole()
        joined = work.folder / f"joined{encoding.suffix}"
        clip = source if isinstance(source, Clip) else None
        pieces = ((piece.path, piece.first) for piece in work.pieces)
        left_out = join(joined, encoding, pieces, clip, source.start)
        outcome = Outcome(sum(piece.count for piece in work.pieces), resumed, *work.damage, left_out)
        work.finish(joined)
    return outcome


def _make_pieces(
    source: Source, encoding: Encoding, colors: Colors, work: WorkFolder, progress: Callable[[int], object]
) -> None:
    """Color the frames that are in no piece yet.

    Colors are carried along within a shot, so they are begun anew at the start of the last shot if it is not whole. The
    pieces that it has are kept all the same.
    """
    shot = work.pieces[-1].shot if work.pieces else -1
    start = work.pieces[-1].last + 1 if work.pieces else None
    known = work.open_shot()
    seen = sum(piece.count for piece in known)
    writer = _Writer(source, encoding, work, progress)
    times: deque[int] = deque()

    def lumas() -> Iterator[np.ndarray]:
        for frame in source.reader().frames(known[0].first if known else start):
            times.append(frame.time)
            yield upright_luma(frame.luma, source.look)

    with writer, closing(_ahead(lumas())) as waiting:
        for position, colored in enumerate(colors(waiting, shot if known else shot + 1)):
            time = times.popleft()
            if position < seen:
                continue
            is_first = colored.begins or shot < 0
            shot += is_first
            writer.put(_Item(time, colored.chroma.float().cpu().numpy(), shot, is_first))


class _End:
    """Ends a queue; with an error, where there was one."""

    def __init__(self, error: BaseException | None = None):
        self.error = error


def _ahead(items: Iterator) -> Iterator:
    """The same items, made by a thread of its own a few at a time before they are asked for."""
    made: queue.Queue = queue.Queue(_AHEAD)
    is_over = threading.Event()

    def put(item: object) -> None:
        while not is_over.is_set():
            try:
                made.put(item, timeout=0.1)
                return
            except queue.Full:
                continue

    def make() -> None:
        end = _End()
        try:
            for item in items:
                put(item)
                if is_over.is_set():
                    break
        except BaseException as error:
            end = _End(error)
        finally:
            items.close()
        put(end)

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while not isinstance(item := made.get(), _End):
            yield item
        if item.error:
            raise item.error
    finally:
        is_over.set()
        thread.join()


class _Item(NamedTuple):
    """What is to be written of a frame."""

    time: int
    chroma: np.ndarray
    shot: int
    begins: bool


class _Writer:
    """A thread that decodes the film once more, joins luma and colors, and encodes the pieces.

    As a context manager it waits at the end until all is written; after an error what is not whole is dropped.
    """

    def __init__(self, source: Source, encoding: Encoding, work: WorkFolder, progress: Callable[[int], object]):
        self._source, self._encoding, self._work, self._progress = source, encoding, work, progress
        self._layout: ChromaLayout = encoding.layout
        self._reader = source.reader()
        self._items: queue.Queue = queue.Queue(_AHEAD)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._is_stopped = False
        self._longest = round(_LONGEST_PIECE / source.time_base)

    def __enter__(self) -> "_Writer":
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        self._is_stopped = kind is not None
        self._items.put(None)
        self._thread.join()
        if self._error and (error is None or error is not self._error):
            raise self._error

    def put(self, item: _Item) -> None:
        """Have a frame written; what went wrong with earlier ones is raised."""
        self._items.put(item)
        if self._error:
            raise self._error

    def _run(self) -> None:
        try:
            self._write()
        except BaseException as error:
            self._error = error
            while self._items.get() is not None:  # the other side is not to wait for room
                pass

    def _write(self) -> None:
        pieces = self._work.pieces
        frames = self._reader.frames(pieces[-1].last + 1 if pieces else None)
        piece = shot = None
        done = sum(whole.count for whole in pieces)
        with closing(frames):
            try:
                while (item := self._items.get()) is not None and not self._is_stopped:
                    if piece and (item.begins or item.time - piece.first >= self._longest):
                        self._keep(piece, shot, item.begins)
                        piece = None
                    if piece is None:
                        piece, shot = Piece(self._work.unfinished, self._encoding), item.shot
                    self._add(piece, next(frames, None), item)
                    done += 1
                    self._progress(done)
                if piece and not self._is_stopped:
                    self._keep(piece, shot, ends_shot=False)
                    piece = None
                    next(frames, None)  # nothing comes; but now the reader knows whether the end is there
            finally:
                if piece:
                    piece.abandon()
        self._note_damage()

    def _add(self, piece: Piece, frame: Frame | None, item: _Item) -> None:
        if frame is None or frame.time != item.time:
            raise FilmError(f"{self._source.path}: cannot be read twice alike; is it being written? Try again later")
        luma = self._source.look.layout.at_depth(frame.luma, self._encoding.depth)
        chroma = np.stack([turned_back(part, self._source.look.turn) for part in item.chroma])
        piece.add(frame.time, luma, self._layout.planes(chroma, luma))

    def _keep(self, piece: Piece, shot: int, ends_shot: bool) -> None:
        piece.close()
        self._work.keep(shot, piece.count, piece.first, piece.last, ends_shot)
        self._note_damage()

    def _note_damage(self) -> None:
        if self._reader.damaged_at is not None:
            self._work.note_damage(self._source.at(self._reader.damaged_at), self._reader.is_cut)
