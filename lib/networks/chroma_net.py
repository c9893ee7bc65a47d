"""Our network: it keeps the given luma and predicts chroma as a distribution, at an eighth of the resolution.

It answers the three limits that the paper's authors name (section V). The luma is kept, so detail survives. There is
more than the mean color to choose from, so colors need not fade. And the distribution says where color is ambiguous.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.color import composition
from lib.color import distribution as chromas
from lib.color.spaces import rgb_to_ycbcr, to_tensor

SMALLEST = 16  # px; a smaller picture shows too little to tell a color from
MEAN_WEIGHT = 200.0  # balances a squared error of chroma, about 0.003, against a cross entropy of about 3 nats
_STRIDE = 32  # of the deepest layer
_LONGEST = 8  # short sides; a longer picture is squeezed to that, so that a ribbon does not fill the memory


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


class _Residual(nn.Module):
    """A residual block of two convolutions (He et al. 2016)."""

    def __init__(self, width: int):
        super().__init__()
        self.first = _block(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(x + self.second(self.first(x)))


class _Down(nn.Sequential):
    """Half the resolution, then a residual block."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__(_block(inputs, outputs, stride=2), _Residual(outputs))


class _Up(nn.Module):
    """Twice the resolution, joined with the encoder's map of that resolution."""

    def __init__(self, inputs: int, skipped: int, outputs: int):
        super().__init__()
        self.narrow = nn.Conv2d(inputs, skipped, 1, bias=False)
        self.block = _block(skipped, outputs)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.block(F.interpolate(self.narrow(x), scale_factor=2, mode="nearest") + skip)


