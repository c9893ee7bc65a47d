"""What a file is that is not read as a picture, in words, with what to do about it."""

import re

from lib.data.formats import FORMATS

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
    rb"gimp xcf": ("a project of GIMP", "export it as PNG first"),
    rb".{128}DICM": ("a DICOM file", "export it as PNG or TIFF first"),
    rb"version https://git-lfs": ("a pointer of Git LFS", "fetch the picture with `git lfs pull`"),
    rb"\x89HDF|GRIB|BUFR|CDF": ("a file of measurements", "save its picture as PNG or TIFF first"),
}
_KINDS = [(re.compile(start, re.DOTALL | re.IGNORECASE), kind) for start, kind in _STARTS.items()]
HEAD = 2048  # bytes of a file that say what it is


def what_it_is(head: bytes) -> str | None:
    """What a file that PIL does not know is, by its first bytes, with what to do; None where they do not say."""
    for start, (kind, advice) in _KINDS:
        if start.match(head):
            if kind in ("HEIC", "AVIF"):
                known = ("HEIF" if kind == "HEIC" else "AVIF") in FORMATS
                need = "`pip install pillow-heif` lets it be read" if kind == "HEIC" else "install a newer Pillow"
                return None if known else f"it is {kind}; {need}"
            return f"it is {kind}; {advice}"
    return _kind_of_jpeg(head) if head.startswith(b"\xff\xd8") else None


def is_video_or_document(head: bytes) -> bool:
    """Whether a file can be refused before all of it is read."""
    return any(start.match(head) for start, kind in _KINDS if kind in (_VIDEO, _ARCHIVE) or kind[0] == "a PDF")


def _kind_of_jpeg(content: bytes) -> str | None:
    """What is unusual about a JPEG file, from the marker that says how it is coded; None for nothing."""
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


def about_jpeg(content: bytes) -> str | None:
    """Why a JPEG file of an unusual kind is not decoded, in words; None for an ordinary one and for other files."""
    return _kind_of_jpeg(content) if content.startswith(b"\xff\xd8") else None
