"""Damaged files of every format, and bombs: none crashes, hangs or fills the memory, and none costs the others.

The damage is random and the same every time. To read more of it: `python tests/mutations.py 0 20000`.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from bombs_by_hand import bombs
from mutations import batch_faults, mutated
from PIL import Image
from small_files import COLOR, saved, small_files

from lib.common.files import ROOT
from lib.data.formats import FORMATS, SUFFIXES

FILES, MISSING = small_files()
MUTATIONS = range(2 * len(FILES))  # each file twice


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in files:
        (folder / name).write_bytes(content)


def run(*command: object, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess:
    """Runs Python within bounds."""
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
    )


def test_there_is_a_small_file_of_every_format(tmp_path):
    write(tmp_path, FILES.items())
    formats = set()
    for name in FILES:
        with Image.open(tmp_path / name, formats=FORMATS) as image:
            image.load()
            formats.add(image.format.upper())
    if MISSING:
        pytest.skip(f"no encoder for {MISSING}")
    assert formats == set(FORMATS) | {"MPO"}


@pytest.mark.parametrize("what", ["mutations", "bombs"])
def test_damaged_files_are_read_or_refused(what):
    arguments = [MUTATIONS.start, MUTATIONS.stop] if what == "mutations" else ["bombs"]
    done = run(ROOT / "tests" / "mutations.py", *arguments)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, f"{lines[-1]}: {done.stderr}"
    assert len(lines) == (len(MUTATIONS) if what == "mutations" else len(bombs()))
    assert [line for line in lines if "FAULT" in line] == []
    assert {line.split("\t")[1] for line in lines} == {"picture", "refused"}


def test_damaged_files_cost_no_other_photograph(tmp_path, loud_weights):
    album, good = tmp_path / "in", {"good.jpg", "well.png", "fine.tif"}
    write(album, (mutated(FILES, number) for number in range(1000, 1060)))
    for number, (name, content) in enumerate(bombs().items()):
        suffix = Path(name).suffix
        write(album, [(f"bomb-{number}{suffix if suffix in SUFFIXES else '.png'}", content)])
    for name in good:
        COLOR.save(album / name)
    command = "import sys, torch, lib.commands.colorize as c, mutations; mutations.bounded(); sys.exit(c.main())"
    done = run("-c", command, album, "-o", tmp_path / "out", "--weights", loud_weights)
    assert batch_faults(album, tmp_path / "out", good, done) == []


def test_the_check_of_a_batch_can_fail(tmp_path):
    album, results = tmp_path / "in", tmp_path / "out"
    for name in ("good.png", "silent.png", "twice.png", "both.png", "half.png"):
        write(album, [(name, b"")])
    write(results, [("both.png", saved(COLOR, "both.png"))])
    content = (results / "both.png").read_bytes()
    write(results, [("half.png", content[:-40]), (".half-x.png", content)])
    lines = [f"{album / name}: a line" for name in ("good.png", "twice.png", "twice.png", "both.png")]
    done = subprocess.CompletedProcess([], 2, "", "\n".join([*lines, "libtiff: noise"]))
    found = batch_faults(album, results, {"good.png"}, done)
    assert {line.split(":")[0] for line in found} == {
        *("good.png", "silent.png", "twice.png", "both.png", "half.png", ".half-x.png"),
        *("line about no photograph", "exit code 2, , " + done.stderr.split(":")[0]),
    }


def test_no_picture_starts_a_program(tmp_path):
    """PIL hands what looks like PostScript to Ghostscript, also where a picture is wrapped around it."""
    ghostscript, trace = tmp_path / "gs", tmp_path / "started"
    ghostscript.write_text(f"#!/bin/sh\ntouch '{trace}'\n")
    ghostscript.chmod(0o755)
    code = "import bombs_by_hand, lib.data.images as images; images.read_photograph('a', bombs_by_hand.bombs()[{!r}])"
    for name in ("program.iim", "program.eps"):
        done = run("-c", code.format(name), path=f"{tmp_path}:/usr/bin:/bin")
        assert "PhotographError: a: " in done.stderr
    assert not trace.exists()
