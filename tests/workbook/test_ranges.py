"""The ranges that help texts say in words."""

import os
import re

import pytest

from lib.common.files import NOTEBOOKS
from lib.common.usage import UsageError
from lib.workbook.parameters import check_values, inspect
from lib.workbook.ranges import is_there, parse_range

ALLOWED = [
    ("passes, at least 3", "int", 9, [3, 10**9], [2, -1, 0]),
    ("at least 0 and at most 1", "float", 0.5, [0.0, 1.0, 0.3], [-0.1, 1.001]),
    ("At least 16 px", "int", 16, [16], [15]),
    ("step size, above 0; below 1", "float", 0.5, [1e-9], [0.0, -1.0, 1.0]),
    ("side (in pixels): at least 32, a multiple of 8", "int", 64, [32, 40], [24, 33]),
    ("number of a channel; -1 for all; at least -1", "int", -1, [-1, 7], [-2]),
    ("one of auto, float32 or bfloat16; auto is best", "str", "auto", ["float32", "bfloat16"], ["", "best", "AUTO"]),
    ('one of cpu, cuda, cuda:N; "" for a GPU', "str", "", ["", "cpu", "cuda:12"], ["cuda:", "cuda:N", "cuda:1x", "c"]),
    ("one of CNN, VGG", "str", "CNN", ["VGG"], ["C1"]),
    ("batches: one of 1, 2, or 4", "int", 4, [1, 2, 4], [3, 0]),
    ("some of a, high-pass; [] for none", "list[str]", [], [[], ["high-pass", "a"]], [["x"], ["a", "a"]]),
    ("counts; at least 1", "list[int]", [200, 400], [[1], [400, 400]], [[], [0], [400, 0]]),
    ("any numbers", "list[list[int]]", [[1]], [[[1], []]], [[]]),
    ("for people: at most, above which they count", "int", -5, [0, 10**6], []),
    ("fast or slow", "bool", True, [False], []),
]  # fmt: skip


@pytest.mark.parametrize(("words", "kind", "default", "good", "bad"), ALLOWED)
def test_a_help_text_says_which_values_are_allowed(words, kind, default, good, bad):
    known = parse_range(words, kind, default)
    for value in [default, *good]:
        assert known.check("it", value) == value
    for value in bad:
        with pytest.raises(ValueError, match=r"^(each of )?it (must|names)"):
            known.check("it", value)


@pytest.mark.parametrize(
    ("words", "kind", "default", "sentence"),
    [
        ("at least three", "int", 9, "'at least three' is no range of int; write a number like 'at least 3'"),
        ("at least 2 * size", "int", 9, "'at least 2 * size' is no range of int"),
        ("at least 0x10", "int", 90, "'at least 0x10' is no range of int"),
        ("at least 3", "str", "x", "'at least 3' is no range of str"),
        ("at most the whole split", "int", 9, "'at most the whole split' is no range of int"),
        ("a multiple of 0", "int", 9, "is no range of int"),
        ("at least 3", "int", 2, "its default must be at least 3, not 2"),
        ("one of a, b", "str", "c", "its default must be one of a, b, not 'c'"),
        ("one of a, b", "list[str]", ["a"], "'one of' is not for list[str]; write 'some of'"),
        ("some of a, b", "str", "a", "'some of' is not for str; write 'one of'"),
        ("path of a file", "int", 1, "'path of a file' is not for int; a path is str"),
        ("one of 1, many", "int", 1, "'many' is no int"),
    ],
)
def test_a_range_that_cannot_be_meant_is_an_error(words, kind, default, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        parse_range(words, kind, default)


def test_a_path_is_seen_from_where_the_user_is(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "a b, {c} [d]"
    (folder / "in" / "one").mkdir(parents=True)
    (folder / "-x.jpg").touch()
    monkeypatch.chdir(folder)
    file, place = parse_range('path of a picture; "" for none', "str", ""), parse_range("path of a folder", "str", "x")
    assert file.check("it", "-x.jpg") == file.check("it", str(folder / "-x.jpg")) == str(folder / "-x.jpg")
    assert file.check("it", "~/a b, {c} [d]/-x.jpg") == str(folder / "-x.jpg") and file.check("it", "") == ""
    assert place.check("it", "in/") == place.check("it", "../a b, {c} [d]/in") == str(folder / "in")
    either = parse_range("paths of files or folders", "list[str]", [])
    assert either.check("it", ["in", "-x.jpg"]) == [str(folder / "in"), str(folder / "-x.jpg")]
    several = parse_range("path or pattern of folders; [] for none", "list[str]", [])
    assert several.check("it", ["in/*"]) == [f"{tmp_path}/a b, {{c}} [[]d]/in/*"]
    source = parse_range("one of auto, scenes, or the path of a folder of pictures or of gray/", "str", "auto")
    (folder / "auto").mkdir()
    assert source.check("it", "auto") == "auto" and source.check("it", "./auto") == str(folder / "auto")
    joined = parse_range("one of auto, scenes, or path or joined paths of folders", "str", "auto")
    every = os.pathsep.join(["in", "scenes", "../a b, {c} [d]"])
    assert joined.check("it", every) == os.pathsep.join([str(folder / "in"), "scenes", str(folder)])
    with pytest.raises(ValueError, match="auto, scenes or the path of a folder, and there is no folder 'nowhere'"):
        joined.check("it", f"in{os.pathsep}nowhere")
    for known, value in [(file, "in"), (place, "-x.jpg"), (place, ""), (place, "~nobody-here/x"), (place, "x" * 5000)]:
        with pytest.raises(ValueError, match=r"^it must be the path of a (file|folder), and there is no \1 '"):
            known.check("it", value)
    with pytest.raises(ValueError, match=r"^each of it must be .* and there is no folder 'nothing\*'"):
        several.check("it", ["nothing*"])
    with pytest.raises(ValueError, match="one of auto, scenes or the path of a folder, and there is no folder 'Auto'"):
        source.check("it", "Auto")
    assert not is_there("\0") and not is_there("")


def test_a_path_that_is_not_utf8_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "caf\udce9"
    try:
        (tmp_path / name).mkdir()
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    with pytest.raises(ValueError, match=r"it must be a path in UTF-8, which .*caf.*xe9 is not; rename it"):
        parse_range("path of a folder", "str", "x").check("it", name)


def test_every_parameter_of_the_notebooks_has_its_range():
    free = {"run", "network", "against", "layer", "knowing_layer"}  # names that only the notebook knows
    for path in NOTEBOOKS.glob("*.ipynb"):
        notebook = inspect(path)
        for name, known in notebook.ranges.items():
            assert name in free or known.bounds or known.choices or known.path, f"{path.stem}: {name}"
        assert {name for name, known in notebook.ranges.items() if known.split} == {
            name for name in notebook.types if name.endswith(("pair_counts", "_pairs", "pairs_trained"))
        } - {"validation_pairs", "data_pair_counts"}  # what a kind lacks is left out
        check_values(notebook, notebook.defaults)
        with pytest.raises(UsageError, match=rf"{path.name}: 'seed' must be at most 4294967295, not 4294967296\."):
            check_values(notebook, notebook.defaults | {"seed": 2**32})


def test_generators_take_the_largest_seed():
    import numpy as np
    import torch

    np.random.default_rng([2**32 - 1, 9])
    torch.Generator().manual_seed(2**32 - 1 + (1023 << 32))
