"""The examples in docstrings give what they say."""

import doctest
import importlib

import pytest

from lib.common.files import ROOT

WITH_EXAMPLES = sorted(path for path in (ROOT / "lib").rglob("*.py") if ">>> " in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_give_what_they_say(path):
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted and not found.failed


def test_the_color_spaces_are_among_the_examples():
    assert ROOT / "lib" / "color" / "spaces.py" in WITH_EXAMPLES
