"""Training is a function of (configuration, data): to the bit, through interruptions, once."""

import shutil
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch.nn.functional import mse_loss as mse

from lib.color.distribution import frequencies
from lib.common.devices import best_device
from lib.data.pairs import make_pairs
from lib.losses.perceptual import PerceptualLoss
from lib.losses.vgg_features import vgg11_features
from lib.networks.chroma_net import small_chroma
from lib.networks.registry import build_network
from lib.training import batches, objectives, schedules, trainer
from lib.training.config import TrainingConfig
from lib.training.loop import train_epoch, validate
from lib.training.schedules import shuffled, snapshot_epochs
from lib.training.step import Step, Update
from lib.training.trainer import train

CONFIG = TrainingConfig(
    options={"width": 8}, pairs=12, epochs=4, batch_size=4, seed=5, validation_pairs=4, snapshots=(2,)
)


def weights(network):
    return list(network.state_dict().values())


def mse_loss(network, gray, color):
    return mse(network(gray), color)


def equal(one, other):
    return all(torch.equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


# Everything that goes beyond the paper's recipe.
OURS = {
    "network": "ChromaNet",
    "options": {"width": 4, "side": 32},
    "loss": "chroma distribution",
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "crop": 32,
}


def run(config, pairs, folder):
    return train(config, pairs, device="cpu", folder=folder)


@pytest.fixture(scope="module")
def trained(pairs, tmp_path_factory):
    return run(CONFIG, pairs, tmp_path_factory.mktemp("trained"))


def test_a_training_learns_and_tells_its_history(trained, pairs):
    history = trained.history
    assert history["epoch"].tolist() == [1, 2, 3, 4]
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]
    assert trained.seconds == pytest.approx(history["seconds"].sum()) and trained.seconds > 0
    last = validate(trained.network, pairs.split("val", 4))
    for metric in ("mse", "psnr", "psnr_pooled", "ssim", "r2_rgb", "colorfulness_ratio"):
        assert history[metric].iloc[-1] == pytest.approx(last[metric], rel=1e-4)
    assert not trained.network.training
    assert {path.name for path in trained.folder.iterdir()} == {"network.safetensors", "epoch-002.safetensors"}


def test_the_same_seed_gives_the_same_weights_to_the_bit(trained, pairs, tmp_path):
    again = run(CONFIG, pairs, tmp_path)
    assert equal(trained.network, again.network)
    np.testing.assert_array_equal(again.history["loss"], trained.history["loss"])
    assert not equal(trained.network, run(replace(CONFIG, seed=6), pairs, tmp_path).network)


@pytest.mark.parametrize(
    "change", [{}, {"options": {"width": 8, "norm": "batch"}}, OURS], ids=["plain", "batch norm", "ours"]
)
@pytest.mark.parametrize("where", ["in an epoch", "between epochs"])
def test_an_interrupted_training_ends_with_the_same_weights(pairs, tmp_path, interrupt, where, change):
    config = replace(CONFIG, epochs=3, snapshots=(1,), **change)
    whole = run(config, pairs, tmp_path / "whole")
    calls = interrupt(where)
    with pytest.raises(KeyboardInterrupt):
        run(config, pairs, tmp_path / "resumed")
    resumed = run(config, pairs, tmp_path / "resumed")
    assert len(calls) == 4  # two before, two after: the first epoch was not trained again
    assert equal(whole.network, resumed.network) and equal(whole.at(1), resumed.at(1))
    kept = ["epoch", "loss", "psnr", "ssim"]
    assert resumed.history[kept].equals(whole.history[kept])
    assert not list(resumed.folder.glob("checkpoint*"))


def test_a_finished_training_is_not_trained_again(trained, pairs, monkeypatch):
    monkeypatch.setattr(trainer, "train_epoch", lambda *_, **__: pytest.fail("trained again"))
    again = run(CONFIG, pairs, trained.folder.parent)
    assert equal(again.network, trained.network) and again.history.equals(trained.history)


