"""The hints on frames of a film, brought to the shots that the frames are of."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

from lib.colorize.films import Source
from lib.colorize.guides import Guide
from lib.colorize.video import shots_of
from lib.data.clips import FilmError, upright_luma
from lib.data.hints import Hints, HintsError
from lib.networks.chroma_net import ChromaNet


def guides_of(
    source: Source, given: Sequence[tuple[Path, Hints]], network: ChromaNet, vividness: float, is_preview: bool
) -> tuple[dict[int, Guide], list[Path]]:
    """What hints say of the shots of a film.

    The film is looked through as far as the last frame with hints, to find its shots: a hint counts for the frames
    before its own as well.

    Args:
        source: the film.
        given: files of hints, with what they hold.
        network: see `load_colorizer`.
        vividness: that of the film's colors.
        is_preview: whether a flash counts as a shot, as in a preview.

    Returns:
        A guide for each shot that has hints, by its number, and the files whose frame is not in the film.

    Raises:
        FilmError: hints are on another picture than the frame that they name.
    """
    missing = {hints.photograph for _, hints in given}
    frames: dict[str, tuple[int, Image.Image]] = {}  # by name: the number of the shot, and luma
    with closing(_with_shots(source, network, is_preview)) as found:
        for name, shot, luma in found:
            if name in missing:
                frames[name] = shot, Image.fromarray(luma)
                missing.remove(name)
                if not missing:
                    break
    hinted: dict[int, list[tuple[Image.Image, Hints]]] = {}
    for file, hints in given:
        if hints.photograph in frames:
            shot, gray = frames[hints.photograph]
            try:
                hints.check(gray)
            except HintsError as error:
                raise FilmError(f"{file}: {error}") from error
            hinted.setdefault(shot, []).append((gray, hints))
    guides = {shot: Guide.of(network, some, vividness) for shot, some in hinted.items()}
    return guides, [file for file, hints in given if hints.photograph in missing]


def _with_shots(source: Source, network: ChromaNet, is_preview: bool) -> Iterator[tuple[str, int, np.ndarray]]:
    """The name of each frame, the number of its shot, and its luma as the network sees it, uint8 `(H, W)`."""
    waiting: deque[tuple[str, np.ndarray]] = deque()

    def lumas() -> Iterator[np.ndarray]:
        for frame in source.reader().frames():
            waiting.append((source.frame_name(frame.time), upright_luma(frame.luma, source.look)))
            yield waiting[-1][1]

    for shot in shots_of(lumas(), network, is_preview):
        name, luma = waiting.popleft()
        yield name, shot, luma
