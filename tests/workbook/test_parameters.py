"""The parameter cell of a notebook, read without papermill and compared with what papermill reads."""

import re

import papermill
import pytest
from toys import write_notebook

from lib.common.usage import UsageError
from lib.workbook.parameters import inspect


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rate: int | None = 3", "no plain type for parameter 'rate'"),
        ("rate: float = 3.0  # lr=3", "no plain type for parameter 'rate'"),
        ("rate = 3.0", "no plain type for parameter 'rate'"),
        ("rate: dict = {}", "no plain type for parameter 'rate'"),
        ("rate: float = 1 / 3 + x", "may hold only lines like"),
        ("import os", "may hold only lines like"),
    ],
)
def test_a_parameter_that_papermill_cannot_read_is_refused(tmp_path, line, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        inspect(write_notebook(tmp_path, "01_odd", parameters=line))


@pytest.mark.parametrize(
    "lines",
    [
        "rate: float = 3.0  # at most 5",
        'name: str = "a#b"  # no comment before this one',
        "grid: list[list[int]] = [\n    [1],  # one\n    [2, 3],\n]  # and more",
        "# a comment, lr=3\n\nfast: bool = False",
    ],
)
def test_papermill_reads_accepted_parameters_with_the_same_type(tmp_path, lines):
    path = write_notebook(tmp_path, "01_odd", parameters=lines)
    seen = papermill.inspect_notebook(str(path))
    assert inspect(path).types == {name: parameter["inferred_type_name"] for name, parameter in seen.items()}
    if '"a#b"' not in lines:  # papermill takes that for the comment
        assert inspect(path).help == {name: parameter["help"] for name, parameter in seen.items()}
