"""Experiments over several trainings: the same budget for every variant, several seeds, quality and cost."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
from torch import nn

from lib.data.pairs import Pairs
from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import device_of, evaluate, predict
from lib.evaluation.intervals import mean_interval
from lib.training.config import TrainingConfig
from lib.training.trainer import seconds_until, train

PREPROCESSING: dict[str, tuple[str, ...]] = {
    "gray alone": (),
    "+ edges": ("edges",),
    "+ smoothed": ("smoothed",),
    "+ segments": ("segments",),
    "+ high-pass": ("high-pass",),
    "+ all of them": ("edges", "smoothed", "segments", "high-pass"),
}


def preprocessing_experiment(
    config: TrainingConfig, pairs: Pairs, test: Pairs, seeds: Sequence[int], device: str, folder: Path
) -> pd.DataFrame:
    """Train the network on gray alone and with classical filters as further inputs, once per seed, at equal budget.

    Every variant goes through `WithClassicalInputs`, also gray alone, so that only the inputs differ. One row per
    variant and seed: test scores, seconds of training, seconds until the validation PSNR is on par with that of gray
    alone at the end (NaN where it never is), seconds of inference per picture.
    """
    rows = []
    for seed in seeds:  # the outer loop: a machine that grows slower meets every variant alike
        for variant, groups in PREPROCESSING.items():
            options = {**config.options, "groups": list(groups)}
            own = replace(config, network="WithClassicalInputs", options=options, seed=seed)
            trained = train(own, pairs, f"{variant}, seed {seed}", device, folder)
            scores = summarize(evaluate({variant: trained.network}, test)).set_index("metric")["value"]
            if not groups:
                par = trained.history["psnr"].iloc[-1]
            row = {"variant": variant, "seed": seed, "training s": trained.seconds}
            row["seconds to par"] = seconds_until(trained.history, par)
            row["inference s"] = inference_seconds(trained.network, test)
            rows.append(row | scores.to_dict())
    return pd.DataFrame(rows)


def inference_seconds(network: nn.Module, pairs: Pairs) -> float:
    """Seconds per picture, filters included: the median of five batches of up to 32 pictures, after one to warm up."""
    gray, _ = pairs.tensors(slice(0, 32), device_of(network))
    seconds = []
    for _ in range(6):
        started = time.perf_counter()
        predict(network, gray).cpu()  # fetching the result waits for a GPU to be done
        seconds.append((time.perf_counter() - started) / len(gray))
    return statistics.median(seconds[1:])


def paired_over_seeds(table: pd.DataFrame, metric: str, reference: str) -> Mapping[str, tuple[float, float, float]]:
    """How much more each variant scores than `reference` with the same seed: mean and 95% t-interval over seeds."""
    by_seed = table.pivot(index="seed", columns="variant", values=metric)
    variants = [v for v in table["variant"].unique() if v != reference]
    return {v: mean_interval((by_seed[v] - by_seed[reference]).tolist()) for v in variants}
