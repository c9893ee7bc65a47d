"""Three methods measured on the test split; pictures in true colors and in gray; a colorizer that is not trained."""

import pytest
import torch
from recolored import as_bytes, recolored

from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.methods import controls
from lib.losses.vgg_features import vgg11_features
from lib.networks.registry import build_network


@pytest.fixture(scope="session")
def test_split(pairs):
    return pairs.split("test")


@pytest.fixture(scope="session")
def methods(pairs):
    tinted = torch.tensor([0.9, 1.0, 0.8]).reshape(3, 1, 1)
    return controls(pairs) | {"tinted": lambda gray: gray * tinted}


@pytest.fixture(scope="session")
def scores(methods, test_split):
    return evaluate(methods, test_split, vgg11_features("bundled"), batch_size=5)


@pytest.fixture(scope="session")
def rows(scores):
    return summarize(scores)


@pytest.fixture(scope="session")
def truth(pairs):
    """60 squares of photographs, 32 px, uint8."""
    return as_bytes(pairs.tensors(slice(None))[1])


@pytest.fixture(scope="session")
def gray(truth):
    return recolored(truth, lambda chroma: 0 * chroma)


@pytest.fixture(scope="module")
def network():
    """An untrained network whose logits are scaled to spread as those of a trained one."""
    network = build_network("ChromaNet", 1, width=4, side=32).eval()
    with torch.no_grad():
        network.colors.weight.mul_(200)
    return network
