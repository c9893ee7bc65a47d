"""What is measured on a prediction and its truth: a number a picture, and the sums that pooled scores need.

All functions take `(B, 3, H, W)` RGB in [0, 1]. PSNR and SSIM follow torchmetrics with a data range of 1.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from skimage.color import deltaE_ciede2000
from torch import Tensor
from torch.nn import functional as F

from lib.color import spaces

MAX_PSNR = 100.0  # dB; what a perfect picture gets instead of infinity, so that means stay finite


def psnr_of(mse: Tensor | np.ndarray | float) -> np.ndarray:
    """PSNR in dB of a mean squared error of values in [0, 1], at most `MAX_PSNR`.

    >>> psnr_of([0.01, 0.0]).tolist()
    [20.0, 100.0]
    """
    return -10 * np.log10(np.maximum(np.asarray(mse, dtype=float), 10 ** (-MAX_PSNR / 10)))


def ssim(prediction: Tensor, truth: Tensor) -> Tensor:
    """Structural similarity of each picture, `(B,)`, as the paper's torchmetrics gives it for a data range of 1.

    Gaussian window of 11 px with sigma 1.5, mirrored at the borders, mean over pixels and channels. Written out here
    because importing torchmetrics takes longer than all other imports together; a test holds the two equal.
    """
    window = torch.exp(-0.5 * ((torch.arange(11) - 5) / 1.5) ** 2).to(prediction)
    window = window / window.sum()
    moments = torch.cat([prediction, truth, prediction**2, truth**2, prediction * truth])  # (5 B, 3, H, W)
    planes = F.pad(moments, (5, 5, 5, 5), mode="reflect").flatten(0, 1).unsqueeze(1)  # (15 B, 1, H + 10, W + 10)
    planes = F.conv2d(F.conv2d(planes, window.view(1, 1, 11, 1)), window.view(1, 1, 1, 11))
    mean_p, mean_t, square_p, square_t, product = planes.view(moments.shape).chunk(5)
    variance_p, variance_t = (square_p - mean_p**2).clamp(min=0), (square_t - mean_t**2).clamp(min=0)
    light = (2 * mean_p * mean_t + 0.01**2) / (mean_p**2 + mean_t**2 + 0.01**2)
    structure = (2 * (product - mean_p * mean_t) + 0.03**2) / (variance_p + variance_t + 0.03**2)
    return (light * structure).mean((1, 2, 3))


def ciede2000(prediction: Tensor, truth: Tensor, step: int = 2) -> Tensor:
    """Mean CIEDE2000 color difference of each picture, `(B,)`, over every `step`-th pixel each way (it is slow)."""
    labs = [spaces.rgb_to_lab(x[..., ::step, ::step]).movedim(1, -1).cpu().numpy() for x in (truth, prediction)]
    return torch.from_numpy(deltaE_ciede2000(*labs).mean(axis=(1, 2)))


def _sums(name: str, prediction: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """What R² over many pictures needs of each: squared error, and the truth's sums by channel."""
    sums = {f"{name}_error": (prediction - truth).square().sum((1, 2, 3))}
    for channel in range(truth.shape[1]):
        sums[f"{name}_sum{channel}"] = truth[:, channel].sum((1, 2))
        sums[f"{name}_square{channel}"] = truth[:, channel].square().sum((1, 2))
    return sums


def quick_metrics(prediction: Tensor, truth: Tensor) -> pd.DataFrame:
    """The metrics cheap enough for every epoch, one row a picture: mse, psnr, ssim, colorfulness (also the truth's).

    Columns beginning with `rgb_` and `chroma_` are the sums from which `r2` is computed.
    """
    prediction, truth = prediction.float(), truth.float()
    mse = (prediction - truth).square().mean((1, 2, 3))
    chroma = [spaces.rgb_to_ycbcr(x)[:, 1:] for x in (prediction, truth)]
    columns = {
        "mse": mse,
        "psnr": psnr_of(mse.cpu()),
        "ssim": ssim(prediction, truth),
        "colorfulness": spaces.colorfulness(prediction),
        "colorfulness_truth": spaces.colorfulness(truth),
        "pixels": torch.full_like(mse, truth[0, 0].numel()),
        **_sums("rgb", prediction, truth),
        **_sums("chroma", *chroma),
    }
    return pd.DataFrame({name: np.asarray(torch.as_tensor(x).cpu(), dtype=float) for name, x in columns.items()})


def r2_of_sums(sums: Mapping[str, np.ndarray], space: str) -> np.ndarray:
    """R² from the summed (or equally weighted) columns of a `quick_metrics` table; `space` is "rgb" or "chroma".

    1 - squared error / squared deviation of the truth from its mean, the mean of each channel over all pictures. Over
    RGB a gray copy scores high, for luminance is most of the variance; over chroma (CbCr) it scores 0 or less. Gray
    truths have no chroma to explain: that score is NaN, not a huge number.
    """
    deviation = sum(
        sums[f"{space}_square{channel}"] - sums[f"{space}_sum{channel}"] ** 2 / sums["pixels"]
        for channel in range(3 if space == "rgb" else 2)
    )
    return np.where(deviation > 1e-6, 1 - sums[f"{space}_error"] / np.maximum(deviation, 1e-6), np.nan)


def r2(table: pd.DataFrame, space: str) -> float:
    """R² over all pictures of a `quick_metrics` table; see `r2_of_sums`."""
    return float(r2_of_sums(table.sum(numeric_only=True), space))
