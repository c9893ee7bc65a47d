"""The ledger of claims: what the paper says, what a run measured, and a verdict computed from the measurement.

Each `judge_...` takes tables of a run and returns what the paper says, what was measured, and the verdict. A claim
whose measurement is missing gets "cannot tell" with the reason; no verdict is written by hand.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from lib.evaluation.bootstrap import difference, summarize
from lib.evaluation.intervals import mean_interval, verdict
from lib.evaluation.names import GRAY_COPY, JUDGED, PAPER, Method
from lib.evaluation.rows import grid_of, methods_of, of_method, rows_of
from lib.paper.preprocessing import paired_over_seeds
from lib.workbook.analysis.verdicts import judged_in_words
from lib.workbook.records.reader import RunFiles

Judged = tuple[str, str, str]  # the paper, the measurement, the verdict
Noise = Mapping[str, float]  # standard deviation over seeds by metric

PAPER_PAIRS, PAPER_EPOCHS = 1000, 20  # the smallest of its grid; after 20 epochs it sees its loss flatten
FLAT = 0.05  # a loss that falls by less than this share of its whole fall is called flat
PAPER_MAPS = ("intensity_rules", "opencv_jet", "opencv_turbo", "opencv_viridis", "opencv_hot", "gradient_hand_made")
SEED_NOISE = "intervals widened by the spread over seeds"


def read_table(run: RunFiles, notebook: str, name: str = "per_image") -> pd.DataFrame | None:
    """A table that a notebook of the run kept, or None where it did not."""
    file: Path = run.folder / notebook / f"{name}.csv"
    if notebook not in run.results or not file.exists():
        return None
    # Names are text whatever they look like: a picture may be called 001 or NA.
    text = dict.fromkeys(("name", "method", "settings", "label"), str)
    return pd.read_csv(file, dtype=text, keep_default_na=False, na_values=[""])


def best_of(per_image: pd.DataFrame, names: Sequence[str], metric: str = "psnr") -> Method:
    """Of the methods with these identifiers the one with the highest mean of a metric."""
    methods = [method for method in methods_of(per_image) if method.name in names]
    return max(methods, key=lambda method: of_method(per_image, method)[metric].mean())


def budget(network: Method) -> str:
    """A remark for a network that was trained on less than any of the paper's."""
    enough = network.settings["pairs"] >= PAPER_PAIRS and network.settings["epochs"] >= PAPER_EPOCHS
    return "" if enough else "; trained on less than the paper's network"


def compare(
    per_image: pd.DataFrame,
    method: Method,
    reference: Method,
    metrics: Sequence[str] = JUDGED,
    noise: Noise | None = None,
) -> tuple[str, str]:
    """Paired differences in words, `+0.31 dB [+0.16, +0.45], ...`, and the verdict that PSNR and SSIM agree on.

    `noise` is the standard deviation of PSNR and SSIM over seeds, where two single trainings are compared: their
    intervals over pictures are widened by it. It does not widen other metrics, which are not judged.
    """
    differences = {}
    for metric in metrics:
        value, low, high = difference(per_image, method, reference, metric)
        wider = 1.96 * 2**0.5 * noise[metric] if noise is not None and metric in JUDGED else 0.0
        differences[metric] = (value, low - wider, high + wider)
    return judged_in_words(differences)


def judge_cnn_against_nothing(cnn: pd.DataFrame) -> Judged:
    """The network against a gray copy."""
    network = grid_of(cnn)[-1]
    words, result = compare(cnn, network, GRAY_COPY)
    said = "Strong performance, 23.14 dB / SSIM 0.93; no comparison with an uncolored picture"
    return said, f"{network}, against a gray copy: {words}{budget(network)}", result


def judge_cnn_against_classical(classical: pd.DataFrame, cnn: pd.DataFrame) -> Judged:
    """The network against the best of the paper's three kinds of map; maps fitted to the data are none of its own."""
    rival, network = best_of(classical, PAPER_MAPS), grid_of(cnn)[-1]
    both = pd.concat([of_method(classical, rival), of_method(cnn, network)])
    words, result = compare(both, network, rival)
    said = "CNN 23.14 dB / SSIM 0.93; color maps at most 19.3 dB / 0.65 (Table I)"
    return said, f"{network}, against {rival}: {words}{budget(network)}", result


