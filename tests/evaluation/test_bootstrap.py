"""Intervals over pictures, and paired differences."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scores_by_hand import row_of, value_of

from lib.evaluation.bootstrap import difference, summarize
from lib.evaluation.intervals import verdict
from lib.evaluation.names import GRAY_COPY, INTENSITY_MAP, METRICS, NOT_OF_TEST, ROW, Method
from lib.evaluation.rows import of_method, records_of, values_of
from lib.evaluation.size import LEAST_PICTURES, too_few

CONTROL_METHODS = (GRAY_COPY, INTENSITY_MAP)


def test_every_method_has_every_metric_with_an_interval_around_it(rows, methods, test_split):
    assert values_of(rows).index.tolist() == [*CONTROL_METHODS, Method("tinted")]
    assert tuple(rows.columns) == ROW and rows["label"].drop_duplicates().tolist()[0] == "gray copy"
    for _, own in rows.groupby("method"):
        assert own["metric"].tolist() == [metric for metric in METRICS if metric not in NOT_OF_TEST]
    assert (rows["n"] == len(test_split)).all()
    assert ((rows["low"] <= rows["value"] + 1e-12) & (rows["value"] <= rows["high"] + 1e-12)).all()
    psnr = rows[rows["metric"] == "psnr"]
    assert (psnr["high"] - psnr["low"] > 0.1).all()


def test_intervals_are_the_same_every_time_and_about_those_of_the_t_distribution(scores, rows):
    pd.testing.assert_frame_equal(summarize(scores), rows)
    values = of_method(scores, GRAY_COPY)["psnr"].to_numpy()
    row = row_of(rows, GRAY_COPY, "psnr")
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    assert row.value == pytest.approx(values.mean())
    assert (row.high - row.low) == pytest.approx(high - low, rel=0.3)


def test_differences_are_paired_and_signed(scores, rows):
    value, low, high = difference(scores, "tinted", GRAY_COPY, "psnr")
    assert value == pytest.approx(value_of(rows, "tinted", "psnr") - value_of(rows, GRAY_COPY, "psnr"))
    assert low <= value <= high
    other = difference(scores, GRAY_COPY, "tinted", "psnr")
    assert other == pytest.approx((-value, -high, -low))
    assert difference(scores, GRAY_COPY, GRAY_COPY, "ssim") == (0, 0, 0)
    by_row = scores.sample(frac=1, random_state=1)  # the order of rows tells nothing
    assert difference(by_row, "tinted", GRAY_COPY, "psnr") == pytest.approx((value, low, high))


@pytest.mark.parametrize("metric", ["psnr", "psnr_pooled"])
def test_intervals_of_differences_are_scipys_paired_bootstrap(scores, metric):
    column = {"psnr": "psnr", "psnr_pooled": "mse"}[metric]
    sides = [of_method(scores, name).sort_values("name")[column].to_numpy() for name in ("tinted", GRAY_COPY)]

    def gain(own, reference, axis):
        own, reference = own.mean(axis), reference.mean(axis)
        return own - reference if metric == "psnr" else 10 * np.log10(reference / own)

    expected = stats.bootstrap(
        sides, gain, paired=True, method="percentile", n_resamples=4000, rng=np.random.default_rng(1)
    ).confidence_interval
    value, low, high = difference(scores, "tinted", GRAY_COPY, metric)
    assert value == pytest.approx(gain(*sides, axis=0))
    assert (low, high) == pytest.approx(tuple(expected), abs=0.1 * (high - low))


def test_pairing_sees_what_unpaired_intervals_hide(scores, rows):
    better = of_method(scores, GRAY_COPY).assign(method="better")
    better["psnr"] += 0.05
    value, low, high = difference(pd.concat([scores, better]), "better", GRAY_COPY, "psnr")
    assert (value, low, high) == pytest.approx((0.05, 0.05, 0.05))
    row = row_of(rows, GRAY_COPY, "psnr")
    assert row.high - row.low > 0.5


@pytest.mark.parametrize("pictures", [1, 2, LEAST_PICTURES - 1, LEAST_PICTURES])
def test_too_few_pictures_have_no_interval(scores, pictures):
    few = scores[scores["name"].isin(scores["name"].unique()[:pictures])]
    rows, ends = summarize(few), difference(few, "tinted", GRAY_COPY, "psnr")
    assert rows["value"].notna().all() and np.isfinite(ends[0])
    assert rows[["low", "high"]].isna().all(axis=None) == (pictures < LEAST_PICTURES)
    assert np.isnan(ends[1:]).all() == (pictures < LEAST_PICTURES)
    assert all((row["low"] is None) == (pictures < LEAST_PICTURES) for row in records_of(rows))
    assert verdict(*ends[1:]) == "cannot tell" or pictures == LEAST_PICTURES
    assert too_few(pictures) == {
        1: " (1 picture: too few for an interval)", 2: " (2 pictures: too few for an interval)",
        4: " (4 pictures: too few for an interval)", 5: "",
    }[pictures]  # fmt: skip


@pytest.mark.parametrize("other", ["nobody", GRAY_COPY])
def test_differences_need_the_same_pictures(scores, other):
    fewer = scores.drop(of_method(scores, GRAY_COPY).index[:1])
    with pytest.raises(ValueError, match=f"tinted and {other} were not measured on the same pictures"):
        difference(fewer, "tinted", other, "psnr")
