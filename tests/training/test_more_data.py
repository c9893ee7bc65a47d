"""The experiment on more and more varied data: what each training is, and on which pictures."""

import numpy as np
import pytest

from lib.data.pairs import join_pairs, make_pairs
from lib.training.config import IMAGENET
from lib.training.more_data import CNN, FROM_NOTHING, KNOWING, Budget, kinds_of_data, parts_by_scene, points


def part(name, train, names=None):
    """A set with `train` training pictures, two of validation and three of test."""
    count = train + 5
    generator = np.random.default_rng(len(name))
    gray = generator.integers(0, 256, (count, 16, 16), dtype=np.uint8)
    splits = np.array(["train"] * train + ["val"] * 2 + ["test"] * 3)
    names = names or [f"p{i}" for i in range(count)]
    return make_pairs(name, name, names, gray, np.repeat(gray[..., None], 3, -1), splits)


@pytest.fixture
def parts():
    return [part(name, train) for name, train in (("sea", 10), ("city", 20), ("food", 30), ("faces", 40))]


@pytest.mark.parametrize(
    ("count", "wanted"),
    [
        (1, {"sea": 10}),
        (2, {"sea": 10, "sea + city": 30}),
        (3, {"sea": 10, "sea + city": 30, "all 3 folders": 60}),
        (4, {"sea": 10, "sea + city": 30, "all 4 folders": 100}),
    ],
)
def test_kinds_grow_from_the_first_folder_to_all(parts, count, wanted):
    kinds = kinds_of_data(parts[:count])
    assert {kind: pairs.counts()["train"] for kind, pairs in kinds.items()} == wanted
    assert kinds["sea"] is parts[0]  # a training on it is that of any other notebook


def test_some_pictures_of_all_folders_are_mixed(parts):
    everything = kinds_of_data(parts)["all 4 folders"]
    shares = [sum(name.startswith(f"{part.name}/") for name in everything.split("train", 50).names) for part in parts]
    assert sum(shares) == 50 and all(2 <= share <= 30 for share in shares) and shares[0] < shares[3]


def test_each_training_sees_about_as_many_pictures_and_differs_by_network_only(parts):
    plan = points(Budget(16, 60), kinds_of_data(parts[:2]), [5, 0, 12], [3, 4], (CNN, FROM_NOTHING, KNOWING))
    assert [(p.data, p.pairs) for p in plan if (p.seed, p.network) == (3, CNN)] == [
        ("sea", 5), ("sea", 10), ("sea + city", 5), ("sea + city", 12), ("sea + city", 30),
    ]  # fmt: skip
    assert {p.pairs * p.config.epochs for p in plan} == {60} and {p.config.seed for p in plan} == {3, 4}
    assert [p.seed for p in plan] == sorted(p.seed for p in plan)
    one = [p.config for p in plan if (p.seed, p.data, p.pairs) == (3, "sea", 5)]
    assert [config.network for config in one] == ["ColorizationNet", "ChromaNet", "ChromaNet"]
    assert [config.start for config in one] == ["", "", IMAGENET] and one[2].frozen_epochs == one[2].epochs == 12
    assert {config.validation_pairs for config in one} == {64}
    assert plan[0].method.settings == {"pairs": 5, "epochs": 12, "data": "sea"}


def test_one_folder_is_parted_by_its_most_frequent_kind_of_scene():
    names = [f"{kind}-{i}" for kind, count in (("wood", 10), ("sea", 25), ("hill", 10)) for i in range(count)]
    whole = part("scenes", 40, names)
    sea, others = parts_by_scene(whole)
    assert (sea.name, others.name) == ("sea", "other scenes") and (len(sea), len(others)) == (25, 20)
    assert {name.split("-")[0] for name in sea.names} == {"sea"}
    assert {name.split("-")[0] for name in others.names} == {"wood", "hill"}
    np.testing.assert_array_equal(sea.color[3], whole.color[whole.names.index(sea.names[3])])
    prints = {whole.fingerprint, sea.fingerprint, others.fingerprint, join_pairs([sea, others]).fingerprint}
    assert len(prints) == 4  # or a training on the sea would pass for one on everything
    plain = part("plain", 10)
    assert parts_by_scene(plain)[0] is plain and len(parts_by_scene(plain)) == 1


def test_more_pictures_than_there_are_is_one_sentence(parts):
    kinds = kinds_of_data(parts[:2])
    with pytest.raises(ValueError, match=r"^40 training pictures were asked for at least, and there are 30; ask for"):
        points(Budget(16, 60), kinds, [50, 40], [0], [CNN])
    assert {point.data for point in points(Budget(16, 60), kinds, [25], [0], [CNN])} == {"sea + city"}
