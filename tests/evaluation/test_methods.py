"""The controls, and the methods of a user's file."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from scores_by_hand import value_of

from lib.color import spaces
from lib.common.usage import UsageError
from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.methods import controls, load_methods
from lib.evaluation.methods_file import check_methods_file
from lib.evaluation.names import CONTROLS, GRAY_COPY, INTENSITY_MAP


def test_the_intensity_map_is_the_best_table_on_its_own_training_pictures(pairs):
    training = pairs.split("train")
    best = summarize(evaluate(controls(pairs), training))
    assert value_of(best, INTENSITY_MAP, "mse") < value_of(best, GRAY_COPY, "mse")
    table = controls(pairs)[INTENSITY_MAP].table
    for channel, level in ((0, 40), (2, 100)):
        expected = training.color[..., channel][training.gray[:] == level].mean()
        assert table[level, channel] == pytest.approx(expected, abs=1)


def test_ten_lines_of_ones_own_stand_in_the_table(tmp_path, monkeypatch, test_split):
    (tmp_path / "mine.py").write_text(
        "import torch\n\n\ndef sepia(gray):\n"
        "    tint = torch.tensor([1.0, 0.9, 0.7]).reshape(3, 1, 1)\n"
        "    return gray * tint\n\n\nMETHODS = {'sepia': sepia}\n"
    )
    monkeypatch.chdir(tmp_path)
    for path in ("mine.py", str(tmp_path / "mine.py")):
        methods = load_methods(path)
        assert list(methods) == ["sepia"]
    rows = summarize(evaluate(methods, test_split))
    assert value_of(rows, "sepia", "colorfulness") > 5
    assert load_methods("") == {}


def written(tmp_path, content, name="mine.py"):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        *[(text, 'must define METHODS = {"a name": a colorizer}.') for text in (
            "", "x = 1", "METHODS = []", "METHODS = {}", "METHODS = None", "METHODS = {3: print}",
            "methods = {'a': print}",
        )],
        ("METHODS = {'a': 3}", "'a' is 3 and no function"),
        ("class Net: pass\nMETHODS = {'a': Net}", "'a' is a class; write Net(), which makes a colorizer."),
        ("METHODS = dict(a=print)\nMETHODS['truth'] = print", "the name 'truth' is taken by one of the workbook's own"),
        ("METHODS = {'a b': print, 'A  b': print}", "the names 'a b' and 'A  b' look the same; change one."),
        ("METHODS = {'a': print, 'a': print}", "the names 'a' and 'a' look the same; change one."),
        ("METHODS = {'': print}", "'' is no name that can be shown; choose another."),
        ("METHODS = {'a\\nb': print}", r"'a\nb' is no name that can be shown"),
        ("\nMETHODS = {'a': \n", ", line 2 is not Python: '{' was never closed."),
        ("METHODS = {'caf\xe9': print}".encode("latin-1"), " is not Python: "),
        (b"\x89PNG\r\n\x1a\n\0\0", " is not Python: "),
        ("import nowhere\nMETHODS = {}[3]", ", line 1: ModuleNotFoundError: No module named 'nowhere'."),
        ("\nMETHODS = {'a': 1 / 0}", ", line 2: ZeroDivisionError: division by zero."),
        ("METHODS = {'a': print}\nimport sys\nsys.exit(3)", ", line 3: SystemExit: 3."),
        ("METHODS = {'a': print}\nraise ValueError", ", line 2: ValueError."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_of_methods_is_one_sentence(tmp_path, content, sentence):
    path = written(tmp_path, content)
    with pytest.raises(UsageError) as caught:
        load_methods(path)
    assert str(caught.value).startswith(path) and sentence in str(caught.value) and "\n" not in str(caught.value)


def test_a_byte_order_mark_and_a_declared_encoding_are_read(tmp_path):
    assert list(load_methods(written(tmp_path, "\ufeffMETHODS = {'a': print}"))) == ["a"]
    latin = "# -*- coding: latin-1 -*-\nMETHODS = {'caf\xe9': print}".encode("latin-1")
    assert list(load_methods(written(tmp_path, latin, "latin.py"))) == ["caf\xe9"]


@pytest.mark.parametrize(
    "name",
    ["gray copy", "gray_copy", "Gray Copy", "gray  copy", " gray copy ", "gray-copy", "gray\u2010copy",
     "gray\u2014copy",
     "gray\u00a0copy", "gray\u200bcopy", "graycopy", "\uff47ray copy", "gr\u0430y copy", "gray copy, mine",
     "gray copy: x",
     "CNN", "cnn, wider", "CNN, 400 pairs, 9 epochs", "CNN + perceptual, 400 pairs", "CNN+perceptual", "Ours, mine",
     "k means segments", "JET", "truth", "Truth:", "gray", "paper: better", "paper\uff1a better", "vgg11", "ChromaNet"],
)  # fmt: skip
def test_a_name_that_is_taken_is_refused_before_the_file_runs(tmp_path, name):
    path = written(tmp_path, f"raise SystemExit\nMETHODS = {{'sepia': print, {name!r}: print}}")
    with pytest.raises(UsageError) as caught:
        check_methods_file(path)
    assert str(caught.value) == (
        f"{path}: the name '{name}' is taken by one of the workbook's own methods; choose another."
        if name.isprintable() else f"{path}: {name!r} is no name that can be shown; choose another."
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["sepia", "my CNN", "CNN2", "grayish", "tint -1", "Graycopier", "\u5f69\u8272", "ours2"]
)
def test_other_names_are_free(tmp_path, name):
    assert list(load_methods(written(tmp_path, f"METHODS = {{{name!r}: print, 'tint 1': print}}"))) == [name, "tint 1"]


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere\.py: no such file of methods"):
        load_methods("nowhere.py")
    with pytest.raises(UsageError, match="is a folder; name the Python file in it"):
        load_methods(str(tmp_path))


@pytest.fixture
def import_state(monkeypatch):
    """`sys.path` and `sys.modules` as they were, after the test."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = dict(sys.modules)
    yield
    for name in set(sys.modules) - set(before):
        del sys.modules[name]


