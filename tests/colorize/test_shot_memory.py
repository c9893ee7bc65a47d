"""What is remembered of a shot: what looks alike gets one color, and what does not keeps its own."""

import torch

from lib.colorize.shot_memory import Remembered, recalled


def frame(kinds, chroma_of):
    """Features and chroma of a frame of 4 x 4 cells: its left half shows one kind of thing, its right half another."""
    places, chroma = torch.zeros(1, 3, 4, 4), torch.zeros(1, 2, 8, 8)
    for half, kind in enumerate(kinds):
        places[:, kind, :, 2 * half : 2 * half + 2] = 1
        chroma[..., 4 * half : 4 * half + 4] = torch.tensor(chroma_of[kind]).view(1, 2, 1, 1)
    return places, chroma


def test_a_thing_takes_the_mean_color_of_what_is_like_it():
    first, second = frame((0, 1), {0: (0.1, 0.0), 1: (0.0, 0.2)}), frame((1, 0), {0: (0.3, 0.0), 1: (0.0, 0.2)})
    memory = Remembered.joined([Remembered.of(*first), Remembered.of(*second)])
    found = recalled(*first, memory)
    assert found.shape == (1, 2, 8, 8)
    torch.testing.assert_close(found[0, :, 4, 0], torch.tensor([0.2, 0.0]), atol=1e-3, rtol=0)
    torch.testing.assert_close(found[0, :, 4, 7], torch.tensor([0.0, 0.2]), atol=1e-3, rtol=0)


def test_detail_stays():
    places, chroma = frame((0, 1), {0: (0.1, 0.0), 1: (0.0, 0.2)})
    detail = torch.zeros(1, 2, 8, 8)
    detail[..., ::2, :], detail[..., 1::2, :] = 0.01, -0.01
    memory = Remembered.of(places, chroma)
    with_detail = recalled(places, chroma + detail, memory)
    torch.testing.assert_close(with_detail - recalled(places, chroma, memory), detail)
