"""Colors taken from another picture without any learning: by their statistics, and place by place.

Both work on luma and chroma (YCbCr), where their authors take the decorrelated space l-alpha-beta: the luma stays as
it is, so only chroma is transferred.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

LEAST_SPREAD = 1e-3  # of luma or chroma; what is flatter has no deviation by which to divide
WINDOW = 5  # cells, each side of the neighborhood whose deviation Welsh et al. compare


def match_moments(chroma: Tensor, reference: Tensor) -> Tensor:
    """Chroma with the mean and the standard deviation that each component has in a reference, `(2, h, w)`.

    Reinhard, Ashikhmin, Gooch and Shirley, Color Transfer between Images (2001), equations 10 and 11.

    Args:
        chroma: Cb and Cr of a picture in color, `(2, h, w)`.
        reference: those of the reference, `(2, h', w')`.
    """
    (mean, spread), (other_mean, other_spread) = ((_mean(side), _spread(side)) for side in (chroma, reference))
    return (chroma - mean) / spread.clamp(min=LEAST_SPREAD) * other_spread + other_mean


def match_places(luma: Tensor, reference_luma: Tensor, reference_chroma: Tensor) -> Tensor:
    """The chroma that each place takes from the reference's most similar place, `(2, h, w)`.

    Welsh, Ashikhmin and Mueller, Transferring Color to Greyscale Images (2002): places are similar by their luma and by
    the standard deviation of the luma around them, half each, after the reference's luma was given the mean and the
    deviation of the picture's. All places of the reference are compared, where the authors draw 200 of them.

    Args:
        luma: of the picture, `(h, w)`.
        reference_luma: `(h', w')`.
        reference_chroma: Cb and Cr, `(2, h', w')`.
    """
    from scipy.spatial import cKDTree

    like = match_moments(reference_luma[None], luma[None])[0]
    ours, theirs = (torch.stack([side, local_deviation(side)]).flatten(1) for side in (luma, like))
    _, nearest = cKDTree(theirs.T.cpu().numpy()).query(ours.T.cpu().numpy())
    return reference_chroma.flatten(1)[:, torch.from_numpy(nearest)].view(2, *luma.shape)


def local_deviation(luma: Tensor) -> Tensor:
    """The standard deviation of luma `(h, w)` in the window around each cell, `(h, w)`; borders are repeated."""
    around = F.pad(luma[None, None], [WINDOW // 2] * 4, mode="replicate")
    mean, square = F.avg_pool2d(around, WINDOW, 1), F.avg_pool2d(around.square(), WINDOW, 1)
    return (square - mean.square()).clamp(min=0).sqrt()[0, 0]


def _mean(values: Tensor) -> Tensor:
    return values.mean((1, 2), keepdim=True)


def _spread(values: Tensor) -> Tensor:
    return values.std((1, 2), keepdim=True, correction=0)
