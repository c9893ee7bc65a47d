"""TIFF files in the interpretations and depths that PIL lacks or shows wrong, such as 16-bit WhiteIsZero or 12-bit RGB.

`Tiff` is PIL's reader, with pages of these kinds decoded by `lib.data.tiff_samples`. All other pages are PIL's.
"""

import io
import struct

from PIL import Image, TiffImagePlugin

from lib.data.pixels import PixelError
from lib.data.tiff_samples import BYTE_STREAMS, picture_of_samples

PREFIXES = tuple(TiffImagePlugin.PREFIXES)

_WIDTH, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _PLANAR, _COLORS, _FILL = 256, 258, 259, 262, 277, 284, 320, 266
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
        super().__init__(io.BytesIO(classic(content) if content.startswith(_BIG) else content))

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

    def load(self) -> object:
        if self._refused:
            raise PixelError(self._refused)
        if not self._by_hand or not self.tile:
            return super().load()
        picture = picture_of_samples(self.tags, self.tag_v2.prefix[:2] == b"II", self._bytes)
        self._mode, self.im, self.tile = picture.mode, picture.im, []
        self.load_end()  # turns it upright
        return Image.Image.load(self)

    def _bytes(self, offset: int, count: int) -> bytes:
        self.fp.seek(offset)
        return self.fp.read(count)


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
