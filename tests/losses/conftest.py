"""The bundled VGG features."""

import pytest
from torch import nn

from lib.losses.vgg_features import vgg11_features


@pytest.fixture(scope="session")
def features() -> nn.Module:
    return vgg11_features("bundled")
