"""Random crops: which part of a picture is seen, that both sides see the same, and what a new exposure does."""

import numpy as np
import pytest
import torch

from lib.color.spaces import gray_to_rgb, luma, to_tensor
from lib.data import augmentation
from lib.data.augmentation import EXPOSURE, SMALLEST_CROP, random_crops, varied_crops

FULL = 32


@pytest.fixture(scope="module")
def color(pairs):
    return to_tensor(pairs.color)


@pytest.fixture
def whole(monkeypatch):
    """Nothing is left to chance but the mirror."""
    monkeypatch.setattr(augmentation, "SMALLEST_CROP", 1.0)
    monkeypatch.setattr(augmentation, "EXPOSURE", 0.0)


def crops(color, size, seed=0):
    return random_crops(luma(color), color, size, np.random.default_rng(seed))


def coordinates(count=32):
    """Pictures that say where each pixel comes from: its row in red, its column in green, in [0, 1]."""
    steps = torch.arange(FULL) / (FULL - 1)
    rows, columns = torch.meshgrid(steps, steps, indexing="ij")
    return torch.stack([rows, columns, torch.zeros(FULL, FULL)]).expand(count, 3, FULL, FULL)


@pytest.mark.parametrize("size", [16, 23, 32, 40])
def test_crops_have_the_size_asked_for(color, size):
    gray, crop = crops(color, size)
    assert gray.shape == (60, 1, size, size) and crop.shape == (60, 3, size, size)
    assert gray.dtype == crop.dtype == torch.float32
    for side in (gray, crop):
        assert side.min() >= 0 and side.max() <= 1 + 1e-6


def test_chance_is_the_generators_alone(color):
    torch.manual_seed(0)
    first = crops(color, 24, seed=1)
    torch.manual_seed(1)
    again, other = crops(color, 24, seed=1), crops(color, 24, seed=2)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert all((a - b).abs().mean() > 0.01 for a, b in zip(first, other, strict=True))
    generator = np.random.default_rng(1)
    random_crops(luma(color), color, 24, generator)
    assert not torch.equal(random_crops(luma(color), color, 24, generator)[1], first[1])  # the next batch is another


@pytest.mark.parametrize("size", [20, 28, 40])
def test_both_sides_see_the_same(color, size, monkeypatch):
    monkeypatch.setattr(augmentation, "EXPOSURE", 0.0)
    for seed in range(5):
        gray, crop = crops(color, size, seed)
        torch.testing.assert_close(gray, luma(crop).clamp(min=1e-3), atol=1e-5, rtol=0)


def test_the_gray_side_is_exposed_anew_by_one_gamma_a_picture(color):
    gray, crop = crops(0.2 + 0.6 * color, 24)
    gamma = gray.log() / luma(crop).log()
    torch.testing.assert_close(gamma, gamma.mean((1, 2, 3), keepdim=True).expand_as(gamma), atol=1e-3, rtol=0)
    logarithms = gamma.mean((1, 2, 3)).log()
    assert logarithms.std().item() == pytest.approx(EXPOSURE, rel=0.3) and logarithms.mean().abs() < 0.05


def test_the_colors_are_not_exposed_anew(color, monkeypatch):
    _, exposed = crops(color, 24)
    monkeypatch.setattr(augmentation, "EXPOSURE", 0.0)
    assert torch.equal(exposed, crops(color, 24)[1])


def test_crops_are_parts_of_every_size_and_place():
    sides, corners = set(), set()
    for seed in range(60):
        _, crop = crops(coordinates(), FULL, seed)
        rows, columns = crop[:, 0] * (FULL - 1), crop[:, 1] * (FULL - 1)
        # Bilinear enlarging flattens the borders; away from them a step is side / size.
        step = (rows[:, 20, 0] - rows[:, 10, 0]) / 10
        assert torch.allclose(step, step[:1], atol=1e-4)  # one size a batch
        torch.testing.assert_close((columns[:, 0, 20] - columns[:, 0, 10]).abs() / 10, step, atol=1e-4, rtol=0)
        sides.add(round(step[0].item() * FULL))
        own = {tuple(corner) for corner in (crop[:, :2, 0, 0] * (FULL - 1)).round().int().tolist()}
        assert len(own) > 4 or step[0] > 0.9  # where there is room, each picture has a corner of its own
        corners |= own
    smallest = int(FULL * SMALLEST_CROP)
    assert min(sides) == smallest and max(sides) == FULL and len(sides) == FULL - smallest + 1
    rows, columns = zip(*corners, strict=True)
    assert min(rows) == 0 and max(rows) == FULL - smallest
    assert min(columns) == 0 and max(columns) == FULL - 1  # the last: mirrored


