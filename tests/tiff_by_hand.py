"""TIFF files of every interpretation, depth and layout, by hand: no library that is installed writes them all."""

import struct
import zlib
from collections.abc import Sequence

import numpy as np

GRAY_INVERTED, GRAY, RGB, PALETTE, MASK, CMYK, YCBCR, CIELAB, ICCLAB = 0, 1, 2, 3, 4, 5, 6, 8, 9


def _packed(levels: np.ndarray, bits: int, order: str) -> bytes:
    """Rows of samples `(rows, n)` as bytes, each row filled up to whole bytes."""
    if levels.dtype.kind == "f" or bits in (16, 32, 64):
        return levels.astype(levels.dtype.newbyteorder(order)).tobytes()
    if bits == 8:
        return levels.astype(np.uint8).tobytes()
    each = levels[..., None] >> np.arange(bits - 1, -1, -1) & 1
    return np.packbits(each.reshape(len(levels), -1).astype(np.uint8), axis=1).tobytes()


def _page(levels: np.ndarray, bits: int, photometric: int, order: str, at: int, last: bool, o: dict) -> bytes:
    """One page, its data first, then its directory, for the place `at` of the file."""
    levels = levels if levels.ndim == 3 else levels[..., None]
    height, width, samples = levels.shape
    rows = o.get("rows") or height
    tile, separate = o.get("tile"), o.get("separate")
    big = o.get("big")

    def packed(part: np.ndarray) -> bytes:
        if o.get("predictor") == 2:
            part = np.diff(part, axis=1, prepend=np.zeros_like(part[:, :1])) & (2**bits - 1)
        data = _packed(np.ascontiguousarray(part).reshape(len(part), -1), bits, order)
        data = zlib.compress(data) if o.get("deflate") else data
        if o.get("fill") == 2:  # as libtiff has it, of the compressed bytes
            data = np.packbits(np.unpackbits(np.frombuffer(data, np.uint8)), bitorder="little").tobytes()
        return data

    pieces = o.get("pieces") or []
    for plane in ([levels[..., i : i + 1] for i in range(samples)] if separate else [levels]) if not pieces else []:
        if tile:
            wide = np.pad(plane, ((0, -height % tile), (0, -width % tile), (0, 0)), "edge")
            for y in range(0, len(wide), tile):
                pieces += [packed(wide[y : y + tile, x : x + tile]) for x in range(0, wide.shape[1], tile)]
        else:
            pieces += [packed(plane[y : y + rows]) for y in range(0, height, rows)]
    data = b"".join(pieces)
    places = [at + sum(map(len, pieces[:i])) for i in range(len(pieces))]
    tags: dict[int, Sequence] = {256: [width], 257: [height], 258: [bits] * samples, 277: [samples]}
    tags |= {259: [o.get("compression", 8 if o.get("deflate") else 1)]}
    tags |= {} if photometric is None else {262: [photometric]}
    tags |= {322: [tile], 323: [tile], 324: places, 325: list(map(len, pieces))} if tile else {}
    tags |= {} if tile else {273: places, 278: [rows], 279: list(map(len, pieces))}
    tags |= {284: [2]} if separate else {}
    tags |= {317: [2]} if o.get("predictor") == 2 else {}
    tags |= {266: [2]} if o.get("fill") == 2 else {}
    tags |= {339: [{"f": 3, "i": 2}[levels.dtype.kind]] * samples} if levels.dtype.kind in "fi" else {}
    tags |= o.get("tags", {})
    code, entry, count = ("Q", order + "HHQ", order + "Q") if big else ("I", order + "HHI", order + "H")
    kinds = {"H": 3, "I": 4, "Q": 16}
    start = at + len(data) + (-len(data) % 2)
    size = struct.calcsize(count) + len(tags) * (20 if big else 12) + struct.calcsize(code)
    directory, beyond = struct.pack(count, len(tags)), b""
    for tag, values in sorted(tags.items()):
        if isinstance(values, bytes):
            kind, raw, number = 7, values, len(values)
        else:
            letter = code if tag in (273, 324, 325, 279, 330) else "I" if max(values) > 65535 else "H"
            kind, raw, number = kinds[letter], struct.pack(f"{order}{len(values)}{letter}", *values), len(values)
        if len(raw) > (8 if big else 4):
            beyond += b"\0" * (len(beyond) % 2)
            raw, beyond = struct.pack(order + code, start + size + len(beyond)), beyond + raw
        directory += struct.pack(entry, tag, kind, number) + raw.ljust(8 if big else 4, b"\0")
    after = start + size + len(beyond) + len(beyond) % 2
    directory += struct.pack(order + code, 0 if last else after + 0)
    return data + bytes(-len(data) % 2), directory + beyond + b"\0" * (len(beyond) % 2)


def tiff(levels: np.ndarray, bits: int, photometric: int | None, order: str = "<", **options) -> bytes:
    """A TIFF file with one page.

    Args:
        levels: samples `(height, width)` or `(height, width, samples)`, as they are to be stored.
        bits: of each sample.
        photometric: the tag's value; None leaves it out.
        order: "<" for little-endian, ">" for big-endian.
        options: rows (of a strip), tile (its side), separate (planes), predictor=2, fill=2, deflate, big (BigTIFF),
            pieces (the strips' bytes, ready), compression (the tag's value), tags (more of them).
    """
    head = 16 if options.get("big") else 8
    data, directory = _page(levels, bits, photometric, order, head, True, options)
    mark = b"II" if order == "<" else b"MM"
    if options.get("big"):
        return struct.pack(order + "2sHHHQ", mark, 43, 8, 0, head + len(data)) + data + directory
    return struct.pack(order + "2sHI", mark, 42, head + len(data)) + data + directory


def tiff_pages(*pages: tuple) -> bytes:
    """A little-endian TIFF of several pages, each given as `(levels, bits, photometric, options)`."""
    done, links = bytearray(struct.pack("<2sHI", b"II", 42, 0)), [4]
    for levels, bits, photometric, options in pages:
        data, directory = _page(levels, bits, photometric, "<", len(done), True, options)
        struct.pack_into("<I", done, links[-1], len(done) + len(data))
        count = struct.unpack_from("<H", directory)[0]
        links.append(len(done) + len(data) + 2 + 12 * count)
        done += data + directory
    return bytes(done)
