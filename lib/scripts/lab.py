"""Starts JupyterLab on the notebooks: `make lab`. Further arguments are JupyterLab's own."""

import os
import sys

from lib.common.files import ROOT
from lib.common.homes import home_environment

_LARGEST_UPLOAD = 2**28  # bytes


def command(arguments: list[str]) -> list[str]:
    """The command line of JupyterLab, with the project's folder as its root and the first notebook open."""
    fixed = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={ROOT}"]
    # Photographs are uploaded as one message. From the usual 10 MB on, the notebook would lose its kernel in silence.
    fixed.append(f"--ServerApp.tornado_settings={{'websocket_max_message_size': {_LARGEST_UPLOAD}}}")
    fixed.append("--LabApp.default_url=/lab/tree/notebooks/00_dataset.ipynb")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        fixed.append("--allow-root")  # in a container everybody is root, and JupyterLab would end
    return [*fixed, *arguments]


if __name__ == "__main__":
    line = command(sys.argv[1:])
    os.execve(line[0], line, os.environ | home_environment())