def judge_printed_loss(change: float) -> Judged:
    """The printed perceptual loss, by what it changes in the gradients."""
    said = "Adding the loss enhanced the accuracy of the model (III.B)"
    if change == 0.0:
        measured = "Added to MSE it changes no gradient, to the bit: both VGG passes run without gradients"
        return said, measured, "cannot be as printed"
    return said, f"It changes gradients by up to {change:.2g}", "cannot tell"


def judge_perceptual_loss(perceptual: pd.DataFrame, noise: Noise) -> Judged:
    """The corrected perceptual loss against MSE alone, same pairs, epochs and seed."""
    without = grid_of(perceptual)[-1]
    (with_it,) = (
        method
        for method in methods_of(perceptual)
        if method.name == "cnn_perceptual" and method.settings["pairs"] == without.settings["pairs"]
    )
    words, result = compare(perceptual, with_it, without, (*JUDGED, "vgg_distance"), noise)
    said = "Perceptual loss improves accuracy and visual quality (III.B, IV.B)"
    return said, f"With a gradient, against MSE alone: {words} (less is better); {SEED_NOISE}", result


def judge_preprocessing(seeds: pd.DataFrame) -> Judged:
    """Quality with classical inputs, over seeds: all filters together decide, the best single one is named."""
    gains = paired_over_seeds(seeds, "psnr", "gray alone")
    together, count = list(gains)[-1], seeds["seed"].nunique()
    single = max(list(gains)[:-1], key=lambda name: gains[name][0])
    said = "Combining classical preprocessing with CNN training yields superior results (V.A)"
    if count < 2:
        return said, f"All filters as inputs: {gains[together][0]:+.2f} dB with one seed", "cannot tell"
    words = {name: f"{value:+.2f} dB [{low:+.2f}, {high:+.2f}]" for name, (value, low, high) in gains.items()}
    measured = f"All filters as inputs: {words[together]} over {count} seeds; best alone, {single}: {words[single]}"
    return said, measured, verdict(*gains[together][1:])


def judge_efficiency(seeds: pd.DataFrame) -> Judged:
    """Cost with all classical inputs: seconds until the network is as good as on gray alone at the end."""
    said = "Classical preprocessing before CNN inference enhances efficiency (abstract)"
    table = seeds.set_index(["seed", "variant"])
    plain, filtered = (table.xs(name, level="variant") for name in ("gray alone", "+ all of them"))
    slower = filtered["training s"].mean() / plain["training s"].mean()
    inference = filtered["inference s"].mean() / plain["inference s"].mean()
    ratios = (filtered["seconds to par"] / plain["seconds to par"]).dropna().tolist()
    measured = f"Filters included, an epoch takes {slower:.2f} times as long, inference {inference:.2f} times. "
    if not ratios:
        return said, measured + f"The score of gray alone was not reached in any of {len(plain)} seeds", "not supported"
    mean, low, high = mean_interval(ratios)
    measured += (
        f"The score of gray alone was reached in {len(ratios)} of {len(plain)} seeds, in {mean:.2f} times its time"
    )
    measured += f" [{low:.2f}, {high:.2f}]" if len(ratios) > 1 else ""
    return said, measured, verdict(1 - high, 1 - low) if len(ratios) == len(plain) else "cannot tell"


def judge_plateau(history: pd.DataFrame) -> Judged:
    """Whether the training loss of the largest data set is flat after the paper's 20 epochs."""
    own = history[history["pairs"] == history["pairs"].max()].set_index("epoch")["loss"]
    said = "The training loss, with perceptual loss, plateaus after 20 epochs (IV.C)"
    if own.index.max() < 1.5 * PAPER_EPOCHS:
        return said, f"Only {own.index.max()} epochs were trained; the paper profile trains 30", "cannot tell"
    left = float((own[PAPER_EPOCHS] - own.iloc[-1]) / (own.iloc[0] - own.iloc[-1]))
    fall = float(1 - own.iloc[-1] / own[PAPER_EPOCHS])
    measured = (
        f"MSE alone: {100 * left:.1f}% of the loss's whole fall comes after epoch {PAPER_EPOCHS}; from there to epoch "
        f"{own.index.max()} it falls by another {100 * fall:.0f}%"
    )
    return said, measured, "supported" if max(left, fall) < FLAT else "not supported"


