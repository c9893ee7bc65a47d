"""Measures of a colored film: how near its colors are to the true ones, and how much they flicker.

A film is luma, uint8 `(T, H, W)`, and chroma, float32 `(T, 2, H, W)`: Cb and Cr in [-0.5, 0.5] with 0 for gray (see
`spaces.rgb_to_ycbcr`). `begins` are the numbers of the frames that begin a shot; frames of different shots are not
compared. A small warping error alone proves nothing, because a gray film has none, and neither has its first frame
carried along: it is shown beside the gain over gray, and beside the controls of `temporal_controls.py`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, reduce

import numpy as np
import pandas as pd
import torch

from lib.classical.flow import compose, consistent, optical_flow, warp
from lib.color import spaces
from lib.color.composition import join
from lib.common.progress import progress
from lib.evaluation.bootstrap import mean_over
from lib.evaluation.metrics import psnr_of
from lib.evaluation.names import OF_FILMS, TRUTH, Method
from lib.evaluation.rows import methods_of, of_method, rows_of

FAR = 30  # frames, over which drift is measured
EVERY = 5  # frames; drift changes slowly, and a flow over so many frames takes long
LEAST_SHARE = 0.01  # of a frame's pixels; with fewer that are consistent nothing is said of a frame
CDC_DISTANCES = (1, 2, 4)  # frames
_LEVELS = 256
_NO_CHROMA = 1e-9  # mean squared; below it a film counts as gray

# From the number of a frame and that of one before: the flow between them, and where it can be relied on.
Motion = Callable[[int, int], tuple[np.ndarray, np.ndarray]]


def estimated_motion(lumas: np.ndarray, is_fast: bool = False) -> Motion:
    """The motion of a film `(T, H, W)`, estimated from its luma, from any frame to any frame before it.

    `is_fast` takes the fast preset of `flow.optical_flow`: for what colors a film, not for what measures it.

    From frame to frame by `flow.optical_flow` and `flow.consistent`, and over more frames these one after the other,
    where all are consistent. On rendered films of 160 px, whose motion is known, half of the places that 30 frames
    composed call consistent are off by less than 3 px, and 2% are covered; asked for the flow over 30 frames at once,
    the same estimator is off by 15 px, and 18% are covered.
    """

    @lru_cache(maxsize=FAR + 2)
    def step(frame: int) -> tuple[np.ndarray, np.ndarray]:
        back = optical_flow(lumas[frame], lumas[frame - 1], is_fast)
        return back, consistent(back, optical_flow(lumas[frame - 1], lumas[frame], is_fast))

    def motion(frame: int, other: int) -> tuple[np.ndarray, np.ndarray]:
        return reduce(lambda known, then: compose(*known, *then), map(step, range(frame, other, -1)))

    return motion


def pairs_of_frames(count: int, distance: int, begins: Sequence[int] = ()) -> list[int]:
    """The frames of a film whose `distance`-th frame before is of the same shot.

    >>> pairs_of_frames(6, 2, begins=[3])
    [2, 5]
    """
    shot = np.isin(np.arange(count), begins).cumsum()
    return [t for t in range(distance, count) if shot[t] == shot[t - distance]]


def warping_error(chroma: np.ndarray, before: np.ndarray, flow: np.ndarray, is_consistent: np.ndarray) -> float:
    """The mean squared difference of a frame's chroma and the warped chroma of a frame before, over consistent pixels.

    The warping error of Lai et al., Learning Blind Video Temporal Consistency (2018), on Cb and Cr instead of RGB. NaN
    where less than `LEAST_SHARE` of the pixels are consistent.

    Args:
        chroma: of the frame, `(2, H, W)`.
        before: of the other frame, `(2, H, W)`.
        flow: from the frame to the other one, `(H, W, 2)`.
        is_consistent: `(H, W)`, see `flow.consistent`.
    """
    if is_consistent.mean() < LEAST_SHARE:
        return float("nan")
    return float(((chroma - warp(before, flow)) ** 2)[:, is_consistent].mean())


def color_distribution_consistency(chroma: np.ndarray, begins: Sequence[int] = ()) -> float:
    """How much the distribution of colors changes from frame to frame: 0 if never, in nats, at most log 2.

    CDC of Liu et al., Temporally Consistent Video Colorization with Deep Feature Propagation and Self-regularization
    Learning (2021): the Jensen-Shannon divergence of the histograms of two frames, its mean over
    channels and frames, and over the distances 1, 2 and 4; here on Cb and Cr instead of RGB, in 256 levels. A film
    that moves has a value above 0: what counts is the distance from the truth's own. NaN for a single frame.

    Args:
        chroma: `(T, 2, H, W)`.
        begins: the frames that begin a shot.
    """
    histograms = np.stack([[_histogram(plane) for plane in frame] for frame in chroma])  # (T, 2, 256)
    means = []
    for distance in CDC_DISTANCES:
        frames = np.array(pairs_of_frames(len(chroma), distance, begins), dtype=int)
        if len(frames):
            means.append(_jensen_shannon(histograms[frames], histograms[frames - distance]).mean())
    return float(np.mean(means)) if means else float("nan")


def _histogram(plane: np.ndarray) -> np.ndarray:
    levels = np.clip(np.rint(128 + 255 * plane), 0, _LEVELS - 1).astype(int)
    return np.bincount(levels.ravel(), minlength=_LEVELS) / plane.size


def _jensen_shannon(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The Jensen-Shannon divergence of distributions along the last axis, in nats."""
    middle = (first + second) / 2
    parts = (
        np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / np.where(p > 0, middle, 1)), 0) for p in (first, second)
    )
    return sum(part.sum(-1) for part in parts) / 2


