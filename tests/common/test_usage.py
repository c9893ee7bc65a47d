"""Conversion of values that users give."""

import pytest

from lib.common.usage import convert


def test_values_are_converted_by_annotation():
    assert convert("1e-4", "float") == 1e-4
    assert convert(3, "float") == 3.0 and isinstance(convert(3, "float"), float)
    assert convert([[1], [2, 3]], "list[list[int]]") == [[1], [2, 3]]
    for value, kind in [(True, "int"), (2.0, "int"), (None, "float"), (True, "float"), (1, "str"), ("a", "list[str]")]:
        with pytest.raises(ValueError):
            convert(value, kind)
