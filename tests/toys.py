"""Toy notebooks, and a folder of small photographs, for the tests of the runner, of sweeps and of the notebooks."""

from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
from PIL import Image

TEST = 12  # test photographs


def write_notebook(folder: Path, stem: str, *cells: str, parameters: str, head: str = "") -> Path:
    """A notebook whose first code cell is tagged as the parameters, below its head if there is one."""
    code = [nbformat.v4.new_code_cell(source.strip()) for source in (parameters, *cells)]
    code[0].metadata["tags"] = ["parameters"]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    path = folder / f"{stem}.ipynb"
    cells = [*([nbformat.v4.new_markdown_cell(head)] if head else []), *code]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    return path


def write_photographs(folder: Path) -> Path:
    """24 training, 8 validation and 12 test tiles of real photographs, with their split.csv."""
    from skimage import data

    folder.mkdir(parents=True)
    tiles = []
    for photograph in (data.astronaut(), data.coffee(), data.chelsea(), data.rocket()):
        step = min(photograph.shape[:2]) // 4
        tiles += [
            photograph[y : y + step, x : x + step] for y in range(0, 3 * step, step) for x in range(0, 4 * step, step)
        ]
    splits = np.array(["train"] * 24 + ["val"] * 8 + ["test"] * TEST)
    names = [f"tile-{i:02d}" for i in range(len(splits))]
    order = np.random.default_rng(0).permutation(len(tiles))[: len(splits)]
    for name, i in zip(names, order, strict=True):
        Image.fromarray(tiles[i]).save(folder / f"{name}.png")
    pd.DataFrame({"name": names, "split": splits}).to_csv(folder / "split.csv", index=False)
    return folder
