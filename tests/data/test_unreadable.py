"""Files that are no pictures, or of a kind that is not read: each is said to be what it is."""

import io

import pytest

from lib.data.images import PhotographError, read_photograph

FILES = {
    b"%PDF-1.4": "it is a PDF; save its pages as pictures first",
    b"%!PS-Adobe-3.0 EPSF-3.0\n": r"it is PostScript \(EPS\); save it as PNG or TIFF first",
    b"\0\0\0\x18ftypisom": "it is a video; save single frames of it as pictures",
    b"\0\0\0\x14ftypqt  ": "it is a video",
    b"\x1aE\xdf\xa3": "it is a video",
    b"RIFF\0\0\0\0AVI ": "it is a video",
    b"\0\0\0\x18ftypcrx ": "it is a camera's raw file; develop it to JPEG or TIFF first",
    b"FUJIFILMCCD-RAW ": "it is a camera's raw file",
    b"<?xml version='1.0'?>\n<svg xmlns='x'></svg>": r"it is a drawing of lines \(vector graphics\); export it as PNG",
    b"<!DOCTYPE html><html>": "it is a web page, as a failed download leaves it; download the picture again",
    b"PK\3\4": "it is an archive; unpack it first",
    b"\xff\x0a": "it is JPEG XL; save it as PNG first",
    b"v/1\x01": r"it is a picture of floating-point light \(HDR\); save it with 8 or 16 bits",
    b"version https://git-lfs.github.com/spec/v1": "it is a pointer of Git LFS; fetch the picture with `git lfs pull`",
    b"gimp xcf v011": "it is a project of GIMP; export it as PNG first",
    b"P7\nWIDTH 2\n": "it is a PAM; save it as PNG first",
    b"\x89PNG\r\n": r"not readable as a picture \(PNG, damaged or cut off\); replace or remove it",
    b"\0\0\0\x1cftypavif": r"not readable as a picture \(AVIF, damaged or cut off\)",
    b"what is this?": r"not readable as a picture \(no format that is known\); replace or remove it",
}


@pytest.mark.parametrize("start", FILES)
def test_a_file_is_said_to_be_what_it_is(tmp_path, start):
    content = start + bytes(60)
    (tmp_path / "a.jpg").write_bytes(content)
    for read in (lambda: read_photograph(tmp_path / "a.jpg"), lambda: read_photograph("a.jpg", content)):
        with pytest.raises(PhotographError, match=r"a\.jpg: " + FILES[start]):
            read()


def test_heic_without_its_library(monkeypatch):
    monkeypatch.setattr("lib.data.unreadable.FORMATS", ("JPEG",))
    monkeypatch.setattr("lib.data.images.FORMATS", ("JPEG",))
    with pytest.raises(PhotographError, match=r"a\.heic: it is HEIC; `pip install pillow-heif` lets it be read"):
        read_photograph("a.heic", b"\0\0\0\x18ftypheic" + bytes(60))


def test_unusual_jpegs(photograph):
    file = io.BytesIO()
    photograph.save(file, "JPEG")
    content = file.getvalue()
    at = content.index(b"\xff\xc0")
    twelve = content[: at + 4] + b"\x0c" + content[at + 5 :]
    kinds = {twelve: "a JPEG with 12 bits a sample; save it with 8"}
    for marker, words in ((b"\xc3", "a lossless JPEG"), (b"\xc5", "a hierarchical JPEG")):
        kinds[content[: at + 1] + marker + content[at + 2 :]] = words
    for changed, words in kinds.items():
        with pytest.raises(PhotographError, match=rf"a\.jpg: it is {words}"):
            read_photograph("a.jpg", changed)


def test_a_raw_file_by_its_name(photograph):
    file = io.BytesIO()
    photograph.save(file, "TIFF")
    with pytest.raises(PhotographError, match=r"a\.NEF: it is a camera's raw file, of which only a small preview"):
        read_photograph("a.NEF", file.getvalue())
