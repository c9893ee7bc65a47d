"""TIFF files in the interpretations and depths that PIL lacks or shows wrong, such as 16-bit WhiteIsZero or 12-bit RGB.

`Tiff` is PIL's reader, with pages of these kinds decoded by `lib.data.tiff_samples`. All other pages are PIL's.
"""

import io
import struct

from PIL import Image, TiffImagePlugin

from lib.data.limits import BYTES_A_PIXEL
from lib.data.pixels import PixelError
from lib.data.tiff_samples import BYTE_STREAMS, compression_name, picture_of_samples

PREFIXES = tuple(TiffImagePlugin.PREFIXES)

_WIDTH, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _PLANAR, _COLORS, _FILL = 256, 258, 259, 262, 277, 284, 320, 266
_TILE = (322, 323)
_MOST_TAGS = 8  # times a file's bytes that its entries may hold, as pages share some
_DAMAGED_TAGS = "the TIFF is damaged: its tags hold more than the file; replace it"
_SUBFILE, _SUBIFDS, _EXTRA, _FORMAT, _DNG_VERSION = 254, 330, 338, 339, 50706
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _MASK, _YCBCR = 0, 1, 2, 3, 4, 6
_CCITT = (2, 3, 4, 32771)
# What PIL decodes right: photometric interpretation, bits of each sample, extra samples.
_KNOWN = {(0, (1,), ()), (1, (1,), ()), (0, (8,), ()), (1, (8,), ()), (1, (16,), ()), (1, (8, 8), (2,)), (3, (8,), ())}
_KNOWN |= {(2, (bits,) * (3 + len(extra)), extra) for bits in (8, 16) for extra in ((), (0,), (1,), (2,))}
_KNOWN |= {(5, (8,) * 4, ()), (5, (16,) * 4, ()), (8, (8,) * 3, ())}
_REDUCED, _IS_MASK = 1, 4  # bits of the tag NewSubfileType

_BIG = b"MM\0\x2b"  # how a big-endian BigTIFF starts
_EIGHT_BYTES = {16: 4, 17: 9, 18: 13}  # types of numbers that only BigTIFF has, and those of half the size

RAW = "it is a camera's raw file, of which only a small preview could be read; develop it to JPEG or TIFF first"
_REFUSED = {
    4: "it is a transparency mask without a picture",
    32803: RAW,
    34892: RAW,
    32844: "its light is logarithmic (LogL), without an agreed range; save it with 8 or 16 bits",
    32845: "its light is logarithmic (LogLuv), without an agreed range; save it with 8 or 16 bits",
}


