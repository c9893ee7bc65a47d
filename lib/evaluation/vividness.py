"""Measures the vividness setting, the calibration and the stability of our network.

The vividness setting is compared with a control: the safest output with its chroma multiplied by a constant.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from lib.color import composition
from lib.color import distribution as chromas
from lib.color.spaces import rgb_to_ycbcr
from lib.common.progress import progress
from lib.data.pairs import Pairs
from lib.evaluation.evaluate import device_of
from lib.evaluation.metrics import psnr_of, quick_metrics
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.rows import of_method, values_of
from lib.networks.chroma_net import ChromaNet, small_chroma

VIVIDNESS, SCALED = "vividness", "safe x constant"  # the kinds of settings, as tables and figures name them
SETTINGS = (0.0, 0.25, 0.5, 0.75, 1.0)
FACTORS = (1.25, 1.5, 1.75, 2.0)


def _histogram(rgb: Tensor) -> Tensor:
    """The number of pixels of `(B, 3, H, W)` by the colors of `distribution.COLORS`, `(K,)`."""
    chroma = rgb_to_ycbcr(rgb)[:, 1:]
    return chromas.frequencies(chroma).double() * chroma[:, 0].numel()


@torch.inference_mode()
def measure_vividness(
    network: ChromaNet, pairs: Pairs, settings: Sequence[float] = SETTINGS, factors: Sequence[float] = FACTORS
) -> pd.DataFrame:
    """What each vividness costs in PSNR and brings in color, compared with the control.

    Args:
        network: the colorizer.
        pairs: the pictures to measure on.
        settings: values of the vividness, in [0, 1].
        factors: by which the control multiplies the safest chroma.

    Returns:
        One row per setting and one per factor. "kind" is `VIVIDNESS` or `SCALED`, and "setting" the value.
        "gain" is the PSNR minus that of the gray copy (dB, per-image mean). "psnr", "ssim" and "colorfulness_ratio"
        are as in `evaluate`; the ratio is NaN where the truths have no color. "distance" is the total variation
        between the distributions of predicted and true chroma, in [0, 1]: the share of pixels that would have to
        change their color.
    """
    chosen = [(VIVIDNESS, setting) for setting in settings] + [(SCALED, factor) for factor in factors]
    tables, painted, true, device = [], dict.fromkeys(chosen, 0.0), 0.0, device_of(network)
    with progress("vividness", len(pairs)) as tick:
        for start in range(0, len(pairs), 32):
            gray, truth = pairs.tensors(slice(start, start + 32), device)
            distribution = network.distribution(gray)
            gray_psnr = psnr_of((gray - truth).square().mean((1, 2, 3)).cpu())
            true = true + _histogram(truth)
            for kind, setting in chosen:
                chroma = distribution.chroma(setting) if kind == VIVIDNESS else setting * distribution.chroma(0.0)
                rgb = composition.join(gray, composition.enlarge(chroma, gray.shape[-2:]))
                rgb = (rgb * 255).round() / 255
                scores = quick_metrics(rgb, truth)
                tables.append(scores.assign(kind=kind, setting=setting, gain=scores["psnr"] - gray_psnr))
                painted[kind, setting] = painted[kind, setting] + _histogram(rgb)
            tick(len(gray))
    means = pd.concat(tables).groupby(["kind", "setting"], sort=False).mean()
    curve = means[["gain", "psnr", "ssim"]]
    curve = curve.assign(
        colorfulness_ratio=means["colorfulness"] / means["colorfulness_truth"].where(lambda truth: truth > 1e-6),
        distance=[float((painted[key] - true).abs().sum() / (2 * true.sum())) for key in curve.index],
    )
    return curve.reset_index()


def gain_at(curve: pd.DataFrame, kind: str, colorfulness: float, column: str = "gain") -> float:
    """The value of a column at a given colorfulness, interpolated linearly between the measured settings.

    Args:
        curve: the table from `measure_vividness`.
        kind: `VIVIDNESS`, or `SCALED`, which begins at the safest setting.
        colorfulness: the ratio to the truth's.
        column: the column to interpolate.

    Returns:
        The value, NaN if the settings do not reach this colorfulness.
    """
    rows = curve[curve["kind"] == kind]
    if kind == SCALED:
        rows = pd.concat([curve[(curve["kind"] == VIVIDNESS) & (curve["setting"] == 0)], rows])
    rows = rows.sort_values("colorfulness_ratio")
    return float(np.interp(colorfulness, rows["colorfulness_ratio"], rows[column], left=np.nan, right=np.nan))


@torch.inference_mode()
def calibration(network: ChromaNet, pairs: Pairs, groups: int = 10) -> pd.DataFrame:
    """Whether the network's ambiguity predicts its errors, by groups of cells with similar ambiguity.

    Args:
        network: the colorizer.
        pairs: the pictures to measure on.
        groups: the number of groups of equal size; there are fewer where there are fewer cells.

    Returns:
        One row per group, from the least to the most ambiguous, with means over its cells. "ambiguity" is the entropy
        in bits. "expected" and "error" are root mean square distances of chroma, in units of 0..255: those of the
        distribution from its mean, and those measured between the true chroma and the safest color.
    """
    batches, device = [], device_of(network)
    for start in range(0, len(pairs), 32):
        gray, truth = pairs.tensors(slice(start, start + 32), device)
        distribution = network.distribution(gray)
        chroma = distribution.chroma(0.0)
        size = [4 * side for side in chroma.shape[-2:]]
        true = small_chroma(F.interpolate(truth, size, mode="bilinear", antialias=True, align_corners=False))
        error = F.avg_pool2d((chroma - true).square().sum(1, keepdim=True), chromas.CELL)
        columns = torch.stack([distribution.ambiguity(), distribution.variance(), error])
        batches.append(columns.flatten(1).cpu().numpy())
    cells = pd.DataFrame(np.concatenate(batches, axis=1).T, columns=["ambiguity", "expected", "error"])
    group = pd.qcut(cells["ambiguity"].rank(method="first"), min(groups, len(cells)), labels=False)
    table = cells.groupby(group).mean()
    table[["expected", "error"]] = 255 * np.sqrt(table[["expected", "error"]])
    return table.reset_index(drop=True)


def size_drift(network: ChromaNet, photograph: Image.Image, sides: Sequence[int]) -> pd.DataFrame:
    """How much the colors of a photograph change with its size.

    Args:
        network: the colorizer.
        photograph: a color photograph.
        sides: the shorter sides in pixels to which it is resized.

    Returns:
        One row per side. "drift" is the mean absolute difference of the safest chroma from that at the largest size,
        in units of 0..255.
    """
    by_side = {}
    for side in sides:
        scale = side / min(photograph.size)
        small = photograph.resize([round(length * scale) for length in photograph.size], Image.Resampling.LANCZOS)
        by_side[side] = network.look_at(np.asarray(small.convert("L"))).chroma(0.0)
    reference = by_side[max(sides)]
    drift = [float((composition.enlarge(c, reference.shape[-2:]) - reference).abs().mean()) for c in by_side.values()]
    return pd.DataFrame({"short side (px)": list(sides), "drift": 255 * np.array(drift)})


def gains_by_picture(per_image: pd.DataFrame, method: Method) -> pd.Series:
    """How much more PSNR (dB) a method scores than the gray copy, by the name of the picture, in the table's order."""
    psnr, gray_psnr = (of_method(per_image, one).set_index("name")["psnr"] for one in (method, GRAY_COPY))
    return psnr - gray_psnr[psnr.index]


