"""Small files that say they are huge, deep or endless, for tests that nothing believes them: `bombs()`."""

import functools
import gzip
import struct
import zlib

from PIL import Image
from small_files import COLOR, HEIGHT, WIDTH, png_of, saved

_HUGE = 60_000
_DECLARED = 100_000_000  # bytes of a profile, of EXIF or XMP that are not there
_POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 18\n%%EndComments\nshowpage\n%%EOF\n"


def _changed(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


def _png(*chunks: tuple[bytes, bytes], size: tuple[int, int] = (WIDTH, HEIGHT), color: int = 0) -> bytes:
    """Black, with chunks between head and pixels."""
    row = b"\0" + bytes(size[0] * (3 if color else 1)) if max(size) < _HUGE else b""
    head = struct.pack(">2I5B", *size, 8, color, 0, 0, 0)
    return png_of([(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(row * size[1], 9)), (b"IEND", b"")])


def _zeros(megabytes: int) -> bytes:
    return zlib.compress(bytes(megabytes << 20), 9)


def _ifd(entries: list[tuple[int, int, int, int]], after: int = 0) -> bytes:
    """A TIFF directory: tag, type, count and value of each entry; then where the next directory is."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return struct.pack("<H", len(entries)) + packed + struct.pack("<I", after)


def tiff_entries(width: int = WIDTH, height: int = HEIGHT, compression: int = 1) -> list[tuple[int, int, int, int]]:
    """A gray strip at byte 8."""
    size = min(width * height, 1000)
    numbers = {256: width, 257: height, 258: 8, 259: compression, 262: 1, 273: 8, 277: 1, 278: height, 279: size}
    return [(tag, 4, 1, value) for tag, value in numbers.items()]


def _tiled(side: int, compression: int) -> list[tuple[int, int, int, int]]:
    """A small picture of one large tile."""
    entries = [entry for entry in tiff_entries(compression=compression) if entry[0] not in (273, 278, 279)]
    return [*entries, (322, 4, 1, side), (323, 4, 1, side), (324, 4, 1, 8), (325, 4, 1, 1000)]


def _tiff(directories: bytes, pixels: bytes = bytes(1000)) -> bytes:
    return b"II*\0" + struct.pack("<I", 8 + len(pixels)) + pixels + directories


def _tiff_chain(pages: int, last: int) -> bytes:
    """Pages that share one strip; the last points at `last`, a number of a page, or at nothing if that is -1."""
    size, entries = len(_ifd(tiff_entries())), tiff_entries()
    places = [1008 + number * size for number in range(pages)]
    after = [*places[1:], places[last] if last >= 0 else 0]
    return _tiff(b"".join(_ifd(entries, place) for place in after))


def _tiff_of_tags() -> bytes:
    """10,000 tags, each of which says that it holds the whole file."""
    return _tiff(_ifd([*tiff_entries(), *((tag, 7, 120_000, 8) for tag in range(1000, 11_000))]))


def _big_tiff_of_tags() -> bytes:
    """The same as BigTIFF, big-endian."""
    entries = [struct.pack(">HHQI4x", tag, kind, 1, value) for tag, kind, _, value in tiff_entries()]
    entries += [struct.pack(">HHQQ", tag, 7, 200_000, 16) for tag in range(1000, 11_000)]
    head = b"MM\0\x2b\0\x08\0\0" + struct.pack(">Q", 1016) + bytes(1000)
    return head + struct.pack(">Q", len(entries)) + b"".join(entries) + bytes(8)


def _gif(size: tuple[int, int], frames: int, frame_size: tuple[int, int] = (1, 1)) -> bytes:
    """A canvas and frames, each with the code of one pixel."""
    frame = b"!\xf9\x04\4\4\0\0\0" + b"," + struct.pack("<4HB", 0, 0, *frame_size, 0) + b"\2\2\x44\1\0"
    return b"GIF89a" + struct.pack("<2H3B", *size, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * frames + b";"


def _webp(chunk: bytes, length: int) -> bytes:
    """A chunk that declares more than there is, before the pixels."""
    inside = saved(COLOR, "a.webp")[12:]
    head = (
        b"VP8X"
        + struct.pack("<I", 10)
        + b"\x2c\0\0\0"
        + struct.pack("<I", WIDTH - 1)[:3]
        + struct.pack("<I", HEIGHT - 1)[:3]
    )
    body = b"WEBP" + head + chunk + struct.pack("<I", length) + b"Exif\0\0" + inside
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _jpeg_exif(exif: bytes) -> bytes:
    return saved(COLOR, "a.jpg", exif=b"Exif\0\0" + exif)


def _vp8l() -> bytes:
    """16,384 px each way, the most that a WebP may say."""
    head = b"\x2f" + struct.pack("<I", 16383 | 16383 << 14) + bytes(40)
    body = b"WEBPVP8L" + struct.pack("<I", len(head)) + head + b"\0" * (len(head) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _jp2() -> bytes:
    size = struct.pack(">2I", HEIGHT, WIDTH)
    content = _changed(saved(COLOR, "a.jp2"), size, struct.pack(">2I", _HUGE, _HUGE))
    return content.replace(struct.pack(">2I", WIDTH, HEIGHT), struct.pack(">2I", _HUGE, _HUGE))


def _many_scans() -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    content = saved(Image.new("L", (64, 64), 90), "a.jpg", progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * 3000 + content[-2:]


@functools.cache
def _black_png(side: int) -> bytes:
    """A valid picture of 1 bit."""
    row, packed = b"\0" + bytes(side // 8), zlib.compressobj(9)
    pixels = b"".join(packed.compress(row) for _ in range(side)) + packed.flush()
    head = struct.pack(">2I5B", side, side, 1, 0, 0, 0, 0)
    return png_of([(b"IHDR", head), (b"IDAT", pixels), (b"IEND", b"")])


def _iptc(inner: bytes) -> bytes:
    """A wrapper around a file of any format."""
    head = [(3, 60, b"\1\0"), (3, 20, struct.pack(">H", WIDTH)), (3, 30, struct.pack(">H", HEIGHT)), (3, 120, b"\5")]
    entries = b"".join(bytes([0x1C, *tag, 0, len(data)]) + data for *tag, data in head)
    # PIL's way with long entries: 131 is a length of 3 bytes, after a byte that is passed over.
    return entries + b"\x1c\x08\x0a\x83\0" + struct.pack(">I", len(inner))[1:] + inner


def _fits_gzip(side: int) -> bytes:
    """A table that says it holds a compressed picture; PIL unpacks it pixel by pixel in Python."""
    first = ["SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0", "END"]
    second = ["XTENSION= 'BINTABLE'", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 8", "NAXIS2  = 1", "ZIMAGE  = T"]
    second += ["ZCMPTYPE= 'GZIP_1  '", "ZBITPIX = 8", "ZNAXIS  = 2", f"ZNAXIS1 = {side}", f"ZNAXIS2 = {side}", "END"]
    heads = "".join("".join(card.ljust(80) for card in cards).ljust(2880) for cards in (first, second))
    return heads.encode() + bytes(8) + gzip.compress(bytes(1000), mtime=0) + bytes(2880)


@functools.cache
def bombs() -> dict[str, bytes]:
    """Their content by name: files of 1 MB at most, whose reading shall cost neither much memory nor much time."""
    frames = struct.pack(">2I", 1_000_000, 0)
    control = struct.pack(">5I2H2B", 0, WIDTH, HEIGHT, 0, 0, 4, 100, 0, 0)
    declared = [(34675, 7, _DECLARED, 8)], [(34665, 4, _DECLARED, 8)], [(700, 1, _DECLARED, 8)]
    return {
        "huge.png": _png(size=(_HUGE, _HUGE)),
        "thin.png": _png(size=(2**31 - 1, 1)),
        "huge.bmp": b"BM"
        + struct.pack("<IHHIIiiHHIIiiII", 2000, 0, 0, 54, 40, _HUGE, _HUGE, 1, 24, *[0] * 6)
        + bytes(900),
        "huge-runs.bmp": b"BM"
        + struct.pack("<IHHIIiiHHIIiiII", 2000, 0, 0, 54, 40, _HUGE, _HUGE, 1, 8, 1, *[0] * 5)
        + bytes(900),
        "lines.bmp": b"BM"
        + struct.pack("<IHHI", 0, 0, 0, 1078)
        + struct.pack("<IiiHHIIiiII", 40, 8_500, 8_500, 1, 8, 1, *[0] * 5)
        + bytes(1024)
        + b"\1\0\0\0" * 8_500,
        "huge.gif": _gif((_HUGE, _HUGE), 1),
        "huge-frames.gif": _gif((65_535, 65_535), 5_000),
        "frames.gif": _gif((64, 64), 100),
        "large-frame.gif": _gif((WIDTH, HEIGHT), 2, (_HUGE, _HUGE)),
        "large-tile.tif": _tiff(_ifd(_tiled(30_000, 8))),
        "large-tile-lzw.tif": _tiff(_ifd(_tiled(60_000, 5))),
        "large-tile-raw.tif": _tiff(_ifd(_tiled(30_000, 1))),
        "huge.tif": _tiff(_ifd(tiff_entries(_HUGE, _HUGE))),
        "huge-lzw.tif": _tiff(_ifd(tiff_entries(_HUGE, _HUGE, 5))),
        "huge.jp2": _jp2(),
        "huge.webp": _vp8l(),
        "huge.ppm": b"P6 %d %d 255\n" % (_HUGE, _HUGE),
        "huge.xbm": b"#define a_width %d\n#define a_height %d\nstatic char a_bits[] = {\n0x00 };\n" % (_HUGE, _HUGE),
        "colors.xpm": b'/* XPM */\nstatic char *a[] = {\n"20 18 2000000000 9",\n"a c #000000",\n};\n',
        "huge.fits": "".join(
            c.ljust(80)
            for c in ("SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 2", f"NAXIS1  = {10**9}", f"NAXIS2  = {10**9}", "END")
        )
        .ljust(2880)
        .encode(),
        "long-number.pgm": b"P2 20 18 255\n" + b"1" * 900_000,
        "frames.png": _png((b"acTL", frames), (b"fcTL", control), color=2),
        "declared-profile.png": _changed(
            _png((b"iCCP", b"sRGB\0\0")), struct.pack(">I", 6) + b"iCCP", struct.pack(">I", _DECLARED) + b"iCCP"
        ),
        "inflated-profile.png": _png((b"iCCP", b"sRGB\0\0" + _zeros(40))),
        "inflated-text.png": _png(*[(b"zTXt", b"Comment\0\0" + _zeros(8))] * 5),
        "inflated-xmp.png": _png((b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + _zeros(40))),
        "inflated-pixels.png": png_of(
            [(b"IHDR", struct.pack(">2I5B", WIDTH, HEIGHT, 8, 0, 0, 0, 0)), (b"IDAT", _zeros(40)), (b"IEND", b"")]
        ),
        "declared-profile.webp": _webp(b"ICCP", _DECLARED),
        "declared-exif.webp": _webp(b"EXIF", _DECLARED),
        **{
            f"declared-{name}.tif": _tiff(_ifd(tiff_entries() + more))
            for name, more in zip(("profile", "exif", "xmp"), declared, strict=True)
        },
        "tags.tif": _tiff_of_tags(),
        "tags-big-endian.tif": _big_tiff_of_tags(),
        "self.tif": _tiff_chain(1, 0),
        "circle.tif": _tiff_chain(2, 0),
        "pages.tif": _tiff_chain(200, -1),
        "pages-in-a-circle.tif": _tiff_chain(200, 100),
        "exif-in-itself.tif": _tiff(_ifd([*tiff_entries(), (34665, 4, 1, 1008), (330, 4, 1, 1008)])),
        "strips.tif": _tiff(_ifd([entry for entry in tiff_entries() if entry[0] != 273] + [(273, 4, 2**30, 8)])),
        "exif-in-itself.jpg": _jpeg_exif(b"II*\0\x08\0\0\0" + _ifd([(34665, 4, 1, 8), (274, 3, 1, 6)], 8)),
        "declared-exif.jpg": _jpeg_exif(b"II*\0\x08\0\0\0" + _ifd([(271, 2, _DECLARED, 8), (274, 3, 1, 6)])),
        "scans.jpg": _many_scans(),
        "icons.ico": b"\0\0\1\0\xff\xff" + struct.pack("<4B2H2I", 0, 0, 0, 0, 1, 32, 2000, 22) * 60_000,
        "pages.dcx": struct.pack("<I", 0x3ADE68B1) + struct.pack("<I", 4100) * 1024 + saved(COLOR, "a.pcx"),
        "inside.ico": b"\0\0\1\0\1\0"
        + struct.pack("<4B2H2I", 32, 32, 0, 0, 1, 32, len(_black_png(30_000)), 22)
        + _black_png(30_000),
        "inside.icns": b"icns"
        + struct.pack(">I4sI", 16 + len(_black_png(30_000)), b"icp5", 8 + len(_black_png(30_000)))
        + _black_png(30_000),
        "inside.iim": _iptc(_black_png(30_000)),
        "program.iim": _iptc(_POSTSCRIPT),
        "program.eps": _POSTSCRIPT,
        "packed.fits": _fits_gzip(8_500),
        "layers.psd": b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, _HUGE, _HUGE, 8, 3) + bytes(12) + b"\0\1" + bytes(2000),
        "films.fli": struct.pack("<IHHHHHHI", 200, 0xAF12, 65_535, 65_535, 2_000, 8, 3, 40).ljust(200, b"\0"),
    }
