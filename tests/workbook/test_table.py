"""Where `workbook table --output` writes."""

import pytest

from lib.common.usage import UsageError
from lib.workbook.table import table_stem


@pytest.mark.parametrize(
    ("output", "stem"),
    [
        ("x", "x"),
        ("x.csv", "x"),
        ("x.md", "x"),
        ("x.PNG", "x"),
        ("results.v2", "results.v2"),
        ("results.v2.csv", "results.v2"),
        ("missing/x.csv", "missing/x"),
        ("missing/", "missing/table"),
        ("there", "there/table"),
        ("there.csv", "there.csv/table"),
        (".csv", ".csv"),
        ("~/x.csv", "home/x"),
    ],
)
def test_the_files_are_called_as_asked_for_without_their_suffix(tmp_path, monkeypatch, output, stem):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "there").mkdir()
    (tmp_path / "there.csv").mkdir()
    assert table_stem(output) == tmp_path / stem


def test_a_file_as_the_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=f"--output: {tmp_path / 'file'} is a file; name a folder"):
        table_stem(str(tmp_path / "file" / "x.csv"))
