"""How each claim of the paper is judged: tables of a run in, a measurement in words and a verdict out.

Every verdict is computed. Each measurement in words names its interval, the test pictures and the seeds. `claims.py`
decides by `Judgment.size` whether the measurement was large enough to judge by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from lib.evaluation.bootstrap import difference, mean_over, summarize
from lib.evaluation.intervals import mean_interval, verdict, with_interval
from lib.evaluation.names import GRAY_COPY, JUDGED, Method
from lib.evaluation.rows import grid_of, methods_of, of_method
from lib.evaluation.size import Size, counted, too_few
from lib.paper.preprocessing import paired_over_seeds
from lib.workbook.analysis.verdicts import judged_in_words

FLATTENS_AFTER = 20  # epochs, as the paper says
FLAT = 0.05  # a loss that falls by less than this share of its whole fall is called flat
PAPER_MAPS = ("intensity_rules", "opencv_jet", "opencv_turbo", "opencv_viridis", "opencv_hot", "gradient_hand_made")
FEW = " (too few pictures for an interval)"
STEADY = 0.25  # of the flicker of a film colored frame by frame
NO_LOSS = -0.05  # dB of chroma PSNR
JUDGED_HINTS = 5  # about as many as a person sets
SECONDS = ("training s", "inference s", "seconds to par")  # columns of the preprocessing experiment


@dataclass(frozen=True)
class Judgment:
    """What was measured, in words, the verdict that it gives, and the size of the measurement."""

    measured: str
    verdict: str
    size: Size


@dataclass(frozen=True)
class Spread:
    """How far one training differs from the next: the standard deviation over seeds by metric, and their size."""

    deviation: Mapping[str, float]
    size: Size

    @classmethod
    def of(cls, experiment: pd.DataFrame, size: Size) -> Self:
        """That of gray alone in the preprocessing experiment, whose size is given."""
        alone = experiment[experiment["variant"] == "gray alone"]
        return cls(alone[list(JUDGED)].std(), replace(size, seeds=len(alone)))

    @property
    def seeds(self) -> int:
        """The number of trainings."""
        return self.size.seeds

    @property
    def known(self) -> bool:
        """Whether there are two trainings to compare."""
        return self.seeds > 1

    @property
    def in_words(self) -> str:
        if not self.known:
            return "one seed gives no spread over seeds"
        trained = f"{counted(self.size.pairs, 'pair')}, {counted(self.size.epochs, 'epoch')}"
        return f"intervals widened by the spread over {counted(self.seeds, 'seed')} of trainings on {trained}"


def best_of(per_image: pd.DataFrame, names: Sequence[str], metric: str = "psnr") -> Method:
    """Of the methods with these identifiers the one with the highest mean of a metric."""
    methods = [method for method in methods_of(per_image) if method.name in names]
    return max(methods, key=lambda method: of_method(per_image, method)[metric].mean())


def compare(
    per_image: pd.DataFrame,
    method: Method,
    reference: Method,
    metrics: Sequence[str] = JUDGED,
    spread: Spread | None = None,
) -> Judgment:
    """Paired differences in words, `+0.31 dB [+0.16, +0.45], ...`, and the verdict that PSNR and SSIM agree on.

    With `spread`, where two single trainings are compared, the intervals of PSNR and SSIM over pictures are widened by
    it, and its seeds are those of the comparison. Other metrics are not widened and not judged. One seed has no spread:
    the intervals stay as they are, and the verdict is "cannot tell".
    """
    differences = {}
    for metric in metrics:
        value, low, high = difference(per_image, method, reference, metric)
        widened = spread is not None and spread.known and metric in JUDGED
        wider = 1.96 * 2**0.5 * spread.deviation[metric] if widened else 0.0
        differences[metric] = (value, low - wider, high + wider)
    words, result = judged_in_words(differences)
    pictures = len(of_method(per_image, method))
    words += f" {Size(seeds=1, pictures=pictures).in_words}"
    if too_few(pictures):
        words += FEW
    if spread is None:
        return Judgment(words, result, Size.of((method, reference), 1, pictures))
    size = Size.of((method, reference), spread.seeds, pictures)
    if not too_few(pictures):
        words += f" each; {spread.in_words}"
    return Judgment(words, result if spread.known else "cannot tell", size)


def named(head: str, judgment: Judgment) -> Judgment:
    """A judgment that says first what is compared."""
    return Judgment(f"{head}: {judgment.measured}", judgment.verdict, judgment.size)


def judge_cnn_against_nothing(cnn: pd.DataFrame) -> Judgment:
    """The network against a gray copy."""
    network = grid_of(cnn)[-1]
    return named(f"{network}, against a gray copy", compare(cnn, network, GRAY_COPY))


def judge_cnn_against_classical(classical: pd.DataFrame, cnn: pd.DataFrame) -> Judgment:
    """The network against the best of the paper's three kinds of map; maps fitted to the data are none of its own."""
    rival, network = best_of(classical, PAPER_MAPS), grid_of(cnn)[-1]
    both = pd.concat([of_method(classical, rival), of_method(cnn, network)])
    return named(f"{network}, against {rival}", compare(both, network, rival))


