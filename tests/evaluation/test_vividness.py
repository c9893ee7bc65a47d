"""Vividness, calibration and drift compared with plain computations."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from skimage import data

from lib.color.spaces import gray_to_rgb
from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.vividness import (
    SCALED,
    VIVIDNESS,
    by_kind,
    calibration,
    color_and_gain,
    gain_at,
    gains_by_picture,
    measure_vividness,
    size_drift,
)


@pytest.fixture(scope="module")
def curve(network, pairs):
    return measure_vividness(network, pairs.split("test"), (0.0, 1.0), (0.0, 2.0))


def test_the_curve_agrees_with_the_evaluation(curve, network, pairs):
    test = pairs.split("test")
    table = evaluate({"gray": gray_to_rgb, "safest": network}, test)
    expected = summarize(table).pivot(index="method", columns="metric", values="value")
    row = curve.iloc[0]
    assert (row["kind"], row["setting"]) == (VIVIDNESS, 0.0)
    assert row["psnr"] == pytest.approx(expected.loc["safest", "psnr"], abs=1e-4)
    assert row["gain"] == pytest.approx(expected.loc["safest", "psnr"] - expected.loc["gray", "psnr"], abs=1e-4)
    assert row["colorfulness_ratio"] == pytest.approx(expected.loc["safest", "colorfulness_ratio"], abs=1e-4)


def test_the_control_multiplies_the_safest_chroma(curve):
    control = curve[curve["kind"] == SCALED].set_index("setting")
    assert control.loc[0.0, "gain"] == pytest.approx(0, abs=1e-3)  # without chroma, the control equals the gray copy
    assert control.loc[0.0, "colorfulness_ratio"] == pytest.approx(0, abs=1e-3)
    assert control.loc[2.0, "colorfulness_ratio"] > 1.5 * curve.iloc[0]["colorfulness_ratio"]


def test_only_the_true_colors_have_distance_zero(network, pairs, monkeypatch):
    """Painting the truth has distance 0. Painting gray has the distance of the truth from gray."""
    test = pairs.split("test")
    shares = [float((pairs_color.std(-1) > 2).mean()) for pairs_color in test.color]
    assert np.mean(shares) > 0.05  # the pictures are not nearly gray
    true = iter([test.tensors(slice(None))[1]])
    monkeypatch.setattr("lib.evaluation.vividness.composition.join", lambda gray, _chroma: next(true))
    row = measure_vividness(network, test, (0.0,), ()).iloc[0]
    assert row["distance"] == pytest.approx(0, abs=1e-9) and row["colorfulness_ratio"] == pytest.approx(1)
    monkeypatch.setattr("lib.evaluation.vividness.composition.join", lambda gray, _chroma: gray_to_rgb(gray))
    assert 0.1 < measure_vividness(network, test, (0.0,), ()).iloc[0]["distance"] <= 1


def test_the_gain_is_interpolated_by_colorfulness():
    rows = [(VIVIDNESS, 0.0, 2.0, 0.6), (VIVIDNESS, 1.0, 1.0, 1.0), (SCALED, 1.5, 0.5, 0.9)]
    curve = pd.DataFrame(rows, columns=["kind", "setting", "gain", "colorfulness_ratio"])
    assert gain_at(curve, VIVIDNESS, 0.8) == pytest.approx(1.5)
    assert gain_at(curve, SCALED, 0.75) == pytest.approx(1.25)  # halfway from the safest setting
    assert np.isnan(gain_at(curve, SCALED, 0.95)) and np.isnan(gain_at(curve, VIVIDNESS, 0.5))


def test_calibration_has_equal_ordered_groups_and_the_measured_error(network, pairs):
    test = pairs.split("test")
    table = calibration(network, test, groups=4)
    assert len(table) == 4 and table["ambiguity"].is_monotonic_increasing
    (whole,) = calibration(network, test, groups=1).to_dict("records")
    assert whole["error"] ** 2 == pytest.approx((table["error"] ** 2).mean(), rel=1e-6)
    gray, truth = test.tensors(slice(None))
    by_hand = []
    with torch.inference_mode():
        for one, color in zip(gray, truth, strict=True):
            chroma = network.distribution(one[None]).chroma()[0]
            red, _, blue = color.unbind(0)
            true = torch.stack([(blue - one[0]) / 1.772, (red - one[0]) / 1.402])
            true = true.unfold(1, 4, 4).unfold(2, 4, 4).mean((-1, -2))
            by_hand.append((chroma - true).square().sum(0).mean())
    assert whole["error"] == pytest.approx(255 * float(torch.stack(by_hand).mean().sqrt()), rel=0.02)


def test_gains_over_the_gray_copy(pairs):
    def tinted(gray):
        return (gray_to_rgb(gray) * torch.tensor([1.0, 0.9, 0.8]).view(1, 3, 1, 1)).clamp(0, 1)

    test, method = pairs.split("test"), Method("tinted")
    scores = evaluate({GRAY_COPY: gray_to_rgb, method: tinted}, test)
    gains = gains_by_picture(scores, method)
    gray, truth = test.tensors(slice(0, 1))
    error, gray_error = ((p - truth).square().mean() for p in (tinted(gray), gray_to_rgb(gray)))
    assert gains.index.tolist() == test.names
    assert gains.iloc[0] == pytest.approx(10 * float((gray_error / error).log10()), abs=0.05)  # scores are of 8 bits
    ratio, gain = color_and_gain(summarize(scores), [method])[method]
    assert gain == pytest.approx(gains.mean()) and ratio > 0.1
    assert color_and_gain(summarize(scores), [GRAY_COPY]) == {GRAY_COPY: (pytest.approx(0, abs=1e-6), 0.0)}


def test_drift_is_relative_to_the_largest_size(network):
    table = size_drift(network, Image.fromarray(data.coffee()), (64, 128, 200)).set_index("short side (px)")["drift"]
    assert table[200] == 0 and 0 < table[64] < 255 and table[128] < 20


def test_kinds_are_read_from_names():
    gains = pd.Series([1.0, 3.0, -2.0, -2.0, 0.5, 0.5])
    table = by_kind(gains, ["sea-1", "sea-2", "set/ice-1", "ice-2", "ice-3", "sea-3"])
    assert table.index.tolist() == ["ice", "sea"]
    assert table.loc["ice", "pictures"] == 3 and table.loc["sea", "gain"] == pytest.approx(1.5)
    assert table.loc["ice", "better"] == pytest.approx(1 / 3)
    assert by_kind(gains, [f"{i}-x" for i in range(6)]).empty  # one kind per picture is no grouping


def test_kinds_are_folders_where_pictures_lie_in_folders():
    gains = pd.Series([1.0, 3.0, 2.0, -2.0, -2.0, -2.0])
    table = by_kind(gains, ["beach/IMG-1", "beach/IMG-2", "beach/p-3", "hill/IMG-4", "hill/5", "hill/6"])
    assert table["pictures"].to_dict() == {"hill": 3, "beach": 3} and table.loc["beach", "gain"] == pytest.approx(2)
    deep = [f"{place}/{year}/{index}" for place in ("sea", "ice") for index, year in enumerate((1950, 1951, 1952))]
    assert by_kind(gains, deep)["pictures"].to_dict() == {"sea": 3, "ice": 3}  # whole folders hold one picture each
    within = by_kind(gains, ["all/sea/1", "all/sea/2", "all/sea/3", "all/ice/1", "all/ice/2", "all/ice/3"])
    assert set(within.index) == {"all/sea", "all/ice"}
    flat = by_kind(gains, ["x/sea-1", "x/sea-2", "x/sea-3", "x/ice-1", "x/ice-2", "x/ice-3"])
    assert flat.index.tolist() == ["ice", "sea"]
    assert set(by_kind(gains, ["a/1", "a/2", "a/3", "a/4", "5", "6"]).index) == {"a", "(no folder)"}
