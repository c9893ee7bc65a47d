"""Rows of the judge's photographs."""

import pandas as pd
import pytest
from claims_by_hand import method

from lib.evaluation.judging import rows_of_judge
from lib.evaluation.names import GRAY_COPY, METRICS, OF_JUDGE, UNSHOWN, Method


def test_gain_and_share_worse_of_every_method_but_the_gray_copy():
    tuned = Method("imagenet_tuned", {"pairs": 8, "epochs": 2})
    worse = method("mine", 23)
    worse.loc[:29, "psnr"] -= 1  # 30 of 120 pictures
    rows = rows_of_judge(pd.concat([method(GRAY_COPY, 23), method(tuned, 24.5), worse]))
    assert set(zip(rows["method"], rows["metric"], strict=True)) == {
        (name, metric) for name in ("imagenet_tuned", "mine") for metric in OF_JUDGE
    }
    value = rows.set_index(["method", "metric"])["value"]
    assert value["imagenet_tuned", "judge_gain"] == pytest.approx(1.5)
    assert value["mine", "judge_gain"] == pytest.approx(-0.25) and value["mine", "judge_worse"] == 0.25
    assert set(rows["n"]) == {120} and rows.loc[rows["metric"] == "judge_gain", "low"].notna().all()


def test_such_rows_have_names_and_stay_out_of_tables_of_the_test_split():
    assert set(OF_JUDGE) <= set(METRICS) and set(OF_JUDGE) <= set(UNSHOWN)
