"""Folders for what libraries keep in the user's home, where that cannot be written."""

import os
import tempfile
from pathlib import Path

from lib.common.files import CACHE

# Each library's variable, and the folder below ours: without it, it warns in the middle of a result, or ends.
_VARIABLES = {
    "MPLCONFIGDIR": "matplotlib",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
    "XDG_CACHE_HOME": "cache",  # of fontconfig, and of the weights that torch downloads
}


def home_environment() -> dict[str, str]:
    """Environment variables that send Matplotlib, IPython, Jupyter and fontconfig to a folder that can be written.

    Empty where the home can be written. What the user has set already is left out. The folder lies in the cache, else
    in the system's folder of temporary files.
    """
    if _can_be_made(Path(os.path.expanduser("~"))):
        return {}
    user = os.getuid() if hasattr(os, "getuid") else "user"
    for folder in (CACHE / "home", Path(tempfile.gettempdir()) / f"workbook-home-{user}"):
        if _can_be_made(folder):
            return {name: str(folder / below) for name, below in _VARIABLES.items() if name not in os.environ}
    return {}


def _can_be_made(folder: Path) -> bool:
    """Whether a file can be written into a folder, which need not be there yet."""
    while not os.path.exists(folder) and folder != folder.parent:  # also where a folder above may not be read
        folder = folder.parent
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)