def test_snapshots_are_the_network_of_their_epoch(trained, pairs, tmp_path):
    half = run(replace(CONFIG, epochs=2), pairs, tmp_path)
    assert equal(trained.at(2), half.network) and not equal(trained.at(2), trained.network)
    assert trained.at(4) is trained.network
    with pytest.raises(ValueError, match=r"epoch 3 was not kept; there are \[2, 4\]"):
        trained.at(3)


def test_the_last_kept_epoch_that_was_done_in_time(trained):
    timed = replace(trained, history=trained.history.assign(seconds=[2.0, 3.0, 2.0, 3.0]))
    assert [timed.kept_within(seconds) for seconds in (1, 4.9, 5, 9.9, 10, 99)] == [2, 2, 2, 2, 4, 4]


@pytest.mark.parametrize("name", ["network", "epoch-002", "checkpoint"])
def test_damaged_files_are_made_again(pairs, tmp_path, capsys, name):
    config = replace(CONFIG, epochs=3, snapshots=(2,))
    whole = train(config, pairs, "CNN", folder=tmp_path)
    file = whole.folder / f"{name}.safetensors"
    if name == "checkpoint":
        shutil.copy(whole.folder / "network.safetensors", file)
    content = file.read_bytes()
    file.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])  # in the last weights
    capsys.readouterr()
    again = train(config, pairs, "CNN", folder=tmp_path)
    assert f"CNN: {file} is damaged and removed; the training starts again.\n" in capsys.readouterr().out
    for one, other in ((again.network, whole.network), (again.at(2), whole.at(2))):
        assert all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))
    assert not (whole.folder / "checkpoint.safetensors").exists()
    train(config, pairs, "CNN", folder=tmp_path)
    assert "damaged" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"epochs": 5},
        {"pairs": 13},
        {"learning_rate": 2e-3},
        {"options": {"width": 16}},
        {"accumulation": 2},
        {"snapshots": (1,)},
        {"schedule": "one-cycle"},
        {"weight_decay": 0.01},
        {"crop": 24},
        {"augmentation": "crops and damage"},
        {"average": 0.9},
        {"gradient_norm": 1.0},
        {"network": "ChromaNet", "frozen_epochs": 1},
        {"network": "ChromaNet", "tuning_rate": 1e-4},
        {"network": "ChromaNet", "encoder_rate": 0.1},
        {"network": "ChromaNet", "options": {"encoder": "efficientnet-lite0"}, "start": "imagenet"},
        {"precision": "bfloat16"},
        {"network": "ChromaNet"},
        {"loss": "mse + perceptual", "perceptual_weight": 0.1, "vgg_weights": "bundled"},
    ],
    ids=str,
)
def test_a_changed_configuration_is_another_training(pairs, change):
    assert replace(CONFIG, **change).fingerprint(pairs) != CONFIG.fingerprint(pairs)
    assert replace(CONFIG).fingerprint(pairs) == CONFIG.fingerprint(pairs)


def test_another_kind_of_device_is_another_training(pairs):
    prints = [CONFIG.fingerprint(pairs, device) for device in ("cpu", "cuda", "cuda:0")]
    assert prints[0] == CONFIG.fingerprint(pairs) != prints[1] == prints[2]


@pytest.mark.parametrize(("has", "lacks"), [("bfloat16", "float32"), ("float32", "bfloat16")])
def test_auto_is_the_precision_that_the_device_has_by_default(pairs, monkeypatch, has, lacks):
    able = {"bfloat16": True, "float32": False}[has]  # a GPU of today, or one that could only imitate bfloat16
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: able)
    prints = {
        (device, precision): replace(CONFIG, precision=precision).fingerprint(pairs, device)
        for device in ("cpu", "cuda")
        for precision in ("auto", "float32", "bfloat16")
    }
    assert prints["cpu", "auto"] == prints["cpu", "float32"] != prints["cpu", "bfloat16"]
    assert prints["cuda", "auto"] == prints["cuda", has] != prints["cuda", lacks]
    assert len(set(prints.values())) == 4