def judge_more_pairs(cnn: pd.DataFrame, noise: Noise) -> Judged:
    """Most pairs against fewest, at the full number of epochs."""
    most, said = grid_of(cnn)[-1], "Results are shown for 1,000 and 2,000 pairs (Fig. 4); expansion is to help (V.B)"
    fewest = next(network for network in grid_of(cnn) if network.settings["epochs"] == most.settings["epochs"])
    if fewest == most:
        return said, "Only one number of pairs was trained", "cannot tell"
    words, result = compare(cnn, most, fewest, noise=noise)
    return said, f"{most}, against {fewest}: {words}; {SEED_NOISE}", result


def judge_saturation(cnn: pd.DataFrame) -> Judged:
    """Colorfulness of the network's outputs against the truth's."""
    network = grid_of(cnn)[-1]
    rows = summarize(of_method(cnn, network)).set_index("metric").loc["colorfulness_ratio"]
    interval = f"{rows['value']:.2f} [{rows['low']:.2f}, {rows['high']:.2f}]"
    measured = f"{network}: {interval} of the truth's colorfulness{budget(network)}"
    said = "The colorization appears de-saturated in some cases (IV.B)"
    return said, measured, verdict(1 - rows["high"], 1 - rows["low"])


def ledger(run: RunFiles, seeds: pd.DataFrame, sweeps: Sequence[dict[str, str]] = ()) -> list[dict[str, str]]:
    """All claims, judged by what the run's notebooks left and by the preprocessing experiment over `seeds`.

    A claim whose notebook left nothing stands there too, with the reason. `sweeps` are entries judged over the seeds of
    sweeps (see `verdicts.claims_of_sweeps`): they replace those of the same claim, and new claims follow at the end.
    """
    maps, cnn, perceptual = ("01_classical_mapping",), ("02_baseline_cnn",), ("03_perceptual_loss",)
    history = (*cnn, "history")
    tables = {place: read_table(run, *place) for place in (maps, cnn, history, perceptual)}
    noise = seeds[seeds["variant"] == "gray alone"][list(JUDGED)].std()  # NaN with one seed: then nothing can be told
    change = run.results.get(perceptual[0], {}).get("artifacts", {}).get("printed_gradient_change")
    claims = (
        ("The CNN's scores show that it colors well", (cnn,), judge_cnn_against_nothing),
        ("The CNN outperforms heuristic color mapping", (maps, cnn), judge_cnn_against_classical),
        ("The perceptual loss, as printed, enhances accuracy", (perceptual,), lambda _: judge_printed_loss(change)),
        ("Perceptual loss, corrected, improves the result", (perceptual,), lambda t: judge_perceptual_loss(t, noise)),
        ("Classical preprocessing before the CNN improves the result", (), lambda: judge_preprocessing(seeds)),
        ("Classical preprocessing makes it more efficient", (), lambda: judge_efficiency(seeds)),
        ("The loss flattens after 20 epochs", (history,), judge_plateau),
        ("More pairs beat fewer", (cnn,), lambda t: judge_more_pairs(t, noise)),
        ("The outputs look de-saturated", (cnn,), judge_saturation),
    )
    entries = []
    for claim, needed, judge in claims:
        missing = ", ".join(place[0] for place in needed if tables[place] is None)
        reason = f"Not measured in this run: {missing} left no results on these pictures"
        judged = ("", reason, "cannot tell") if missing else judge(*(tables[place] for place in needed))
        entries.append(dict(zip(("claim", "paper", "measured", "verdict"), (claim, *judged), strict=True)))
    return list({entry["claim"]: entry for entry in (*entries, *sweeps)}.values())


def paper_rows() -> pd.DataFrame:
    """The numbers of the paper's Table I, as rows beside the measured ones; it gives no count and no interval."""
    printed = {
        "custom color mapping": (18.5, 0.62),
        "intensity-based mapping": (19.3, 0.65),
        "OpenCV color mapping": (19.3, 0.65),
        "CNN, fine-tuned": (23.14, 0.93),
    }
    return rows_of(
        Method(PAPER, {"method": name}).row(metric, None, value)
        for name, values in printed.items()
        for metric, value in zip(JUDGED, values, strict=True)
    )


def claims_table(claims: list[dict[str, str]]) -> "pd.io.formats.style.Styler":
    """The ledger as a notebook shows it: whole sentences, wrapped, the verdict in bold."""
    table = pd.DataFrame(claims)
    wrapped = {"text-align": "left", "white-space": "normal", "vertical-align": "top"}
    bold = {"font-weight": "bold", "white-space": "nowrap"}
    return table.style.hide(axis="index").set_properties(**wrapped).set_properties(subset=["verdict"], **bold)
