"""The controls, and the methods of a user's file."""

import numpy as np
import pytest
import torch
from PIL import Image
from scores_by_hand import value_of

from lib.color import spaces
from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.methods import controls, load_methods
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


@pytest.mark.parametrize("content", ["x = 1", "METHODS = []", "METHODS = {'a': 3}", "METHODS = {3: print}"])
def test_a_file_without_methods_is_named(tmp_path, content):
    (tmp_path / "mine.py").write_text(content)
    with pytest.raises(ValueError, match=r'mine\.py: must define METHODS = {"a name": a colorizer}'):
        load_methods(str(tmp_path / "mine.py"))


@pytest.mark.parametrize(
    "name", ["gray copy", "gray_copy", "CNN", "cnn, wider", "Ours, mine", "JET", "truth", "gray", "paper: better"]
)
def test_a_name_that_is_taken_is_refused_for_a_users_method(tmp_path, name):
    (tmp_path / "mine.py").write_text(f"METHODS = {{'sepia': print, {name!r}: print}}")
    with pytest.raises(ValueError, match=f"mine.py: the name '{name}' is taken by one of the workbook's own methods"):
        load_methods(str(tmp_path / "mine.py"))


def test_a_missing_file_of_methods_is_named():
    with pytest.raises(FileNotFoundError, match=r"nowhere\.py: no such file of methods"):
        load_methods("nowhere.py")


def test_the_controls_are_named_as_every_table_names_them(pairs):
    assert [method.label for method in controls(pairs)] == ["gray copy", "intensity-only map (best)"]
    assert tuple(method.name for method in controls(pairs)) == CONTROLS
    gray = spaces.to_tensor(np.asarray(Image.new("L", (16, 16), 80)))[None]
    assert torch.equal(controls(pairs)[GRAY_COPY](gray), gray.expand(1, 3, 16, 16))
