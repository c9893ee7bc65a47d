"""A small valid file of every format that the reader knows, for tests that damage them: `small_files()`."""

import gzip
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import skimage.data
import tifffile
from PIL import ExifTags, Image, ImageCms

WIDTH, HEIGHT = 20, 18
COLOR = Image.fromarray(skimage.data.coffee()[100:388, 60:380]).resize((WIDTH, HEIGHT), Image.Resampling.BOX)
GRAY = COLOR.convert("L")
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF/></x:xmpmeta>'

# What PIL writes: the name of the file, the picture's mode, options of `save`.
_TAGS = Image.Exif()
_TAGS[ExifTags.Base.Orientation], _TAGS[ExifTags.Base.ImageDescription] = 6, "a harbor"
_TAGS.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
_EXIF = _TAGS.tobytes()
_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
_PROFILE = _PROFILE[:24] + bytes(12) + _PROFILE[36:]  # without the time at which it is made
_ALL = {"exif": _EXIF, "icc_profile": _PROFILE}
_FRAMES = {"save_all": True}  # three of them, see `_write`
_WRITTEN = [
    ("jpeg.jpg", "RGB", {"quality": 80}),
    ("jpeg-progressive.jpg", "RGB", {"progressive": True, **_ALL, "xmp": XMP}),
    ("jpeg-gray.jpg", "L", {"exif": _EXIF, "restart_marker_blocks": 1}),
    ("jpeg-cmyk.jpg", "CMYK", {}),
    ("mpo.mpo", "RGB", {"format": "MPO", **_FRAMES}),
    ("png.png", "RGB", {"dpi": (300, 300), **_ALL}),
    ("png-1-bit.png", "1", {}),
    ("png-palette.png", "P", {"bits": 4, "transparency": 1}),
    ("png-16-bit.png", "I;16", {}),
    ("png-alpha.png", "RGBA", {}),
    ("png-gray-alpha.png", "LA", {}),
    ("apng.png", "RGB", {"duration": [40, 60, 80], **_FRAMES}),
    ("gif.gif", "P", {"transparency": 3}),
    ("gif-animated.gif", "RGB", {"duration": 40, "loop": 0, **_FRAMES}),
    ("webp.webp", "RGB", {"quality": 60, **_ALL, "xmp": XMP}),
    ("webp-lossless.webp", "RGBA", {"lossless": True}),
    ("webp-animated.webp", "RGB", {"duration": 40, **_FRAMES}),
    ("tiff.tif", "RGB", _ALL),
    *[(f"tiff-{name}.tif", "RGB", {"compression": name}) for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits")],
    ("tiff-jpeg.tif", "YCbCr", {"compression": "jpeg"}),
    *[(f"tiff-{name}.tif", "1", {"compression": name}) for name in ("group3", "group4", "tiff_ccitt")],
    *[(f"tiff-{name}.tif", "RGB", {"compression": name}) for name in ("lzma", "zstd")],
    ("tiff-gray-16-bit.tif", "I;16", {}),
    ("tiff-32-bit.tif", "I", {}),
    ("tiff-float.tif", "F", {}),
    ("tiff-palette.tif", "P", {}),
    ("tiff-alpha.tif", "RGBA", {"compression": "tiff_lzw"}),
    ("tiff-cmyk.tif", "CMYK", {}),
    ("tiff-lab.tif", "LAB", {}),
    ("tiff-big.tif", "L", {"big_tiff": True}),
    ("tiff-pages.tif", "RGB", {"compression": "tiff_lzw", **_FRAMES}),
    *[(f"bmp-{mode}.bmp", mode, {}) for mode in ("1", "L", "P", "RGB", "RGBA")],
    ("dib.dib", "RGB", {}),
    ("ico.ico", "RGBA", {"sizes": [(18, 18)]}),
    ("ico-bmp.ico", "RGBA", {"sizes": [(18, 18)], "bitmap_format": "bmp"}),
    ("jp2.jp2", "RGB", {}),
    ("jp2-16-bit.jp2", "I;16", {}),
    ("j2k-tiles.j2k", "RGB", {"tile_size": (16, 16), "quality_layers": [20], "irreversible": True}),
    ("jp2-alpha.jp2", "RGBA", {"num_resolutions": 2}),
    ("avif.avif", "RGB", {"speed": 10, **_ALL}),
    ("avif-animated.avif", "RGB", {"speed": 10, **_FRAMES}),
    ("heic.heic", "RGB", {"format": "HEIF", "quality": 50, "exif": _EXIF}),
    ("heic-pages.heic", "RGB", {"format": "HEIF", "quality": 50, **_FRAMES}),
    *[(f"tga-{mode}.tga", mode, {"compression": "tga_rle"}) for mode in ("L", "P", "RGB", "RGBA")],
    *[(f"pcx-{mode}.pcx", mode, {}) for mode in ("1", "L", "P", "RGB")],
    *[(f"ppm-{mode.replace(';', '-')}.ppm", mode, {}) for mode in ("1", "L", "I;16", "RGB")],
    ("pfm.pfm", "F", {}),
    *[(f"sgi-{bytes_}.sgi", mode, {"bpc": bytes_}) for bytes_, mode in ((1, "RGB"), (2, "L"))],
    ("qoi.qoi", "RGBA", {}),
    ("dds.dds", "RGBA", {}),
    *[(f"dds-{name}.dds", "RGBA", {"pixel_format": name}) for name in ("DXT1", "DXT3", "DXT5")],
    ("dds-BC5.dds", "RGB", {"pixel_format": "BC5"}),
    *[(f"blp-{version}.blp", "P", {"blp_version": version}) for version in ("BLP1", "BLP2")],
    ("xbm.xbm", "1", {}),
    ("msp.msp", "1", {}),
    *[(f"im-{mode.replace(';', '-')}.im", mode, {}) for mode in ("1", "P", "RGB", "I;16", "YCbCr")],
    ("spider.png", "F", {"format": "SPIDER"}),
]


def _interlaced_png() -> bytes:
    """Adam7, with a compressed text and a profile."""
    passes, pixels = b"", np.asarray(COLOR)
    for x, y, right, down in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)):
        passes += b"".join(b"\0" + row.tobytes() for row in pixels[y::down, x::right])
    passes += b"".join(b"\0" + row.tobytes() for row in pixels[1::2])
    text = b"Comment\0\0" + zlib.compress(b"a harbor " * 20)
    chunks = [(b"IHDR", struct.pack(">2I5B", WIDTH, HEIGHT, 8, 2, 0, 0, 1)), (b"zTXt", text)]
    chunks += [(b"iCCP", b"sRGB\0\0" + zlib.compress(_PROFILE)), (b"eXIf", _EXIF[6:])]
    return png_of([*chunks, (b"IDAT", zlib.compress(passes)), (b"IEND", b"")])


