"""Which places of a photograph share a color, learned: the covariance by which hints spread.

The chroma of all places is taken as a Gaussian process (Rasmussen and Williams 2006, section 2.2). Its mean and its
variance are the network's, and two places go together as far as the network finds them alike:

    k(a, b) = s(a) s(b) ((1 - w) exp(-|u(a) - u(b)|² / 2) + w exp(-|v(a) - v(b)|² / 2))

u and v hold what the network finds in a place (unit length, times a matrix), its luma and its position in picture
heights, each divided by how far it may differ. The second term, of the share w, is short-ranged: neighbors are alike,
whatever the network finds in them. s is the network's own standard deviation, times a factor that is learned.

A new kernel has constants that were chosen by hand on validation photographs, and the unit matrix. Trained on simulated
hints (`lib/scripts/pretrain_hints.py`) it knows better what shares a color. Without hints nothing of it is used.
"""

import hashlib
import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.common.files import MODELS
from lib.common.tensors import read_tensors
from lib.networks.chroma_net import ChromaNet

BUNDLED_KERNEL = MODELS / "hints.safetensors"
# How far apart two places may be and still go together: features of unit length, luma, position in picture heights;
# far away, and among neighbors.
_FEATURES, _LUMA, _POSITION = (0.75, 1.0), (0.3, 0.3), (1.6, 0.2)
_NEAR = 0.15  # w
_NOISE = 3e-4  # variance of a hint's chroma: two hints on one place average
_LEAST = 1e-3  # variance of the prior, at least: the network may be sure, and wrong


@dataclass(frozen=True)
class Covariance:
    """The covariance of the chroma of all places of B pictures, each of N places.

    Args:
        far: u, `(B, N, d)`.
        near: v, `(B, N, d)`.
        deviation: s, `(B, N)`.
        share: w, a number.
        noise: the variance of a hint's chroma, a number.
    """

    far: Tensor
    near: Tensor
    deviation: Tensor
    share: Tensor
    noise: Tensor

    def at(self, places: Tensor) -> "Covariance":
        """That of some places alone, by their numbers, `(B, n)`."""
        far, near = _at(self.far, places), _at(self.near, places)
        return Covariance(far, near, self.deviation.gather(1, places), self.share, self.noise)

    def joined(self, other: "Covariance") -> "Covariance":
        """That of these places and those of another picture, which come after them."""
        pairs = ((self.far, other.far), (self.near, other.near), (self.deviation, other.deviation))
        return Covariance(*(torch.cat(pair, 1) for pair in pairs), self.share, self.noise)

    def between(self, one: Tensor, other: Tensor) -> Tensor:
        """The covariance of places by their numbers, `(B, n)` and `(B, k)`: `(B, n, k)`."""

        def alike(coordinates: Tensor) -> Tensor:
            a, b = _at(coordinates, one), _at(coordinates, other)
            squares = a.square().sum(2)[:, :, None] + b.square().sum(2)[:, None] - 2 * a @ b.transpose(1, 2)
            return torch.exp(-squares.clamp(min=0) / 2)

        both = self.deviation.gather(1, one)[:, :, None] * self.deviation.gather(1, other)[:, None]
        return both * torch.lerp(alike(self.far), alike(self.near), self.share)

    def weights(self, cells: Tensor, missing: Tensor, noise: Tensor) -> Tensor:
        """What a place takes of each hint, by its covariance with it; float64 `(B, k, 2)`. Arguments as in `spread`."""
        among = self.between(cells, cells).double() + torch.diag_embed(noise.double())
        return torch.linalg.solve(among, missing.double().transpose(1, 2))

    def spread(self, cells: Tensor, missing: Tensor, noise: Tensor) -> Tensor:
        """What hints change in all places (Rasmussen and Williams, equation 2.25), `(B, 2, N)`.

        Args:
            cells: the places of the hints, `(B, k)`.
            missing: the chroma there, less what was expected, `(B, 2, k)`.
            noise: its variance, `(B, k)`.
        """
        weights = self.weights(cells, missing, noise).to(self.far)
        everywhere = torch.arange(self.far.shape[1], device=cells.device).expand(len(cells), -1)
        return (self.between(everywhere, cells) @ weights).transpose(1, 2)


