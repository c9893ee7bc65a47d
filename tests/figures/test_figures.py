"""Every figure can be drawn without a warning, from the smallest to the largest input that it may get."""

import inspect
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from figures_by_hand import CRITIC, CURVE, DIFFERENCES, HINTED, HISTORY, JUDGED, LABELS, ROWS, drawn, lines_over
from matplotlib.figure import Figure

from lib.figures import adversarial, curves, films, pictures, scores, sweeps

RNG = np.random.default_rng(0)
GRAY = RNG.integers(0, 256, (16, 16), np.uint8)
COLOR = RNG.integers(0, 256, (16, 16, 3), np.uint8)
FILM = RNG.integers(0, 256, (5, 8, 10, 3), np.uint8)
TRADE = pd.DataFrame({"weight": [0.0, 0.9], "gain": [0.3, 0.2], "warping": [6.0, 1.5]})
CALLS = {
    "swept": [
        (lines_over([0.0, 0.01, 0.5, 5.0]), ["x"], LABELS, ["gray_copy"]),
        (lines_over([1.0], spread=np.nan), ["x"], {"psnr": "PSNR"}, ["gray_copy"]),  # one value, one seed
        (lines_over(["none", "edges, smoothed"], ["a", "b"]), ["x"], LABELS, ["gray_copy"]),
        (lines_over([1, 2], ["a", "b", "c"], further=[3, 6, 9]), ["x", "epochs"], LABELS, ["gray_copy"]),
        (lines_over([0], ["a", "b"]).drop(columns="x"), [], LABELS, ["gray_copy"]),
        (lines_over(["a", "b"], [f"one of many, {i}" for i in range(60)]), ["x"], LABELS, ["gray_copy"]),
    ],
    "swept_seeds": [(lines_over([0], ["a"], spread=np.nan).drop(columns="x"), LABELS, ["gray_copy"])],
    "contact_sheet": [([COLOR, GRAY] * 5,), ([COLOR], 1)],
    "picture_table": [
        ({"gray": [GRAY]},),
        ({f"a method with a long name, {i}": [COLOR, COLOR] for i in range(10)}, ["first", "second"]),
    ],
    "histogram": [(RNG.normal(size=50), "x"), (np.zeros(5), "x")],
    "chroma_by_gray": [(np.arange(256), np.ones(256), np.ones(256))],
    "training_curves": [({"a": HISTORY},), ({"a": HISTORY, "b": HISTORY[:1]}, {"psnr": 2.0, "ssim": 0.2, "mse": 1.0})],
    "intervals": [
        (ROWS, "psnr", "PSNR (dB)", ["gray_copy"]),
        (ROWS.assign(low=np.nan, high=np.nan), "psnr", "PSNR (dB)", [], {"JET": 19.3}),
    ],
    "trade_off": [(ROWS, ["gray_copy"]), (ROWS[:2], []), (ROWS.assign(value=1.0), ["gray_copy"])],
    "bars": [(DIFFERENCES, "gain (dB)")],
    "bars_side_by_side": [({"here": DIFFERENCES, "elsewhere": DIFFERENCES}, "gain (dB)")],
    "gain_by_seconds": [({"a": HISTORY.assign(seconds=2.0), "b": HISTORY[:1].assign(seconds=9.0)}, 20.0)],
    "gain_by_hints": [
        ({"a": HINTED, "b": HINTED.assign(hints=[0, 50])},),
        ({"a": HINTED.assign(low=np.nan, high=np.nan)},),
    ],
    "vividness_curve": [(CURVE, {"gray copy": (0.0, 0.0)})],
    "calibration": [(pd.DataFrame({"ambiguity": [1.0, 2.0], "expected": [5.0, 30.0], "error": [6.0, 24.0]}),)],
    "adversarial_curves": [
        ({"a": CRITIC, "balance lost": CRITIC[:1]},),
        ({"critic alone": CRITIC[["epoch", "critic", "critic_accuracy"]][:1]},),
    ],
    "frontier": [
        (CURVE, JUDGED, {"ours": JUDGED[:1], "$y$": JUDGED}),
        (CURVE[2:], JUDGED[:1]),
        (CURVE.assign(colorfulness_ratio=np.nan), JUDGED[1:]),
        (CURVE, JUDGED[:0]),
    ],
    "detector_bars": [
        ({"gray copy": (1.0, 1.0, 1.0), "ours": (0.52, 0.45, 0.59), "below": (0.3, 0.2, 0.35)},),
        ({"one seed": (0.6, -np.inf, np.inf), "too few": (np.nan,) * 3},),
    ],
    "color_ramps": [({"a": RNG.integers(0, 256, (256, 3), np.uint8)},)],
    "gradient_sizes": [({"printed": 0.0, "corrected": 1e-3}, "largest change"), ({"printed": 0.0}, "largest change")],
    "strips": [({"frame by frame": FILM, "truth": FILM}, 3), ({"a": FILM[:1]}, 0)],
    "flicker_by_gain": [
        (TRADE, {"truth": (9.0, 0.02), "gray copy": (0.0, np.nan), "first frame carried along": (-1.0, 0.0)}, 0.02),
        (TRADE.assign(warping=np.nan), {}, np.nan),
        (TRADE[:1].assign(warping=0.0), {}, 0.0),
    ],
    "by_frame": [({"a": np.array([np.nan, 1.0, 2.0]), "b": np.zeros(3)}, "error", [2]), ({"a": np.ones(3)}, "error")],
    "framed": [(RNG.integers(0, 256, (60, 90, 3), np.uint8),)],
}  # fmt: skip
FIGURES = {
    name: function
    for module in (adversarial, curves, films, pictures, scores, sweeps)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__ and inspect.signature(function).return_annotation is Figure
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("name", "number"), [(name, i) for name, calls in CALLS.items() for i in range(len(calls))])
def test_every_figure_draws_without_a_warning(name, number):
    figure = FIGURES[name](*CALLS[name][number])
    assert isinstance(figure, Figure)
    assert drawn(figure).std() > 5  # it is not empty
    assert not plt.get_fignums()  # no figure is kept open


