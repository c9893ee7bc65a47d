"""YAML without what YAML 1.1 changes in silence."""

import re

import pytest
import yaml

from lib.common.files import NOTEBOOKS
from lib.common.plain_yaml import load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", 10), ("-7", -7), ("+7", 7), ("1e-4", 0.0001), ("2.50", 2.5), (".5", 0.5), ("1E3", 1000.0),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None), ("5 # comment", 5),
        ("[010, 1:30]", [10, "1:30"]), ('{a: "010"}', {"a": "010"}),
    ],
)  # fmt: skip
def test_numbers_are_decimal(text, value):
    found = load(text)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    ["1:30", "0x1F", "0b1", "0o7", "1_000", "1_0.0", "yes", "no", "on", "off", "Y", "2020-01-01", ".inf", "-.INF",
     ".nan", "nan", "1e999", "٣", "１", "=", "9" * 5000],
)  # fmt: skip
def test_what_is_no_number_stays_the_text_that_was_written(text):
    assert load(text) == text and load(f"a: [{text}]") == {"a": [text]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: 'a' is given twice, first in line 1; keep one"),
        ("a: {b: 1, c: 2, b: 3}", "line 1: 'b' is given twice"),
        ("- a: 1\n  a: 2", "line 2: 'a' is given twice"),
        ("a:\n\tb: 1", "line 2: found character '\\t' that cannot start any token; indent with blanks, not with tabs"),
        ("a: 1\n---\nb: 2", "line 2: expected a single document in the stream, but found another document"),
        ("&a [*a]", "line 1: it contains itself"),
        ("[" * 1000, "line 1: nested too deeply"),
        ("!!int 0x1F", "line 1: '0x1F' is no int"),
        ("!!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("!!timestamp 2020-01-01", "could not determine a constructor"),
        ("{[1]: 2}", "line 1: found unhashable key"),
        ("\x01", "special characters are not allowed"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        load(text)
    assert "\n" not in str(caught.value) and "unicode string" not in sentence


def test_a_merged_key_may_be_replaced_and_aliases_cost_no_time():
    assert load("a: &a {k: 1, l: 2}\nb: {<<: *a, k: 3}") == {"a": {"k": 1, "l": 2}, "b": {"k": 3, "l": 2}}
    lines = ["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30))]
    assert len(load("\n".join(lines))) == 30


def test_the_files_of_the_workbook_read_as_papermill_reads_them():
    files = list((NOTEBOOKS / "parameters").rglob("*.yaml"))
    assert files
    for file in files:
        assert load(file.read_text()) == yaml.safe_load(file.read_text())