class HintKernel(nn.Module):
    """From what the network makes of pictures to the covariance of their chroma.

    Args:
        channels: of what the network finds in a cell.
    """

    def __init__(self, channels: int = 128):
        super().__init__()
        self.alike = nn.Parameter(torch.stack([torch.eye(channels) / length for length in _FEATURES]))
        self.lengths = nn.Parameter(torch.tensor([_LUMA, _POSITION]).log())  # of luma and position; far, near
        self.near = nn.Parameter(torch.tensor(math.log(_NEAR / (1 - _NEAR))))
        self.noise = nn.Parameter(torch.tensor(_NOISE).log())
        self.deviation = nn.Linear(channels, 1)
        nn.init.zeros_(self.deviation.weight)
        nn.init.zeros_(self.deviation.bias)

    def forward(self, features: Tensor, luma: Tensor, variance: Tensor) -> Covariance:
        """The covariance of cells.

        Args:
            features: what the network finds, `(B, C, m, n)`, in cells that may be coarser.
            luma: of the cells, `(B, 1, h, w)` in [0, 1].
            variance: of the chroma by the network's distribution, `(B, 1, m, n)`.
        """
        size = luma.shape[-2:]

        def as_places(maps: Tensor) -> Tensor:  # (B, c, m, n) to (B, N, c)
            if maps.shape[-2:] != size:
                maps = F.interpolate(maps, size, mode="bilinear", align_corners=False)
            return maps.flatten(2).transpose(1, 2)

        found = F.normalize(features, dim=1).permute(0, 2, 3, 1)
        rows, columns = (torch.arange(length, device=luma.device) / size[0] for length in size)
        position = torch.stack(torch.meshgrid(rows, columns, indexing="ij")).expand(len(luma), -1, -1, -1)
        (luma_far, luma_near), (position_far, position_near) = self.lengths.exp()
        far, near = (
            torch.cat(
                [as_places((found @ matrix.T).permute(0, 3, 1, 2)), as_places(luma) / light, as_places(position) / way],
                2,
            )
            for matrix, light, way in zip(self.alike, (luma_far, luma_near), (position_far, position_near), strict=True)
        )
        factor = as_places(self.deviation(found).permute(0, 3, 1, 2)).exp()
        deviation = as_places(variance).clamp(min=_LEAST).sqrt() * factor
        return Covariance(far, near, deviation[..., 0], self.near.sigmoid(), self.noise.exp())


def _at(coordinates: Tensor, places: Tensor) -> Tensor:
    return coordinates.gather(1, places[:, :, None].expand(-1, -1, coordinates.shape[2]))


def features_of(network: ChromaNet) -> str:
    """What tells a network whose cells look otherwise: 64 hex digits, from the last weights before the context.

    `workbook learn` leaves them as they are, and so the kernel stays good.
    """
    digest = hashlib.sha256()
    for weights in network.decoder[-1].state_dict().values():
        digest.update(weights.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def kernel_of(network: ChromaNet) -> HintKernel:
    """The kernel for what a network finds: the bundled one if it was trained on the same features, else a new one.

    Raises `FileNotFoundError` where the bundled one is missing.
    """
    tensors, metadata = _bundled()
    kernel = HintKernel(network.colors.in_channels)
    if metadata["features"] == features_of(network):
        kernel.load_state_dict(tensors)
    return kernel.to(network.colors.weight.device).eval().requires_grad_(False)


@cache
def _bundled() -> tuple[dict[str, Tensor], dict[str, str]]:
    if not BUNDLED_KERNEL.is_file():
        raise FileNotFoundError(
            f"{BUNDLED_KERNEL}: the bundled kernel for hints is missing; copy it from the project again"
        )
    return read_tensors(BUNDLED_KERNEL)
