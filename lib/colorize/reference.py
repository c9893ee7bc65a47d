"""A photograph that follows the colors of another one: where both show alike things, what it teaches is carried over.

A color photograph shows how far its colors differ from what the network expects of its gray version. This difference
is evidence about another photograph, as far as the network finds the places of both alike (Rasmussen and Williams
2006, section 2.2, as in `lib.colorize.hints`, with more noise and without positions):

    c(x) = m(x) + k(x, R) (k(R, R) + e I)^-1 (t_R - m_R)
    k(a, b) = sd(a) sd(b) exp(-|f(a) - f(b)|² / 2 F² - (Y(a) - Y(b))² / 2 L²)

with R places of the reference, t their true chroma, m the chroma that the network chooses and sd its standard
deviation as in `lib.networks.hint_kernel`, Y the luma and f what the encoder's deepest map shows (unit length): what a
thing is, where the features of hints say which things of one picture go together.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from lib.color.spaces import rgb_to_ycbcr, to_tensor
from lib.colorize.hints import Seen
from lib.data.monochrome import chroma_spread
from lib.networks.chroma_net import SMALLEST, ChromaNet, seen_size
from lib.networks.hint_kernel import kernel_of

# Chosen on validation photographs, with references of the same kind, of another kind, and of the same scene. Half of
# the correction would harm less where the reference is of no use, and do half as much where it is: who gives a
# reference wants its colors.
FEATURES = 0.7  # F
LUMA = 0.3  # L
NOISE = 0.1  # e: one place says little, many alike ones say much
MOST_PLACES = 500  # of the reference, at even distances
LEAST_SPREAD = 2.0  # of the chroma that luma does not explain: a toned print has 2.6 at most and mostly half of it


@dataclass(frozen=True)
class Shown:
    """What one photograph shows, comparable with another: what the network makes of it, and what things there are.

    Args:
        seen: in cells of 4 x 4 px of the network's view.
        things: the encoder's deepest map at these cells, unit length, `(C, h, w)`.
    """

    seen: Seen
    things: Tensor

    @classmethod
    @torch.inference_mode()
    def of(cls, network: ChromaNet, gray: Tensor) -> "Shown":
        """What one gray photograph, `(1, 1, H, W)` in [0, 1], shows."""
        distribution, maps = network.distribution_and_maps(gray)
        seen = Seen.made(distribution, maps, gray, kernel_of(network))
        things = F.interpolate(maps.deepest, seen.luma.shape, mode="bilinear", align_corners=False)[0]
        return cls(seen, F.normalize(things, dim=0))

    @property
    def luma(self) -> Tensor:
        """The luma of the cells, `(h, w)` in [0, 1]."""
        return self.seen.luma

    @cached_property
    def places(self) -> Tensor:
        """The numbers of cells at even distances that stand for the photograph, about `MOST_PLACES` at most."""
        height, width = self.luma.shape
        step = math.ceil(math.sqrt(height * width / MOST_PLACES))
        return torch.arange(height * width, device=self.luma.device).view(height, width)[::step, ::step].flatten()


def correction(shown: Shown, reference: Shown, truth: Tensor, vividness: float = 0.0) -> Tensor:
    """What a reference adds to the chroma of a photograph, `(2, h, w)`: the second term of the formula above.

    Args:
        shown: the photograph.
        reference: the gray version of the reference.
        truth: the chroma of the reference in its cells, `(2, h', w')`.
        vividness: of the chroma that is corrected, see `ChromaDistribution.chroma`.
    """
    places = reference.places
    missing = (truth - reference.seen.distribution.chroma(vividness)[0]).flatten(1)[:, places].double()
    among = _covariance(reference, places, reference, places).double()
    among.diagonal().add_(NOISE)
    weights = torch.linalg.solve(among, missing.T).float()
    everywhere = torch.arange(shown.luma.numel(), device=shown.luma.device)
    return (_covariance(shown, everywhere, reference, places) @ weights).T.reshape(2, *shown.luma.shape)


def _covariance(one: Shown, cells: Tensor, other: Shown, others: Tensor) -> Tensor:
    """k between cells `(n,)` of one photograph and `(k,)` of the same or another one: `(n, k)`."""
    unlike = (2 - 2 * one.things.flatten(1)[:, cells].T @ other.things.flatten(1)[:, others]).clamp(min=0)
    darker = one.luma.flatten()[cells, None] - other.luma.flatten()[others]
    variances = one.seen.variance.flatten()[cells, None] * other.seen.variance.flatten()[others]
    return variances.sqrt() * torch.exp(-(unlike / FEATURES**2 + darker.square() / LUMA**2) / 2)


def check_reference(picture: Image.Image) -> None:
    """Raise `ValueError` where a picture, mode "RGB", is smaller than 16 px each way, or holds no color."""
    if min(picture.size) < SMALLEST:
        raise ValueError(
            f"{picture.width} x {picture.height} px are too small for a reference; give one of {SMALLEST} px each way "
            "or more"
        )
    if chroma_spread(picture) < LEAST_SPREAD:
        raise ValueError("is gray or toned in one color; give a color photograph as the reference")


@dataclass(frozen=True)
class Reference:
    """A color photograph that others follow; the network has looked at it once.

    Args:
        shown: its gray version.
        truth: its chroma in the same cells, `(2, h, w)`.
    """

    shown: Shown
    truth: Tensor

    @classmethod
    def of(cls, network: ChromaNet, picture: Image.Image) -> "Reference":
        """A color photograph, mode "RGB", as the reference of others. Raises as `check_reference` does."""
        check_reference(picture)
        height, width = seen_size(picture.height, picture.width, network.side)
        small = picture.resize((width, height), Image.Resampling.BILINEAR)
        device = network.frequency.device
        shown = Shown.of(network, to_tensor(np.asarray(small.convert("L")))[None].to(device))
        chroma = rgb_to_ycbcr(to_tensor(np.asarray(small))[None].to(device))[:, 1:]
        return cls(shown, F.interpolate(chroma, shown.luma.shape, mode="area")[0])
