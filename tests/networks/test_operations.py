"""What layers and operations are called."""

import pytest
from torch import nn

from lib.networks.operations import in_words, name_of_layer


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (nn.Conv2d(1, 2, (3, 5), stride=(1, 2)), ["convolution 3×5, stride 1×2"]),
        (nn.ConvTranspose2d(1, 2, 4, stride=2), ["transposed convolution 4×4, stride 2"]),
        (nn.BatchNorm2d(2), ["batch norm"]),
        (nn.AvgPool2d((2, 1)), ["average pooling 2×1"]),
        (nn.Sigmoid(), ["sigmoid"]),
        (nn.PixelShuffle(2), ["pixel shuffle"]),
        (nn.Dropout(), []),
    ],
)
def test_names_of_layers(layer, name):
    assert name_of_layer(layer) == name


def test_what_repeats_is_said_once():
    assert in_words(["a", "b"] * 3) == "3 × (a, b)"
    assert in_words(["a", "a"]) == "2 × a"
    assert in_words(["a", "b", "a"]) == "a, b, a"
    assert in_words([*"abacbab"]) == "3 × a, 3 × b, c"
    assert in_words([]) == ""
