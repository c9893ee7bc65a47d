"""`workbook shards`: pack photographs, decoded once, into tar files that many processes train from.

workbook shards path/to/photographs -o path/to/shards --size 128
workbook train --data path/to/shards --size 128
"""

import argparse
import os
import sys
import time
from pathlib import Path

from lib.common.progress import clock, progress
from lib.common.usage import UsageError, whole_number
from lib.data.locations import check_size, find_sources, parts_of
from lib.evaluation.size import counted


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("data", nargs="+", metavar="NAME_OR_FOLDER", help="the pictures: folders, scenes or kaggle")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="of the shards")
    parser.add_argument("--size", type=whole_number(), default=128, help="of the pictures, in px (128)")
    parser.set_defaults(action="lib.commands.shards:run")


def run(options: argparse.Namespace) -> int:
    """Pack the pictures and say what came of it.

    Returns:
        0 if all is done, 1 if a file was left out. A mistake in what was asked raises `UsageError`.
    """
    started, folder = time.perf_counter(), options.output.expanduser().resolve()
    data = os.pathsep.join(options.data)
    try:
        check_size(options.size)
        find_sources(data)  # a mistake is reported before NumPy and PIL are imported
        from lib.data.shards import read_index
        from lib.data.shards_sources import collect, join_collections
        from lib.data.shards_writing import pack

        collection = join_collections([collect(part) for part in parts_of(data)])
    except (ValueError, OSError) as error:
        raise UsageError(str(error)) from None
    try:
        print(f"Data: {collection.description}", *collection.remarks, sep="\n", flush=True)
        with progress(f"packing at {options.size} px", len(collection.names)) as tick:
            problems = pack(collection, options.size, folder, tick)
        index = read_index(folder)
    except ValueError as error:
        raise UsageError(str(error)) from None
    for problem in problems:
        print(problem, file=sys.stderr)
    megabytes = sum((folder / file).stat().st_size for file in index.files) / 1e6
    print(
        f"{counted(len(index.names), 'picture')} in {counted(len(index.files), 'shard')}, {megabytes:,.1f} MB, after "
        f"{clock(time.perf_counter() - started)}; {len(problems):,} left out\n{folder}"
    )
    return int(bool(problems))
