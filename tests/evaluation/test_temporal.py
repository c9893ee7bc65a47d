"""Measures of films that are small enough to know the answer."""

import numpy as np
import pandas as pd
import pytest

from lib.classical.flow import warp
from lib.evaluation.names import GRAY_COPY, OF_FILMS, TRUTH, Method
from lib.evaluation.temporal import (
    color_distribution_consistency,
    colorfulness_of_frames,
    estimated_motion,
    measure_film,
    pairs_of_frames,
    rows_of_films,
    scores_of_film,
    warping_error,
)
from lib.evaluation.temporal_controls import first_frame_carried, gray_film, mixed_along_flow, smoothed, steps_of

COUNT, SIDE, STEP = 6, 32, 2  # everything moves 2 px to the right from frame to frame


@pytest.fixture(scope="module")
def world():
    return np.random.default_rng(0).uniform(-0.2, 0.2, (2, SIDE, SIDE + STEP * COUNT)).astype(np.float32)


@pytest.fixture(scope="module")
def truth(world):
    return np.stack([world[:, :, STEP * (COUNT - t) : STEP * (COUNT - t) + SIDE] for t in range(COUNT)])


def motion(frame, other):
    flow = np.zeros((SIDE, SIDE, 2), np.float32)
    flow[..., 0] = STEP * (other - frame)
    x = np.arange(SIDE) + STEP * (other - frame)
    return flow, np.tile((x >= 0) & (x < SIDE), (SIDE, 1))


def measured(truth, methods, **options):
    lumas = np.full((len(truth), SIDE, SIDE), 128, np.uint8)
    return measure_film(lumas, methods, truth, motion=motion, **options)


def scored(truth, methods, **options):
    lumas = np.full((len(truth), SIDE, SIDE), 128, np.uint8)
    return scores_of_film(lumas, methods, truth, motion=motion, **options).set_index("method").to_dict("index")


def flickering(truth, size):
    """The truth, plus and minus `size` in turn."""
    return truth + np.where(np.arange(len(truth)) % 2, size, -size).reshape(-1, 1, 1, 1).astype(np.float32)


def test_only_frames_of_one_shot_are_compared():
    assert pairs_of_frames(5, 1) == [1, 2, 3, 4]
    assert pairs_of_frames(5, 1, [0, 3]) == [1, 2, 4]
    assert pairs_of_frames(5, 3, [4]) == [3]
    assert pairs_of_frames(5, 9) == []


def test_what_moves_with_the_film_has_no_warping_error(truth):
    flow, is_seen = motion(1, 0)
    assert warping_error(truth[1], truth[0], flow, is_seen) == 0
    assert warping_error(truth[1], truth[0], 0 * flow, is_seen) > 0.01  # as if nothing moved
    assert np.isnan(warping_error(truth[1], truth[0], flow, np.zeros_like(is_seen)))


def test_flicker_is_measured_where_the_flow_is_consistent_only(truth):
    flow, is_seen = motion(1, 0)
    brighter = truth[1] + 0.1 * np.float32(is_seen)
    assert warping_error(brighter, truth[0], flow, is_seen) == pytest.approx(0.01, rel=1e-4)
    elsewhere = truth[1] + 0.1 * np.float32(~is_seen)
    assert warping_error(elsewhere, truth[0], flow, is_seen) == 0


def test_scores_of_a_film_that_flickers(truth):
    methods = {Method(TRUTH): truth, Method("flicker"): flickering(truth, 0.05), Method("gray_copy"): 0 * truth}
    scores = scored(truth, methods, far=2)
    flicker, gray = scores["flicker"], scores["gray_copy"]
    assert flicker["warping"] == pytest.approx(0.1**2, rel=1e-4)
    assert flicker["drift"] == pytest.approx(0, abs=1e-9)  # every second frame is alike
    assert flicker["psnr"] == pytest.approx(-20 * np.log10(0.05), abs=1e-3)
    energy = np.mean(flickering(truth, 0.05) ** 2)
    assert flicker["film_warping"] == pytest.approx(100 * 0.01 / energy, rel=1e-3)
    assert scores[TRUTH]["warping"] == scores[TRUTH]["film_distribution"] == 0
    assert scores[TRUTH]["film_colorfulness"] == 1 and np.isnan(scores[TRUTH]["film_gain"])
    assert gray["warping"] == gray["film_gain"] == 0
    assert gray["film_colorfulness"] == pytest.approx(0, abs=1e-4)
    assert np.isnan(gray["film_warping"])  # no chroma to compare with
    assert flicker["film_gain"] == pytest.approx(flicker["psnr"] - gray["psnr"], abs=1e-6)
    assert flicker["film_distribution"] > 0.05


def test_a_pale_film_gains_nothing_by_being_pale(truth):
    vivid = flickering(truth, 0.05)
    scores = scored(truth, {Method("vivid"): vivid, Method("pale"): vivid / 4})
    vivid, pale = scores["vivid"], scores["pale"]
    assert pale["warping"] == pytest.approx(vivid["warping"] / 16, rel=1e-4)
    assert pale["film_warping"] == pytest.approx(vivid["film_warping"], rel=1e-4)


def test_frames_of_two_shots_are_no_flicker(truth):
    cut = np.concatenate([truth[:3], -truth[3:]])
    whole = measured(truth, {Method("cut"): cut})
    known = measured(truth, {Method("cut"): cut}, begins=[0, 3])
    assert whole["warping"][3] > 0.01 and np.isnan(known["warping"][3])
    assert known["warping"].drop([0, 3]).max() == 0 and np.isnan(known["warping"][0])


