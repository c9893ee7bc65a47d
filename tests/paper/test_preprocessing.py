"""Experiments: every variant at equal budget, differences paired over seeds."""

import numpy as np
import pandas as pd
import pytest

from lib.networks.registry import build_network
from lib.networks.with_classical_inputs import GROUPS
from lib.paper import preprocessing
from lib.paper.preprocessing import PREPROCESSING, paired_over_seeds, preprocessing_experiment
from lib.training import trainer
from lib.training.config import TrainingConfig


def test_every_group_of_filters_is_tried_alone_and_all_together():
    tried = list(PREPROCESSING.values())
    assert tried[0] == () and tried[-1] == tuple(GROUPS)
    assert tried[1:-1] == [(group,) for group in GROUPS]


def test_a_row_a_variant_and_seed(pairs, tmp_path, monkeypatch):
    variants = {"gray alone": (), "+ edges": ("edges",)}
    monkeypatch.setattr(preprocessing, "PREPROCESSING", variants)
    config = TrainingConfig(options={"width": 8}, pairs=8, epochs=1, batch_size=4, validation_pairs=2)
    table = preprocessing_experiment(config, pairs, pairs.split("test", 4), [3, 4], "cpu", tmp_path)
    assert table[["variant", "seed"]].to_numpy().tolist() == [[v, s] for s in (3, 4) for v in variants]
    assert {"psnr", "ssim", "r2_chroma", "training s", "inference s"} <= set(table)
    assert (table[["training s", "inference s"]] > 0).all(axis=None)
    assert np.isfinite(table.drop(columns="variant").to_numpy(float)).all()
    assert table["psnr"].nunique() == 4  # other inputs or another seed, other weights


def test_gains_are_paired_by_seed():
    base = [20.0, 22.0, 21.0]
    rows = [("alone", s, p) for s, p in enumerate(base)] + [("more", s, p + 0.1) for s, p in enumerate(base)]
    rows += [("odd", s, p + gain) for (s, p), gain in zip(enumerate(base), (1, -1, 0), strict=True)]
    table = pd.DataFrame(rows, columns=["variant", "seed", "psnr"]).sample(frac=1, random_state=0)
    gains = paired_over_seeds(table, "psnr", "alone")
    assert set(gains) == {"more", "odd"}
    assert gains["more"] == pytest.approx((0.1, 0.1, 0.1))
    assert gains["odd"][0] == pytest.approx(0) and gains["odd"][1] < -1 < 1 < gains["odd"][2]


def test_seconds_until_a_score_is_reached():
    history = pd.DataFrame({"psnr": [20.0, 22.0, 21.0, 23.0], "seconds": [1.0, 2.0, 4.0, 8.0]})
    assert trainer.seconds_until(history, 22.0) == 3.0
    assert trainer.seconds_until(history, 19.0) == 1.0
    assert np.isnan(trainer.seconds_until(history, 24.0))


def test_gray_alone_is_on_par_with_itself_by_its_end(pairs, tmp_path, monkeypatch):
    monkeypatch.setattr(preprocessing, "PREPROCESSING", {"gray alone": ()})
    config = TrainingConfig(options={"width": 8}, pairs=8, epochs=2, batch_size=4, validation_pairs=2)
    table = preprocessing_experiment(config, pairs, pairs.split("test", 2), [0], "cpu", tmp_path)
    assert (table["seconds to par"] <= table["training s"] + 1e-9).all()


def test_inference_is_timed_a_picture(pairs, monkeypatch):
    ticks = iter([0, 9, 0, 3, 0, 6, 0, 1, 0, 2, 0, 4])  # the first call warms up
    monkeypatch.setattr(preprocessing.time, "perf_counter", lambda: next(ticks))
    network = build_network("ColorizationNet", width=8)
    assert preprocessing.inference_seconds(network, pairs.split("test", 6)) == 3 / 6