def color_and_gain(rows: pd.DataFrame, methods: Iterable[Method]) -> dict[Method, tuple[float, float]]:
    """Where methods lie on the curve of `measure_vividness`: the colorfulness ratio and the gain over the gray copy.

    Args:
        rows: what `summarize` returns, with the gray copy among its methods.
        methods: those wanted.
    """
    values = values_of(rows)
    gains = values["psnr"] - values.loc[GRAY_COPY, "psnr"]
    return {method: (values.loc[method, "colorfulness_ratio"], gains[method]) for method in methods}


def by_kind(gains: pd.Series, names: Sequence[str]) -> pd.DataFrame:
    """The mean gain and the share of pictures better than the gray copy, by the kind of scene (see `kinds_of`).

    Args:
        gains: the PSNR gain over the gray copy of each picture (dB).
        names: the names of the pictures.

    Returns:
        One row per kind with the columns pictures, gain and better, empty if the names hold no kinds.
    """
    kinds = kinds_of(names)
    if not kinds:
        return pd.DataFrame(columns=["pictures", "gain", "better"])
    groups = gains.groupby(pd.Series(kinds, index=gains.index))
    return groups.agg(pictures="size", gain="mean", better=lambda gain: (gain > 0).mean()).sort_values("gain")


def kinds_of(names: Sequence[str]) -> list[str]:
    """The kind of scene of each picture by its name; empty if the names hold no kinds.

    The kinds are the folders of the pictures where most lie in one, such as `beach/p01`: the whole folder, or the first
    of its parts where whole folders are too many. Else a name like `sea-17` begins with the kind.
    """
    readings = [[name.rpartition("/")[2].split("-")[0] for name in names]]
    if 2 * sum("/" in name for name in names) > len(names):
        folders = [name.rpartition("/")[0] or "(no folder)" for name in names]
        readings = [folders, [folder.split("/")[0] for folder in folders], *readings]
    return next((kinds for kinds in readings if 1 < len(set(kinds)) <= len(names) / 3), [])