class Tiff(TiffImagePlugin.TiffImageFile):
    """A TIFF file whose pages come out as a viewer shows them, or raise `PixelError`, but for their color profile.

    Pages are chosen with `seek`, as ever. A page that PIL lacks has the mode "L", "I;16", "RGB", "RGBA", "LA", "CMYK"
    or "LAB". Gray of more than 8 bits is scaled to 16.
    """

    def __init__(self, content: bytes):
        content = classic(content) if content.startswith(_BIG) else content
        check_tags(content)
        super().__init__(io.BytesIO(content))

    def _setup(self) -> None:
        tags = self.tag_v2
        self.tags = dict(tags)  # of this page, as they are in the file
        self._refused, self._by_hand = refusal(tags), False
        if _PHOTOMETRIC not in tags:  # as libtiff has it; PIL would show a negative
            few = len(_tuple(tags.get(_BITS, 1))) < 3 and tags.get(_SAMPLES, 1) < 3
            gray = _WHITE_IS_ZERO if tags.get(_COMPRESSION) in _CCITT else _BLACK_IS_ZERO
            tags[_PHOTOMETRIC] = self.tags[_PHOTOMETRIC] = gray if few else _RGB
        try:
            super()._setup()
            if not self._refused and trusted(self):
                return
        except (SyntaxError, KeyError, IndexError, TypeError, ValueError, OSError):
            if _WIDTH not in tags or _PHOTOMETRIC not in tags:
                raise
        self.palette = None
        # PIL sets size, resolution and profile for a kind of page that it knows.
        simple = {_PHOTOMETRIC: 1, _BITS: (8,), _SAMPLES: 1, _COMPRESSION: 1, _PLANAR: 1}
        for tag in (_EXTRA, _FORMAT, _FILL, _COLORS, 0xBC01):
            if tag in tags:
                del tags[tag]
        tags.update(simple)
        try:
            super()._setup()
        finally:
            for tag in simple:
                if tag not in self.tags:
                    del tags[tag]
            tags.update(self.tags)
        self._by_hand = True

    @property
    def bytes_a_pixel(self) -> int:
        """The memory that this page takes until it is shown (measured: 13 to 66 by hand)."""
        return 72 if self._by_hand else BYTES_A_PIXEL

    def load(self) -> object:
        if self._refused:
            raise PixelError(self._refused)
        tile = [self.tags.get(tag, 0) for tag in _TILE]  # libtiff makes room for a whole one
        if all(isinstance(side, int) for side in tile) and tile[0] * tile[1] > 4 * self.width * self.height + 2**20:
            raise PixelError("the TIFF is damaged: its tiles are larger than the picture; replace it")
        if not self._by_hand or not self.tile:
            try:
                return super().load()
            except OSError as error:  # "decoder error -2"
                name = compression_name(self.tags.get(_COMPRESSION, 1))
                reason = f"the TIFF is damaged, or its compression ({name}) is not known here"
                raise PixelError(f"{reason}; replace it, or save it uncompressed") from error
        try:
            picture = picture_of_samples(self.tags, self.tag_v2.prefix[:2] == b"II", self._bytes)
        except (PixelError, MemoryError):
            raise
        except Exception as error:  # tags of a wrong type or count, strips that are elsewhere, data that end
            raise PixelError("the TIFF is damaged or cut off; replace or remove it") from error
        self._mode, self.im, self.tile = picture.mode, picture.im, []
        self.load_end()  # turns it upright
        return Image.Image.load(self)

    def _bytes(self, offset: int, count: int) -> bytes:
        self.fp.seek(offset)
        return self.fp.read(count)


def check_tags(content: bytes) -> None:
    """Raise `PixelError` for a TIFF (no BigTIFF) whose entries hold many times the file: PIL copies each of them."""
    order = "<" if content.startswith(b"II") else ">"
    total, seen, place = 0, set(), int.from_bytes(content[4:8], "little" if order == "<" else "big")
    sizes = {kind: size for kind, (size, _) in TiffImagePlugin.ImageFileDirectory_v2._load_dispatch.items()}
    while 8 <= place <= len(content) - 2 and place not in seen:
        seen.add(place)
        count = struct.unpack_from(order + "H", content, place)[0]
        end = min(place + 2 + 12 * count, len(content) - 12)
        for entry in range(place + 2, end, 12):
            _, kind, values = struct.unpack_from(order + "HHI", content, entry)
            total += min(values * sizes.get(kind, 0), len(content))
        if total > _MOST_TAGS * len(content):
            raise PixelError(_DAMAGED_TAGS)
        place = struct.unpack_from(order + "I", content, end)[0] if end == place + 2 + 12 * count else 0


