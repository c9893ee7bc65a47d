"""Gains by picture and seed, curves of them, laws fitted to them, and what pictures are worth."""

import numpy as np
import pandas as pd
import pytest

from lib.color import spaces
from lib.data.pairs import make_pairs
from lib.evaluation.growth import LINE, SATURATING, fit
from lib.evaluation.more_data import (
    ELSEWHERE,
    HOME,
    JUDGE,
    Curve,
    curves_of,
    gains_of,
    held_out,
    rows_of_data,
    scores_of,
    worth,
    worth_of,
)  # fmt: skip
from lib.evaluation.names import Method


@pytest.fixture
def parts():
    def one(name, test):
        generator = np.random.default_rng(test)
        color = generator.integers(0, 256, (test + 2, 16, 16, 3), dtype=np.uint8)
        splits = np.array(["train", "val"] + ["test"] * test)
        return make_pairs(name, name, [f"p{i}" for i in range(test + 2)], color[..., 0], color, splits)

    return [one("sea", 6), one("city", 0), one("food", 8)]


def test_test_pictures_are_the_first_folders_and_the_others(parts):
    tests = held_out(parts, 5)
    assert list(tests) == [HOME, ELSEWHERE] and [len(part) for part in tests.values()] == [5, 5]
    assert all(name.startswith("food/") for name in tests[ELSEWHERE].names)
    assert list(held_out(parts[:2], 5)) == [HOME]


def test_gains_are_over_the_gray_copy_of_the_same_picture(parts):
    tests = held_out(parts, 5)
    gray = scores_of(spaces.gray_to_rgb, tests)
    half = scores_of(lambda luma: spaces.gray_to_rgb(luma) / 2, tests)
    gains = gains_of(half, gray, Method("cnn", {"pairs": 10, "epochs": 3, "data": "sea"}), 7)
    assert gains["psnr"].tolist() == (half["psnr"] - gray["psnr"]).tolist() and (gains["psnr"] != 0).all()
    assert gains["ssim"].tolist() == (half["ssim"] - gray["ssim"]).tolist()
    assert set(gains["on"]) == {HOME, ELSEWHERE} and set(gains["seed"]) == {7} and set(gains["epochs"]) == {3}
    assert (gains_of(gray, gray, Method("cnn", {"pairs": 1, "epochs": 1, "data": "sea"}), 0)["psnr"] == 0).all()


def table(gain, counts=(100, 1000, 10_000), seeds=(0, 1), pictures=12, data="sea", on=JUDGE):
    """Gains of a network: `gain(pairs, seed, picture)` in dB."""
    rows = [
        {"network": "cnn", "data": data, "pairs": n, "epochs": 1, "seed": s, "on": on, "name": f"p{i}",
         "psnr": gain(n, s, i), "ssim": 0.0}
        for s in seeds for n in counts for i in range(pictures)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_curve_holds_seeds_pictures_and_numbers_in_order():
    gains = table(lambda n, s, i: np.log10(n) + 10 * s + 100 * i, counts=(1000, 100))
    curve = curves_of(gains)[Method("cnn"), JUDGE]["sea"]
    assert curve.pairs.tolist() == [100, 1000] and curve.gains.shape == (2, 12, 2)
    assert sorted(curve.at(1000)[1]) == sorted(3 + 10 + 100 * i for i in range(12))
    assert curve.by_seed[:, 1].tolist() == pytest.approx([553, 563]) and curve.means[1] == pytest.approx(558)
    assert curve.resampled()[0] == pytest.approx(curve.means)
    value, low, high = curve.intervals()[0]
    assert value == pytest.approx(557) and low < value < high


def test_numbers_that_some_seed_lacks_are_left_out():
    gains = table(lambda n, s, i: n + s + i)
    gains = gains[(gains["pairs"] < 10_000) | (gains["seed"] == 0)]
    assert Curve.of(gains, "cnn", "sea", JUDGE).pairs.tolist() == [100, 1000]


def test_rows_are_means_over_seeds_with_intervals_over_pictures():
    gains = pd.concat([table(lambda n, s, i: s + i, on=on, counts=(5,)) for on in (HOME, ELSEWHERE, JUDGE)])
    rows = rows_of_data(gains)
    assert rows["metric"].tolist() == ["home_gain", "elsewhere_gain", "judge_gain"]
    assert set(rows["n"]) == {12} and rows["value"].tolist() == pytest.approx([6.0] * 3)
    assert set(rows["label"]) == {"CNN, 5 pairs, 1 epochs, sea"}


def test_pictures_are_worth_what_gives_the_same_gain():
    first = Curve.of(table(lambda n, s, i: 1.0 + i), "cnn", "sea", JUDGE)  # whatever the number
    varied = Curve.of(table(lambda n, s, i: np.log10(n) - 1.5 + i, data="all"), "cnn", "all", JUDGE)
    # The pictures differ by 11 dB, and both curves are resampled alike.
    assert worth_of(first, 1000, varied) == pytest.approx((10**2.5,) * 3)
    assert worth_of(first, 1000, Curve(varied.pairs, varied.gains + 9))[0] == 0
    assert worth_of(first, 1000, Curve(varied.pairs, varied.gains - 9)) == (np.inf,) * 3


def test_a_curve_that_falls_again_is_worth_where_it_first_reached_the_gain():
    gains = np.array([[0.0, 2.0, 0.5, 3.0]])
    assert worth(np.array([1.0]), np.array([10, 1000, 2000, 4000]), gains) == pytest.approx([100])


N = np.array([250, 500, 1000, 2000, 4000, 22_000])


def test_a_line_is_found_and_goes_on():
    law = fit(N, np.stack([1.0 + 0.5 * np.log10(N / 1000)] * 3))
    assert law.law == LINE and law.slope() == pytest.approx((0.5,) * 3) and law.a[0] == pytest.approx(1)
    assert law.at(1e6) == pytest.approx([2.5] * 3) and law.at(N)[0] == pytest.approx(1 + 0.5 * np.log10(N / 1000))


def test_a_gain_that_saturates_is_found_and_ends():
    law = fit(N, np.stack([2.0 - 0.7 * (N / 1000) ** -0.8] * 2))
    assert law.law == SATURATING and law.errors[SATURATING] < law.errors[LINE]
    assert law.a[0] == pytest.approx(2, abs=0.02) and 1.95 < law.at(1e7)[0] < 2.05


def test_the_interval_is_that_of_the_resampled_curves():
    curves = 1.0 + np.linspace(-0.1, 0.1, 101)[:, None] + 0.5 * np.log10(N[:3] / 1000)
    value, low, high = fit(N[:3], np.vstack([curves[50], curves])).at(1000)
    assert (value, low, high) == pytest.approx((1.0, 0.905, 1.095))


def test_two_points_have_no_law_and_four_only_a_line():
    assert fit(N[:2], np.ones((3, 2))) is None
    assert set(fit(N[:4], np.ones((3, 4))).errors) == {LINE}