def colorfulness_of_frames(lumas: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    """The colorfulness of each frame, `(T,)`, see `spaces.colorfulness`; chroma as far as it fits the luma."""
    frames = zip(lumas, chroma, strict=True)
    return np.array([
        spaces.colorfulness(join(spaces.to_tensor(luma)[None], torch.from_numpy(np.asarray(own, np.float32))[None]))
        for luma, own in frames
    ]).ravel()  # fmt: skip


def measure_film(
    lumas: np.ndarray,
    methods: Mapping[Method, np.ndarray],
    truth: np.ndarray,
    begins: Sequence[int] = (),
    motion: Motion | None = None,
    far: int = FAR,
) -> pd.DataFrame:
    """What is measured of every frame, as each method colors it.

    Args:
        lumas: uint8 `(T, H, W)`.
        methods: the chroma of each, `(T, 2, H, W)`.
        truth: the true chroma, `(T, 2, H, W)`.
        begins: the frames that begin a shot.
        motion: the flow of the film where it is known; None estimates it.
        far: the distance of the frames that drift is measured over.

    Returns:
        One row per method and frame. The columns are `frame`; `warping`, the warping error to the frame before, and
        `drift`, that to the frame `far` before, for every fifth frame; both NaN where there is none; `mse`, of chroma;
        `gray_mse`, that of a gray film; `energy`, the mean squared chroma of the method's own frame; `colorfulness`
        and `colorfulness_truth`.
    """
    motion, count = motion or estimated_motion(lumas), len(lumas)
    of_truth = {
        "gray_mse": (truth**2).mean((1, 2, 3)),
        "colorfulness_truth": colorfulness_of_frames(lumas, truth),
    }
    columns = {
        method: {
            "frame": np.arange(count),
            "warping": np.full(count, np.nan),
            "drift": np.full(count, np.nan),
            "mse": ((chroma - truth) ** 2).mean((1, 2, 3)),
            "energy": (chroma**2).mean((1, 2, 3)),
            "colorfulness": colorfulness_of_frames(lumas, chroma),
            **of_truth,
        }
        for method, chroma in methods.items()
    }
    asked = [(t, 1, "warping") for t in pairs_of_frames(count, 1, begins)]
    asked += [(t, far, "drift") for t in pairs_of_frames(count, far, begins)[::EVERY]]
    with progress("flow", len(asked)) as tick:
        for frame, distance, name in sorted(asked):  # by frame, so that the flow of each step is estimated once
            known = motion(frame, frame - distance)
            for method, chroma in methods.items():
                columns[method][name][frame] = warping_error(chroma[frame], chroma[frame - distance], *known)
            tick(1)
    heads = _heads(methods).to_dict("records")
    tables = zip(columns.values(), heads, strict=True)
    return pd.concat([pd.DataFrame(own).assign(**head) for own, head in tables], ignore_index=True)


def scores_of_film(
    lumas: np.ndarray,
    methods: Mapping[Method, np.ndarray],
    truth: np.ndarray,
    begins: Sequence[int] = (),
    motion: Motion | None = None,
    far: int = FAR,
) -> pd.DataFrame:
    """The scores of one film, one row per method. Arguments as in `measure_film`.

    Returns:
        The columns `method`, `settings`, `label`, and those of `OF_FILMS`: `film_gain`, the PSNR of chroma over that
        of a gray film (dB, mean of frames; NaN for the truth, which has no error); `film_warping` and `film_drift`, the
        errors over the mean squared chroma of the film itself, in percent, so that a pale film gains nothing by being
        pale (NaN for a gray one); `film_distribution`, how far `color_distribution_consistency` is from the truth's
        own, in nats; `film_colorfulness`, the ratio to the truth's. And `psnr`, of chroma; `warping` and `drift`, not
        divided.
    """
    frames, rows = measure_film(lumas, methods, truth, begins, motion, far), []
    of_truth = color_distribution_consistency(truth, begins)
    for method, chroma in methods.items():
        own = of_method(frames, method)
        energy, colorful = own["energy"].mean(), own["colorfulness_truth"].mean()
        warping, drift = own["warping"].mean(), own["drift"].mean()
        psnr = psnr_of(own["mse"])
        scores = {
            "film_gain": np.nan if method.name == TRUTH else (psnr - psnr_of(own["gray_mse"])).mean(),
            "film_warping": 100 * warping / energy if energy > _NO_CHROMA else np.nan,
            "film_drift": 100 * drift / energy if energy > _NO_CHROMA else np.nan,
            "film_distribution": abs(color_distribution_consistency(chroma, begins) - of_truth),
            "film_colorfulness": own["colorfulness"].mean() / colorful if colorful > 1e-6 else np.nan,
        }
        rows.append(scores | {"psnr": psnr.mean(), "warping": warping, "drift": drift})
    heads = _heads(methods)
    return pd.concat([heads, pd.DataFrame(rows)], axis=1)


def _heads(methods: Iterable[Method]) -> pd.DataFrame:
    """The columns of a table that say which method each row is of."""
    return pd.DataFrame([{"method": m.name, "settings": m.settings_text, "label": m.label} for m in methods])


def rows_of_films(scores: pd.DataFrame) -> pd.DataFrame:
    """The means over films, with bootstrap 95% intervals over films: rows of the metrics `OF_FILMS`, see `names.ROW`.

    Args:
        scores: what `scores_of_film` returns for several films, with the film's name in the column `name`.
    """
    rows = []
    for method in methods_of(scores):
        own = of_method(scores, method)
        rows += [method.row(metric, len(own), *mean_over(own[metric].to_numpy())) for metric in OF_FILMS]
    return rows_of(rows)
