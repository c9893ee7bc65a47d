"""The paper's data set: two folders, matched by name."""

import re
import unicodedata

import numpy as np
import pytest
import torch
from pictures_by_hand import truncated
from torch.utils.data import DataLoader

from lib.color.spaces import to_tensor
from lib.data.folders import GrayscaleToColorDataset
from lib.data.images import PhotographError


def test_the_papers_dataset(folders, photograph):
    dataset = GrayscaleToColorDataset(*folders)
    assert [stem for stem, *_ in dataset.items] == ["been", "été 山"] and not dataset.skipped
    gray, color = dataset[0]
    assert gray.shape == (1, 32, 48) and color.shape == (3, 32, 48) and gray.dtype == color.dtype == torch.float32
    np.testing.assert_allclose(gray[0] * 255, np.asarray(photograph.convert("L")), atol=1e-3)
    assert (color - to_tensor(np.asarray(photograph))).abs().mean() < 0.03
    batch = next(iter(DataLoader(dataset, batch_size=2)))
    assert [tuple(side.shape) for side in batch] == [(2, 1, 32, 48), (2, 3, 32, 48)]


def test_a_transform_goes_over_both_sides(folders):
    gray, color = GrayscaleToColorDataset(*folders, transform=lambda image: torch.tensor(image.size))[1]
    assert gray.tolist() == color.tolist() == [48, 32]


def other_size(gray, _color, photograph):
    photograph.resize((24, 16)).convert("L").save(gray / "been.png")


def no_gray(_gray, color, photograph):
    photograph.save(color / "lonely.png")


def no_color(gray, _color, photograph):
    photograph.save(gray / "lonely.png")


def broken_color(_gray, color, photograph):
    truncated(color / "been.JPG", photograph)


@pytest.mark.parametrize(
    ("spoil", "sentence", "left"),
    [
        (other_size, r"been\.png: \(24, 16\) pixels, but .*been\.JPG has \(48, 32\)", 1),
        (no_gray, r"lonely\.png: no gray picture of that name in .*gray", 2),
        (no_color, r"lonely\.png: no color picture of that name in .*color", 2),
        (broken_color, r"been\.JPG: not readable as a picture", 1),
    ],
)
def test_a_bad_pair_stops_or_is_listed(folders, photograph, spoil, sentence, left):
    spoil(*folders, photograph)
    with pytest.raises(PhotographError, match=sentence):
        GrayscaleToColorDataset(*folders)
    dataset = GrayscaleToColorDataset(*folders, on_error="skip")
    assert len(dataset) == left and len(dataset.skipped) == 1
    assert re.search(sentence, dataset.skipped[0])
    assert [stem for stem, *_ in dataset.items] == ["been", "été 山"][-left:]


def test_nothing_usable_is_an_error_in_either_mode(tmp_path):
    (tmp_path / "gray").mkdir()
    (tmp_path / "color").mkdir()
    for mode in ("raise", "skip"):
        with pytest.raises(PhotographError, match="hold no usable pair"):
            GrayscaleToColorDataset(tmp_path / "gray", tmp_path / "color", on_error=mode)
    with pytest.raises(ValueError, match="not 'ignore'"):
        GrayscaleToColorDataset(tmp_path / "gray", tmp_path / "color", on_error="ignore")


def test_names_in_other_forms_are_matched(folders):
    """The gray sides decomposed as macOS writes them, and in capitals."""
    for path in folders[0].iterdir():
        path.rename(path.with_name(unicodedata.normalize("NFD", path.name).upper()))
    dataset = GrayscaleToColorDataset(*folders)
    assert sorted(name for name, *_ in dataset.items) == ["been", "été 山"]


def test_two_files_of_one_stem_are_left_out(folders, photograph):
    photograph.save(folders[1] / "been.tif")
    with pytest.raises(PhotographError, match=r"it is not clear which of them are pairs; rename them"):
        GrayscaleToColorDataset(*folders)
    dataset = GrayscaleToColorDataset(*folders, on_error="skip")
    assert [name for name, *_ in dataset.items] == ["été 山"] and len(dataset.skipped) == 1
    photograph.save(folders[1] / "been.png")  # the name with its suffix comes first
    assert len(GrayscaleToColorDataset(*folders, on_error="skip")) == 2


def test_a_dangling_link_stops_or_is_listed(folders):
    (folders[0] / "gone.png").symlink_to("nowhere.png")
    with pytest.raises(PhotographError, match=r"gone\.png: cannot be read"):
        GrayscaleToColorDataset(*folders)
    assert len(GrayscaleToColorDataset(*folders, on_error="skip")) == 2