def test_changed_pictures_are_another_training(pairs):
    color = pairs.color.copy()
    color[0, 0, 0, 0] ^= 1
    other = make_pairs("tiles", "", pairs.names, pairs.gray, color, pairs.splits)
    assert CONFIG.fingerprint(other) != CONFIG.fingerprint(pairs)


def test_other_loss_weights_are_another_training(pairs, tmp_path, monkeypatch):
    perceptual = replace(CONFIG, loss="mse + perceptual", vgg_weights="bundled")
    prints = []
    for content in (b"one", b"two"):
        (tmp_path / "weights").write_bytes(content)
        monkeypatch.setattr("lib.losses.vgg_features.BUNDLED", tmp_path / "weights")
        prints.append((perceptual.fingerprint(pairs), CONFIG.fingerprint(pairs)))
    assert prints[0][0] != prints[1][0]
    assert prints[0][1] == prints[1][1]  # MSE alone does not ask for them


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"loss": "l3"}, "loss is one of mse, mse [+] perceptual, .* not 'l3'"),
        ({"epochs": 0}, "epochs is 0; it must be at least 1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; it must be greater than 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"loss": "chroma distribution"}, "ColorizationNet predicts no distribution of chroma; ChromaNet does"),
        ({"schedule": "cosine"}, "schedule is one of constant, one-cycle, not 'cosine'"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1; it must be at least 0"),
        ({"weight_decay": float("nan")}, "weight_decay is nan"),
        ({"precision": "float16"}, "precision is one of auto, float32, bfloat16, not 'float16'"),
        ({"loss": "cautious chroma distribution"}, "ColorizationNet predicts no distribution of chroma"),
        ({"augmentation": "flips"}, "augmentation is one of crops, crops and damage, not 'flips'"),
        ({"average": 1.0}, "average is 1.0; it must be below 1"),
        ({"gradient_norm": -1.0}, "gradient_norm is -1.0; it must be at least 0"),
        ({"frozen_epochs": 1}, "start, frozen_epochs and encoder_rate are settings of ChromaNet, not of Colorizat"),
        ({"network": "ChromaNet", "frozen_epochs": 5}, r"frozen_epochs is 5; it must lie between 0 and epochs \(4\)"),
        ({"network": "ChromaNet", "start": "imagenet"}, "start is imagenet, whose weights are those of the encoder"),
        ({"crop": -32}, "crop is -32; it must be at least 0"),
        ({"snapshots": (5,)}, r"snapshots \(5,\) must lie between 1 and epochs \(4\)"),
    ],
)
def test_configurations_that_make_no_sense(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(CONFIG, **change)


def test_too_few_pairs_are_said_before_training(pairs, tmp_path):
    with pytest.raises(ValueError, match="100 train pairs were asked for, tiles has 36"):
        run(replace(CONFIG, pairs=100), pairs, tmp_path)


def test_every_epoch_has_its_own_order():
    orders = [shuffled(50, seed, epoch).tolist() for seed in (0, 1) for epoch in (1, 2)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert len({tuple(order) for order in orders}) == 4
    assert shuffled(50, 1, 2).tolist() == orders[3]


# --- beyond the paper's recipe: schedule, weight decay, crops, a distribution


def test_a_constant_rate_stays():
    assert {schedules.learning_rate(CONFIG, done) for done in np.linspace(0, 1, 50)} == {1e-3}


def test_one_cycle_rises_to_its_peak_and_falls_to_nothing():
    config = replace(CONFIG, schedule="one-cycle", learning_rate=0.4)
    done = np.linspace(0, 1, 1001)
    rates = np.array([schedules.learning_rate(config, share) for share in done])
    peak = rates.argmax()
    assert done[peak] == pytest.approx(schedules.WARM_UP) and rates[peak] == pytest.approx(0.4)
    assert (np.diff(rates[: peak + 1]) > 0).all() and (np.diff(rates[peak:]) < 0).all()
    assert rates[0] == pytest.approx(0.4 / 25) and rates[-1] == pytest.approx(0.4e-4)
    assert np.abs(np.diff(rates)).max() < 0.004  # without a leap
    middle = [schedules.learning_rate(config, share) for share in (schedules.WARM_UP / 2, (1 + schedules.WARM_UP) / 2)]
    assert middle == pytest.approx([0.4 * (1 + 1 / 25) / 2, 0.4 * (1 + 1e-4) / 2])


def test_every_step_has_the_rate_of_its_share_of_all_steps(pairs, tmp_path, monkeypatch):
    config, seen = replace(CONFIG, schedule="one-cycle", accumulation=2, pairs=14, epochs=2), []

    def remembered(config, done, original=schedules.learning_rate):
        seen.append((done, original(config, done)))
        return seen[-1][1]

    used = []

    class AdamW(torch.optim.AdamW):
        def step(self):
            used.extend(group["lr"] for group in self.param_groups)
            super().step()

    monkeypatch.setattr(batches, "learning_rate", remembered)
    monkeypatch.setattr(torch.optim, "AdamW", AdamW)
    run(config, pairs, tmp_path)
    done, rates = zip(*seen, strict=True)
    np.testing.assert_allclose(done, [0, 8 / 28, 0.5, 22 / 28])  # steps of 8 and 6 pictures, two epochs
    assert used == list(rates) and len(set(used)) == 4


def adam_epochs(pairs, config, optimizer):
    """Weights after the configuration's epochs, trained by hand with another optimizer."""
    network = build_network(config.network, config.seed, **config.options).to(memory_format=torch.channels_last)
    chosen, made = pairs.split("train", config.pairs), optimizer(network.parameters())
    step = Step({"network": network}, {"loss": Update(made, partial(mse_loss, network))})
    for epoch in range(1, config.epochs + 1):
        train_epoch(step, chosen, config, epoch)
    return network


def test_without_weight_decay_it_is_adam(trained, pairs):
    by_hand = adam_epochs(pairs, CONFIG, lambda parameters: torch.optim.Adam(parameters, CONFIG.learning_rate))
    for own, theirs in zip(weights(trained.network), weights(by_hand), strict=True):
        torch.testing.assert_close(own, theirs, atol=1e-6, rtol=1e-5)


def test_weight_decay_is_decoupled(trained, pairs, tmp_path):
    decayed = run(replace(CONFIG, weight_decay=0.5), pairs, tmp_path).network
    by_hand = adam_epochs(pairs, CONFIG, lambda p: torch.optim.AdamW(p, CONFIG.learning_rate, weight_decay=0.5))
    coupled = adam_epochs(pairs, CONFIG, lambda p: torch.optim.Adam(p, CONFIG.learning_rate, weight_decay=0.5))
    for own, theirs in zip(weights(decayed), weights(by_hand), strict=True):
        torch.testing.assert_close(own, theirs, atol=1e-6, rtol=1e-5)
    for other in (coupled, trained.network):
        assert max((a - b).abs().max() for a, b in zip(weights(decayed), weights(other), strict=True)) > 1e-3


def test_without_crops_a_batch_is_itself(pairs):
    batch = pairs.tensors(slice(0, 3))
    assert all(a is b for a, b in zip(schedules.augmentation(CONFIG, 1)(*batch), batch, strict=True))


def test_crops_are_a_function_of_seed_and_epoch(pairs):
    batch, config = pairs.tensors(slice(0, 3)), replace(CONFIG, crop=24)

    def colors(config, epoch):
        return schedules.augmentation(config, epoch)(*batch)[1]

    first = colors(config, 1)
    assert first.shape == (3, 3, 24, 24) and torch.equal(first, colors(config, 1))
    assert not torch.equal(first, colors(config, 2)) and not torch.equal(first, colors(replace(config, seed=6), 1))
    augment = schedules.augmentation(config, 1)
    assert torch.equal(augment(*batch)[1], first) and not torch.equal(augment(*batch)[1], first)


def test_the_crops_are_what_is_trained_on(pairs, tmp_path, monkeypatch):
    seen = []

    def remembered(network, gray, color):
        seen.append(gray.shape)
        return mse_loss(network, gray, color)

    monkeypatch.setattr(trainer, "make_objective", lambda config, device: remembered)
    run(replace(CONFIG, crop=24, epochs=1, snapshots=()), pairs, tmp_path)
    assert seen == 3 * [(4, 1, 24, 24)]


def test_a_distribution_is_trained_and_its_colors_are_counted(pairs, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "COUNTED", 7)
    ours = run(replace(CONFIG, **OURS, epochs=6, learning_rate=5e-3), pairs, tmp_path)
    assert ours.history["loss"].iloc[-1] < 0.9 * ours.history["loss"].iloc[0]
    counted = frequencies(small_chroma(pairs.split("train", 12).tensors(slice(7))[1]))
    torch.testing.assert_close(ours.network.frequency, counted)
    torch.testing.assert_close(ours.at(2).frequency, counted)
    gray, color = pairs.tensors(slice(0, 8))
    objective = objectives.make_objective(ours.config, "cpu")
    assert objective(ours.network, gray, color) == ours.network.loss(gray, color)


# --- precision, random numbers, losses


@pytest.mark.parametrize("change", [{}, OURS], ids=["plain", "ours"])
def test_half_precision_is_used_where_it_is_asked_for(pairs, tmp_path, change):
    config, types, losses = replace(CONFIG, **change), {}, []
    for precision in ("float32", "bfloat16"):
        seen = types.setdefault(precision, set())

        def remembered(module, _, output, seen=seen):
            if isinstance(module, torch.nn.Conv2d) and module.training:
                seen.add(output.dtype)

        hook = torch.nn.modules.module.register_module_forward_hook(remembered)
        with hook:
            trained = run(replace(config, precision=precision), pairs, tmp_path)
        losses.append(trained.history["loss"])
        assert {parameter.dtype for parameter in trained.network.parameters()} == {torch.float32}
    assert types == {"float32": {torch.float32}, "bfloat16": {torch.bfloat16}}
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.02)
    assert not losses[0].equals(losses[1])


def test_training_leaves_the_random_numbers_of_others_alone(pairs, tmp_path):
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    run(CONFIG, pairs, tmp_path)
    assert torch.equal(torch.rand(4), expected)


def test_objectives(pairs):
    truth = pairs.tensors(slice(0, 2))[1]
    prediction = (0.5 * truth + 0.2).requires_grad_()

    def gradient(loss, weight):
        config = replace(CONFIG, loss=loss, perceptual_weight=weight, vgg_weights="bundled")
        value = objectives.make_objective(config, "cpu")(torch.nn.Identity(), prediction, truth)
        return value.item(), torch.autograd.grad(value, prediction)[0]

    plain, mse_gradient = gradient("mse", 0.5)
    assert plain == pytest.approx(mse(prediction, truth).item())
    perceptual, perceptual_gradient = gradient("mse + perceptual", 0.5)
    features = PerceptualLoss(vgg11_features("bundled"))
    assert perceptual == pytest.approx(plain + 0.5 * features(prediction, truth).item(), rel=1e-5)
    assert (perceptual_gradient - mse_gradient).abs().max() > 0
    printed, printed_gradient = gradient("mse + printed perceptual", 0.5)
    assert printed > plain and torch.equal(printed_gradient, mse_gradient)
    with pytest.raises(ValueError, match="unknown VGG11 weights ''"):
        objectives.make_objective(replace(CONFIG, loss="mse + perceptual"), "cpu")


def test_the_device_is_the_gpu_where_there_is_one(monkeypatch):
    for there, name in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        assert best_device() == name


def test_the_epochs_worth_keeping_are_those_of_the_training():
    assert snapshot_epochs(30) == (1, 10, 20) and snapshot_epochs(9) == (1, 3, 6) and snapshot_epochs(1) == (1,)
    for epochs in range(1, 40):
        config = TrainingConfig(epochs=epochs, snapshots=snapshot_epochs(epochs))
        assert max(1, round(2 * epochs / 3)) in config.snapshots  # 02's table has a row for it
