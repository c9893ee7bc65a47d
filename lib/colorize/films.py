"""Colorize one film, from file to file: piece by piece, so that a stopped call goes on where it was."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from lib.color.film_chroma import ChromaLayout, turned_back
from lib.colorize.film_work import WorkFolder
from lib.colorize.kept_colors import Item, in_color, keep_colors
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
# Of the whole film at least the first frame could be read, when it was opened.
_NO_FRAME = "no frame of it begins in this part; name other times after --from and --to"


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

    def reader(self, chroma: str = "") -> "FrameReader": ...


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
        kept: how many frames have the film's own colors.
    """

    count: int
    resumed: int
    damaged_at: float | None
    is_cut: bool
    left_out: list[str]
    kept: int = 0


def colorize_film(
    source: Source,
    target: Path,
    colors: Colors,
    asked: dict,
    is_lossless: bool = False,
    keeps_color: bool = False,
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
        keeps_color: whether shots that are in color already keep their own.
        progress: called with the number of frames that are done; first with that of an earlier call.

    Raises:
        FilmError: there is no frame in the part that is wanted, or another call is at work on the same result.
    """
    encoding = Encoding(source.look, source.time_base, source.rate, is_lossless)
    work = WorkFolder(target)
    with work.entered(asked):
        resumed = sum(piece.count for piece in work.pieces)
        progress(resumed)
        if not work.is_whole:
            _make_pieces(source, encoding, colors, work, keeps_color, progress)
            if not work.pieces:
                raise FilmError(f"{source.path}: {_NO_FRAME}")
            work.note_whole()
        joined = work.folder / f"joined{encoding.suffix}"
        clip = source if isinstance(source, Clip) else None
        pieces = ((piece.path, piece.first) for piece in work.pieces)
        left_out = join(joined, encoding, pieces, clip, source.start)
        kept = sum(piece.count for piece in work.pieces if piece.is_kept)
        outcome = Outcome(sum(piece.count for piece in work.pieces), resumed, *work.damage, left_out, kept)
        work.finish(joined)
    return outcome


def _make_pieces(
    source: Source,
    encoding: Encoding,
    colors: Colors,
    work: WorkFolder,
    keeps_color: bool,
    progress: Callable[[int], object],
) -> None:
    """Color the frames that are in no piece yet.

    Colors are carried along within a shot, so they are begun anew at the start of the last shot if it is not whole. The
    pieces that it has are kept all the same.
    """
    start = work.pieces[-1].last + 1 if work.pieces else None
    known = work.open_shot()
    seen = sum(piece.count for piece in known)
    chroma = encoding.pixel_format if keeps_color else ""
    writer = _Writer(source, encoding, work, chroma, progress)
    read: deque[tuple[int, bool]] = deque()

    def lumas() -> Iterator[np.ndarray]:
        for frame in source.reader(chroma).frames(known[0].first if known else start):
            read.append((frame.time, keeps_color and in_color(frame, source.look, encoding.layout)))
            yield upright_luma(frame.luma, source.look)

    def items(waiting: Iterator[np.ndarray]) -> Iterator[Item]:
        shot = work.pieces[-1].shot if work.pieces else -1
        for position, colored in enumerate(colors(waiting, shot if known else shot + 1)):
            begins = colored.begins or shot < 0
            shot += begins and position >= seen
            yield Item(read[0][0], colored.chroma.float().cpu().numpy(), shot, begins, read.popleft()[1])

    with writer, closing(_ahead(lumas())) as waiting:
        made = keep_colors(items(waiting)) if keeps_color else items(waiting)
        for item in islice(made, seen, None):
            writer.put(item)


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


class _Writer:
    """A thread that decodes the film once more, joins luma and colors, and encodes the pieces.

    As a context manager it waits at the end until all is written; after an error what is not whole is dropped.
    """

    def __init__(
        self, source: Source, encoding: Encoding, work: WorkFolder, chroma: str, progress: Callable[[int], object]
    ):
        self._source, self._encoding, self._work, self._progress = source, encoding, work, progress
        self._layout: ChromaLayout = encoding.layout
        self._reader = source.reader(chroma)
        self._items: queue.Queue = queue.Queue(_AHEAD)
        self._coming = iter(self._items.get, None)  # what is left of them; None is the end
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

    def put(self, item: Item) -> None:
        """Have a frame written; what went wrong with earlier ones is raised."""
        self._items.put(item)
        if self._error:
            raise self._error

    def _run(self) -> None:
        try:
            self._write()
        except BaseException as error:
            self._error = error
        finally:
            deque(self._coming, maxlen=0)  # the other side is not to wait for room

    def _write(self) -> None:
        pieces = self._work.pieces
        frames = self._reader.frames(pieces[-1].last + 1 if pieces else None)
        piece = head = None  # `head`: the first frame of the piece
        done = sum(whole.count for whole in pieces)
        with closing(frames):
            try:
                for item in self._coming:
                    if self._is_stopped:
                        break
                    if piece and (item.begins or item.time - piece.first >= self._longest):
                        self._keep(piece, head, item.begins)
                        piece = None
                    if piece is None:
                        piece, head = Piece(self._work.unfinished, self._encoding), item
                    self._add(piece, next(frames, None), item)
                    done += 1
                    self._progress(done)
                if piece and not self._is_stopped:
                    self._keep(piece, head, ends_shot=False)
                    piece = None
                    next(frames, None)  # nothing comes; but now the reader knows whether the end is there
            finally:
                if piece:
                    piece.abandon()
        self._note_damage()

    def _add(self, piece: Piece, frame: Frame | None, item: Item) -> None:
        if frame is None or frame.time != item.time:
            raise FilmError(f"{self._source.path}: cannot be read twice alike; is it being written? Try again later")
        luma = self._source.look.layout.at_depth(frame.luma, self._encoding.depth)
        if item.chroma is None:
            planes = frame.chroma or self._layout.planes(np.zeros((2, 1, 1), np.float32), luma)
        else:
            chroma = np.stack([turned_back(part, self._source.look.turn) for part in item.chroma])
            planes = self._layout.planes(chroma, luma)
        piece.add(frame.time, luma, planes)

    def _keep(self, piece: Piece, head: Item, ends_shot: bool) -> None:
        piece.close()
        self._work.keep(head.shot, piece.count, piece.first, piece.last, ends_shot, head.chroma is None)
        self._note_damage()

    def _note_damage(self) -> None:
        if self._reader.damaged_at is not None:
            self._work.note_damage(self._source.at(self._reader.damaged_at), self._reader.is_cut)
