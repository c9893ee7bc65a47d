"""The paper's network (section III-B): a stride-2 encoder, a transposed-convolution decoder, a sigmoid."""

from torch import Tensor, nn
from torch.nn import functional as F

_STRIDE = 8  # three halvings


class ColorizationNet(nn.Module):
    """The paper's encoder-decoder from gray to RGB.

    The paper names the kinds of layers, but neither their number nor their widths. Ours: three convolutions with
    `width`, 2 `width` and 4 `width` channels, and three transposed convolutions back. `width=64` has 1.03 million
    parameters.

    Args:
        in_channels: 1 for gray alone; more where classical filters are fed beside it.
        width: channels after the first convolution.
        norm: "none" as in the paper's text, or "batch" or "group" (8 groups) after every hidden layer.
    """

    def __init__(self, in_channels: int = 1, width: int = 64, norm: str = "none"):
        super().__init__()
        norms = {"none": nn.Identity, "batch": nn.BatchNorm2d, "group": lambda channels: nn.GroupNorm(8, channels)}
        if width < 1 or (norm == "group" and width % 8):
            raise ValueError(f"width is {width}; it must be at least 1, and divisible by 8 with group norm")
        if norm not in norms:
            raise ValueError(f"norm is one of {', '.join(norms)}, not {norm!r}")

        def down(inputs: int, outputs: int) -> nn.Sequential:
            return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), norms[norm](outputs), nn.ReLU())

        def up(inputs: int, outputs: int) -> nn.ConvTranspose2d:
            # Kernel 4 at stride 2 overlaps evenly; kernel 3 would print a checkerboard.
            return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1)

        self.encoder = nn.Sequential(down(in_channels, width), down(width, 2 * width), down(2 * width, 4 * width))
        self.decoder = nn.Sequential(
            nn.Sequential(up(4 * width, 2 * width), norms[norm](2 * width), nn.ReLU()),
            nn.Sequential(up(2 * width, width), norms[norm](width), nn.ReLU()),
            nn.Sequential(up(width, 3), nn.Sigmoid()),
        )

    def forward(self, gray: Tensor) -> Tensor:
        """`(B, in_channels, H, W)` in [0, 1] to `(B, 3, H, W)` in [0, 1], for any H and W from 8 px up."""
        height, width = gray.shape[-2:]  # px
        if min(height, width) < _STRIDE:
            raise ValueError(f"pictures of {height} x {width} px are too small for this network; it needs {_STRIDE} px")
        pad = (0, -width % _STRIDE, 0, -height % _STRIDE)  # up to the next multiple of 8
        x = F.pad(gray, pad, mode="replicate") if any(pad) else gray  # (B, C, 8h, 8w)
        x = self.encoder(x)  # (B, 4 x the first layer's channels, h, w)
        return self.decoder(x)[..., :height, :width]


def count_parameters(network: nn.Module) -> int:
    """The number of trainable parameters.

    >>> count_parameters(ColorizationNet(width=64))
    1028291
    """
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
