"""What a file is that is not read as a picture, in words, with what to do about it."""

import re

from lib.data.formats import FORMATS

_DAMAGED = "not readable as a picture ({kind}, damaged or cut off); replace or remove it"
_DEVELOP = "develop it to JPEG or TIFF first"
_RAWS = """3fr arw cr2 cr3 crw dcr dng erf iiq k25 kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 srf srw x3f"""
RAW_SUFFIXES = frozenset(f".{name}" for name in _RAWS.split())
_VIDEO = ("a video", "save single frames of it as pictures")
_RAW = ("a camera's raw file", _DEVELOP)
_ARCHIVE = ("an archive", "unpack it first")
_HDR = ("a picture of floating-point light (HDR)", "save it with 8 or 16 bits")
_DRAWING = ("a drawing of lines (vector graphics)", "export it as PNG first")
_PAGE = ("a web page, as a failed download leaves it", "download the picture again")

# How files start, as regular expressions: what each is, and what to do.
_STARTS = {
    rb"%PDF": ("a PDF", "save its pages as pictures first"),
    rb"%!PS|\xc5\xd0\xd3\xc6": ("PostScript (EPS)", "save it as PNG or TIFF first"),
    rb"RIFF.{4}AVI |\x1aE\xdf\xa3|\0\0\x01[\xba\xb3]|FLV\x01|OggS|\x30\x26\xb2\x75": _VIDEO,
    rb".{4}ftypcrx |.{4}ftypcrx|FUJIFILMCCD-RAW|IIR[OS]|MMOR|IIU\0|FOVb|\0MRM|.{6}HEAPCCDR|II\*\0.{4}CR": _RAW,
    rb".{4}ftyp(hei[cxms]|hev[cx]|mif1|msf1)": ("HEIC", ""),
    rb".{4}ftypavi[fs]": ("AVIF", ""),
    rb".{4}ftyp|.{4}(moov|mdat)": _VIDEO,
    rb"\xff\x0a|\0\0\0\x0cJXL ": ("JPEG XL", "save it as PNG first"),
    rb"II\xbc": ("JPEG XR", "save it as PNG first"),
    rb"v/1\x01|\x76\x2f\x31\x01|#\?RADIANCE|#\?RGBE|P[Ff]\n": _HDR,
    rb"PK\x03\x04|Rar!|7z\xbc\xaf|\x1f\x8b|BZh|\xfd7zXZ": _ARCHIVE,
    rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF": _DRAWING,
    rb"\s*(<\?xml.*?|<!--.*?)?<svg|\s*<!DOCTYPE svg": _DRAWING,
    rb"\s*<(!doctype html|html)": _PAGE,
    rb"8BPS": ("a PSD with more than 8 bits", "save it as TIFF, or with 8 bits"),
    rb"P7\n": ("a PAM", "save it as PNG first"),
    rb"gimp xcf": ("a project of GIMP", "export it as PNG first"),
    rb".{128}DICM": ("a DICOM file", "export it as PNG or TIFF first"),
    rb"version https://git-lfs": ("a pointer of Git LFS", "fetch the picture with `git lfs pull`"),
    rb"\x89HDF|GRIB|BUFR|CDF": ("a file of measurements", "save its picture as PNG or TIFF first"),
}
_READ = {rb"\xff\xd8\xff": "JPEG", rb"\x89PNG": "PNG", rb"GIF8": "GIF", rb"RIFF.{4}WEBP": "WebP"}
_READ |= {rb"II\*\0|MM\0\*": "TIFF", rb"BM": "BMP", rb"\0\0\0\x0cjP  ": "JPEG 2000"}
_KINDS = [(re.compile(start, re.DOTALL | re.IGNORECASE), kind) for start, kind in _STARTS.items()]
HEAD = 2048  # bytes of a file that say what it is


def _kind(head: bytes) -> tuple[str, str] | None:
    return next((kind for start, kind in _KINDS if start.match(head)), None)


def what_it_is(content: bytes) -> str | None:
    """What a file that PIL does not read is, by its first bytes, with what to do; None where they do not say."""
    match _kind(content[:HEAD]):
        case None:
            return about_jpeg(content) or _damaged(content)
        case ("HEIC", _) if "HEIF" not in FORMATS:
            return "it is HEIC; `pip install pillow-heif` lets it be read"
        case ("AVIF", _) if "AVIF" not in FORMATS:
            return "it is AVIF; a newer Pillow reads it"
        case (kind, ""):
            return _DAMAGED.format(kind=kind)
        case ("a PSD with more than 8 bits", advice) if int.from_bytes(content[22:24], "big") in (1, 8):
            return "it is a PSD of an unusual kind; save it as TIFF"
        case (kind, advice):
            return f"it is {kind}; {advice}"


def is_video(head: bytes) -> bool:
    """Whether a file begins as films do."""
    return _kind(head) == _VIDEO


def is_large_and_no_picture(head: bytes) -> bool:
    """Whether a file can be refused before all of it is read."""
    kind = _kind(head)
    return kind in (_VIDEO, _ARCHIVE) or (kind is not None and kind[0] == "a PDF")


def about_jpeg(content: bytes) -> str | None:
    """Why a JPEG file of an unusual kind is not decoded, from the marker that says how it is coded; None for others."""
    if not content.startswith(b"\xff\xd8"):
        return None
    place = 2
    while place + 9 < len(content) and content[place] == 0xFF:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            bits = content[place + 4]
            if bits != 8:
                return f"it is a JPEG with {bits} bits a sample; save it with 8"
            if marker in (0xC3, 0xC7, 0xCB, 0xCF):
                return "it is a lossless JPEG, as scanners of films and medicine write; save it as PNG or TIFF"
            return "it is a hierarchical JPEG; save it as PNG" if marker in (0xC5, 0xC6, 0xCD, 0xCE) else None
        place += 2 + length
    return None


def _damaged(content: bytes) -> str | None:
    """That a file starts as a format that PIL reads, and is not one; None where it does not."""
    kind = next((name for start, name in _READ.items() if re.match(start, content, re.DOTALL)), None)
    return _DAMAGED.format(kind=kind) if kind else None
