"""The samples of a TIFF page as arrays, and the picture that they are, for the pages that PIL does not decode right."""

import io
import struct
from collections.abc import Callable

import numpy as np
from PIL import Image

from lib.data.pixels import FLOATS, INTEGERS, SIGNED, PixelError, in_8_bits

# Compressions that give back the bytes of the samples, so that a page of any depth can be unpacked as bytes of gray:
# none, LZW, deflate (two numbers), PackBits, LZMA, ZSTD.
BYTE_STREAMS = frozenset({1, 5, 8, 32946, 32773, 34925, 50000})

_GRAY, _RGB, _PALETTE, _CMYK, _YCBCR, _LABS = (0, 1), 2, 3, 5, 6, (8, 9, 10)
_UNSIGNED, _SIGNED, _FLOAT, _VOID = 1, 2, 3, 4


_NAMES = {1: "none", 2: "CCITT", 3: "CCITT G3", 4: "CCITT G4", 5: "LZW", 6: "old-style JPEG", 7: "JPEG", 8: "deflate"}
_NAMES |= {32773: "PackBits", 33003: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000", 34887: "LERC", 34925: "LZMA"}
_NAMES |= {50000: "ZSTD", 34927: "WebP", 50001: "WebP", 50002: "JPEG XL", 32946: "deflate", 34892: "lossy JPEG"}


def compression_name(number: int) -> str:
    return _NAMES.get(number, str(number))


class _Page:
    """The tags of a page that say how its samples are stored."""

    def __init__(self, tags: dict):
        def many(tag: int, default: int) -> tuple:
            value = tags.get(tag, default)
            return value if isinstance(value, tuple) else (value,)

        self.tags, self.many = tags, many
        self.width, self.height, self.photometric = tags[256], tags[257], tags[262]
        self.samples = tags.get(277, len(many(258, 1)))
        self.bits, self.compression = many(258, 1)[0], tags.get(259, 1)
        self.separate = tags.get(284, 1) == 2 and self.samples > 1
        self.predictor, self.extra = tags.get(317, 1), many(338, 0) if 338 in tags else ()
        self.tiled = 324 in tags
        self.subsampling = many(530, 2)[:2] if self.photometric == _YCBCR and 530 in tags else (2, 2)

    def check(self) -> None:
        """Raise `PixelError` for samples that cannot be shown."""
        if self.compression not in BYTE_STREAMS:
            raise PixelError(
                f"a TIFF with the compression {compression_name(self.compression)}, {self.samples} x {self.bits} bits "
                f"and the photometric interpretation {self.photometric} is not read; save it uncompressed"
            )
        formats = set(self.many(339, _UNSIGNED))
        if formats & {_FLOAT, 6}:
            raise PixelError(FLOATS)
        if not formats <= {_UNSIGNED, _VOID}:
            raise PixelError(SIGNED.format(bits=self.bits))
        if self.bits > 16:
            raise PixelError(INTEGERS.format(bits=self.bits))
        if len(set(self.many(258, 1))) > 1 or self.bits < 1:
            raise PixelError("a TIFF with samples of different depths is not read; save it with 8 bits a sample")
        colors = {_RGB: 3, _CMYK: 4, _YCBCR: 3, **dict.fromkeys(_LABS, 3)}.get(self.photometric, 1)
        if not colors <= self.samples <= colors + 16:
            raise PixelError(f"a TIFF with {self.samples} samples a pixel is not read; save it as gray or RGB")


def _bytes_of(page: _Page, read: Callable[[int, int], bytes], plane: int) -> np.ndarray:
    """The unpacked bytes of one plane, `(rows, bytes a row)`; of tiles, those that stick out are part of it."""
    across = 1 if page.separate else page.samples
    if page.tiled:
        side, rows = page.tags[322], page.tags[323]
        tiles_across, tiles_down = -(-page.width // side), -(-page.height // rows)
        row_bytes, height, parts = side * across * page.bits // 8, tiles_down * rows, tiles_across * tiles_down
        width = tiles_across * row_bytes
    else:
        rows = min(page.tags.get(278, page.height), page.height)
        width = row_bytes = -(-page.width * across * page.bits // 8)
        height, parts = page.height, -(-page.height // rows)
    offsets = page.many(324 if page.tiled else 273, 0)[plane * parts :][:parts]
    counts = page.many(325 if page.tiled else 279, 0)[plane * parts :][:parts]
    if len(offsets) < parts or len(counts) < parts:
        raise PixelError("the TIFF is damaged or cut off; replace or remove it")
    pieces = [read(offset, count) for offset, count in zip(offsets, counts, strict=True)]
    fill = page.tags.get(266, 1)
    # A TIFF around the same compressed bytes, in which each of them counts as a pixel of gray.
    entries = {256: width, 257: height, 258: 8, 259: page.compression, 262: 1, 266: fill, 277: 1}
    entries |= {322: row_bytes, 323: rows, 324: None, 325: None} if page.tiled else {273: None, 278: rows, 279: None}
    start = 8 + 2 + 12 * len(entries) + 4
    places = np.cumsum([start + 8 * parts, *map(len, pieces)])[:-1].tolist()
    table = b""
    for tag, value in sorted(entries.items()):
        if value is None:
            listed = places if tag in (273, 324) else list(map(len, pieces))
            where = start + (0 if tag in (273, 324) else 4 * parts)
            table += struct.pack("<HHII", tag, 4, parts, listed[0] if parts == 1 else where)
        else:
            table += struct.pack("<HHII", tag, 4, 1, value)
    lists = struct.pack(f"<{2 * parts}I", *places, *map(len, pieces))
    made = struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + table + bytes(4) + lists + b"".join(pieces)
    image = Image.open(io.BytesIO(made), formats=["TIFF"])
    image.load()
    return np.asarray(image)


def _unpacked(rows: np.ndarray, bits: int, little: bool) -> np.ndarray:
    """Samples of `bits` bits of each row of bytes, as uint8 or uint16."""
    if bits == 8:
        return rows
    if bits == 16:
        return np.ascontiguousarray(rows).view("<u2" if little else ">u2").astype(np.uint16)
    count = rows.shape[1] * 8 // bits
    kind = np.uint8 if bits < 8 else np.uint16
    levels = np.empty((len(rows), count), kind)
    weights = (1 << np.arange(bits - 1, -1, -1)).astype(kind)
    for start in range(0, len(rows), 64):  # by the row: each bit takes a byte on the way
        each = np.unpackbits(rows[start : start + 64], axis=1)[:, : count * bits]
        levels[start : start + 64] = (each.reshape(len(each), count, bits) * weights).sum(-1, dtype=kind)
    return levels


def _samples(page: _Page, read: Callable[[int, int], bytes], little: bool) -> np.ndarray:
    """All samples `(height, width, samples)` as stored, uint8 or uint16."""
    planes = []
    for plane in range(page.samples if page.separate else 1):
        across = 1 if page.separate else page.samples
        levels = _unpacked(_bytes_of(page, read, plane), page.bits, little)
        side = page.tags[322] if page.tiled else page.width
        levels = levels[:, : levels.shape[1] // (side * across) * side * across]
        levels = levels.reshape(len(levels), -1, side, across)
        if page.predictor == 2:
            levels = np.cumsum(levels, axis=2, dtype=levels.dtype) & np.array(2**page.bits - 1, levels.dtype)
        planes.append(levels.reshape(len(levels), -1, across)[: page.height, : page.width])
    return planes[0] if len(planes) == 1 else np.concatenate(planes, axis=2)


def _full_range(levels: np.ndarray, bits: int) -> np.ndarray:
    """Levels of `bits` bits scaled to 8 bits, or to 16 if they are more than 8."""
    if bits in (8, 16):
        return levels
    most = 255 if bits < 8 else 65535
    table = np.rint(np.arange(2**bits) * (most / (2**bits - 1))).astype(levels.dtype)
    return table[levels]


def picture_of_samples(tags: dict, little: bool, read: Callable[[int, int], bytes]) -> Image.Image:
    """The picture of one page, as a viewer shows it but for its color profile and orientation.

    Args:
        tags: the page's tags, by number, the width and the photometric interpretation among them.
        little: whether the file is little-endian.
        read: returns `count` bytes of the file from `offset` on.

    Returns:
        Mode "L", "I;16" (gray of more than 8 bits, scaled to 16), "LA", "RGB", "RGBA", "CMYK" or "LAB".

    Raises:
        PixelError: the page cannot be shown right.
    """
    page = _Page(tags)
    page.check()
    if page.photometric == _YCBCR and not page.separate and page.subsampling != (1, 1):
        return _from_ycbcr(page, *_subsampled(page, read))
    levels = _samples(page, read, little)
    if page.photometric == _PALETTE:
        return _from_palette(page, levels[..., 0])
    if page.photometric in _LABS:
        return _from_lab(page, levels)
    levels = _full_range(levels, page.bits)
    if page.photometric == _YCBCR:
        return _from_ycbcr(page, *np.moveaxis(in_8_bits(levels[..., :3]), 2, 0))
    if page.photometric == _CMYK:
        if page.tags.get(332, 1) != 1:
            raise PixelError("its inks are other than cyan, magenta, yellow and black; save it as RGB")
        return Image.fromarray(in_8_bits(levels[..., :4]), "CMYK")
    if page.photometric not in (*_GRAY, _RGB):
        raise PixelError(f"its photometric interpretation ({page.photometric!r}) is not known; save it as gray or RGB")
    return _from_light(page, levels)


def _from_light(page: _Page, levels: np.ndarray) -> Image.Image:
    """Gray or RGB, with or without alpha."""
    count = 3 if page.photometric == _RGB else 1
    color, alpha = levels[..., :count], None
    if levels.shape[2] > count and page.extra[:1] in ((1,), (2,)):
        alpha = levels[..., count : count + 1]
        if page.extra[0] == 1:  # associated: the light is multiplied by the alpha
            full = np.iinfo(levels.dtype).max
            color = (color * (full / np.maximum(alpha, 1))).round().clip(0, full).astype(levels.dtype)
    if page.photometric == 0:
        color = ~color
    if alpha is None and count == 1:
        return Image.fromarray(np.ascontiguousarray(color[..., 0]))
    parts = [color] if alpha is None else [color, alpha]
    return Image.fromarray(in_8_bits(np.concatenate(parts, axis=2)))


def _from_palette(page: _Page, levels: np.ndarray) -> Image.Image:
    """RGB by the page's color map, whose entries have 16 bits, or by mistake of some writers 8."""
    colors = np.array(page.tags[320])
    colors = colors if colors.max() < 256 else colors // 256
    colors = colors.reshape(3, -1).T
    if levels.max() >= len(colors):
        raise PixelError("its color map is too short")
    return Image.fromarray(colors.astype(np.uint8)[levels])


def _from_lab(page: _Page, levels: np.ndarray) -> Image.Image:
    """CIELab and ICCLab as PIL's "LAB": L from 0 to 255, a and b with 128 for zero."""
    wide = page.bits == 16
    if page.bits not in (8, 16):
        raise PixelError(f"Lab with {page.bits} bits is not read; save it as RGB")
    lab = levels[..., :3].astype(np.float32) / (256 if wide else 1)
    if wide:  # white is 65535 in CIELab and 65280 in ICCLab
        lab[..., 0] *= 255 * 256 / 65535 if page.photometric == 8 else 1
    if page.photometric == 8:  # a and b are signed
        lab[..., 1:] = (lab[..., 1:] + 128) % 256
    whole = lab.round().clip(0, 255).astype(np.uint8)
    whole[..., 1:] ^= 128  # PIL's bytes are signed too
    return Image.frombytes("LAB", lab.shape[1::-1], whole.tobytes())


def _subsampled(page: _Page, read: Callable[[int, int], bytes]) -> list[np.ndarray]:
    """Y, Cb and Cr `(height, width)` of samples that are stored by blocks: all Y of a block, then one Cb and one Cr."""
    if page.bits != 8 or page.tiled or page.predictor != 1 or page.samples != 3:
        raise PixelError("a TIFF with subsampled chroma of this kind is not read; save it as RGB")
    wide, high = page.subsampling
    across, rows = -(-page.width // wide), page.tags.get(278, page.height)
    planes = []
    for start, offset, count in zip(range(0, page.height, rows), page.many(273, 0), page.many(279, 0), strict=True):
        down = -(-min(rows, page.height - start) // high)
        blocks = np.frombuffer(_inflated(page, read(offset, count), down, across * (wide * high + 2)), np.uint8)
        blocks = blocks.reshape(down, across, wide * high + 2)
        y = blocks[..., :-2].reshape(down, across, high, wide).swapaxes(1, 2).reshape(down * high, across * wide)
        chroma = blocks[..., -2:].repeat(high, 0).repeat(wide, 1)
        strip = np.dstack([y, chroma])
        planes.append(strip[: min(rows, page.height - start), : page.width])
    return list(np.moveaxis(np.concatenate(planes), 2, 0))


def _inflated(page: _Page, piece: bytes, rows: int, row_bytes: int) -> bytes:
    strip = _Page({256: row_bytes, 257: rows, 258: 8, 259: page.compression, 262: 1, 273: 0, 279: len(piece)})
    strip.tags[266] = page.tags.get(266, 1)
    return _bytes_of(strip, lambda offset, count: piece[:count], 0).tobytes()


def _from_ycbcr(page: _Page, y: np.ndarray, cb: np.ndarray, cr: np.ndarray) -> Image.Image:
    """RGB of Y, Cb and Cr by the page's coefficients (Rec. 601 unless it says others) and reference levels."""
    red, green, blue = map(float, page.many(529, 0) if 529 in page.tags else (0.299, 0.587, 0.114))
    black = page.many(532, 0) if 532 in page.tags else (0, 255, 128, 255, 128, 255)
    black = [float(level) for level in black]
    y, cb, cr = (levels.astype(np.float32) for levels in (y, cb, cr))
    y = (y - black[0]) * 255 / (black[1] - black[0])
    cb = (cb - black[2]) * 127 / (black[3] - black[2])
    cr = (cr - black[4]) * 127 / (black[5] - black[4])
    r, b = y + (2 - 2 * red) * cr, y + (2 - 2 * blue) * cb
    g = (y - red * r - blue * b) / green
    return Image.fromarray(np.dstack([r, g, b]).round().clip(0, 255).astype(np.uint8))
