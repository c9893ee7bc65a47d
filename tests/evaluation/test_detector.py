"""The fresh classifier: what it tells, what it cannot tell, and that color is its only clue."""

import pytest
import torch
from recolored import as_bytes, recolored

from lib.color import spaces
from lib.evaluation.detector import accuracy_over_seeds, build_detector, detector_accuracies, detector_accuracy
from lib.evaluation.names import TRUTH, Method
from lib.networks.colorization_net import count_parameters

TRUE = Method(TRUTH)


def test_the_classifier_tells_gray_and_cannot_tell_the_truth(truth, gray):
    assert 80_000 < count_parameters(build_detector()) < 120_000
    assert detector_accuracy(truth, truth, steps=3) == 0.5
    assert detector_accuracy(gray, truth, steps=30) > 0.8


def test_color_is_the_only_clue(truth):
    """Pictures without detail, in true colors, are not told from photographs by their missing luma."""
    rgb = truth.float() / 255
    flat = spaces.luma(rgb).mean((2, 3), keepdim=True).expand(-1, 1, 32, 32)
    plain = as_bytes(spaces.ycbcr_to_rgb(torch.cat([flat, 0.2 * spaces.rgb_to_ycbcr(rgb)[:, 1:]], 1)).clamp(0, 1))
    with_luma = recolored(plain, lambda chroma: chroma)
    scores = [detector_accuracy(side, recolored(truth, lambda c: 0.2 * c), steps=30) for side in (plain, with_luma)]
    assert max(abs(score - 0.5) for score in scores) < 0.15


def test_a_classifier_depends_on_its_seed_alone(truth, gray):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first = detector_accuracy(truth.flip(-1), gray, seed=3, steps=5)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(8)
    assert detector_accuracy(truth.flip(-1), gray, seed=3, steps=5) == first


def test_no_picture_trains_and_judges(monkeypatch):
    """Pictures of one level each, so that a classifier can be asked which of them it saw."""
    seen = {True: set(), False: set()}

    class Recorder(torch.nn.Linear):
        def forward(self, batch):
            levels = batch[:, 0].mean((1, 2))
            seen[torch.is_grad_enabled()] |= {round(level, 3) for level in levels.tolist()}
            return super().forward(levels[:, None])

    monkeypatch.setattr("lib.evaluation.detector.build_detector", lambda: Recorder(1, 1))
    levels = torch.arange(40, dtype=torch.uint8).mul(6).reshape(40, 1, 1, 1).expand(40, 3, 32, 32)
    detector_accuracy(levels, levels, steps=30)
    assert len(seen[True]) == len(seen[False]) == 20 and not seen[True] & seen[False]


def test_accuracies_are_summarized_over_seeds(truth, gray, monkeypatch):
    scores = iter([0.9, 0.8, 0.7, 0.5, 0.5, 0.5])
    monkeypatch.setattr("lib.evaluation.detector.detector_accuracy", lambda *_: next(scores))
    table = detector_accuracies({TRUE: truth, Method("gray_copy"): gray, Method("cnn", {"pairs": 8}): truth})
    assert table["seed"].tolist() == [0, 1, 2] * 2 and len(table) == 6
    summary = accuracy_over_seeds(table)
    value, low, high = summary[Method("gray_copy")]
    assert value == pytest.approx(0.8) and low < 0.7 < 0.9 < high
    assert summary[Method("cnn", {"pairs": 8})] == pytest.approx((0.5, 0.5, 0.5))


def test_too_few_pictures_are_refused(truth):
    with pytest.raises(ValueError, match="3 pictures are too few to train a classifier; it needs 4"):
        detector_accuracy(truth[:3], truth[:3])
    table = detector_accuracies({TRUE: truth[:3], Method("x"): truth[:3]})
    assert table["accuracy"].isna().all()
