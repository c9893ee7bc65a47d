"""Shared fixtures: a tiny data set cut from photographs that scikit-image ships, a tiny colorizer and its command."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from lib.color.spaces import to_tensor
from lib.commands.colorize import main
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


@pytest.fixture
def gray(photograph) -> Image.Image:
    """The same photograph in gray."""
    return photograph.convert("L")


@pytest.fixture(scope="session")
def three_photographs() -> torch.Tensor:
    """Three photographs that scikit-image ships, 128 px from the middle, `(3, 3, 128, 128)`."""
    images = [data.astronaut(), data.chelsea(), data.coffee()]
    middles = [(image.shape[0] // 2 - 64, image.shape[1] // 2 - 64) for image in images]
    return torch.stack([to_tensor(i[y : y + 128, x : x + 128]) for i, (y, x) in zip(images, middles, strict=True)])


@pytest.fixture(scope="session")
def loud_weights(tmp_path_factory) -> Path:
    """The file of an untrained colorizer whose distributions are made certain enough to give strong colors."""
    options = {"width": 4, "side": 32}
    network = build_network("ChromaNet", **options)
    with torch.no_grad():
        network.colors.weight.mul_(300)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_network(path, network, TrainingConfig(network="ChromaNet", options=options, loss="chroma distribution"))
    return path


@pytest.fixture
def album(tmp_path) -> Path:
    """An empty folder for photographs; `colorize` writes beside it."""
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def colorize(loud_weights, album, capfd) -> Callable:
    """Calls the command line; gives the exit code, the lines of standard output and those of standard error."""

    def call(*arguments, paths=(), out="out"):
        arguments = [*(paths or [album]), "-o", album.parent / out, "--weights", loud_weights, *arguments]
        capfd.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:  # argparse
            code = stopped.code
        return code, *(text.splitlines() for text in capfd.readouterr())

    return call
