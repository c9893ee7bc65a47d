"""The training loop: the weights of the loop that notebook 02 prints, accumulation, and what it refuses to step on."""

import json
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch.nn.functional import mse_loss as mse

from lib.color.spaces import gray_to_rgb
from lib.common.files import ROOT
from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.metrics import psnr_of
from lib.networks.registry import build_network
from lib.training.config import TrainingConfig
from lib.training.loop import train_epoch, validate
from lib.training.schedules import shuffled
from lib.training.step import Step, Update
from lib.training.trainer import train

CONFIG = TrainingConfig(options={"width": 8}, epochs=1, batch_size=2, seed=5, validation_pairs=4)


def mse_loss(network, gray, color):
    return mse(network(gray), color)


def step_of(network, optimizer, objective=mse_loss):
    return Step({"network": network}, {"loss": Update(optimizer, partial(objective, network))})


def cell_with(text):
    """The code of the one cell of notebook 02 that holds `text`."""
    notebook = json.loads((ROOT / "notebooks/02_baseline_cnn.ipynb").read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    (found,) = [source for source in sources if text in source]
    return found


@pytest.mark.parametrize("change", [{}, {"norm": "batch"}], ids=["no norm", "batch norm"])
def test_the_loop_that_the_notebook_prints_gives_the_weights_of_the_real_one(change, pairs, tmp_path):
    options = {"width": 16} | change
    names = dict(kind="ColorizationNet", options=options, seed=3, pairs=pairs, pair_counts=[36, 19], batch_size=8)
    by_hand = names | dict(learning_rate=2e-3, build_network=build_network, shuffled=shuffled)
    by_hand |= dict(torch=torch, mse_loss=mse)
    exec(cell_with("loss.backward()"), by_hand)
    count, epochs = len(by_hand["few"]), by_hand["epoch"]
    assert count > 8  # more than one step in an epoch
    config = TrainingConfig(
        options=options, pairs=count, epochs=epochs, batch_size=8, learning_rate=2e-3, seed=3, validation_pairs=4
    )
    real = train(config, pairs, device="cpu", folder=tmp_path).network.state_dict()
    start = build_network("ColorizationNet", 3, **options).state_dict()
    for name, tensor in by_hand["network"].state_dict().items():
        assert torch.equal(tensor, real[name]), name
        assert not torch.equal(tensor, start[name]), name


def one_epoch(pairs, batch_size, accumulation, count, norm="none"):
    """Weights and mean loss after an epoch of plain descent, which shows a gradient's scale as Adam does not."""
    network = build_network("ColorizationNet", 0, width=8, norm=norm)
    config = replace(CONFIG, batch_size=batch_size, accumulation=accumulation, learning_rate=0.5)
    step = step_of(network, torch.optim.SGD(network.parameters()))
    loss = train_epoch(step, pairs.split("train", count), config, 1)["loss"]
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()]), loss


@pytest.mark.parametrize("count", [16, 21, 18, 3])  # 21: the last group is a batch of four and one of one
def test_accumulation_equals_the_larger_batch(pairs, count):
    for norm in ("none", "group"):
        large, large_loss = one_epoch(pairs, 8, 1, count, norm)
        small, small_loss = one_epoch(pairs, 4, 2, count, norm)
        torch.testing.assert_close(small, large, atol=1e-6, rtol=1e-5)
        assert small_loss == pytest.approx(large_loss, rel=1e-5)
    assert (one_epoch(pairs, 4, 1, 16)[0] - one_epoch(pairs, 8, 1, 16)[0]).abs().max() > 1e-5


def blamed(pairs, network, objective, count):
    """What the error says of an epoch over the first `count` pictures in batches of two; the names that it must say."""
    few = pairs.split("train", count)
    with pytest.raises(FloatingPointError) as caught:
        train_epoch(step_of(network, torch.optim.Adam(network.parameters()), objective), few, CONFIG, 1)
    second = shuffled(count, CONFIG.seed, 1)[2:4]
    assert all((name in str(caught.value)) == (index in second) for index, name in enumerate(few.names))
    return str(caught.value)


def test_a_loss_that_is_no_number_names_its_pictures(pairs):
    calls = []

    def objective(network, gray, color):
        calls.append(1)
        return mse_loss(network, gray, color) * (float("nan") if len(calls) == 2 else 1)

    assert "the loss is nan on" in blamed(pairs, build_network("ColorizationNet", 0, width=8), objective, 4)


def test_a_gradient_that_is_no_number_names_its_own_pictures(pairs):
    """The loss is finite: without a look at the gradient the next batch would be blamed."""
    network, calls = build_network("ColorizationNet", 0, width=8), []

    def objective(network, gray, color):
        calls.append(1)
        loss = mse_loss(network, gray, color)
        return loss + (loss * 0).sqrt() if len(calls) == 2 else loss  # a square root has no slope at zero

    assert "the gradient is not finite on" in blamed(pairs, network, objective, 6)
    assert all(torch.isfinite(parameter).all() for parameter in network.parameters())


def test_the_progress_counts_every_picture(pairs):
    network, done = build_network("ColorizationNet", 0, width=8), []
    config = replace(CONFIG, batch_size=4, accumulation=2)
    step = step_of(network, torch.optim.Adam(network.parameters()))
    train_epoch(step, pairs.split("train", 11), config, 1, tick=done.append)
    assert done == [8, 3]


def test_validation_agrees_with_the_evaluation(pairs):
    alone = pairs.split("val")
    scores = summarize(evaluate({"gray copy": gray_to_rgb}, alone)).set_index("metric")["value"]
    own = validate(gray_to_rgb, alone, batch_size=5)
    for metric in ("psnr", "psnr_pooled", "ssim", "r2_rgb"):
        assert own[metric] == pytest.approx(scores[metric], rel=1e-4)
    assert own["psnr_pooled"] == pytest.approx(float(psnr_of(own["mse"])))
    assert own["colorfulness_ratio"] == pytest.approx(0, abs=1e-3)


def test_a_batch_of_one_picture_that_batch_norm_cannot_take_says_what_to_change(pairs):
    network, config = build_network("ChromaNet", width=2, side=32), replace(CONFIG, batch_size=3)
    step = step_of(network, torch.optim.SGD(network.parameters(), 1e-3), lambda net, gray, color: net.loss(gray, color))
    sentence = r"4 training pictures in batches of 3 leave a batch of one, .* at 32 px; give another batch_size"
    with pytest.raises(ValueError, match=sentence):
        train_epoch(step, pairs.split("train", 4), config, epoch=1)
