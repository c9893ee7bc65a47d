"""Shared fixtures: a tiny data set cut from photographs that scikit-image ships."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from lib.data.pairs import Pairs, make_pairs
from lib.networks.registry import build_network
from lib.networks.storage import save_network
from lib.training.config import TrainingConfig

SIZE = 32


def pytest_configure():
    torch.set_num_threads(1)  # pictures this small are done before a second thread is awake


def _tiles() -> dict[str, np.ndarray]:
    """Photographs at half their size, cut into squares of `SIZE` px: uint8 RGB by name."""
    tiles = {}
    for name in ("astronaut", "coffee", "chelsea", "rocket"):
        picture = Image.fromarray(getattr(data, name)())
        picture = np.asarray(picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BOX))
        for row in range(0, picture.shape[0] - SIZE + 1, 2 * SIZE):
            for column in range(0, picture.shape[1] - SIZE + 1, SIZE):
                tiles[f"{name}-{row}-{column}"] = picture[row : row + SIZE, column : column + SIZE]
    return tiles


@pytest.fixture(scope="session")
def pairs() -> Pairs:
    """60 pairs of 32 px: 36 for training, 12 for validation, 12 for test."""
    chosen = dict(list(_tiles().items())[:60])
    color = np.stack(list(chosen.values()))
    gray = np.stack([np.asarray(Image.fromarray(picture).convert("L")) for picture in color])
    splits = np.array(["train", "train", "train", "val", "test"] * 12)
    return make_pairs("tiles", "tiles of photographs", list(chosen), gray, color, splits)


@pytest.fixture(scope="session")
def kept_network(tmp_path_factory) -> Path:
    """The file of a network with two epochs kept beside each other, as a training leaves them; the weights are any."""
    folder, config = tmp_path_factory.mktemp("kept"), TrainingConfig(options={"width": 2}, epochs=2)
    for seed, stem in enumerate(("epoch-001", "network")):
        save_network(folder / f"{stem}.safetensors", build_network("ColorizationNet", seed, width=2), config)
    return folder / "network.safetensors"


@pytest.fixture
def photograph() -> Image.Image:
    """A color photograph of 48 x 32 px (width x height)."""
    return Image.fromarray(data.coffee()).resize((48, 32), Image.Resampling.BOX)
