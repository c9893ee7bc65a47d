"""Samples in full, and near-duplicates across splits."""

import numpy as np
import pytest
import torch

from lib.color.spaces import gray_to_rgb, luma, ycbcr_to_rgb
from lib.data.inspection import chroma_by_level, near_duplicates, planes_of, sample_table
from lib.data.pairs import make_pairs


def test_sample_table_tells_what_a_sample_is(pairs):
    table = sample_table(pairs.split("train", 2))
    assert table.index.names == ["name", "side"] and len(table) == 4
    row = table.loc[(pairs.split("train", 2).names[1], "color")]
    picture = pairs.split("train", 2).color[1]
    assert row["shape (H x W x C)"] == "32 x 32 x 3" and row["type"] == "uint8" and row["split"] == "train"
    assert row["range"] == f"{picture.min()} to {picture.max()}"
    assert row["mean by channel"] == " ".join(f"{mean:.1f}" for mean in picture.mean((0, 1)))


def test_planes_show_luma_and_each_chroma_alone():
    color = torch.tensor([[0.2, 0.9], [0.4, 0.4], [0.8, 0.4]]).reshape(1, 3, 1, 2)  # bluish, reddish
    planes = planes_of(color)
    torch.testing.assert_close(planes["color"], color)
    torch.testing.assert_close(planes["Y"], gray_to_rgb(luma(color)))
    assert planes["Cb"][0, 2].flatten().sub(0.5).sign().tolist() == [1, -1]  # more blue, less blue
    assert planes["Cr"][0, 0].flatten().sub(0.5).sign().tolist() == [-1, 1]
    assert (planes["Cb"][:, 0] == 0.5).all() and (planes["Cr"][:, 2] == 0.5).all()


def test_chroma_is_averaged_over_the_pixels_of_a_level():
    # Two pixels of level 128 with Cb of +10 and +30 and Cr of 0, and one of level 51 in gray.
    ycbcr = torch.tensor([[128.0, 128, 51], [10, 30, 0], [0, 0, 0]]).reshape(1, 3, 1, 3) / 255
    color = ycbcr_to_rgb(ycbcr)
    table = chroma_by_level(luma(color), color)
    assert len(table) == 256 and table["pixels"].to_dict() == {**dict.fromkeys(range(256), 0), 51: 1, 128: 2}
    assert table.loc[128, "mean"] == pytest.approx(20, abs=1e-3)
    assert table.loc[128, "spread"] == pytest.approx(10, abs=1e-3)
    assert table.loc[51, "mean"] == pytest.approx(0, abs=1e-3) and not table.drop([51, 128]).any().any()


def test_near_duplicates_are_found_across_splits_only(pairs):
    noise = np.random.default_rng(0).integers(-3, 4, (32, 32))
    first, second = pairs.gray[0], pairs.gray[3]
    gray = np.stack(
        [first, second, np.clip(first + noise, 0, 255).astype(np.uint8), second[:, ::-1], first, pairs.gray[9]]
    )
    names = ["a", "b", "a-noisy", "b-mirrored", "a-same-split", "other"]
    splits = np.array(["train", "train", "test", "val", "train", "test"])
    color = np.repeat(gray[..., None], 3, -1)
    found = near_duplicates(make_pairs("n", "", names, gray, color, splits), threshold=0.99)
    assert {frozenset(row) for row in found[["name", "other"]].to_numpy()} == {
        frozenset({"a", "a-noisy"}),
        frozenset({"a-noisy", "a-same-split"}),
        frozenset({"b", "b-mirrored"}),
    }
    assert (found["split"] != found["other_split"]).all()
    assert found["similarity"].is_monotonic_decreasing and found["similarity"].max() <= 1 + 1e-5


def test_flat_pictures_are_no_duplicates_of_everything(pairs):
    gray = np.stack([np.full((32, 32), 90, np.uint8), pairs.gray[0]])
    both = make_pairs("n", "", ["flat", "x"], gray, np.repeat(gray[..., None], 3, -1), np.array(["train", "test"]))
    found = near_duplicates(both)
    assert found.empty and list(found.columns) == ["name", "split", "other", "other_split", "similarity"]
