"""Which files count as pictures: every raster format that PIL decodes by itself, and HEIC. And which count as films."""

from collections import Counter
from contextlib import suppress
from importlib.util import find_spec

from PIL import Image

# PIL knows these formats and does not decode them itself: EPS starts Ghostscript, WMF and EMF need Windows, of an MPEG
# film it reads the head, and for the others some program would have to be registered.
_NOT_DECODED = {"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"}
# An IPTC file wraps a picture of any format, which PIL opens whatever it is: EPS too.
_NOT_DECODED |= {"IPTC"}
HEIF_SUFFIXES = frozenset({".heic", ".heics", ".heif", ".heifs", ".hif"})

Image.init()  # lets PIL register all that it knows; by itself it registers the common formats only
with suppress(ImportError):
    import pillow_heif

    pillow_heif.register_heif_opener()

# The names of the formats, for `Image.open`: a file is known by its content, so the suffix alone keeps nothing out.
FORMATS = tuple(sorted(set(Image.OPEN) - _NOT_DECODED))
SUFFIXES = frozenset(suffix for suffix, name in Image.registered_extensions().items() if name in (*FORMATS, "MPO"))

# For the file dialogs of browsers: by their suffixes, because browsers take few of these formats for pictures.
ACCEPTED = ",".join(("image/*", *sorted(SUFFIXES)))

_FILM_SUFFIXES = "3g2 3gp avi dv f4v flv m2ts m4v mkv mov mp4 mpeg mpg mts mxf ogv qt rm vob webm wmv y4m"
FILM_SUFFIXES = frozenset(f".{name}" for name in _FILM_SUFFIXES.split())
NO_PYAV = "films need PyAV; `.venv/bin/uv pip install --python .venv/bin/python av` installs it"


def is_pyav_installed() -> bool:
    """Whether films can be read at all."""
    return find_spec("av") is not None


def passed_over_in_words(files: Counter[str]) -> str:
    """How many files are no pictures, by suffix, the most frequent first; "" for none.

    >>> passed_over_in_words(Counter({".txt": 2, ".db": 1}))
    '3 files passed over: .txt 2, .db 1'
    """
    if not files:
        return ""
    total, by_count = files.total(), sorted(files.items(), key=lambda item: (-item[1], item[0]))
    each = ", ".join(f"{suffix} {count}" for suffix, count in by_count)
    advice = "" if SUFFIXES >= HEIF_SUFFIXES or HEIF_SUFFIXES.isdisjoint(files) else " (pillow-heif would read HEIC)"
    return f"{total} {'file' if total == 1 else 'files'} passed over: {each}{advice}"
