"""`workbook table`: means over seeds of what sweeps and runs recorded, printed and written."""

import argparse
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from lib.common.files import OUTPUTS, resolve
from lib.common.usage import UsageError, convert
from lib.workbook.parameters import yaml_value
from lib.workbook.records.finding import find_results
from lib.workbook.records.reader import load_sweep

SUFFIXES = (".csv", ".md", ".png")  # of the files that are written


def parse_baseline(texts: Sequence[str]) -> dict[str, object]:
    """`["method=gray_copy", "epochs=9"]` as a dictionary; values are read as YAML, methods are text."""
    baseline = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--baseline: write NAME=VALUE, such as method=gray_copy or epochs=9, not '{text}'.")
        baseline[name] = value if name == "method" else number_or_text(yaml_value("--baseline", value))
    return baseline


def number_or_text(value: object) -> object:
    """A value read as YAML, which takes `1e-4` for text."""
    with suppress(TypeError, ValueError):
        return convert(value, "float") if isinstance(value, str) else value
    return value


def run(options: argparse.Namespace) -> int:
    """`workbook table` as the command line asks for it; returns the exit code."""
    given = (options.by, options.metric, options.baseline, options.method, options.output)
    return table_command(options.pattern, *given)


def table_command(
    pattern: str,
    by: str | None = None,
    metrics: str | None = None,
    baseline: Sequence[str] = (),
    methods: Sequence[str] = (),
    output: str | None = None,
) -> int:
    """`workbook table`: print and write the table; 1 where a results.json could not be used, otherwise 0.

    `by` and `metrics` are names with commas between, `baseline` holds NAME=VALUE texts, `output` names the files
    (see `table_stem`). What is not given is taken from the sweep's record where `pattern` is the folder of one.
    """
    stem = table_stem(output) if output else None  # a mistake in it is said before the table is made
    given = {
        "metrics": [name.strip() for name in metrics.split(",")] if metrics else None,
        "baseline": parse_baseline(baseline),
        "methods": list(methods),
    }
    files, problems = find_results(pattern)
    if files:
        _print_table(files, resolve(pattern), by, given, stem)
    for problem in problems:
        print(f"left out: {problem}")
    return int(bool(problems))


def table_stem(output: str) -> Path:
    """What the table's three files are called, without suffix: `output`, less one of their suffixes if it has one.

    In a folder that is there, or named with a slash at the end, they are called `table`.
    """
    path = Path(os.path.expanduser(output)).resolve()
    if path.is_dir() or output.endswith(("/", os.sep)):
        return path / "table"
    if path.suffix.lower() in SUFFIXES and path.stem:
        path = path.with_suffix("")
    if path.parent.exists() and not path.parent.is_dir():
        raise UsageError(f"--output: {path.parent} is a file; name a folder for the table's files.")
    return path


def _print_table(files: Sequence[Path], folder: Path, by: str | None, given: dict, stem: Path | None) -> None:
    # pandas and matplotlib take seconds to import: mistakes before this are reported without them.
    from lib.workbook.analysis import long_table, over_seeds, tables

    record = load_sweep(folder).record if (folder / "sweep.json").exists() else {}
    table = long_table.load_long_table(files)
    asked = over_seeds.asked_by_sweep(table, record)
    asked |= {name: value for name, value in given.items() if value}
    lines = over_seeds.over_seeds(table, [name.strip() for name in by.split(",")] if by else None, **asked)
    print(tables.text_of(lines, asked["baseline"]))
    for sentence in over_seeds.lacking(table, record):
        print(sentence)
    if asked["baseline"] and not lines["paired"].any():
        print("No differences: no line has a counterpart that is equal in all that the baseline does not name.")
    hidden = [name for name in dict.fromkeys(table["method"]) if name not in set(lines["method"])]
    if hidden:
        print(f"Not shown, --method shows them: {'; '.join(hidden)}.")
    stem = stem or (folder if folder.is_dir() else OUTPUTS) / "table"
    for path in tables.write_table(stem, table, lines, asked["baseline"]):
        print(path)
