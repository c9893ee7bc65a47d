"""The ledger of claims: what the paper says, what a run measured, and a verdict computed from the measurement.

Each `judge_...` takes tables of a run and returns an entry of the ledger. A claim whose measurement is missing gets
"cannot tell" with the reason; no verdict is written by hand.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lib.evaluation import difference, mean_interval, summarize, verdict
from lib.results import GRAY_COPY, RunFiles

PAPER_EPOCHS = 20  # after which the paper sees its loss flatten
FLAT = 0.05  # a loss that falls by less than this share of its whole fall is called flat
UNITS = {"psnr": " dB", "ssim": " SSIM", "vgg_distance": " VGG distance", "colorfulness_ratio": ""}


def entry(claim: str, paper: str, measured: str, verdict: str) -> dict[str, str]:
    """One line of the ledger."""
    return {"claim": claim, "paper": paper, "measured": measured, "verdict": verdict}


def read_table(run: RunFiles, notebook: str, name: str = "per_image") -> pd.DataFrame | None:
    """A table that a notebook of the run kept, or None where it did not."""
    file: Path = run.folder / notebook / f"{name}.csv"
    return pd.read_csv(file) if notebook in run.results and file.exists() else None


def best_of(per_image: pd.DataFrame, methods: Sequence[str], metric: str = "psnr") -> str:
    """The method with the highest mean of a metric."""
    return per_image[per_image["method"].isin(methods)].groupby("method")[metric].mean().idxmax()


def in_words(per_image: pd.DataFrame, method: str, reference: str, metrics: Sequence[str]) -> str:
    """`+0.31 dB [+0.16, +0.45], ...`: paired differences with their intervals."""
    parts = []
    for metric in metrics:
        value, low, high = difference(per_image, method, reference, metric)
        digits = 2 if metric == "psnr" else 3
        parts.append(f"{value:+.{digits}f}{UNITS[metric]} [{low:+.{digits}f}, {high:+.{digits}f}]")
    return ", ".join(parts)


def _judged(per_image: pd.DataFrame, method: str, reference: str) -> str:
    return verdict(*difference(per_image, method, reference, "psnr")[1:])


def networks_in(per_image: pd.DataFrame) -> list[str]:
    """The paper's networks among a table's methods, without perceptual loss."""
    return [method for method in per_image["method"].unique() if method.startswith("CNN,")]


def judge_cnn_against_classical(classical: pd.DataFrame, cnn: pd.DataFrame) -> dict[str, str]:
    """Best network of the grid against the best of the three kinds of map in the paper's Table I."""
    mapped = [m for m in classical["method"].unique() if m.startswith(("intensity rules", "custom gradient"))]
    mapped += [m for m in ("JET", "TURBO", "VIRIDIS", "HOT") if m in set(classical["method"])]
    rival, best = best_of(classical, mapped), best_of(cnn, networks_in(cnn))
    both = pd.concat([classical[classical["method"] == rival], cnn[cnn["method"] == best]])
    measured = f"{best} against {rival}: {in_words(both, best, rival, ('psnr', 'ssim'))}"
    said = "CNN 23.14 dB / SSIM 0.93; colour maps at most 19.3 dB / 0.65 (Table I)"
    return entry("The CNN outperforms heuristic colour mapping", said, measured, _judged(both, best, rival))


def judge_cnn_against_nothing(cnn: pd.DataFrame) -> dict[str, str]:
    """Best network of the grid against a gray copy."""
    best = best_of(cnn, networks_in(cnn))
    measured = f"{best} against a gray copy: {in_words(cnn, best, GRAY_COPY, ('psnr', 'ssim'))}"
    said = "Strong performance, 23.14 dB / SSIM 0.93; no comparison with an uncoloured picture"
    return entry("The CNN's scores show that it colours well", said, measured, _judged(cnn, best, GRAY_COPY))


