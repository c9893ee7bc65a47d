"""Photographs as RGB and as chroma."""

import pytest
from torch import Tensor

from lib.color import spaces


@pytest.fixture(scope="session")
def rgb(pairs) -> Tensor:
    """Photographs, `(60, 3, 32, 32)`."""
    return spaces.to_tensor(pairs.color)


@pytest.fixture(scope="session")
def photographs(rgb) -> Tensor:
    """Chroma of photographs, `(60, 2, 32, 32)`."""
    return spaces.rgb_to_ycbcr(rgb)[:, 1:]
