"""Which files count as pictures, and how those that do not are counted."""

import subprocess
import sys
from collections import Counter

import pytest
from PIL import Image

from lib.data import formats


def test_raster_formats_count_and_programs_are_never_started():
    assert {".jfif", ".tga", ".jpg", ".tif", ".psd", ".pcx", ".mpo", ".jp2", ".qoi"} <= formats.SUFFIXES
    assert formats.SUFFIXES.isdisjoint({".eps", ".ps", ".wmf", ".emf", ".mpg", ".h5", ".pdf"})
    assert "EPS" not in formats.FORMATS


def test_every_suffix_has_a_decoder():
    for suffix in formats.SUFFIXES - {".mpo"}:  # of JPEG's decoder
        assert Image.registered_extensions()[suffix] in Image.OPEN


@pytest.mark.parametrize("installed", [True, False])
def test_heic_counts_where_pillow_heif_is_installed(installed):
    if installed:
        pytest.importorskip("pillow_heif", reason="pillow-heif is not installed; it belongs to the extra `dev`")
    hidden = "" if installed else "import sys; sys.modules['pillow_heif'] = None; "
    script = hidden + (
        "from collections import Counter; from lib.data.formats import *; "
        "print('.heic' in SUFFIXES, passed_over_in_words(Counter({'.heic': 2, '.txt': 1})))"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    assert answer.startswith(str(installed))
    assert answer.endswith("(pillow-heif would read HEIC)") is not installed


def test_files_passed_over_are_counted_by_suffix():
    assert formats.passed_over_in_words(Counter()) == ""
    assert formats.passed_over_in_words(Counter({".txt": 1})) == "1 file passed over: .txt 1"
    several = Counter({".db": 1, ".txt": 2, "without suffix": 1})
    assert formats.passed_over_in_words(several) == "4 files passed over: .txt 2, .db 1, without suffix 1"
