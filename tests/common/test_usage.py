"""Conversion of values that users give."""

import argparse
import os

import pytest

from lib.common.usage import Joined, convert, decimal_number, whole_number


def test_values_are_converted_by_annotation():
    assert convert("1e-4", "float") == 1e-4
    assert convert(3, "float") == 3.0 and isinstance(convert(3, "float"), float)
    assert convert([[1], [2, 3]], "list[list[int]]") == [[1], [2, 3]]
    for value, kind in [(True, "int"), (2.0, "int"), (None, "float"), (True, "float"), (1, "str"), ("a", "list[str]")]:
        with pytest.raises(ValueError):
            convert(value, kind)


@pytest.mark.parametrize("value", ["1_0", "٣", "inf", "nan", "0x1F", "1e999", 10**400, "1:30", ""])
def test_only_decimal_digits_are_a_number(value):
    with pytest.raises(ValueError, match="is no float"):
        convert(value, "float")


@pytest.mark.parametrize(
    ("text", "least", "most", "value"),
    [("3", 1, None, 3), (" 010 ", 1, 10, 10), ("1_0", 1, None, None), ("٣", 1, 9, None), ("1e1", 1, None, None),
     ("0", 1, None, None), ("10", 1, 9, None), ("-5", None, None, -5)],
)  # fmt: skip
def test_options_take_whole_numbers_in_decimal_digits(text, least, most, value):
    read = whole_number(least, most)
    if value is not None:
        assert read(text) == value
    else:
        with pytest.raises(argparse.ArgumentTypeError, match=r"must be a whole number .*, not '"):
            read(text)


def test_options_take_decimal_numbers():
    assert decimal_number(0, 1)("1") == 1.0 and decimal_number()("-1e-3") == -0.001
    for text in ("nan", "inf", "1_0", "1.1", "-0.1", "much"):
        with pytest.raises(argparse.ArgumentTypeError, match=f"must be a number from 0 to 1, not '{text}'"):
            decimal_number(0, 1)(text)


def test_an_option_that_is_repeated_is_joined():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", action=Joined, default="auto")
    assert parser.parse_args([]).data == "auto" and parser.parse_args(["--data", "a b"]).data == "a b"
    given = parser.parse_args(["--data", "auto", "--data", "b"])
    assert given.data == f"auto{os.pathsep}b" and parser.parse_args(["--data", "c"]).data == "c"
