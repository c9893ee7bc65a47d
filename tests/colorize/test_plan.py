"""What `colorize` finds, and what one bad path costs."""

import os
from pathlib import Path

import pytest
from pictures_by_hand import written


def test_linked_albums_are_followed_and_dangling_links_named(album, colorize, gray, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    gray.save(other / "b.png")
    (album / "linked").symlink_to(other)
    (album / "gone.jpg").symlink_to("nowhere.jpg")
    code, lines, errors = colorize()
    assert (code, lines) == (1, [f"1 written to {album.parent / 'out'}, 1 not done"])
    assert errors == [f"{album / 'gone.jpg'}: cannot be read (No such file or directory); repair or remove it"]
    assert written(album.parent / "out") == ["linked/b.png"]


def test_every_readable_suffix_counts_and_the_others_are_counted(album, colorize, gray):
    for name, form in (("a.jfif", "JPEG"), ("b.tga", "TGA"), ("c.JPE", "JPEG"), ("d.pcx", "PCX")):
        gray.save(album / name, format=form)
    for name in ("e.txt", "f.TXT", "g.mp3", "README"):
        (album / name).touch()
    code, lines, errors = colorize()
    passed_over = "4 files passed over: .txt 2, .mp3 1, without suffix 1"
    assert (code, lines, errors) == (0, [passed_over, f"4 written to {album.parent / 'out'}"], [])
    assert written(album.parent / "out") == ["a.jfif", "b.png", "c.JPE", "d.png"]


@pytest.mark.parametrize("call", [1, 2])
def test_a_name_that_gets_too_long_costs_one_photograph(album, colorize, gray, call):
    name = f"{'x' * 251}.jpg"
    for one in (name, "short.jpg"):
        gray.save(album / one)
    for _ in range(call):
        code, _, errors = colorize("--versions", 2)
    assert code == 1 and errors == [
        f"{album / name}: the name of its result would have 257 bytes, and 255 is the most; rename the file"
    ]
    assert written(album.parent / "out") == ["short-1.jpg", "short-2.jpg"]
    assert colorize(out="plain")[0] == 0  # without a number the name is short enough


def test_a_name_that_is_not_utf8(album, colorize, gray):
    gray.save(album / "a.png")
    latin = Path(os.fsdecode(os.fsencode(album) + b"/caf\xe9.png"))
    os.replace(album / "a.png", latin)
    assert colorize()[0] == 0
    assert [os.fsencode(path.name) for path in (album.parent / "out").iterdir()] == [b"caf\xe9.png"]


def test_a_pipe_that_is_named_does_not_hang(album, colorize, gray):
    gray.save(album / "a.png")
    os.mkfifo(album / "pipe.jpg")
    code, _, (error,) = colorize(paths=[album / "pipe.jpg", album / "a.png"])
    assert code == 1 and error.startswith(f"{album / 'pipe.jpg'}: ") and "pipe" in error.split(":", 1)[1]
    assert written(album.parent / "out") == ["a.png"]


def test_a_folder_as_weights_is_one_sentence(album, colorize, gray):
    gray.save(album / "a.png")
    code, lines, errors = colorize("--weights", album)
    assert (code, lines) == (2, [])
    assert errors == [f"colorize: error: {album}: no such network; name the file of a ChromaNet"]