def png_of(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG of chunks, each a type and its content; lengths and checksums are made."""
    whole = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(whole)


def _tiff(pixels: np.ndarray, **options) -> bytes:
    tifffile.imwrite(file := io.BytesIO(), pixels, **options)
    return file.getvalue()


def _bmp_rle() -> bytes:
    """Runs of 8-bit palette indices, with an absolute run, line ends and an end."""
    rows = b"".join(bytes([WIDTH - 4, row * 9, 0, 4, 1, 2, 3, row, 0, 0]) for row in range(HEIGHT)) + b"\0\1"
    palette = b"".join(bytes([level, level, level, 0]) for level in range(256))
    header = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 8, 1, len(rows), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 1024 + len(rows), 0, 0, 54 + 1024) + header + palette + rows


def _psd(packed: bool) -> bytes:
    planes = [np.asarray(channel) for channel in COLOR.split()]
    resource = b"8BIM" + struct.pack(">HHI", 1039, 0, len(_PROFILE)) + _PROFILE + b"\0" * (len(_PROFILE) % 2)
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, HEIGHT, WIDTH, 8, 3) + struct.pack(">II", 0, len(resource))
    head += resource + struct.pack(">I", 0)
    if not packed:
        return head + struct.pack(">H", 0) + b"".join(plane.tobytes() for plane in planes)
    rows = [bytes([WIDTH - 1]) + row.tobytes() for plane in planes for row in plane]
    return head + struct.pack(">H", 1) + b"".join(struct.pack(">H", len(row)) for row in rows) + b"".join(rows)


def _sun(kind: int) -> bytes:
    rows = np.asarray(COLOR)[..., ::-1].tobytes()
    data = rows if kind == 1 else b"".join(b"\x80\x00" if byte == 0x80 else bytes([byte]) for byte in rows)
    return struct.pack(">8I", 0x59A66A95, WIDTH, HEIGHT, 24, len(data), kind, 0, 0) + data


def _fits(bits: int) -> bytes:
    cards = ["SIMPLE  = T", f"BITPIX  = {bits}", "NAXIS   = 2", f"NAXIS1  = {WIDTH}", f"NAXIS2  = {HEIGHT}", "END"]
    dtype = {8: ">u1", 16: ">i2", -32: ">f4"}[bits]
    head = "".join(card.ljust(80) for card in cards).ljust(2880).encode()
    return head + np.asarray(GRAY).astype(dtype).tobytes().ljust(2880, b"\0")


def _fits_gzip() -> bytes:
    first = "".join(card.ljust(80) for card in ("SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0", "END")).ljust(2880)
    cards = ["XTENSION= 'BINTABLE'", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 8", f"NAXIS2  = {HEIGHT}"]
    cards += ["ZIMAGE  = T", "ZCMPTYPE= 'GZIP_1  '", "ZBITPIX = 8", "ZNAXIS  = 2", f"ZNAXIS1 = {WIDTH}"]
    second = "".join(card.ljust(80) for card in [*cards, f"ZNAXIS2 = {HEIGHT}", "END"]).ljust(2880)
    data = gzip.compress(np.asarray(GRAY).astype(">u4").tobytes(), mtime=0)
    return (first + second).encode() + bytes(8 * HEIGHT) + data


def _fli() -> bytes:
    """One frame: a palette and lines of byte runs."""
    rows = b"".join(bytes([1, 256 - WIDTH]) + row.tobytes() for row in np.asarray(GRAY))
    colors = struct.pack("<IHHBB", 6 + 4 + 768, 4, 1, 0, 0) + bytes(level for level in range(256) for _ in range(3))
    runs = struct.pack("<IH", 6 + len(rows), 15) + rows
    frame = struct.pack("<IHH8x", 16 + len(colors) + len(runs), 0xF1FA, 2) + colors + runs
    head = struct.pack("<IHHHHHHI", 128 + len(frame), 0xAF12, 1, WIDTH, HEIGHT, 8, 3, 40)
    return head.ljust(128, b"\0") + frame


def _mcidas() -> bytes:
    words = [0] * 65
    words[2], words[9], words[10], words[11], words[14], words[34] = 4, HEIGHT, WIDTH, 1, 1, 256
    return struct.pack(">64i", *words[1:]) + GRAY.tobytes()


def _msp_runs() -> bytes:
    rows = [b"\0" + bytes([3, 0x55 + row]) if row % 3 else b"" for row in range(HEIGHT)]
    words = [*struct.unpack("<2H", b"LinS"), WIDTH, HEIGHT, 1, 1, 1, 1, WIDTH, HEIGHT, 0, 0]
    words += [int(np.bitwise_xor.reduce(words)), 0, 0, 0]
    return struct.pack("<16H", *words) + b"".join(struct.pack("<H", len(row)) for row in rows) + b"".join(rows)


def _pcd() -> bytes:
    return (
        bytes(2048)
        + b"PCD_IPI".ljust(96 * 2048 - 2048, b"\0")
        + np.tile(np.arange(256, dtype=np.uint8), 2304).tobytes()
    )


def _pixar() -> bytes:
    head = bytearray(1024)
    head[:4], head[416:420], head[424:428] = (
        b"\x80\xe8\0\0",
        struct.pack("<HH", HEIGHT, WIDTH),
        struct.pack("<HH", 14, 2),
    )
    return bytes(head) + COLOR.tobytes()


def _xpm() -> bytes:
    levels = [bytes([97 + level]) for level in range(16)]
    colors = b",\n".join(b'"%s c #%02x%02x%02x"' % (key, *[level * 17] * 3) for level, key in enumerate(levels))
    rows = b",\n".join(b'"%s"' % b"".join(levels[value // 16] for value in row) for row in np.asarray(GRAY))
    head = b'/* XPM */\nstatic char *a[] = {\n"%d %d 16 1",\n' % (WIDTH, HEIGHT)
    return head + colors + b",\n/* pixels */\n" + rows + b"\n};\n"


def _icns() -> bytes:
    small = COLOR.resize((16, 16))
    blocks = [
        (b"is32", small.tobytes()),
        (b"s8mk", bytes([200]) * 256),
        (b"icp4", saved(small.convert("RGBA"), "a.png")),
    ]
    body = b"".join(kind + struct.pack(">I", 8 + len(data)) + data for kind, data in blocks)
    return b"icns" + struct.pack(">I", 8 + len(body)) + body


def _text_ppm(magic: str, values: np.ndarray, top: str) -> bytes:
    return f"{magic}\n# a comment\n{WIDTH} {HEIGHT}\n{top}{' '.join(map(str, values.ravel().tolist()))}\n".encode()


_BY_HAND: dict[str, Callable[[], bytes]] = {
    "png-interlaced.png": _interlaced_png,
    "tiff-tiles.tif": lambda: _tiff(np.asarray(COLOR), photometric="rgb", tile=(16, 16), compression="zlib"),
    "tiff-planes.tif": lambda: _tiff(np.moveaxis(np.asarray(COLOR), 2, 0), photometric="rgb", planarconfig="separate"),
    "tiff-48-bit.tif": lambda: _tiff(np.asarray(COLOR).astype(np.uint16) * 257, photometric="rgb", compression="zlib"),
    "tiff-white-is-zero.tif": lambda: _tiff(np.asarray(GRAY).astype(np.uint16) * 257, photometric="miniswhite"),
    "tiff-8-pages-big-endian.tif": lambda: _tiff(
        np.stack([np.asarray(GRAY)] * 8), byteorder=">", photometric="minisblack"
    ),
    "bmp-rle.bmp": _bmp_rle,
    "cur.cur": lambda: b"\0\0\2\0" + _write("a.ico", "RGBA", {"sizes": [(18, 18)], "bitmap_format": "bmp"})[4:],
    "dcx.dcx": lambda: struct.pack("<4I", 0x3ADE68B1, 16, 16, 0) + saved(COLOR, "a.pcx"),
    "fits-8.fits": lambda: _fits(8),
    "fits-16.fits": lambda: _fits(16),
    "fits-float.fits": lambda: _fits(-32),
    "fits-gzip.fits": _fits_gzip,
    "fli.fli": _fli,
    "ftex.ftu": lambda: (
        struct.pack("<4s8i", b"FTEX", 1, WIDTH, HEIGHT, 1, 1, 1, 32, len(COLOR.tobytes())) + COLOR.tobytes()
    ),
    "gbr.gbr": lambda: struct.pack(">5I4sI", 36, 2, WIDTH, HEIGHT, 1, b"GIMP", 10) + b"harbor \0" + GRAY.tobytes(),
    "icns.icns": _icns,
    "imt.im": lambda: b"width %d\nheight %d\npixel n8\n\x0c" % (WIDTH, HEIGHT) + GRAY.tobytes(),
    "mcidas.png": _mcidas,
    "msp-runs.msp": _msp_runs,
    "pcd.pcd": _pcd,
    "pixar.pxr": _pixar,
    "pgm-text.pgm": lambda: _text_ppm("P2", np.asarray(GRAY), "255\n"),
    "pbm-text.pbm": lambda: _text_ppm("P1", np.asarray(GRAY) // 128, ""),
    "ppm-text.ppm": lambda: _text_ppm("P3", np.asarray(COLOR), "255\n"),
    "psd.psd": lambda: _psd(packed=False),
    "psd-packed.psd": lambda: _psd(packed=True),
    "sun.ras": lambda: _sun(1),
    "sun-runs.ras": lambda: _sun(2),
    "xpm.xpm": _xpm,
    "xvthumb.png": lambda: b"P7 332\n#XVVERSION\n%d %d 255\n" % (WIDTH, HEIGHT) + GRAY.tobytes(),
}


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    if mode in ("I;16", "I"):
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16 if mode == "I;16" else np.int32) * 257)
    if mode in ("LA", "RGBA"):
        image = image.convert(mode[:-1])
        image.putalpha(image.convert("L"))
        return image
    if mode == "LAB":  # any colors: PIL's conversion adds a profile that holds the time
        return Image.frombytes(mode, image.size, image.tobytes())
    return image.copy() if mode == "RGB" else image.convert(mode)


def saved(image: Image.Image, name: str, **options) -> bytes:
    """The content of a file in the format of its name's suffix, or in that of the options."""
    if "format" not in options:
        options["format"] = Image.registered_extensions()[Path(name).suffix]
    image.save(file := io.BytesIO(), **options)
    return file.getvalue()


def _write(name: str, mode: str, options: dict) -> bytes:
    # New pictures each time: PIL leaves settings of an encoder in them, on which another one fails.
    if "save_all" in options:
        options = options | {"append_images": [_in_mode(COLOR.rotate(turn), mode) for turn in (90, 180)]}
    square = COLOR.resize((18, 18)) if name.endswith(".ico") else COLOR
    content = saved(_in_mode(square, mode), name, **options)
    for box in (b"mvhd\1", b"tkhd\1", b"mdhd\1"):  # an animated AVIF holds the time at which it is made
        before, found, after = content.partition(box)
        content = before + found + (bytes(19) + after[19:] if found else b"")
    return content


def small_files() -> tuple[dict[str, bytes], dict[str, str]]:
    """Valid files by name, and for each that could not be made here the reason (its codec is missing)."""
    made, missing = {}, {}
    for name, mode, options in _WRITTEN:
        try:
            made[name] = _write(name, mode, options)
        except (KeyError, OSError) as error:  # PIL and pillow-heif without an encoder
            missing[name] = f"{type(error).__name__}: {error}"
    return made | {name: make() for name, make in _BY_HAND.items()}, missing