def test_neighbors_of_the_file_are_imported_when_it_is_loaded_and_when_a_method_runs(tmp_path, import_state):
    text = "from near import f\n\ndef late(gray):\n    import nearer\n    return nearer.f(gray)\n\n"
    path = written(tmp_path, text + "METHODS = {'now': f, 'late': late}", "a/mine.py")
    for name, value in (("near", 1), ("nearer", 2)):
        written(tmp_path, f"def f(gray): return {value}", f"a/{name}.py")
    methods = load_methods(path)
    assert [method(None) for method in methods.values()] == [1, 2]
    assert sys.path.count(str(tmp_path / "a")) == 1 and sys.path[0] == str(tmp_path / "a")


def test_neighbors_of_one_name_in_two_folders_are_not_mixed_and_edits_are_read(tmp_path, import_state):
    found = {}
    for folder, value in (("a", 1), ("b", 2), ("a", 3)):
        written(tmp_path, f"VALUE = {value} + 0 * {'1' * value}", f"{folder}/near.py")
        path = written(tmp_path, "import near\nMETHODS = {'m': lambda gray: near.VALUE}", f"{folder}/mine.py")
        found[value] = load_methods(path)["m"]
    assert [found[value](None) for value in (1, 2, 3)] == [1, 2, 3]


def test_an_error_in_a_neighbor_is_named_with_both_lines(tmp_path, import_state):
    written(tmp_path, "\n\nx = 1 / 0", "a/far.py")
    path = written(tmp_path, "import far\nMETHODS = {'m': print}", "a/mine.py")
    with pytest.raises(UsageError) as caught:
        load_methods(path)
    assert str(caught.value) == f"{path}, line 1: far.py, line 3: ZeroDivisionError: division by zero."


def test_a_module_is_used_in_eval_mode(tmp_path):
    path = written(tmp_path, "from torch import nn\nMETHODS = {'net': nn.Dropout()}")
    assert not load_methods(path)["net"].training


def test_a_file_of_methods_is_checked_without_torch(tmp_path):
    path = written(tmp_path, "METHODS = {'truth': print}")
    code = (
        "import sys\nfrom lib.evaluation.methods_file import check_methods_file\n"
        f"try:\n    check_methods_file({path!r})\nexcept ValueError as error:\n    print(error)\n"
        "print('torch' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "the name 'truth' is taken" in found and found.endswith("False\n")


def test_the_controls_are_named_as_every_table_names_them(pairs):
    assert [method.label for method in controls(pairs)] == ["gray copy", "intensity-only map (best)"]
    assert tuple(method.name for method in controls(pairs)) == CONTROLS
    gray = spaces.to_tensor(np.asarray(Image.new("L", (16, 16), 80)))[None]
    assert torch.equal(controls(pairs)[GRAY_COPY](gray), gray.expand(1, 3, 16, 16))
