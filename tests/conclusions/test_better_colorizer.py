"""Notebook 06's conclusions."""

import pandas as pd
import pytest
from claims_by_hand import method

from lib.color.spaces import gray_to_rgb
from lib.conclusions.better_colorizer import (
    calibration_in_words,
    equal_seconds_in_words,
    failures_in_words,
    gain_in_words,
    judged_in_words,
    kept_luma_in_words,
    knowledge_in_words,
    vividness_in_words,
)
from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.rows import rows_of, values_of
from lib.evaluation.vividness import SCALED, VIVIDNESS

CNN, KEPT = Method("cnn", {"pairs": 4, "epochs": 2}), Method("cnn_luma_kept", {"pairs": 4, "epochs": 2})
COLUMNS = ["kind", "setting", "gain", "colorfulness_ratio", "distance"]


def test_the_kept_luma_is_compared():
    scores = ((GRAY_COPY, 23.0, 0.0), (CNN, 20.0, 0.5), (KEPT, 23.5, 0.4))
    rows = [m.row("psnr", 5, psnr) for m, psnr, _ in scores] + [m.row("colorfulness_ratio", 5, c) for m, _, c in scores]
    assert kept_luma_in_words(rows_of(rows), CNN, KEPT) == (
        "The paper's network scores -3.00 dB against the gray copy; with the given luma kept, the same colors score "
        "+0.50 dB."
    )


def test_the_gain_has_its_interval_and_its_share_of_pictures(pairs):
    ours = Method("chroma_net")
    darkened = {GRAY_COPY: gray_to_rgb, ours: lambda gray: gray_to_rgb(gray) * 0.5}
    scores = evaluate(darkened, pairs.split("test"))
    rows = summarize(scores)
    gain = values_of(rows)["psnr"].diff()[ours]
    words = gain_in_words(scores, rows, ours)
    assert words.startswith(f"ours, trained here: {gain:+.2f} dB [-") and gain < -1
    assert words.endswith("0.00 of the truth's colorfulness; better than gray on 0% of the pictures.")


@pytest.mark.parametrize(
    ("most", "at", "gains", "distances"),
    [
        (1.3, "0.95", "+1.12 dB against the gray copy, the control +1.00 dB", "0.325 with vividness, 0.450 with"),
        (0.8, "0.80", "+1.50 dB against the gray copy, the control +0.00 dB", "0.400 with vividness, 0.400 with"),
    ],
)
def test_vividness_is_compared_with_its_control_at_one_colorfulness(most, at, gains, distances):
    rows = [(VIVIDNESS, 0.0, 2.0, 0.6, 0.5), (VIVIDNESS, 1.0, 1.0, 1.0, 0.3), (SCALED, 2.0, 0.0, most, 0.4)]
    words = vividness_in_words(pd.DataFrame(rows, columns=COLUMNS))
    assert words.startswith(f"At {at} of the truth's colorfulness vividness scores {gains}")
    assert distances in words


def test_ambiguity_and_error_are_compared():
    groups = pd.DataFrame({"ambiguity": [1.0, 2.0, 3.0], "expected": [5.0, 12.0, 30.0], "error": [5.0, 10.0, 20.0]})
    assert calibration_in_words(groups) == (
        "The error in the most ambiguous of 3 groups of cells is 4.0 times that in the least (rank correlation over "
        "the groups 1.00); expected and measured error differ by 23% on average."
    )


def test_failures_are_counted():
    gains = pd.Series([1.0, -0.5, -6.54, 0.0])
    assert failures_in_words(gains) == (
        "Below the gray copy: 2 of 4 pictures. The worst one scores -6.5 dB against it."
    )


FROM_NOTHING, TUNED = (Method(name, {"pairs": 4}) for name in ("efficientnet_from_nothing", "imagenet_tuned"))
JUDGED = pd.concat([method(GRAY_COPY, 23), method(FROM_NOTHING, 22.75), method(TUNED, 24.5)])


def test_the_trainings_are_compared_on_one_set_of_pictures():
    assert judged_in_words(JUDGED, [FROM_NOTHING, TUNED], "the judge (samples)") == (
        "Gain over the gray copy on 120 pictures of the judge (samples), and the share worse than it: "
        "ours, EfficientNet from nothing -0.25 dB [-0.25, -0.25] (100%); "
        "ours, ImageNet's encoder tuned +1.50 dB [+1.50, +1.50] (0%)."
    )
    few = JUDGED[JUDGED["name"].isin(["p0", "p1"])]
    words = judged_in_words(few, [TUNED], "the judge")
    assert "on 2 pictures of the judge (2 pictures: too few for an interval), and" in words and "+1.50 dB (0%)" in words


def test_knowledge_is_worth_the_difference_to_the_same_network_from_nothing():
    assert knowledge_in_words(JUDGED, TUNED, FROM_NOTHING, "the test split") == (
        "What ImageNet's weights are worth on the test split: ours, ImageNet's encoder tuned, against ours, "
        "EfficientNet from nothing, +1.75 dB [+1.75, +1.75]."
    )


def test_trainings_are_compared_after_the_seconds_of_the_shortest():
    histories = {
        FROM_NOTHING: pd.DataFrame({"psnr": [20.0, 21.0], "seconds": [5.0, 5.0]}),
        TUNED: pd.DataFrame({"psnr": [22.0, 23.0, 24.0], "seconds": [2.0, 2.0, 2.0]}),
        CNN: pd.DataFrame({"psnr": [19.0], "seconds": [9.0]}),
    }
    assert equal_seconds_in_words(histories, 21.5) == (
        "After 6.0 s of training each, on the validation pictures: ours, EfficientNet from nothing -1.50 dB; "
        "ours, ImageNet's encoder tuned +2.50 dB; CNN, 4 pairs, 2 epochs has finished no pass over the pairs."
    )
