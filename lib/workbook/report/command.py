"""`workbook report`: build the page of a run or a sweep again."""

import argparse
from pathlib import Path

from lib.common.files import resolve
from lib.common.usage import UsageError
from lib.workbook.ranges import is_there
from lib.workbook.records.reader import load_run
from lib.workbook.report.run_page import write_report


def report(options: argparse.Namespace) -> int:
    """Build the page of the folder that is asked for and print its path; returns 1 where a file was left out."""
    if not is_there(options.folder, Path.is_dir):
        raise UsageError(f"{options.folder} is no folder; name the folder of a run or a sweep, like outputs/<run>.")
    folder = resolve(options.folder)
    print(write_report(folder))
    problems = load_run(folder).problems
    for problem in problems:
        print(f"left out: {problem}")
    return int(bool(problems))
