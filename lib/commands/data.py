"""`workbook data`: download the paper's kind of data into data/kaggle."""

import argparse
import sys


def run(options: argparse.Namespace) -> int:
    """Download the pairs from Kaggle and say what came: 0 done, 1 it could not be downloaded."""
    from lib.data.kaggle import download_kaggle
    from lib.data.locations import describe_source

    try:
        print(describe_source(str(download_kaggle())))
    except RuntimeError as error:
        print(f"workbook: {error}", file=sys.stderr)
        return 1
    return 0
