"""Experiments over several trainings: the same budget for every variant, several seeds, quality and cost."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lib.evaluation import evaluate, mean_interval, predict, summarize
from lib.pairs import Pairs
from lib.training import TrainingConfig, train

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
    """Train the network on gray alone and with classical filters as further inputs, once a seed, at equal budget.

    Every variant goes through `WithClassicalInputs`, also gray alone, so that only the inputs differ. One row a variant
    and seed: test scores, seconds of training, seconds of inference a picture (filters included).
    """
    rows = []
    for seed in seeds:  # the outer loop: a machine that grows slower meets every variant alike
        for variant, groups in PREPROCESSING.items():
            options = {**config.options, "groups": list(groups)}
            own = replace(config, network="WithClassicalInputs", options=options, seed=seed)
            trained = train(own, pairs, f"{variant}, seed {seed}", device, folder)
            scores = summarize(evaluate({variant: trained.network}, test)).set_index("metric")["value"]
            gray, _ = test.tensors(slice(0, 32), next(trained.network.parameters()).device)
            started = time.perf_counter()
            predict(trained.network, gray)
            inference = (time.perf_counter() - started) / len(gray)
            rows.append(
                {"variant": variant, "seed": seed, "training s": trained.seconds, "inference s": inference, **scores}
            )
    return pd.DataFrame(rows)


def paired_over_seeds(table: pd.DataFrame, metric: str, reference: str) -> Mapping[str, tuple[float, float, float]]:
    """How much more each variant scores than `reference` with the same seed: mean and 95% t-interval over seeds."""
    by_seed = table.pivot(index="seed", columns="variant", values=metric)
    variants = [v for v in table["variant"].unique() if v != reference]
    return {v: mean_interval((by_seed[v] - by_seed[reference]).tolist()) for v in variants}
