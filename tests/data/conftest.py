"""Two folders of pictures that are pairs."""

from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def folders(tmp_path: Path, photograph: Image.Image) -> tuple[Path, Path]:
    """`gray/` and `color/` with two good pairs, of differing formats."""
    for side in ("gray", "color"):
        (tmp_path / side).mkdir()
    for stem in ("been", "été 山"):
        photograph.convert("L").save(tmp_path / "gray" / f"{stem}.png")
        photograph.save(tmp_path / "color" / f"{stem}.JPG", quality=95)
    return tmp_path / "gray", tmp_path / "color"
