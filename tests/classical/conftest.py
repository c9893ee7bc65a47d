"""Four whole photographs, small, gray and in color."""

import cv2
import numpy as np
import pytest
import skimage.data


@pytest.fixture(scope="session")
def pairs() -> tuple[np.ndarray, np.ndarray]:
    pictures = [skimage.data.astronaut(), skimage.data.coffee(), skimage.data.rocket(), skimage.data.chelsea()]
    color = np.stack([cv2.resize(picture, (64, 48), interpolation=cv2.INTER_AREA) for picture in pictures])
    return np.stack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in color]), color
