"""Critics: networks that tell true colors from painted ones, place by place (PatchGAN).

Isola et al., *Image-to-Image Translation with Conditional Adversarial Networks*, 2017, sections 3.2.2 and 6.1.2. Both
see the gray picture beside the colors: colors that suit another picture are wrong.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from lib.networks.chroma_net import small_chroma

_CHROMA_SCALE = 8.0  # chroma is seldom beyond 0.1, and luma is beside it in [0, 1]


class PatchCritic(nn.Module):
    """The critic of pix2pix, for RGB: each of its judgments sees a patch of 70 px of a picture of 256 px.

    Smaller pictures have smaller patches: 34 px of 128 px, 16 px of 64 px. Batch norm would mix pictures, and
    processes; instance norm, which pix2pix itself has at its batch size of 1, does not.

    Args:
        side: of the pictures, in px.
        width: channels after the first layer.
    """

    def __init__(self, side: int, width: int = 64):
        super().__init__()
        halvings = max(1, round(math.log2(side / 32)))  # 3 at 256 px
        channels = [width * 2 ** min(layer, 3) for layer in range(halvings + 1)]
        layers = [nn.Conv2d(4, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for layer, (inputs, outputs) in enumerate(pairwise(channels), 1):
            stride = 2 if layer < halvings else 1
            conv = nn.Conv2d(inputs, outputs, 4, stride, 1, bias=False)  # the norm would take a bias away
            layers += [conv, nn.InstanceNorm2d(outputs), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels[-1], 1, 4, 1, 1))

    def true_colors(self, color: Tensor) -> Tensor:
        """What the critic is to take for true, of RGB `(B, 3, H, W)`: the same."""
        return color

    def forward(self, gray: Tensor, painted: Tensor) -> Tensor:
        """Logits `(B, 1, h, w)`, above 0 for true: of gray `(B, 1, H, W)` and RGB `(B, 3, H, W)`, both in [0, 1]."""
        return self.layers(torch.cat([gray, painted], 1))


class ChromaCritic(nn.Module):
    """A critic of chroma at a quarter of the resolution, where `ChromaNet` paints, with the luma beside it.

    Spectral norm (Miyato et al. 2018) bounds how fast its judgment changes, so that its gradient stays of use to a
    network that it sees through. Each judgment sees 20 of its pixels each way, 80 px of the picture.

    Args:
        width: channels after the first layer.
    """

    def __init__(self, width: int = 32):
        super().__init__()

        def conv(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Module:
            return spectral_norm(nn.Conv2d(inputs, outputs, kernel, stride, 1))

        self.layers = nn.Sequential(
            conv(2 + 16, width, 3, 1), nn.LeakyReLU(0.2),
            conv(width, 2 * width, 4, 2), nn.LeakyReLU(0.2),
            conv(2 * width, 4 * width, 4, 2), nn.LeakyReLU(0.2),
            conv(4 * width, 1, 3, 1),
        )  # fmt: skip

    def true_colors(self, color: Tensor) -> Tensor:
        """What the critic is to take for true, of RGB `(B, 3, H, W)`: chroma `(B, 2, H / 4, W / 4)`."""
        return small_chroma(color)

    def forward(self, gray: Tensor, painted: Tensor) -> Tensor:
        """Logits `(B, 1, h, w)`, above 0 for true: of gray `(B, 1, H, W)` and chroma `(B, 2, H / 4, W / 4)`."""
        return self.layers(torch.cat([F.pixel_unshuffle(gray, 4), _CHROMA_SCALE * painted], 1))
