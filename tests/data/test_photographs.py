"""Photographs keep their name, their aspect ratio and what they were."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from lib.color.spaces import luma
from lib.data.images import PhotographError
from lib.data.photographs import photographs_of, samples, uploaded_photograph
from lib.data.sources import sample_photographs


def bytes_of(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_pairs_one_by_one(pairs):
    gray, truth = pairs.tensors(slice(0, 3))
    found = photographs_of(pairs)[:3]
    assert [photograph.name for photograph in found] == pairs.names[:3]
    torch.testing.assert_close(torch.cat([photograph.gray for photograph in found]), gray)
    torch.testing.assert_close(torch.cat([photograph.truth for photograph in found]), truth)


def test_samples_are_photographs_of_the_side_asked_for():
    found = samples(48)
    assert [photograph.name for photograph in found] == list(sample_photographs())
    for photograph in found:
        assert max(photograph.gray.shape) == 48 and photograph.truth.shape[2:] == photograph.gray.shape[2:]
        assert (photograph.gray - luma(photograph.truth)).abs().max() < 1 / 255


def test_an_upload_is_shrunk_in_its_own_aspect_ratio(photograph):
    found = uploaded_photograph("a.png", bytes_of(photograph), 24)  # of 48 x 32 px
    assert found.name == "a.png" and found.gray.shape == (1, 1, 16, 24) and found.truth.shape == (1, 3, 16, 24)
    small = uploaded_photograph("a.png", bytes_of(photograph), 100)  # never enlarged
    np.testing.assert_array_equal((255 * small.truth[0]).round().byte().movedim(0, -1), np.asarray(photograph))


def test_a_strip_of_one_pixel_stays_one():
    assert uploaded_photograph("a.png", bytes_of(Image.new("RGB", (400, 1))), 100).gray.shape == (1, 1, 1, 100)


def test_what_is_no_picture_is_named():
    with pytest.raises(PhotographError, match=r"notes\.txt: not readable as a picture"):
        uploaded_photograph("notes.txt", b"no picture", 24)
