"""Judging: direct computation, intervals, paired differences, and colorizers that break the contract."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from scipy import stats

from lib.color import spaces
from lib.evaluation.bootstrap import difference, summarize
from lib.evaluation.evaluate import device_of, evaluate, predict
from lib.evaluation.methods import controls, load_methods
from lib.evaluation.names import CONTROLS, COSTS, GRAY_COPY, INTENSITY_MAP, METRICS, ROW, Method
from lib.evaluation.rows import of_method, values_of
from lib.losses.vgg_features import feature_distance, vgg11_features
from lib.networks.registry import build_network

CONTROL_METHODS = (GRAY_COPY, INTENSITY_MAP)


@pytest.fixture(scope="module")
def test_split(pairs):
    return pairs.split("test")


@pytest.fixture(scope="module")
def methods(pairs):
    tinted = torch.tensor([0.9, 1.0, 0.8]).reshape(3, 1, 1)
    return controls(pairs) | {"tinted": lambda gray: gray * tinted}


@pytest.fixture(scope="module")
def scores(methods, test_split):
    return evaluate(methods, test_split, vgg11_features("bundled"), batch_size=5)


@pytest.fixture(scope="module")
def rows(scores):
    return summarize(scores)


def value_of(rows, method, metric):
    return row_of(rows, method, metric).value


def row_of(rows, method, metric):
    own = of_method(rows, method)
    (row,) = own[own["metric"] == metric].itertuples()
    return row


def test_the_gray_copys_scores_are_what_direct_computation_gives(rows, test_split):
    truth = np.asarray(test_split.color) / 255
    copy = np.repeat(test_split.gray[..., None] / 255, 3, -1)
    squared = (truth - copy) ** 2
    assert value_of(rows, GRAY_COPY, "mse") == pytest.approx(squared.mean(), rel=1e-4)
    assert value_of(rows, GRAY_COPY, "psnr") == pytest.approx(
        (-10 * np.log10(squared.mean((1, 2, 3)))).mean(), rel=1e-4
    )
    assert value_of(rows, GRAY_COPY, "psnr_pooled") == pytest.approx(-10 * np.log10(squared.mean()), rel=1e-4)
    r2 = 1 - squared.sum() / ((truth - truth.mean((0, 1, 2))) ** 2).sum()
    assert value_of(rows, GRAY_COPY, "r2_rgb") == pytest.approx(r2, abs=1e-4)
    assert value_of(rows, GRAY_COPY, "r2_chroma") <= 1e-4
    assert value_of(rows, GRAY_COPY, "colorfulness_ratio") == pytest.approx(0, abs=1e-4)
    pictures = [spaces.to_tensor(x) for x in (np.repeat(test_split.gray[..., None], 3, -1), test_split.color[:])]
    distance = feature_distance(vgg11_features("bundled"), *pictures).mean().item()
    assert value_of(rows, GRAY_COPY, "vgg_distance") == pytest.approx(distance, rel=1e-4)


def test_the_truth_as_a_prediction_is_perfect(test_split):
    truth = iter(test_split.tensors(slice(None))[1].split(32))
    perfect = summarize(evaluate({"truth": lambda gray: next(truth)}, test_split)).set_index("metric")["value"]
    assert perfect["mse"] == 0 and perfect["psnr"] == pytest.approx(100) and perfect["ssim"] == pytest.approx(1)
    assert perfect["r2_rgb"] == perfect["r2_chroma"] == 1
    assert perfect["colorfulness_ratio"] == pytest.approx(1) and perfect["ciede2000"] == pytest.approx(0, abs=1e-6)


def test_a_constant_prediction_explains_nothing(test_split):
    mean = test_split.tensors(slice(None))[1].mean((0, 2, 3)).reshape(3, 1, 1)
    constant = summarize(evaluate({"mean": lambda gray: mean.expand(len(gray), 3, 32, 32)}, test_split))
    # Rounded to 8 bits it is no more exactly the mean.
    assert value_of(constant, "mean", "r2_rgb") == pytest.approx(0, abs=2e-3)
    assert value_of(constant, "mean", "r2_chroma") == pytest.approx(0, abs=2e-2)


def test_predictions_are_rounded_to_eight_bits(test_split):
    nearly = summarize(
        evaluate({"a": spaces.gray_to_rgb, "b": lambda g: spaces.gray_to_rgb(g) + 0.4 / 255}, test_split)
    )
    assert value_of(nearly, "a", "mse") == value_of(nearly, "b", "mse")


def test_a_row_a_method_and_picture_in_the_order_given(scores, methods, test_split):
    assert len(scores) == len(methods) * len(test_split)
    for method in methods:
        own = of_method(scores, method)
        assert own["name"].tolist() == test_split.names and set(own["label"]) == {Method.of(method).label}


def test_every_method_has_every_metric_with_an_interval_around_it(rows, methods, test_split):
    assert values_of(rows).index.tolist() == [*CONTROL_METHODS, Method("tinted")]
    assert tuple(rows.columns) == ROW and rows["label"].drop_duplicates().tolist()[0] == "gray copy"
    for _, own in rows.groupby("method"):
        assert own["metric"].tolist() == [metric for metric in METRICS if metric not in COSTS]
    assert (rows["n"] == len(test_split)).all()
    assert ((rows["low"] <= rows["value"] + 1e-12) & (rows["value"] <= rows["high"] + 1e-12)).all()
    psnr = rows[rows["metric"] == "psnr"]
    assert (psnr["high"] - psnr["low"] > 0.1).all()


def test_without_features_there_is_no_vgg_distance(test_split):
    assert "vgg_distance" not in set(summarize(evaluate({"a": spaces.gray_to_rgb}, test_split))["metric"])


def test_intervals_are_the_same_every_time_and_about_those_of_the_t_distribution(scores, rows):
    pd.testing.assert_frame_equal(summarize(scores), rows)
    values = of_method(scores, GRAY_COPY)["psnr"].to_numpy()
    row = row_of(rows, GRAY_COPY, "psnr")
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    assert row.value == pytest.approx(values.mean())
    assert (row.high - row.low) == pytest.approx(high - low, rel=0.3)


def test_the_intensity_map_is_the_best_table_on_its_own_training_pictures(pairs):
    training = pairs.split("train")
    best = summarize(evaluate(controls(pairs), training))
    assert value_of(best, INTENSITY_MAP, "mse") < value_of(best, GRAY_COPY, "mse")
    table = controls(pairs)[INTENSITY_MAP].table
    for channel, level in ((0, 40), (2, 100)):
        expected = training.color[..., channel][training.gray[:] == level].mean()
        assert table[level, channel] == pytest.approx(expected, abs=1)


# --- differences


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
    sides = [scores[scores["method"] == name].sort_values("name")[column].to_numpy() for name in ("tinted", GRAY_COPY)]

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


@pytest.mark.parametrize("other", ["nobody", GRAY_COPY])
def test_differences_need_the_same_pictures(scores, other):
    fewer = scores.drop(of_method(scores, GRAY_COPY).index[:1])
    with pytest.raises(ValueError, match=f"tinted and {other} were not measured on the same pictures"):
        difference(fewer, "tinted", other, "psnr")


# --- colorizers


@pytest.mark.parametrize(
    ("colorizer", "sentence"),
    [
        (lambda gray: gray, r"mine returned \(2, 1, 16, 16\) for gray \(2, 1, 16, 16\); it must be \(2, 3, 16, 16\)"),
        (lambda gray: spaces.gray_to_rgb(gray)[:1], r"mine returned \(1, 3, 16, 16\)"),
        (lambda gray: spaces.gray_to_rgb(gray)[..., :15], r"mine returned \(2, 3, 16, 15\)"),
        (lambda gray: spaces.gray_to_rgb(gray) * float("nan"), "mine returned values that are not finite"),
        (lambda gray: spaces.gray_to_rgb(gray) / 0, "mine returned values that are not finite"),
        (lambda gray: spaces.gray_to_rgb(gray).numpy(), r"mine returned a ndarray; it must return a tensor"),
    ],
)
def test_a_colorizer_that_breaks_the_contract_is_named(colorizer, sentence):
    with pytest.raises(ValueError, match=sentence):
        predict(colorizer, torch.rand(2, 1, 16, 16), "mine")


def test_predictions_are_clipped_and_have_no_gradient():
    rgb = predict(lambda gray: 3 * spaces.gray_to_rgb(gray) - 1, torch.rand(1, 1, 16, 16))
    assert rgb.min() == 0 and rgb.max() == 1 and rgb.dtype == torch.float32
    network = build_network("ColorizationNet", width=8)
    assert not predict(network, torch.rand(1, 1, 16, 16)).requires_grad


def test_colorizers_without_weights_work_on_the_cpu():
    assert device_of(spaces.gray_to_rgb) == device_of(torch.nn.Identity()) == torch.device("cpu")
    assert device_of(build_network("ColorizationNet", width=8).to("meta")) == torch.device("meta")


def test_ten_lines_of_ones_own_stand_in_the_table(tmp_path, monkeypatch, test_split):
    (tmp_path / "mine.py").write_text(
        "import torch\n\n\ndef sepia(gray):\n"
        "    tint = torch.tensor([1.0, 0.9, 0.7]).reshape(3, 1, 1)\n"
        "    return gray * tint\n\n\nMETHODS = {'sepia': sepia}\n"
    )
    monkeypatch.chdir(tmp_path)
    for path in ("mine.py", str(tmp_path / "mine.py")):
        methods = load_methods(path)
        assert list(methods) == ["sepia"]
    rows = summarize(evaluate(methods, test_split))
    assert value_of(rows, "sepia", "colorfulness") > 5
    assert load_methods("") == {}


@pytest.mark.parametrize("content", ["x = 1", "METHODS = []", "METHODS = {'a': 3}", "METHODS = {3: print}"])
def test_a_file_without_methods_is_named(tmp_path, content):
    (tmp_path / "mine.py").write_text(content)
    with pytest.raises(ValueError, match=r'mine\.py: must define METHODS = {"a name": a colorizer}'):
        load_methods(str(tmp_path / "mine.py"))


@pytest.mark.parametrize(
    "name", ["gray copy", "gray_copy", "CNN", "cnn, wider", "Ours, mine", "JET", "truth", "gray", "paper: better"]
)
def test_a_name_that_is_taken_is_refused_for_a_users_method(tmp_path, name):
    (tmp_path / "mine.py").write_text(f"METHODS = {{'sepia': print, {name!r}: print}}")
    with pytest.raises(ValueError, match=f"mine.py: the name '{name}' is taken by one of the workbook's own methods"):
        load_methods(str(tmp_path / "mine.py"))


def test_a_missing_file_of_methods_is_named():
    with pytest.raises(FileNotFoundError, match=r"nowhere\.py: no such file of methods"):
        load_methods("nowhere.py")


def test_the_controls_are_named_as_every_table_names_them(pairs):
    assert [method.label for method in controls(pairs)] == ["gray copy", "intensity-only map (best)"]
    assert tuple(method.name for method in controls(pairs)) == CONTROLS
    gray = spaces.to_tensor(np.asarray(Image.new("L", (16, 16), 80)))[None]
    assert torch.equal(controls(pairs)[GRAY_COPY](gray), gray.expand(1, 3, 16, 16))
