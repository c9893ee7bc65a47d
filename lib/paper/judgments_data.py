"""How the claims on more and on more varied data are judged: gains by picture and seed in, a verdict over seeds out.

All trainings of a network see about as many pictures, so epochs are no part of the size of these tests.
"""

import pandas as pd

from lib.evaluation.intervals import mean_interval, with_interval
from lib.evaluation.more_data import ELSEWHERE, HOME, JUDGE, Curve
from lib.evaluation.names import Method
from lib.evaluation.size import Size, counted
from lib.paper.judgments import Judgment
from lib.training.more_data import CNN, FROM_NOTHING
from lib.workbook.analysis.verdicts import judged_in_words

FEWER = 1000  # training pairs: the paper's smaller number, with which more are compared
UNSEEN = {ELSEWHERE: "everything else", JUDGE: "the judge's photographs"}


def judge_more_data_of_paper(gains: pd.DataFrame) -> Judgment:
    """Most pairs against 1,000 of the same kind, by the paper's network."""
    return judge_more_data(gains, CNN)


def judge_more_data_of_ours(gains: pd.DataFrame) -> Judgment:
    """Most pairs against 1,000 of the same kind, by our network from nothing."""
    return judge_more_data(gains, FROM_NOTHING)


def judge_varied_data_of_paper(gains: pd.DataFrame) -> Judgment:
    """All kinds of pictures against the first folder alone, by the paper's network."""
    return judge_varied_data(gains, CNN)


def judge_varied_data_of_ours(gains: pd.DataFrame) -> Judgment:
    """All kinds of pictures against the first folder alone, by our network from nothing."""
    return judge_varied_data(gains, FROM_NOTHING)


def judge_more_data(gains: pd.DataFrame, network: str) -> Judgment:
    """The most pairs of the most varied kind against `FEWER` of it, on pictures that are not of the first folder.

    Without `FEWER` the next larger number, else the fewest, is compared.

    Args:
        gains: what `gains_of` returns, of several trainings.
        network: the identifier of the network.
    """
    data = _kinds(gains, network)[-1]
    sides = {on: Curve.of(gains, network, data, on) for on in _unseen(gains)}
    pairs = next(iter(sides.values())).pairs
    most, fewer = int(pairs[-1]), int(min(pairs[pairs >= FEWER], default=pairs[0]))
    head = f"{Method(network)}, {most:,} pairs against {fewer:,} of {data}{_seen(gains, network)}"
    if most == fewer:
        return Judgment(f"{head}: only one number of pairs was trained", "cannot tell", Size(pairs=fewer))
    return _judged(gains, network, (data, most), (data, fewer), head)


def judge_varied_data(gains: pd.DataFrame, network: str) -> Judgment:
    """All kinds of pictures against as many of the first folder alone, on pictures that are not of the first folder.

    What it costs or gains on the first folder's own test pictures is said, and not judged. See `judge_more_data`.
    """
    kinds = _kinds(gains, network)
    if len(kinds) < 2:
        return Judgment("Only one kind of pictures was trained on", "cannot tell", Size())
    first, varied = kinds[0], kinds[-1]
    both = [set(Curve.of(gains, network, kind, HOME).pairs) for kind in (first, varied)]
    if not both[0] & both[1]:
        return Judgment(f"{first} and {varied} were not trained on equal numbers of pairs", "cannot tell", Size())
    pairs = int(max(both[0] & both[1]))
    head = f"{Method(network)}, {pairs:,} pairs of {varied} against as many of {first}{_seen(gains, network)}"
    judged = _judged(gains, network, (varied, pairs), (first, pairs), head)
    cost = mean_interval(_by_seed(gains, network, (varied, pairs), (first, pairs), HOME, "psnr"))
    at_home = f"on the first folder's own pictures {with_interval(cost, '+z.2f', ' dB')}"
    return Judgment(f"{judged.measured}; {at_home}", judged.verdict, judged.size)


def _kinds(gains: pd.DataFrame, network: str) -> list[str]:
    """What the network was trained on, the least varied first."""
    return list(dict.fromkeys(gains[gains["network"] == network]["data"]))


def _unseen(gains: pd.DataFrame) -> list[str]:
    return [on for on in UNSEEN if (gains["on"] == on).any()]


def _seen(gains: pd.DataFrame, network: str) -> str:
    """` (60,000 to 67,209 pictures seen)`: how many went through each training."""
    own = gains[gains["network"] == network]
    low, high = (int(end(own["pairs"] * own["epochs"])) for end in (min, max))
    return f" ({f'{low:,} to ' if low < high else ''}{high:,} pictures seen)"


def _by_seed(
    gains: pd.DataFrame, network: str, better: tuple[str, int], than: tuple[str, int], on: str, metric: str
) -> list[float]:
    """The mean difference of two trainings on the same pictures, for each seed."""
    sides = [Curve.of(gains, network, data, on, metric).at(pairs) for data, pairs in (better, than)]
    return (sides[0] - sides[1]).mean(1).tolist()


def _judged(gains: pd.DataFrame, network: str, better: tuple[str, int], than: tuple[str, int], head: str) -> Judgment:
    """The differences on each set of unseen pictures, over seeds, and the verdict that all of them agree on."""
    words, verdicts, pictures = [], [], []
    seeds = gains["seed"].nunique()
    for on in _unseen(gains):
        differences = {
            metric: mean_interval(_by_seed(gains, network, better, than, on, metric)) for metric in ("psnr", "ssim")
        }
        measured, verdict = judged_in_words(differences)
        number = gains[gains["on"] == on]["name"].nunique()
        words.append(f"on {counted(number, 'picture')} of {UNSEEN[on]} {measured}")
        verdicts.append(verdict)
        pictures.append(number)
    size = Size(pairs=min(better[1], than[1]), seeds=seeds, pictures=min(pictures))
    verdict = verdicts[0] if len(set(verdicts)) == 1 else "cannot tell"
    return Judgment(f"{head}, {counted(seeds, 'seed')}: {'; '.join(words)}", verdict, size)
