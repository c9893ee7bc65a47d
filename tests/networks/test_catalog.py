"""Kept networks are found and told apart; what is none costs one line."""

import shutil

import pytest

from lib.networks.catalog import epochs_kept, find_networks
from lib.networks.registry import build_network
from lib.networks.storage import load_network, save_network
from lib.training.config import TrainingConfig


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What two trainings of three epochs leave, one of them with two snapshots; the weights are any."""
    folder = tmp_path_factory.mktemp("outputs")
    for seed, stems in enumerate((("epoch-001", "epoch-002", "network"), ("network",))):
        config = TrainingConfig(options={"width": 4}, pairs=4, epochs=3, seed=seed)
        for stem in stems:
            path = folder / "trained" / f"{seed}a" / f"{stem}.safetensors"
            save_network(path, build_network("ColorizationNet", seed, width=4), config)
    return folder


def test_networks_are_found_under_labels_that_tell_them_apart(outputs):
    found, problems = find_networks(outputs)
    assert len(found) == 4 and not problems
    assert len({label.split(" · ")[1] for label in found}) == 2  # two trainings
    common = "ColorizationNet, 4 pairs, {}, mse, seed {}, width 4".format
    expected = [common("3 epochs", 0), common("3 epochs", 1), *(common(f"epoch {i} of 3 epochs", 0) for i in (1, 2))]
    assert sorted(label.split(" · ")[0] for label in found) == sorted(expected)
    for path in found.values():
        load_network(path)


def test_epochs_of_a_training_in_order(outputs):
    folder = next(path.parent for path in outputs.rglob("epoch-001.safetensors"))
    assert {epoch: path.name for epoch, path in epochs_kept(folder).items()} == {
        1: "epoch-001.safetensors", 2: "epoch-002.safetensors", 3: "network.safetensors"
    }  # fmt: skip
    assert list(epochs_kept(folder)) == [1, 2, 3]


def test_what_is_no_network_costs_one_line(outputs, tmp_path):
    shutil.copytree(outputs, tmp_path, dirs_exist_ok=True)
    broken = tmp_path / "trained" / "broken" / "network.safetensors"
    broken.parent.mkdir()
    broken.write_bytes(b"cut off")
    (tmp_path / "trained" / "interrupted").mkdir()
    (tmp_path / "trained" / "interrupted" / "checkpoint.safetensors").write_bytes(b"")  # no network yet
    found, problems = find_networks(tmp_path)
    assert len(found) == 4
    assert len(problems) == 1 and "broken" in problems[0] and "\n" not in problems[0]


def test_nothing_kept_is_nothing_found(tmp_path):
    assert find_networks(tmp_path / "nowhere") == ({}, [])
    assert epochs_kept(tmp_path) == {}