def judge_printed_loss(change: float) -> dict[str, str]:
    """The printed perceptual loss, by what it changes in the gradients."""
    cannot = change == 0.0
    measured = "Added to MSE it changes no gradient, to the bit: both VGG passes run without gradients"
    measured = measured if cannot else f"It changes gradients by up to {change:.2g}"
    said = "Adding the loss enhanced the accuracy of the model (III.B)"
    result = "cannot be as printed" if cannot else "cannot tell"
    return entry("The perceptual loss, as printed, enhances accuracy", said, measured, result)


def judge_perceptual_loss(perceptual: pd.DataFrame) -> dict[str, str]:
    """The corrected perceptual loss against MSE alone, same pairs and epochs."""
    with_it = [m for m in perceptual["method"].unique() if m.startswith("CNN + perceptual")][-1]
    without = networks_in(perceptual)[-1]
    words = in_words(perceptual, with_it, without, ("psnr", "ssim", "vgg_distance"))
    said = "Perceptual loss improves accuracy and visual quality (III.B, IV.B)"
    measured = f"With a gradient, against MSE alone: {words} (smaller VGG distance is better)"
    return entry(
        "Perceptual loss, corrected, improves the result", said, measured, _judged(perceptual, with_it, without)
    )


def judge_preprocessing(seeds: pd.DataFrame, gains: dict[str, tuple[float, float, float]]) -> list[dict[str, str]]:
    """Quality and cost of classical inputs, over seeds: all filters together decide, the best single one is named."""
    together = list(gains)[-1]
    value, low, high = gains[together]
    single = max(list(gains)[:-1], key=lambda name: gains[name][0])
    count = seeds["seed"].nunique()
    measured = (
        f"All filters as inputs: {value:+.2f} dB [{low:+.2f}, {high:+.2f}] over {count} seeds; best alone, {single}: "
        f"{gains[single][0]:+.2f} dB [{gains[single][1]:+.2f}, {gains[single][2]:+.2f}]"
    )
    quality = entry(
        "Classical preprocessing before the CNN improves the result",
        "Combining classical preprocessing with CNN training yields superior results (V.A)",
        measured,
        verdict(low, high),
    )
    by_seed = seeds.pivot(index="seed", columns="variant", values="training s")
    ratio, low, high = mean_interval((by_seed[together] / by_seed.drop(columns=together)["gray alone"]).tolist())
    slower = seeds.groupby("variant")["inference s"].mean()
    measured = (
        f"Training takes {ratio:.2f} times as long [{low:.2f}, {high:.2f}], inference "
        f"{slower[together] / slower['gray alone']:.2f} times"
    )
    said = "Classical preprocessing enhances efficiency (abstract)"
    cost = entry("Classical preprocessing makes it more efficient", said, measured, verdict(1 - high, 1 - low))
    return [quality, cost]


def judge_plateau(history: pd.DataFrame) -> dict[str, str]:
    """Whether the training loss of the largest data set is flat after the paper's 20 epochs."""
    own = history[history["pairs"] == history["pairs"].max()].set_index("epoch")["loss"]
    said = "The training loss plateaus after 20 epochs (IV.C)"
    claim = "The loss flattens after 20 epochs"
    if own.index.max() < 1.5 * PAPER_EPOCHS:
        return entry(
            claim, said, f"Only {own.index.max()} epochs were trained; the paper profile trains 30", "cannot tell"
        )
    left = float((own[PAPER_EPOCHS] - own.iloc[-1]) / (own.iloc[0] - own.iloc[-1]))
    fall = float(1 - own.iloc[-1] / own[PAPER_EPOCHS])
    measured = (
        f"{100 * left:.1f}% of the loss's whole fall comes after epoch {PAPER_EPOCHS}; from there to epoch "
        f"{own.index.max()} it falls by another {100 * fall:.0f}%"
    )
    return entry(claim, said, measured, "supported" if max(left, fall) < FLAT else "not supported")


