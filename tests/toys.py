"""Toy notebooks for the tests of the runner and of sweeps."""

from pathlib import Path

import nbformat


def write_notebook(folder: Path, stem: str, *cells: str, parameters: str) -> Path:
    """A notebook whose first cell is tagged as the parameters."""
    code = [nbformat.v4.new_code_cell(source.strip()) for source in (parameters, *cells)]
    code[0].metadata["tags"] = ["parameters"]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    path = folder / f"{stem}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=code, metadata=kernel), path)
    return path