def test_a_crop_of_the_size_asked_for_is_not_resampled():
    size = 26
    for seed in range(40):
        _, crop = crops(coordinates(), size, seed)
        rows, columns = crop[:, 0] * (FULL - 1), crop[:, 1] * (FULL - 1)
        if not torch.allclose(rows[:, 1] - rows[:, 0], torch.ones(()), atol=1e-4):
            continue
        for value, axis in ((rows, 1), (columns, 2)):
            torch.testing.assert_close(value, value.round(), atol=1e-4, rtol=0)
            assert (value.diff(dim=axis).abs().round() == 1).all()
        return
    pytest.fail("no crop had that size")


def test_half_of_the_pictures_are_mirrored(color, whole):
    _, seen = crops(color, FULL)
    straight = (seen == color).flatten(1).all(1)
    mirrored = (seen == color.flip(-1)).flatten(1).all(1)
    assert (straight ^ mirrored).all()
    assert 20 <= mirrored.sum() <= 40


def test_a_gray_picture_stays_gray(color):
    _, seen = crops(gray_to_rgb(luma(color)), 20)
    assert (seen.amax(1) - seen.amin(1)).max() < 1e-6


# --- crops of more kinds, and a damaged gray side


def varied(color, size, seed=0):
    return varied_crops(luma(color), color, size, np.random.default_rng(seed))


def test_varied_crops_are_shown_at_three_sizes_and_stay_in_range(color):
    sizes = set()
    for seed in range(20):
        gray, crop = varied(color, 32, seed)
        assert gray.shape[1:] == (1, *crop.shape[2:]) and crop.shape[:2] == (60, 3)
        assert gray.min() >= 0 and gray.max() <= 1
        sizes.add(gray.shape[-1])
    assert sizes == {24, 32, 40}


def test_varied_crops_are_stretched_and_as_small_as_said():
    sides, stretches = [], []
    for seed in range(80):
        _, crop = varied(coordinates(8), FULL, seed)
        size = crop.shape[-1]
        rows, columns = crop[:, 0] * (FULL - 1), crop[:, 1] * (FULL - 1)
        middle = slice(size // 4, 3 * size // 4)
        height = (rows[:, middle, 0].diff(dim=1).mean() * size).item()
        width = (columns[:, 0, middle].diff(dim=1).abs().mean() * size).item()
        sides.append((height * width) ** 0.5 / FULL)
        stretches.append(height / width)
    assert 0.58 < min(sides) < 0.66 and 0.94 < max(sides) < 1.02
    assert 0.84 < min(stretches) < 0.95 and 1.05 < max(stretches) < 1.2  # in whole pixels of few


def test_only_the_gray_side_is_damaged(color, monkeypatch):
    _, damaged = varied(color, 32)
    for name in ("VARIED_EXPOSURE", "BLURRED", "SHARPENED", "NOISE", "FADED"):
        monkeypatch.setattr(augmentation, name, 0.0)
    gray, whole = varied(color, 32)
    assert torch.equal(damaged, whole)
    torch.testing.assert_close(gray, luma(whole).clamp(min=1e-3), atol=1e-5, rtol=0)


def changed(gray, true, least):
    """The share of pictures in which a pixel has changed by more than `least`."""
    return ((gray - true).abs().amax((1, 2, 3)) > least).float().mean()


def detail(gray):
    """The mean step between neighboring pixels of each picture."""
    return gray.diff().abs().mean((1, 2, 3))


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        ("BLURRED", lambda gray, true: (detail(gray) / detail(true)).min() < 0.7),
        ("SHARPENED", lambda gray, true: (detail(gray) / detail(true)).max() > 1.3),
        ("NOISE", lambda gray, true: 0.2 < changed(gray, true, 0.01) < 0.8),
        ("FADED", lambda gray, true: 0.05 < changed(gray, true, 0.02) < 0.4),
        ("VARIED_EXPOSURE", lambda gray, true: (gray.log() / true.log()).mean((1, 2, 3)).log().std() > 0.1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_damage_shows(color, name, shows, monkeypatch):
    for other in {"VARIED_EXPOSURE", "BLURRED", "SHARPENED", "NOISE", "FADED"} - {name}:
        monkeypatch.setattr(augmentation, other, 0.0)
    gray, seen = varied(0.2 + 0.6 * color, 32)
    assert shows(gray, luma(seen))
