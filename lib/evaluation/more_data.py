"""How networks that learned from more or more varied pictures do at home, elsewhere and before a judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
import torch

from lib.color.spaces import Colorizer
from lib.data.pairs import Pairs, join_pairs
from lib.evaluation.bootstrap import RESAMPLES, bootstrap_weights, mean_over
from lib.evaluation.evaluate import device_of, predict
from lib.evaluation.metrics import quick_metrics
from lib.evaluation.names import Method
from lib.evaluation.rows import rows_of

HOME, ELSEWHERE, JUDGE = "home", "elsewhere", "judge"  # test pictures of the first folder, of the others, the judge
SERIES = ["network", "data", "pairs", "epochs"]  # columns that say which training it was, beside the seed


def held_out(parts: Sequence[Pairs], most: int) -> dict[str, Pairs]:
    """The test pictures `HOME`, of the first set, and `ELSEWHERE`, of all others if they have some; `most` of each."""
    others = [part for part in parts[1:] if part.counts()["test"]]
    sets = {HOME: parts[0]} | ({ELSEWHERE: join_pairs(others)} if others else {})
    return {on: pairs.split("test", min(most, pairs.counts()["test"])) for on, pairs in sets.items()}


@torch.inference_mode()
def scores_of(colorizer: Colorizer, tests: Mapping[str, Pairs], batch_size: int = 32) -> pd.DataFrame:
    """PSNR (dB) and SSIM of every test picture: the columns on (the key in `tests`), name, psnr, ssim."""
    tables = []
    for on, pairs in tests.items():
        for start in range(0, len(pairs), batch_size):
            gray, truth = pairs.tensors(slice(start, start + batch_size), device_of(colorizer))
            painted = (predict(colorizer, gray) * 255).round() / 255
            names = pairs.names[start : start + batch_size]
            found = quick_metrics(painted, truth)[["psnr", "ssim"]]
            tables.append(found.assign(on=on, name=names))
    return pd.concat(tables, ignore_index=True)[["on", "name", "psnr", "ssim"]]


def gains_of(scores: pd.DataFrame, gray: pd.DataFrame, method: Method, seed: int) -> pd.DataFrame:
    """How much more one training scores than the gray copy on each picture.

    Args:
        scores: what `scores_of` returns for the network.
        gray: the same for the gray copy.
        method: the network, with the settings pairs, epochs and data.
        seed: that of the training.

    Returns:
        The columns of `SERIES`, and seed, on, name, psnr (dB) and ssim; the last two are differences.
    """
    head = {"network": method.name} | {name: method.settings[name] for name in SERIES[1:]} | {"seed": seed}
    table = scores.assign(**head, psnr=scores["psnr"] - gray["psnr"], ssim=scores["ssim"] - gray["ssim"])
    return table[[*SERIES, "seed", "on", "name", "psnr", "ssim"]]


@dataclass(frozen=True)
class Curve:
    """The gain of one network on one set of test pictures, by the number of training pictures of one kind.

    Args:
        pairs: the C numbers of training pictures, growing.
        gains: `(S, N, C)`, dB: over S seeds and N test pictures.
    """

    pairs: np.ndarray
    gains: np.ndarray

    @classmethod
    def of(cls, gains: pd.DataFrame, network: str, data: str, on: str, metric: str = "psnr") -> Self:
        """The curve of a network, a kind of training pictures and a test set in a table of `gains_of`.

        Numbers of pairs that were not trained with every seed are left out.
        """
        chosen = (gains["network"] == network) & (gains["data"] == data) & (gains["on"] == on)
        wide = gains[chosen].pivot(index=["seed", "name"], columns="pairs", values=metric).dropna(axis=1)
        seeds = wide.index.get_level_values("seed").nunique()
        return cls(wide.columns.to_numpy(dtype=float), wide.to_numpy().reshape(seeds, -1, wide.shape[1]))

    @property
    def means(self) -> np.ndarray:
        """The mean gain at each number of pairs, `(C,)`."""
        return self.gains.mean((0, 1))

    @property
    def by_seed(self) -> np.ndarray:
        """The mean gain of each training, `(S, C)`."""
        return self.gains.mean(1)

    def at(self, pairs: float) -> np.ndarray:
        """The gains of all trainings on so many pairs, `(S, N)`."""
        return self.gains[..., self.pairs == pairs][..., 0]

    def resampled(self) -> np.ndarray:
        """Mean gains `(1 + RESAMPLES, C)`: first as they are, then of resampled test pictures and seeds.

        Curves with as many pictures and seeds are resampled alike: their differences are paired.
        """
        seeds, pictures, _ = self.gains.shape
        by_seed = np.einsum("rn,snc->rsc", bootstrap_weights(pictures), self.gains)
        return np.einsum("rs,rsc->rc", bootstrap_weights(seeds, seed=1), by_seed)

    def intervals(self) -> np.ndarray:
        """Value, low and high of the 95% interval over test pictures at each number of pairs, `(C, 3)`."""
        return np.array([mean_over(column) for column in self.gains.mean(0).T])


def curves_of(gains: pd.DataFrame) -> dict[tuple[Method, str], dict[str, Curve]]:
    """The curves in a table of `gains_of`: by network and test set, and then by kind of training pictures."""
    curves: dict[tuple[Method, str], dict[str, Curve]] = {}
    found = gains[["network", "on", "data"]].drop_duplicates()
    for network, on, data in found.itertuples(index=False, name=None):
        curves.setdefault((Method(network), on), {})[data] = Curve.of(gains, network, data, on)
    return curves


def rows_of_data(gains: pd.DataFrame) -> pd.DataFrame:
    """Rows of the metrics `names.OF_DATA` and `judge_gain` for every training, averaged over seeds."""
    rows = []
    for (network, data, pairs, epochs), own in gains.groupby(SERIES, sort=False):
        method = Method(network, {"pairs": int(pairs), "epochs": int(epochs), "data": data})
        for on, scored in own.groupby("on", sort=False):
            by_picture = scored.groupby("name", sort=False)["psnr"].mean().to_numpy()
            rows.append(method.row(f"{on}_gain", len(by_picture), *mean_over(by_picture)))
    return rows_of(rows)


def worth(target: np.ndarray, pairs: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """How many training pictures are needed for a gain, interpolated on the logarithm of their number.

    Args:
        target: the gains to reach, `(R,)`.
        pairs: the numbers of training pictures, growing, `(C,)`.
        gains: what they gave, `(R, C)`.

    Returns:
        For each of the R the least number: 0 where the fewest give as much already, infinity where all do not.

    >>> worth(np.array([1.5, 0.5, 9.0]), np.array([100, 10_000]), np.array([[1.0, 2.0]] * 3)).tolist()
    [1000.0, 0.0, inf]
    """
    reached = gains >= target[:, None]
    first = reached.argmax(1)
    before = np.maximum(first - 1, 0)
    rows = np.arange(len(target))
    low, high = gains[rows, before], gains[rows, first]
    share = (target - low) / np.where(high > low, high - low, 1.0)
    found = 10 ** (np.log10(pairs[before]) + share * (np.log10(pairs[first]) - np.log10(pairs[before])))
    return np.where(reached.any(1), np.where(first == 0, 0.0, found), np.inf)


def worth_of(reference: Curve, pairs: float, other: Curve) -> tuple[float, float, float]:
    """How many pictures of another kind are worth `pairs` of the reference's: value, low, high, see `worth`.

    Both were scored on the same test pictures. The interval is over resampled test pictures and seeds.
    """
    target = reference.resampled()[:, reference.pairs == pairs][:, 0]
    found = worth(target, other.pairs, other.resampled())
    ordered = np.sort(found[1:])  # percentiles of infinity cannot be interpolated
    low, high = (ordered[round(share * (RESAMPLES - 1))] for share in (0.025, 0.975))
    return float(found[0]), float(low), float(high)
