"""Flow of a known shift, warping along it, and where it is not to be relied on."""

import cv2
import numpy as np
import pytest

from lib.classical.flow import compose, consistent, optical_flow, warp

SIDE, SHIFT = 64, (3, 2)  # px, x and y


@pytest.fixture(scope="module")
def texture():
    noise = np.random.default_rng(0).random((SIDE + 16, SIDE + 16)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return np.rint(255 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint8)


@pytest.fixture(scope="module")
def frames(texture):
    """A frame, and the same with everything moved by `SHIFT`."""
    (dx, dy), there = SHIFT, slice(8, 8 + SIDE)
    return texture[there, there], texture[8 - dy : 8 - dy + SIDE, 8 - dx : 8 - dx + SIDE]


def test_a_shift_is_found(frames):
    flow = optical_flow(*frames)
    assert flow.shape == (SIDE, SIDE, 2) and flow.dtype == np.float32
    assert np.abs(np.median(flow, (0, 1)) - SHIFT).max() < 0.1


def test_warping_the_other_frame_gives_this_one(frames):
    this, other = frames
    flow = np.broadcast_to(np.float32(SHIFT), (SIDE, SIDE, 2))
    warped = warp(other[None], flow)[0]
    assert np.array_equal(warped[:-2, :-3], this[:-2, :-3].astype(np.float32))
    assert np.array_equal(warped[:-2, -3:], np.repeat(other[2:, -1:], 3, 1).astype(np.float32))  # the border goes on


def test_way_there_and_back_must_end_where_it_began():
    flow = np.zeros((8, 8, 2), np.float32)
    flow[..., 0] = 2
    back = -flow
    assert np.array_equal(consistent(flow, back), np.tile(np.arange(8) < 6, (8, 1)))  # 2 columns leave the frame
    back[:, 5, 0] = 0  # where column 3 ends: off by 2 px, and 4 > 0.01 * 4 + 0.5
    assert not consistent(flow, back)[:, 3].any() and consistent(flow, back)[:, 2].all()
    back[:, 5, 0] = -1.2  # off by 0.8 px: 0.64 > 0.01 * (4 + 1.44) + 0.5
    assert not consistent(flow, back)[:, 3].any()
    back[:, 5, 0] = -1.3  # off by 0.7 px: 0.49
    assert consistent(flow, back)[:, 3].all()


def test_longer_ways_may_miss_by_more():
    flow = np.zeros((4, 32, 2), np.float32)
    flow[..., 0] = 10
    back = -flow + np.float32(1)  # off by 1 px each way: 2 <= 0.01 * (100 + 82) + 0.5
    assert consistent(flow, back)[:, :22].all()


def test_flows_one_after_the_other():
    first, then = np.zeros((2, 8, 8, 2), np.float32)
    first[..., 0], then[..., 0] = 2, 1
    then[:, 4:, 0] = 3
    is_first, is_then = np.ones((2, 8, 8), bool)
    is_first[0], is_then[:, 3] = False, False
    flow, is_known = compose(first, is_first, then, is_then)
    assert flow[1, :, 0].tolist() == [3, 3, 5, 5, 5, 5, 5, 5] and not flow[..., 1].any()
    assert not is_known[0].any()
    assert is_known[1].tolist() == [True, False, True, False, False, False, False, False]  # column 3 ends outside


def test_both_presets_find_a_shift(frames):
    for is_fast in (True, False):
        assert np.abs(np.median(optical_flow(*frames, is_fast), (0, 1)) - SHIFT).max() < 0.3
    assert not np.array_equal(optical_flow(*frames), optical_flow(*frames, is_fast=True))