def test_distribution_of_colors():
    still = np.zeros((6, 2, 4, 4), np.float32)
    assert color_distribution_consistency(still) == 0
    shuffled = np.stack([np.random.default_rng(t).permutation(np.linspace(-0.4, 0.4, 16)) for t in range(12)])
    assert color_distribution_consistency(shuffled.reshape(6, 2, 4, 4)) == pytest.approx(0, abs=1e-12)
    apart = still.copy()
    apart[3:] = 0.2  # one step, all pixels another color: log 2 for 1 of 5, 2 of 4 and 2 of 2 pairs of frames
    expected = np.log(2) * (1 / 5 + 2 / 4 + 2 / 2) / 3
    assert color_distribution_consistency(apart) == pytest.approx(expected)
    assert color_distribution_consistency(apart, [3]) == 0  # a cut
    half = still[:2].copy()
    half[1, :, :2] = 0.2  # half of the pixels in both channels, at distance 1 alone
    divergence = 0.5 * np.log(1 / 0.75) + 0.5 * (0.5 * np.log(0.5 / 0.75) + 0.5 * np.log(0.5 / 0.25))
    assert color_distribution_consistency(half) == pytest.approx(divergence)
    assert np.isnan(color_distribution_consistency(still[:1]))


def test_colorfulness_by_frame():
    lumas = np.full((2, 4, 4), 128, np.uint8)
    chroma = np.zeros((2, 2, 4, 4), np.float32)
    chroma[1, 1] = 0.1
    gray, red = colorfulness_of_frames(lumas, chroma)
    assert gray == pytest.approx(0, abs=1e-4) and red > 5


def test_motion_is_estimated_from_luma():
    rows = np.sin(np.arange(SIDE + 8) / 2.5)[:, None] + np.sin(np.arange(SIDE + 8) / 3)
    world = np.rint(127 + 60 * rows).astype(np.uint8)
    lumas = np.stack([world[4 : SIDE + 4, 4 - t : SIDE + 4 - t] for t in range(4)])
    for other in (2, 0):  # one frame before, and three
        flow, is_seen = estimated_motion(lumas)(3, other)
        assert np.abs(np.median(flow, (0, 1)) - (other - 3, 0)).max() < 0.2
        assert is_seen[:, 8:-8].mean() > 0.9 and not is_seen[:, : 3 - other].any()


def test_smoothing_mixes_a_shot():
    chroma = np.zeros((4, 2, 2, 2), np.float32)
    chroma[0] = 1
    chroma[3] = 5
    assert smoothed(chroma)[:, 0, 0, 0] == pytest.approx([1, 0.8, 0.64, 0.8 * 0.64 + 0.2 * 5])
    assert smoothed(chroma, begins=[0, 3])[3, 0, 0, 0] == 5
    assert chroma[1].max() == 0  # the caller's array is left alone


def test_the_first_frame_is_carried_through_its_shot(truth):
    chroma = np.random.default_rng(1).uniform(-0.3, 0.3, truth.shape).astype(np.float32)
    steps = steps_of(motion, len(truth), begins=[0, 3])
    assert [step is None for step in steps] == [True, False, False, True, False, False]
    carried = first_frame_carried(chroma, steps)
    assert np.array_equal(carried[2], warp(warp(chroma[0], steps[1][0]), steps[2][0]))
    assert np.array_equal(carried[3], chroma[3])
    assert scored(truth, {Method("carried"): carried}, begins=[0, 3])["carried"]["warping"] == 0


def test_mixing_along_the_flow(truth):
    steps, noisy = steps_of(motion, len(truth)), flickering(truth, 0.05)
    assert np.array_equal(mixed_along_flow(noisy, steps, 0.0), noisy)
    mixed = mixed_along_flow(noisy, steps, 0.8)
    assert np.allclose(mixed[1][:, :, STEP:], truth[1][:, :, STEP:] + 0.05 * (0.2 - 0.8), atol=1e-6)
    assert np.array_equal(mixed[1][:, :, :STEP], noisy[1][:, :, :STEP])  # came into view: begins anew
    whole = mixed_along_flow(noisy, steps, 1.0)
    assert np.allclose(whole[-1][:, :, STEP * (COUNT - 1) :], truth[-1][:, :, STEP * (COUNT - 1) :] - 0.05, atol=1e-6)


def test_films_count_alike_and_have_an_interval(truth):
    methods = {Method("flicker"): None, GRAY_COPY: 0 * truth}
    tables = []
    for number in range(6):
        methods[Method("flicker")] = flickering(truth, 0.01 * number)
        lumas = np.full((len(truth), SIDE, SIDE), 128, np.uint8)
        tables.append(scores_of_film(lumas, methods, truth, motion=motion).assign(name=f"film {number}"))
    scores = pd.concat(tables)
    rows = rows_of_films(scores).set_index(["method", "metric"])
    assert set(rows.index.get_level_values("metric")) == set(OF_FILMS)
    own, expected = rows.loc["flicker", "film_warping"], scores.loc[scores["method"] == "flicker", "film_warping"]
    assert own["value"] == pytest.approx(expected.mean()) and own["n"] == 6
    assert expected.min() < own["low"] < own["value"] < own["high"] < expected.max()
    assert np.isnan(rows.loc[GRAY_COPY.name, "film_warping"]["value"])
    assert np.isnan(rows_of_films(scores[scores["name"] < "film 3"])["low"]).all()  # too few


def test_a_gray_film_has_no_chroma(truth):
    assert gray_film(truth).shape == truth.shape and not gray_film(truth).any()
