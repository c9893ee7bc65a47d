"""Small tables that figures are drawn of, and a figure as pixels."""

import io

import numpy as np
import pandas as pd
from PIL import Image

HISTORY = pd.DataFrame(
    {"epoch": [1, 2, 3], "loss": [3.0, 2, 1], "r2_rgb": [0.1, 0.2, 0.3], "psnr": [1.0, 2, 3], "ssim": [0.1, 0.2, 0.3]}
)
ROWS = pd.DataFrame(
    [
        (method, "{}", label, metric, 4, value, value - 0.1, value + 0.1)
        for method, label, psnr, ratio in (
            ("gray_copy", "gray copy", 23.0, 0.0),
            ("cnn", "CNN, 5 pairs", 22.0, 0.5),
            ("opencv_jet", "JET", 6.0, 5.0),
        )
        for metric, value in (("psnr", psnr), ("colorfulness_ratio", ratio))
    ],
    columns=["method", "settings", "label", "metric", "n", "value", "low", "high"],
)
CURVE = pd.DataFrame(
    [("vividness", 0.0, 2.0, 0.6, 0.5), ("vividness", 1.0, 1.0, 1.0, 0.3), ("control", 1.5, 0.5, 0.9, 0.4)],
    columns=["kind", "setting", "gain", "colorfulness_ratio", "distance"],
)
CRITIC = pd.DataFrame(
    {"epoch": [1, 2, 3], "loss": [np.nan, 3.0, 2.9], "critic": [2.0, 1.5, 1.4], "critic_accuracy": [0.5, 0.6, 0.7],
     "critic_accuracy_training": [0.5, 0.7, 0.8]})  # fmt: skip
JUDGED = pd.DataFrame(
    {"colorfulness_ratio": [0.8, np.nan], "gain": [1.9, 1.0], "distance": [0.3, 0.4]}, index=["ours", "$x$, gray"]
)
HINTED = pd.DataFrame({"hints": [1, 50], "value": [1.0, 4.0], "low": [0.5, np.nan], "high": [1.5, np.nan]})
LABELS = {"psnr": "PSNR (dB)", "ssim": "SSIM"}
DIFFERENCES = {"a": (0.1, -0.1, 0.3), "b": (0.2, 0.1, 0.3), "one seed": (0.1, -np.inf, np.inf)}


def lines_over(values, methods=("net",), further=None, spread=0.2):
    """Lines of `over_seeds` by hand: gray copy at 23, each method a little higher with each value."""
    rows = [
        {"x": f"{x:g}" if isinstance(x, float) else str(x), **more, "method": method, "label": method.replace("_", " "),
         "metric": metric, "mean": mean, "low": mean - spread, "high": mean + spread}
        for place, x in enumerate(values)
        for more in ([{"epochs": str(e)} for e in further] if further else [{}])
        for metric in LABELS
        for method, mean in [("gray_copy", 23.0), *((m, 22.0 + place + 0.1 * k) for k, m in enumerate(methods))]
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    table.loc[table["method"] == "gray_copy", ["low", "high"]] = np.nan if np.isnan(spread) else 23.0
    return table


def drawn(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return np.asarray(Image.open(buffer).convert("RGB"))