class ChromaNet(nn.Module):
    """From gray to RGB by a distribution over the colors of `lib.color.distribution.COLORS`.

    A U-Net on luma with cells of 8 x 8 px. For each cell it predicts a distribution, and four sets of nine weights.
    They mix the colors of the cell and its neighbors into a block of 2 x 2 chroma pixels (convex upsampling, Teed and
    Deng 2020), so that edges of color need not follow the cells. `width=32` has 3.35 million parameters.

    Args:
        width: channels at a quarter of the resolution; 2, 5 and 10 times as many at an eighth and below.
        side: the short side, in px, at which the network sees pictures; that of its training. Other pictures are
            resized to it, and the chroma is enlarged to their size: a photograph gets the same colors at any size.
    """

    def __init__(self, width: int = 32, side: int = 128):
        super().__init__()
        if width < 1:
            raise ValueError(f"width is {width}; it must be at least 1")
        if side < _STRIDE or side % 8:
            raise ValueError(f"side is {side} px; it must be a multiple of 8 and at least {_STRIDE}")
        self.side = side
        self.vividness = 0.0  # how `forward` chooses from the distribution; may be set at any time
        widths = (width, 2 * width, 5 * width, 10 * width)
        self.stem = _block(16, widths[0])
        self.encoder = nn.ModuleList(_Down(a, b) for a, b in pairwise(widths))
        self.decoder = nn.ModuleList([_Up(widths[3], widths[2], widths[2]), _Up(widths[2], widths[1], 4 * width)])
        self.colors = nn.Conv2d(4 * width, len(chromas.COLORS), 1)
        self.mixing = nn.Conv2d(4 * width, 9 * chromas.CELL**2, 1)
        # How often each color occurs in the training pictures, for class rebalancing; uniform until it is counted.
        self.register_buffer("frequency", torch.full((len(chromas.COLORS),), 1 / len(chromas.COLORS)))

    def predict(self, gray: Tensor) -> tuple[Tensor, Tensor]:
        """The raw outputs for pictures at the scale of training.

        Args:
            gray: `(B, 1, H, W)` in [0, 1]. H and W are multiples of 8, others raise `ValueError`; the borders are
                continued to the next multiple of 32.

        Returns:
            Logits of the distributions, `(B, K, H / 8, W / 8)`, and of the mixing weights, `(B, 36, H / 8, W / 8)`.
        """
        height, width = gray.shape[-2:]
        if height % 8 or width % 8:
            raise ValueError(f"pictures of {height} x {width} px cannot be trained on; sides must be multiples of 8")
        pad = (0, -width % _STRIDE, 0, -height % _STRIDE)
        x = F.pad(gray, pad, mode="replicate") if any(pad) else gray
        x = self.stem(F.pixel_unshuffle(x - 0.5, 4))  # (B, width, H / 4, W / 4)
        skips = []
        for down in self.encoder:
            x = down(x)
            skips.append(x)
        x = skips.pop()  # (B, 10 width, H / 32, W / 32)
        for up in self.decoder:
            x = up(x, skips.pop())
        x = x[..., : height // 8, : width // 8]
        return self.colors(x), self.mixing(x)

    @torch.no_grad()
    def count_colors(self, color: Tensor) -> None:
        """Keep how often each color occurs in the training pictures `(B, 3, H, W)`, for class rebalancing."""
        self.frequency.copy_(chromas.frequencies(small_chroma(color)))

    def loss(self, gray: Tensor, color: Tensor) -> Tensor:
        """The training loss: the distributions' cross entropy plus `MEAN_WEIGHT` times their mean's squared error.

        Args:
            gray: `(B, 1, H, W)` in [0, 1], at the scale of training, sides multiples of 8.
            color: its true colors, `(B, 3, H, W)` in [0, 1].
        """
        truth = small_chroma(color)
        logits, mixing = self.predict(gray)
        mean = chromas.mix(chromas.expected(logits.softmax(1)), mixing)
        return chromas.cross_entropy(logits, truth) + MEAN_WEIGHT * F.mse_loss(mean, truth)

    def distribution(self, gray: Tensor) -> chromas.ChromaDistribution:
        """The colors that pictures may have: `gray` is `(B, 1, H, W)` in [0, 1], of any size from 16 px up."""
        height, width = seen_size(*gray.shape[-2:], self.side)
        if (height, width) != gray.shape[-2:]:
            gray = F.interpolate(gray, (height, width), mode="bilinear", antialias=True, align_corners=False)
        # The picture and its mirror image: what they agree on is worth a tenth of a dB.
        logits, mixing = self.predict(torch.cat([gray, gray.flip(-1)]))
        straight, mirrored = logits.float().softmax(1).chunk(2)
        log_probabilities = ((straight + mirrored.flip(-1)) / 2).log()
        straight, mirrored = mixing.float().chunk(2)
        mixing = (straight + chromas.mirrored_mixing(mirrored)) / 2
        return chromas.ChromaDistribution(log_probabilities, mixing, self.frequency)

    @torch.inference_mode()
    def look_at(self, gray: np.ndarray) -> chromas.ChromaDistribution:
        """The colors that an 8-bit gray picture, uint8 `(H, W)`, may have; without gradients."""
        return self.distribution(to_tensor(gray)[None].to(self.frequency.device))

    def forward(self, gray: Tensor) -> Tensor:
        """RGB `(B, 3, H, W)` in [0, 1] with the luma `gray` `(B, 1, H, W)`, as vivid as `self.vividness`."""
        chroma = self.distribution(gray).chroma(self.vividness)
        return composition.join(gray, composition.enlarge(chroma, gray.shape[-2:]))


def small_chroma(color: Tensor) -> Tensor:
    """The chroma of pictures `(B, 3, H, W)` at the resolution of the network's: `(B, 2, H / 4, W / 4)`."""
    return F.avg_pool2d(rgb_to_ycbcr(color)[:, 1:], 8 // chromas.CELL)


def seen_size(height: int, width: int, side: int) -> tuple[int, int]:
    """The height and width at which the network sees a picture: about `side` px on the short side, multiples of 32.

    The picture is stretched by some percent for that, which costs less than borders that have to be continued. Less
    than 16 px each way raises `ValueError`.

    >>> seen_size(3000, 4000, side=128)
    (128, 160)
    """
    if min(height, width) < SMALLEST:
        raise ValueError(
            f"a picture of {height} x {width} px is too small to colorize; it needs {SMALLEST} px each way"
        )
    scale = side / min(height, width)
    lengths = (_STRIDE * max(round(length * scale / _STRIDE), 1) for length in (height, width))
    return tuple(min(length, _LONGEST * side) for length in lengths)