def judge_printed_loss(change: float) -> Judgment:
    """The printed perceptual loss, by what it changes in the gradients."""
    if change == 0.0:
        measured = "Added to MSE it changes no gradient, to the bit: both VGG passes run without gradients"
        return Judgment(measured, "cannot be as printed", Size())
    return Judgment(f"It changes gradients by up to {change:.2g}", "cannot tell", Size())


def judge_perceptual_loss(perceptual: pd.DataFrame, spread: Spread) -> Judgment:
    """The corrected perceptual loss against MSE alone, same pairs, epochs and seed."""
    without = grid_of(perceptual)[-1]
    (with_it,) = (
        method
        for method in methods_of(perceptual)
        if method.name == "cnn_perceptual" and method.settings["pairs"] == without.settings["pairs"]
    )
    compared = compare(perceptual, with_it, without, (*JUDGED, "vgg_distance"), spread)
    return named("With a gradient, against MSE alone (of the VGG distance less is better)", compared)


def judge_more_pairs(cnn: pd.DataFrame, spread: Spread) -> Judgment:
    """Most pairs against fewest, at the full number of epochs."""
    most = grid_of(cnn)[-1]
    fewest = next(network for network in grid_of(cnn) if network.settings["epochs"] == most.settings["epochs"])
    if fewest == most:
        size = Size.of((most,), spread.seeds, len(of_method(cnn, most)))
        return Judgment("Only one number of pairs was trained", "cannot tell", size)
    return named(f"{most}, against {fewest}", compare(cnn, most, fewest, spread=spread))


def judge_knowledge(judge: pd.DataFrame) -> Judgment:
    """The tuned network that started from ImageNet's weights against the same network from nothing."""
    knowing, from_nothing = (best_of(judge, [name]) for name in ("imagenet_tuned", "efficientnet_from_nothing"))
    return named(f"{knowing}, against {from_nothing}", compare(judge, knowing, from_nothing))


def judge_hints(hints: pd.DataFrame) -> Judgment:
    """The posterior against Levin's way alone, with `JUDGED_HINTS` hints in random places or the next larger number."""
    counts = {method.settings["hints"] for method in methods_of(hints)}
    count = min((count for count in counts if count >= JUDGED_HINTS), default=max(counts))
    posterior, levin = (Method(name, {"hints": count, "places": "random"}) for name in ("posterior", "levin"))
    return named(f"{posterior}, against {levin}", compare(hints, posterior, levin))


def judge_films(films: pd.DataFrame) -> Judgment:
    """The consistent films against the same frame by frame: whether they flicker a quarter as much and lose nothing.

    Supported where both intervals over the films say so: that of the ratio of the warping errors (geometric mean)
    ends below `STEADY`, and that of the gain in chroma PSNR begins above `NO_LOSS`.
    """
    ours, alone = (of_method(films, name).reset_index() for name in ("consistent", "frame_by_frame"))
    size = Size(films=len(ours))
    gain = mean_over((ours["film_gain"] - alone["film_gain"]).to_numpy())
    is_colored = (ours["film_warping"] > 0) & (alone["film_warping"] > 0)
    if not is_colored.all():
        return Judgment(f"Some films are gray: no flicker to compare, {size.in_words}", "cannot tell", size)
    ratio = np.exp(mean_over(np.log(ours["film_warping"] / alone["film_warping"]).to_numpy()))
    few = FEW.replace("pictures", "films") if too_few(len(ours)) else ""
    measured = (
        f"Warping error over chroma, ratio to frame by frame {with_interval(tuple(ratio), '.2f')}; chroma PSNR "
        f"{with_interval(gain, '+z.2f', ' dB')}, {size.in_words}{few}"
    )
    both = [verdict(STEADY - ratio[2], STEADY - ratio[1]), verdict(gain[1] - NO_LOSS, gain[2] - NO_LOSS)]
    return Judgment(measured, next((v for v in ("not supported", "cannot tell") if v in both), "supported"), size)