def classic(content: bytes) -> bytes:
    """A big-endian BigTIFF, which PIL misreads, as an ordinary TIFF: its directories are written anew at the end."""
    made, link, place, seen = bytearray(content), 4, struct.unpack_from(">Q", content, 8)[0], set()
    made[:8] = b"MM\0\x2a" + bytes(4)
    while place and place not in seen:
        seen.add(place)
        count = struct.unpack_from(">Q", content, place)[0]
        entries, beyond = [], b""
        start = len(made) + 2 + 12 * count + 4
        for number in range(count):
            tag, kind, values, inline = struct.unpack_from(">HHQ8s", content, place + 8 + 20 * number)
            size = values * TiffImagePlugin.ImageFileDirectory_v2._load_dispatch.get(kind, (1,))[0]
            data = inline[:size] if size <= 8 else content[(at := struct.unpack(">Q", inline)[0]) : at + size]
            if kind in _EIGHT_BYTES:
                kind, data = _EIGHT_BYTES[kind], b"".join(data[i + 4 : i + 8] for i in range(0, len(data), 8))
            if len(data) > 4:
                data, beyond = struct.pack(">I", start + len(beyond)), beyond + data
            if len(made) + len(beyond) > _MOST_TAGS * len(content):  # entries that share the same bytes
                raise PixelError(_DAMAGED_TAGS)
            entries.append(struct.pack(">HHI", tag, kind, values) + data.ljust(4, b"\0"))
        struct.pack_into(">I", made, link, len(made))
        link, place = start - 4, struct.unpack_from(">Q", content, place + 8 + 20 * count)[0]
        made += struct.pack(">H", count) + b"".join(entries) + bytes(4) + beyond
    return bytes(made)


def _tuple(value: object) -> tuple:
    return value if isinstance(value, tuple) else (value,)


def trusted(page: TiffImagePlugin.TiffImageFile) -> bool:
    """Whether what PIL decodes of this page is right.

    It reads more kinds, and some of these wrong: it inverts 16 bits of WhiteIsZero, leaves 12 bits dark, takes signed
    levels for unsigned ones, and mixes up planes.
    """
    tags = getattr(page, "tags", page.tag_v2)
    if tags.get(_COMPRESSION, 1) not in BYTE_STREAMS:  # JPEG, CCITT, WebP: libtiff makes pixels of them
        return True
    photometric, bits, extra = tags.get(_PHOTOMETRIC, 0), _tuple(tags.get(_BITS, 1)), _tuple(tags.get(_EXTRA, ()))
    bits = bits * tags.get(_SAMPLES, 1) if len(bits) == 1 else bits
    if photometric == _PALETTE and max(_tuple(tags.get(_COLORS, 0))) < 256:  # 8-bit colors, which PIL takes for 16
        return False
    if photometric == _YCBCR:
        return tags.get(_COMPRESSION, 1) != 1 and tags.get(_PLANAR, 1) == 1 and bits == (8, 8, 8)
    unsigned = all(number == 1 for number in _tuple(tags.get(_FORMAT, 1)))
    together = tags.get(_PLANAR, 1) == 1 or len(bits) == 1
    return unsigned and together and tags.get(_FILL, 1) == 1 and (photometric, bits, extra) in _KNOWN


def refusal(tags: TiffImagePlugin.ImageFileDirectory_v2) -> str:
    """Why a page is not to be shown whatever its pixels are, in words; "" where there is no reason."""
    if _DNG_VERSION in tags or (tags.get(_SUBFILE, 0) & _REDUCED and _SUBIFDS in tags):
        return RAW
    if tags.get(_COMPRESSION) == 6 and tags.get(_PHOTOMETRIC, _YCBCR) not in (_BLACK_IS_ZERO, _YCBCR):
        return "it holds old-style JPEG in colors that nobody agrees about; save it uncompressed"
    return _REFUSED.get(tags.get(_PHOTOMETRIC), "")


def pages(image: TiffImagePlugin.TiffImageFile) -> list[int]:
    """The numbers of the pages that are pictures of their own: no smaller copy of another page, and no mask.

    A file with nothing else has all its pages.
    """
    found, shown = [], image.tell()
    for number in range(image.n_frames):
        image.seek(number)
        kind = image.tag_v2.get(_SUBFILE, 0)
        if not kind & (_REDUCED | _IS_MASK) and image.tag_v2.get(_PHOTOMETRIC) != _MASK:
            found.append(number)
    image.seek(shown)
    return found or list(range(image.n_frames))
