"""What is measured on a prediction and its truth: one number per picture, and the sums that pooled scores need.

All functions take `(B, 3, H, W)` RGB in [0, 1]. PSNR and SSIM are torchmetrics', with a data range of 1.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from skimage.color import deltaE_ciede2000
from torch import Tensor

from lib.color import spaces

MAX_PSNR = 100.0  # dB; what a perfect picture gets instead of infinity, so that means stay finite


def psnr_of(mse: Tensor | np.ndarray | float) -> np.ndarray:
    """PSNR in dB of a mean squared error of values in [0, 1], at most `MAX_PSNR`.

    >>> psnr_of([0.01, 0.0]).tolist()
    [20.0, 100.0]
    """
    return -10 * np.log10(np.maximum(np.asarray(mse, dtype=float), 10 ** (-MAX_PSNR / 10)))


def psnr(prediction: Tensor, truth: Tensor) -> Tensor:
    """PSNR of each picture in dB, `(B,)`, at most `MAX_PSNR`."""
    from torchmetrics.functional.image import peak_signal_noise_ratio  # here, because its import takes seconds

    return peak_signal_noise_ratio(prediction, truth, 1.0, reduction="none", dim=(1, 2, 3)).clamp(max=MAX_PSNR)


def ssim(prediction: Tensor, truth: Tensor) -> Tensor:
    """SSIM of each picture, `(B,)`: Gaussian window of 11 px with sigma 1.5, mirrored at the borders."""
    from torchmetrics.functional.image import structural_similarity_index_measure

    # In this memory format a CPU filters each channel several times faster.
    pair = (x.contiguous(memory_format=torch.channels_last) for x in (prediction, truth))
    return structural_similarity_index_measure(*pair, data_range=1.0, reduction="none")


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
    """The metrics cheap enough for every epoch, one row per picture: mse, psnr, ssim, colorfulness (also the truth's).

    Columns beginning with `rgb_` and `chroma_` are the sums from which `r2` is computed.
    """
    prediction, truth = prediction.float(), truth.float()
    mse = (prediction - truth).square().mean((1, 2, 3))
    chroma = [spaces.rgb_to_ycbcr(x)[:, 1:] for x in (prediction, truth)]
    columns = {
        "mse": mse,
        "psnr": psnr(prediction, truth),
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
