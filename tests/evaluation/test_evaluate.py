"""Metrics against direct computation, and colorizers that break the contract."""

import numpy as np
import pytest
import torch
from scores_by_hand import value_of

from lib.color import spaces
from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import device_of, evaluate, predict
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.rows import of_method
from lib.losses.vgg_features import feature_distance, vgg11_features
from lib.networks.registry import build_network


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
        evaluate({"a": spaces.gray_to_rgb, "b": lambda g: spaces.gray_to_rgb(g) + 0.2 / 255}, test_split)
    )
    assert value_of(nearly, "a", "mse") == value_of(nearly, "b", "mse")


def test_a_row_a_method_and_picture_in_the_order_given(scores, methods, test_split):
    assert len(scores) == len(methods) * len(test_split)
    for method in methods:
        own = of_method(scores, method)
        assert own["name"].tolist() == test_split.names and set(own["label"]) == {Method.of(method).label}


def test_without_features_there_is_no_vgg_distance(test_split):
    assert "vgg_distance" not in set(summarize(evaluate({"a": spaces.gray_to_rgb}, test_split))["metric"])


def ramp(gray):
    """Colors from 0 to 1, whatever the picture."""
    return torch.linspace(0, 1, gray.shape[-1]).expand(len(gray), 3, *gray.shape[-2:])


@pytest.mark.parametrize(
    ("colorizer", "sentence"),
    [
        (lambda gray: gray, r"mine returned \(2, 1, 16, 16\) for gray \(2, 1, 16, 16\); it must be \(2, 3, 16, 16\)"),
        (lambda gray: spaces.gray_to_rgb(gray)[:1], r"mine returned \(1, 3, 16, 16\)"),
        (lambda gray: spaces.gray_to_rgb(gray)[..., :15], r"mine returned \(2, 3, 16, 15\)"),
        (lambda gray: spaces.gray_to_rgb(gray) * float("nan"), "mine returned values that are not finite"),
        (lambda gray: spaces.gray_to_rgb(gray) / 0, "mine returned values that are not finite"),
        (lambda gray: spaces.gray_to_rgb(gray).numpy(), r"mine returned a ndarray; it must return a tensor"),
        (lambda gray: 255 * ramp(gray), r"mine returned values from 0 to 255; a colorizer returns RGB in \[0, 1\]$"),
        (lambda gray: 1.5 * ramp(gray) - 0.2, r"mine returned values from -0\.2 to 1\.3; a colorizer returns"),
        (lambda gray: ramp(gray) - 0.002, r"mine returned values from -0\.002 to 0\.998;"),
        (lambda gray: (255 * ramp(gray)).byte(), r"returned uint8 values from 0 to 255; .* in \[0, 1\], as floats"),
        (lambda gray: ramp(gray).round().long(), r"returned int64 values from 0 to 1; .*, as floats"),
        (lambda gray: ramp(gray) > 0.5, r"returned bool values from 0 to 1; .*, as floats"),
        (lambda gray: ramp(gray).to(torch.complex64), "mine returned complex numbers"),
    ],
)
def test_a_colorizer_that_breaks_the_contract_is_named(colorizer, sentence):
    with pytest.raises(ValueError, match=sentence):
        predict(colorizer, torch.rand(2, 1, 16, 16), "mine")


def test_rounding_outside_the_range_is_clipped_and_predictions_have_no_gradient():
    rgb = predict(lambda gray: 1.0018 * ramp(gray) - 0.0009, torch.rand(1, 1, 16, 16))
    assert rgb.min() == 0 and rgb.max() == 1 and rgb.dtype == torch.float32
    network = build_network("ColorizationNet", width=8)
    assert not predict(network, torch.rand(1, 1, 16, 16)).requires_grad


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_floats_of_any_size_will_do(kind):
    rgb = predict(lambda gray: ramp(gray).to(kind).requires_grad_(), torch.rand(1, 1, 16, 16))
    assert rgb.dtype == torch.float32 and not rgb.requires_grad


def test_a_colorizer_that_raises_is_named_with_its_reason():
    with pytest.raises(RuntimeError, match=r"^mine failed: KeyError: 'x'$"):
        predict(lambda gray: {}["x"], torch.rand(1, 1, 16, 16), "mine")


def test_what_a_colorizer_does_to_its_input_reaches_no_other(test_split):
    def darkened(gray):
        return spaces.gray_to_rgb(gray.mul_(0.5))

    alone = summarize(evaluate({GRAY_COPY: spaces.gray_to_rgb}, test_split))
    after = summarize(evaluate({"darkened": darkened, GRAY_COPY: spaces.gray_to_rgb}, test_split))
    assert value_of(after, GRAY_COPY, "psnr") == value_of(alone, GRAY_COPY, "psnr")


@pytest.mark.parametrize(
    "name", ["gray copy", "gray_copy", "Gray  Copy", "gray\u00a0copy", "intensity-only map (best)"]
)
def test_methods_that_would_stand_under_one_name_are_refused(test_split, methods, name):
    with pytest.raises(ValueError, match=r"two methods go by one name: '.*' and '.*'; rename one"):
        evaluate({**methods, name: spaces.gray_to_rgb}, test_split)


def test_one_method_with_two_settings_may_have_one_label(test_split):
    networks = {Method("cnn_perceptual", {"pairs": 4, "epochs": epochs}): spaces.gray_to_rgb for epochs in (1, 2)}
    assert len(evaluate(networks, test_split)) == 2 * len(test_split)


def test_colorizers_without_weights_work_on_the_cpu():
    assert device_of(spaces.gray_to_rgb) == device_of(torch.nn.Identity()) == torch.device("cpu")
    assert device_of(build_network("ColorizationNet", width=8).to("meta")) == torch.device("meta")
