"""Tables of a run written by hand, in the shape that notebooks 01 to 03 and the preprocessing experiment leave."""

import numpy as np
import pandas as pd

from lib.evaluation.metrics import psnr_of
from lib.evaluation.names import GRAY_COPY, Method

PICTURES = 120
NOISE = np.random.default_rng(0).normal(0, 0.3, PICTURES)


def cnn(pairs, epochs):
    return Method("cnn", {"pairs": pairs, "epochs": epochs})


LARGE, SMALL = cnn(2000, 30), cnn(1000, 30)
PERCEPTUAL = Method("cnn_perceptual", {"pairs": 2000, "epochs": 30, "perceptual_weight": 0.05})


def method(kind, psnr, ssim=None, ratio=0.5, **columns):
    """Scores of 120 pictures by a made-up method: a mean PSNR, and what else a table of `evaluate` holds.

    Without a value of its own SSIM goes with PSNR.
    """
    ssim = (psnr + NOISE) / 50 if ssim is None else ssim
    mse = 10 ** (-(psnr + NOISE) / 10)
    kind = Method.of(kind)
    table = {"method": kind.name, "settings": kind.settings_text, "label": kind.label}
    table |= {"name": [f"p{i}" for i in range(PICTURES)], "mse": mse, "psnr": psnr_of(mse), "ssim": ssim}
    table |= {"colorfulness": 40 * ratio, "colorfulness_truth": 40.0, "pixels": 100.0, "ciede2000": 9.0}
    for space, channels in (("rgb", 3), ("chroma", 2)):
        table[f"{space}_error"] = 100 * mse
        table |= {f"{space}_sum{c}": 50.0 for c in range(channels)}
        table |= {f"{space}_square{c}": 30.0 for c in range(channels)}
    return pd.DataFrame(table | columns)


def grid(large=22.0, small=21.0, nothing=23.0, **options):
    """The table of notebook 02: a gray copy, and the network at two sizes of the training set."""
    parts = [method(GRAY_COPY, nothing, ratio=0), method(SMALL, small, **options), method(LARGE, large, **options)]
    return pd.concat([*parts, method(cnn(2000, 20), large - 0.5), method(cnn(1000, 20), 19)])


def classical(best=19.0):
    rest = [
        method(name, 8) for name in ("opencv_jet", "opencv_turbo", "opencv_hot", "opencv_bone", "gradient_hand_made")
    ]
    return pd.concat([method("opencv_viridis", best), method("intensity_rules", best - 1), *rest])


def spread(table, name):
    """One method's PSNR scattered so far that no interval is clear."""
    table = table.copy()
    own = table["label"] == name.label
    table.loc[own, "psnr"] += 5 * np.random.default_rng(1).permutation(np.linspace(-1, 1, PICTURES))
    return table


def seeds(gain, slower, count=4, par=None):
    """Gray alone, one filter and all of them; `par` is when all of them reach gray alone, in its own times."""
    noise = 0.05 * np.arange(count)
    rows = []
    for variant, more, times in (("gray alone", 0, 1), ("+ edges", 0.05, 1.1), ("+ all of them", gain, slower)):
        for s in range(count):
            psnr = 20 + more + noise[s] * (more + 0.1)
            row = {"variant": variant, "seed": s, "psnr": psnr, "ssim": psnr / 50, "inference s": 0.01 * times}
            to_par = 10 + s if variant == "gray alone" else (10 + s) * (slower if par is None else par)
            rows.append(row | {"training s": times * (10 + s), "seconds to par": to_par})
    return pd.DataFrame(rows)


def history(losses):
    short = pd.DataFrame({"pairs": 1000, "epoch": [1, 2], "loss": [0.1, 0.2]})
    return pd.concat([short, pd.DataFrame({"pairs": 2000, "epoch": range(1, len(losses) + 1), "loss": losses})])
