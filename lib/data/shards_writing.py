"""Packs pictures into shards: decoded once, in parallel processes, in memory that does not grow with their pixels.

Nothing here imports torch, which would cost each of the processes seconds and 200 MB.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence, ValuesView
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from zlib import crc32

import numpy as np
from filelock import FileLock, Timeout
from PIL import Image

from lib.common.files import atomic_write, printable
from lib.common.terminal import silent_libraries
from lib.data.images import DECODER, PhotographError, squared_pair
from lib.data.locations import check_size
from lib.data.monochrome import is_gray
from lib.data.shards import INDEX, SHARD, Layout, ending, read_ending, write_index
from lib.data.shards_sources import Collection, Source
from lib.data.splits import SPLITS, in_order, sha256_of

SHARD_BYTES = 128 * 2**20  # a shard has at most so many


@dataclass(frozen=True)
class _Plan:
    """A shard that is to be written: its file, the pictures in their order, and what they are made of."""

    path: Path
    layout: Layout
    names: list[str]
    sources: list[Source]
    state: str  # of all that the shard depends on


def pack(collection: Collection, size: int, folder: Path, tick: Callable[[int], None]) -> list[str]:
    """Write a collection's pictures, as squares of `size` px, to shards in a folder, with their index.

    Each shard is written whole or not at all, and those that are there already are kept: a packing that was stopped
    goes on. Each split has shards of its own, in the order in which a training takes its pictures.

    Args:
        collection: what to pack.
        size: in px, at least 16.
        folder: an empty or new one, or that of an earlier packing. Shards that no longer belong to it are removed.
        tick: called with the number of pictures of each shard that is done.

    Returns:
        A sentence for each file that was left out.

    Raises:
        ValueError: the folder holds other files, another process packs into it, or no picture can be read.
    """
    check_size(size)
    layout = Layout(size, collection.paired)
    plans = _plans(collection, layout, folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0, mode=0o644):
            done = _kept(folder, plans)
            for plan in plans:
                if plan.path.name in done:
                    tick(len(plan.names))
            done |= _written([plan for plan in plans if plan.path.name not in done], tick)
            shards = {plan.path.name: done[plan.path.name] for plan in plans}
            about = _about(collection, shards.values())
            write_index(folder, layout, about, shards)
    except Timeout:
        raise ValueError(f"{printable(folder)}: another process packs into this folder; wait for it") from None
    (folder / ".lock").unlink(missing_ok=True)
    return about["skipped"]


def _about(collection: Collection, records: ValuesView[dict]) -> dict:
    """What the index says of all shards; `PhotographError` where none of the pictures could be read."""
    problems = [*collection.problems, *(problem for record in records for problem in record["problems"])]
    gray, count = sum(record["gray"] for record in records), sum(len(record["names"]) for record in records)
    if not count:
        raise PhotographError(f"{collection.description}: none can be read; the first problem: {problems[0]}")
    without = [f"pictures without color: {gray:,} of {count:,}"] if gray else []
    remarks = "; ".join([*collection.remarks, *without])
    return {"name": collection.name, "description": collection.description, "remarks": remarks, "skipped": problems}


def _plans(collection: Collection, layout: Layout, folder: Path) -> list[_Plan]:
    plans, most = [], max(1, SHARD_BYTES // layout.bytes)
    for split in SPLITS:
        own = in_order((i for i, known in enumerate(collection.splits) if known == split), collection.names)
        for start in range(0, len(own), most):
            chosen = own[start : start + most]
            names, sources, states = (
                [values[i] for i in chosen] for values in (collection.names, collection.sources, collection.states)
            )
            state = sha256_of(json.dumps([DECODER, layout.size, layout.paired, names, states]))
            path = folder / f"{split}-{start // most:05d}.tar"
            plans.append(_Plan(path, layout, names, sources, state))
    return plans


def _kept(folder: Path, plans: Sequence[_Plan]) -> dict[str, dict]:
    """What the shards hold that are there already, by file. All other shards, and traces of a stop, are removed."""
    for path in sorted(folder.iterdir()):
        if not path.name.startswith(".") and path.name != INDEX and not SHARD.fullmatch(path.name):
            raise ValueError(
                f"{printable(folder)} holds other files, such as {printable(path.name)}; give a new folder"
            )
    found = {path.name: read_ending(path) for path in sorted(folder.glob("*.tar")) if SHARD.fullmatch(path.name)}
    states = {plan.path.name: plan.state for plan in plans}
    kept = {name: record for name, record in found.items() if record["state"] == states.get(name)}
    if len(kept) < len(states):
        (folder / INDEX).unlink(missing_ok=True)  # until all are there
    for path in (*folder.glob(".*-*.tar"), *(folder / name for name in found if name not in kept)):
        path.unlink()
    return kept


def _written(plans: Sequence[_Plan], tick: Callable[[int], None]) -> dict[str, dict]:
    """Write the shards, one process per core; returns what they hold, by file."""
    if len(plans) < 2:
        found = map(_write, plans)
        return {plan.path.name: _ticked(plan, record, tick) for plan, record in zip(plans, found, strict=True)}
    # Spawned, as in lib.data.scenes.rendering.
    with ProcessPoolExecutor(min(len(plans), os.cpu_count()), get_context("spawn"), _one_thread) as pool:
        found = pool.map(_write, plans)
        return {plan.path.name: _ticked(plan, record, tick) for plan, record in zip(plans, found, strict=True)}


def _ticked(plan: _Plan, record: dict, tick: Callable[[int], None]) -> dict:
    tick(len(plan.names))
    return record


def _one_thread() -> None:
    """Let OpenCV, which renders scenes, use one core in each process."""
    import cv2

    cv2.setNumThreads(1)


def _write(plan: _Plan) -> dict:
    """Write a shard and return what it holds: names, sums and problems of its pictures."""
    names, sums, problems, gray, digest, layout = [], [], [], 0, hashlib.sha256(), plan.layout
    with atomic_write(plan.path) as temporary, temporary.open("wb") as file, silent_libraries():
        for name, source in zip(plan.names, plan.sources, strict=True):
            try:
                sides = _picture(source, layout.size)
            except PhotographError as error:
                problems.append(printable(str(error)))
                continue
            content = layout.picture(f"{plan.path.stem}-{len(names):05d}", *sides)
            file.write(content)
            digest.update(content)
            names.append(name)
            sums.append(crc32(content))
            gray += is_gray(sides[1])
        record = {"state": plan.state, "names": names, "crc32": sums, "problems": problems, "gray": gray}
        record |= {"sha256": digest.hexdigest()}
        file.write(ending(record))
    return record


def _picture(source: Source, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The gray and the color side of a picture; `PhotographError` where it cannot be read."""
    if isinstance(source, int):
        from lib.data.scenes.rendering import render_scene  # imports OpenCV

        color = render_scene(source, size)
        return np.asarray(Image.fromarray(color).convert("L")), color
    gray, color = squared_pair(*source, size)
    return np.asarray(gray), np.asarray(color)
