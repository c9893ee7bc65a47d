"""Three methods measured on the test split."""

import pytest
import torch

from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.methods import controls
from lib.losses.vgg_features import vgg11_features


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
