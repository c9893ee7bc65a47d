"""Names of metrics, controls and columns, each written once."""

from dataclasses import dataclass

GRAY_COPY = "gray copy"
INTENSITY_MAP = "intensity-only map (best)"
CONTROLS = (GRAY_COPY, INTENSITY_MAP)
ROW = ("method", "metric", "n", "value", "low", "high")  # a row of results.json
PAPER = "paper: "  # rows of this beginning are the paper's printed numbers: shown, never ranked


@dataclass(frozen=True)
class Metric:
    """How a metric is named and printed; `best` is "high", "low", a number to be near to, or None: not ranked."""

    name: str
    short: str
    digits: int
    best: str | float | None


METRICS = {
    "psnr": Metric("PSNR dB (mean of images)", "PSNR dB", 2, "high"),
    "psnr_pooled": Metric("PSNR dB (pooled)", "pooled dB", 2, "high"),
    "ssim": Metric("SSIM", "SSIM", 3, "high"),
    "mse": Metric("MSE", "MSE", 4, "low"),
    "r2_rgb": Metric("R² RGB", "R² RGB", 3, "high"),
    "r2_chroma": Metric("R² chroma", "R² chroma", 3, "high"),
    "colorfulness": Metric("colorfulness", "colorful", 1, None),
    "colorfulness_ratio": Metric("colorfulness (ratio to truth)", "of truth's", 2, 1.0),
    "ciede2000": Metric("CIEDE2000", "ΔE00", 2, "low"),
    "vgg_distance": Metric("VGG distance", "VGG", 4, "low"),
    "training_seconds": Metric("training s", "training s", 1, "low"),
    "kept_mb": Metric("MB kept", "MB kept", 1, "low"),
}
COSTS = ("training_seconds", "kept_mb")  # what a training took, not how well it colors
JUDGED = ("psnr", "ssim")  # shown where nothing else is asked for; a claim is judged by both
UNSHOWN = ("mse", "colorfulness", *COSTS)  # tables say the same by pooled PSNR and by the ratio to the truth's


def metric(key: str) -> Metric:
    """The metric of a key in results.json; an unknown one goes by its key."""
    return METRICS.get(key) or Metric(key, key, 4, None)