def judge_more_pairs(cnn: pd.DataFrame) -> dict[str, str]:
    """Most pairs against fewest, at the full number of epochs."""
    grid = sorted(networks_in(cnn), key=lambda name: [int(word) for word in name.split() if word.isdigit()])
    most, said = grid[-1], "Results are shown for 1,000 and 2,000 pairs (Fig. 4); expansion is said to help (V.B)"
    epochs = most.split(", ")[-1]
    fewest = next(name for name in grid if name.endswith(epochs))
    claim = "More pairs beat fewer (2,000 against 1,000 in the paper)"
    if fewest == most:
        return entry(claim, said, "Only one number of pairs was trained", "cannot tell")
    measured = f"{most} against {fewest}: {in_words(cnn, most, fewest, ('psnr', 'ssim'))}; one seed"
    return entry(claim, said, measured, _judged(cnn, most, fewest))


def judge_saturation(cnn: pd.DataFrame) -> dict[str, str]:
    """Colourfulness of the best network's outputs against the truth's."""
    best = best_of(cnn, networks_in(cnn))
    rows = summarize(cnn[cnn["method"] == best]).set_index("metric").loc["colorfulness_ratio"]
    measured = f"{best}: {rows['value']:.2f} [{rows['low']:.2f}, {rows['high']:.2f}] of the truth's colourfulness"
    said = "The colorization appears de-saturated in some cases (IV.B)"
    return entry("The outputs look de-saturated", said, measured, verdict(1 - rows["high"], 1 - rows["low"]))


def ledger(run: RunFiles, seeds: pd.DataFrame, gains: dict[str, tuple[float, float, float]]) -> list[dict[str, str]]:
    """All claims, judged by what the run's notebooks left; a missing notebook is named where its claim stands."""
    classical, cnn = read_table(run, "01_classical_mapping"), read_table(run, "02_baseline_cnn")
    history, perceptual = read_table(run, "02_baseline_cnn", "history"), read_table(run, "03_perceptual_loss")
    missing = [n for n, table in (("01", classical), ("02", cnn), ("03", perceptual)) if table is None]

    def without(claim: str) -> dict[str, str]:
        return entry(
            claim, "", f"Not measured in this run: notebook {', '.join(missing)} left no results", "cannot tell"
        )

    claims = []
    if cnn is not None:
        claims.append(judge_cnn_against_nothing(cnn))
        if classical is not None:
            claims.append(judge_cnn_against_classical(classical, cnn))
    else:
        claims.append(without("The CNN's scores show that it colours well"))
    if perceptual is not None:
        change = run.results["03_perceptual_loss"]["artefacts"]["printed_gradient_change"]
        claims += [judge_printed_loss(change), judge_perceptual_loss(perceptual)]
    else:
        claims.append(without("The perceptual loss enhances accuracy"))
    claims += judge_preprocessing(seeds, gains)
    if cnn is not None and history is not None:
        claims += [judge_plateau(history), judge_more_pairs(cnn), judge_saturation(cnn)]
    return claims


def paper_rows() -> pd.DataFrame:
    """The numbers of the paper's Table I, as rows beside the measured ones; it gives no count and no interval."""
    printed = {
        "paper: custom colour mapping": (18.5, 0.62),
        "paper: intensity-based mapping": (19.3, 0.65),
        "paper: OpenCV colour mapping": (19.3, 0.65),
        "paper: CNN, fine-tuned": (23.14, 0.93),
    }
    rows = [
        (m, k, np.nan, v, np.nan, np.nan)
        for m, pair in printed.items()
        for k, v in zip(("psnr", "ssim"), pair, strict=True)
    ]
    return pd.DataFrame(rows, columns=["method", "metric", "n", "value", "low", "high"])


def claims_table(claims: list[dict[str, str]]) -> "pd.io.formats.style.Styler":
    """The ledger as a notebook shows it: whole sentences, wrapped, the verdict in bold."""
    table = pd.DataFrame(claims)
    wrapped = {"text-align": "left", "white-space": "normal", "vertical-align": "top"}
    bold = {"font-weight": "bold", "white-space": "nowrap"}
    return table.style.hide(axis="index").set_properties(**wrapped).set_properties(subset=["verdict"], **bold)
