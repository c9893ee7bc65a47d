"""Pairs: their splits, several sets as one, fingerprints."""

import numpy as np
import pytest
import torch

from lib.color.spaces import to_tensor
from lib.data.pairs import Pairs, join_pairs, make_pairs


def test_tensors_are_the_pictures(pairs):
    for chosen in (slice(3, 7), [5, 2], np.array([0])):
        gray, color = pairs.tensors(chosen)
        torch.testing.assert_close(color, to_tensor(pairs.color[chosen]))
        torch.testing.assert_close(gray[:, 0] * 255, torch.from_numpy(pairs.gray[chosen]).float())


def test_a_split_holds_its_own_pairs(pairs):
    assert pairs.counts() == {"train": 36, "val": 12, "test": 12}
    test = pairs.split("test")
    assert len(test) == 12 and set(test.splits) == {"test"} and test.size == 32
    for index, name in enumerate(test.names):
        np.testing.assert_array_equal(test.color[index], pairs.color[pairs.names.index(name)])


def many(names):
    size = len(names)
    return Pairs("m", "", np.zeros((size, 1, 1)), np.zeros((size, 1, 1, 3)), names, np.array(["train"] * size), "f")


def test_a_thousand_pairs_are_among_the_two_thousand():
    names = [f"scene-{index:06d}" for index in range(2500)]
    pairs = many(names)
    two = pairs.indices("train", 2000)
    assert len(set(two)) == 2000
    np.testing.assert_array_equal(pairs.indices("train", 1000), two[:1000])
    assert two[:1000].max() > 2000  # drawn from everywhere, not the first in the folder
    turned = many(names[::-1])
    assert [turned.names[i] for i in turned.indices("train", 1000)] == pairs.split("train", 1000).names


def test_asking_for_more_than_there_is_says_so(pairs):
    with pytest.raises(ValueError, match="37 train pairs were asked for, tiles has 36"):
        pairs.indices("train", 37)
    with pytest.raises(ValueError, match="split is one of train, val, test, not 'validation'"):
        pairs.indices("validation")
    with pytest.raises(ValueError, match="m has no pictures in its test split"):
        many(["a"]).split("test")


def test_fingerprints_stand_for_pixels_names_and_splits(pairs):
    def again(**changed):
        own = dict(names=pairs.names, gray=pairs.gray, color=pairs.color, splits=pairs.splits) | changed
        return make_pairs("other name", "", own["names"], own["gray"], own["color"], own["splits"]).fingerprint

    gray, splits = pairs.gray.copy(), pairs.splits.copy()
    gray[-1, -1, -1] ^= 1
    splits[0] = "test"
    renamed = ["x", *pairs.names[1:]]
    assert again() == pairs.fingerprint
    assert len({pairs.fingerprint, again(gray=gray), again(splits=splits), again(names=renamed)}) == 4


@pytest.fixture
def sets(pairs):
    """Two sets that share some names: sea, and hills."""
    return [
        make_pairs(
            name, f"pictures of {name}", pairs.names[part], pairs.gray[part], pairs.color[part], pairs.splits[part]
        )
        for name, part in (("sea", slice(0, 35)), ("hills", slice(20, 60)))
    ]


def test_sets_are_joined_with_their_names_and_splits(sets):
    sea, hills = sets
    both = join_pairs(sets)
    assert both.name == "sea + hills" and both.description == "pictures of sea; pictures of hills"
    assert len(both) == 75 == len(set(both.names)) and both.size == 32
    assert both.names[:35] == [f"sea/{name}" for name in sea.names]
    assert both.names[35:] == [f"hills/{name}" for name in hills.names]
    assert both.counts() == {split: sea.counts()[split] + hills.counts()[split] for split in both.counts()}
    for part, own in ((sea, slice(0, 35)), (hills, slice(35, 75))):
        np.testing.assert_array_equal(both.splits[own], part.splits)
        np.testing.assert_array_equal(both.gray[own], part.gray)
        np.testing.assert_array_equal(both.color[own], part.color)


def test_joined_sets_are_known_by_content_and_order(sets):
    sea, hills = sets
    fewer = sea.split("train")
    prints = [join_pairs(parts).fingerprint for parts in ([sea, hills], [hills, sea], [fewer, hills], [sea])]
    assert len({*prints, sea.fingerprint}) == 5
    assert join_pairs([sea, hills]).fingerprint == prints[0]


def test_sets_of_different_sizes_are_not_joined(sets):
    small = make_pairs(
        "small", "", ["a"], np.zeros((1, 16, 16), np.uint8), np.zeros((1, 16, 16, 3), np.uint8), sets[0].splits[:1]
    )
    with pytest.raises(ValueError, match=r"sets of \[16, 32\] px cannot be joined; load them at one size"):
        join_pairs([*sets, small])
