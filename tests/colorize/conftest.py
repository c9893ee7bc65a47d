"""The tiny colorizer, loaded."""

import pytest

from lib.networks.chroma_net import ChromaNet
from lib.networks.pretrained import load_colorizer


@pytest.fixture(scope="session")
def network(loud_weights) -> ChromaNet:
    return load_colorizer(loud_weights)