def judge_saturation(cnn: pd.DataFrame) -> Judgment:
    """Colorfulness of the network's outputs against the truth's."""
    network = grid_of(cnn)[-1]
    row = summarize(of_method(cnn, network)).set_index("metric").loc["colorfulness_ratio"]
    size = Size.of((network,), 1, int(row["n"]))
    if pd.isna(row["value"]):
        return Judgment(f"{network}: the truths have no color to compare with, {size.in_words}", "cannot tell", size)
    interval = with_interval((row["value"], row["low"], row["high"]), ".2f")
    measured = (
        f"{network}: {interval} of the truth's colorfulness {size.in_words}{FEW if too_few(size.pictures) else ''}"
    )
    return Judgment(measured, verdict(1 - row["high"], 1 - row["low"]), size)


def judge_plateau(history: pd.DataFrame) -> Judgment:
    """Whether the training loss of the largest data set is flat after the paper's 20 epochs."""
    pairs = int(history["pairs"].max())
    own = history[history["pairs"] == pairs].set_index("epoch")["loss"]
    size = Size(pairs, int(own.index.max()), 1)
    if own.iloc[0] == own.iloc[-1]:
        measured = f"MSE alone: the loss is the same at epoch 1 and at epoch {size.epochs}, 1 seed"
        return Judgment(measured, "cannot tell", size)
    if size.epochs <= FLATTENS_AFTER:
        fall = float(1 - own.iloc[-1] / own.iloc[0])
        measured = f"MSE alone: the loss falls by {100 * fall:.0f}% from epoch 1 to epoch {size.epochs}, 1 seed"
        return Judgment(measured, "cannot tell", size)
    left = float((own[FLATTENS_AFTER] - own.iloc[-1]) / (own.iloc[0] - own.iloc[-1]))
    fall = float(1 - own.iloc[-1] / own[FLATTENS_AFTER])
    moves = f"falls by another {100 * fall:.0f}%" if fall >= 0 else f"rises by {-100 * fall:.0f}%"
    measured = (
        f"MSE alone: {100 * left:.1f}% of the loss's whole fall comes after epoch {FLATTENS_AFTER}; from there to "
        f"epoch {size.epochs} it {moves} (1 seed, so no interval)"
    )
    flat = max(abs(left), abs(fall)) < FLAT  # a loss that rises again is not flat either
    return Judgment(measured, "supported" if flat else "not supported", size)


def judge_preprocessing(experiment: pd.DataFrame, size: Size) -> Judgment:
    """Quality with classical inputs, over seeds: all filters together decide, the best single one is named."""
    gains = paired_over_seeds(experiment, "psnr", "gray alone")
    together, single = list(gains)[-1], max(list(gains)[:-1], key=lambda name: gains[name][0])
    if size.seeds < 2:
        return Judgment(f"All filters as inputs: {gains[together][0]:+.2f} dB {size.in_words}", "cannot tell", size)
    words = {name: with_interval(gain, "+.2f", " dB") for name, gain in gains.items()}
    measured = f"All filters as inputs: {words[together]} {size.in_words}; best alone, {single}: {words[single]}"
    return Judgment(measured, verdict(*gains[together][1:]), size)


def judge_efficiency(experiment: pd.DataFrame, size: Size) -> Judgment:
    """Cost with all classical inputs: seconds until the network is as good as on gray alone at the end."""
    table = experiment.set_index(["seed", "variant"])
    plain, filtered = (table.xs(name, level="variant") for name in ("gray alone", "+ all of them"))
    ratios = {name: (filtered[name] / plain[name]).dropna().tolist() for name in SECONDS}
    epoch, inference = (times(ratios[name]) for name in ("training s", "inference s"))
    measured = f"Filters included, an epoch takes {epoch} as long, inference {inference}. The score of gray alone was "
    to_par, seeds = ratios["seconds to par"], counted(size.seeds, "seed")
    if not to_par:
        return Judgment(f"{measured}not reached in any of {seeds}", "not supported", size)
    measured += f"reached in {len(to_par)} of {seeds}, in {times(to_par)} its time"
    _, low, high = mean_interval(to_par)
    return Judgment(measured, verdict(1 - high, 1 - low) if len(to_par) == size.seeds else "cannot tell", size)


def times(ratios: Sequence[float]) -> str:
    """`1.21 times [1.10, 1.32]`: the mean of ratios by seed; one seed has no interval."""
    return with_interval(mean_interval(list(ratios)), ".2f", " times")