def test_no_figure_goes_untested():
    assert set(FIGURES) == set(CALLS)


def test_what_is_ours_has_a_color_of_its_own_and_no_names_overlap():
    weights = np.linspace(0, 1, 11)
    curve = pd.DataFrame({"weight": weights, "gain": 0.2 + weights / 1000, "warping": 1.6 - weights / 100})
    names = ("ours, consistent", "ours, preview", "smoothed without flow, weight 0.8", "first frame carried along")
    others = {name: (0.2, 1.6 + i / 100) for i, name in enumerate(names)}  # all in one place
    figure = films.flicker_by_gain(curve, others | {"gray copy": (0.0, np.nan)}, 1.5, ours=names[:2])
    figure.draw_without_rendering()
    texts = {text.get_text(): text for text in figure.axes[0].texts if text.get_text()}
    colors = {name: texts[name].get_color() for name in (*names, "0.9")}
    assert colors[names[0]] == colors[names[1]] and len(set(colors.values())) == 3
    boxes = [text.get_window_extent() for text in texts.values()]
    assert len(boxes) == 11 + 5 + 1 and not any(one.overlaps(two) for one, two in combinations(boxes, 2))


def test_axes_have_labels_with_units():
    for name in ("histogram", "chroma_by_gray", "training_curves", "intervals", "bars", "gradient_sizes"):
        for axes in FIGURES[name](*CALLS[name][0]).axes:
            assert axes.get_xlabel(), name
    for axes in curves.training_curves({"a": HISTORY}).axes:
        assert axes.get_ylabel()
    assert "dB" in scores.trade_off(ROWS, []).axes[0].get_ylabel()
