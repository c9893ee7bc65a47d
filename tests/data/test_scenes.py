"""The rendered landscapes are reproducible and, by simple measures, as hard to colorize as photographs."""

import cv2
import numpy as np
import pytest
from skimage.metrics import structural_similarity

from lib.data.scenes.rendering import KINDS, render_scene, render_scenes, scene_kind, scene_name

COUNT = 150
SEEDS = range(7_000_000, 7_000_000 + COUNT)


@pytest.fixture(scope="module")
def sample() -> tuple[list[str], np.ndarray]:
    return render_scenes(SEEDS, 64, progress=lambda _: None)


def gray_of(pictures: np.ndarray) -> np.ndarray:
    return np.stack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in pictures])


def psnr(pictures: np.ndarray, guesses: np.ndarray) -> np.ndarray:
    error = ((pictures.astype(float) - guesses) ** 2).mean(axis=(1, 2, 3))
    return 10 * np.log10(255**2 / error)


def test_the_seed_determines_the_picture():
    first = render_scene(12, 64)
    assert first.shape == (64, 64, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, render_scene(12, 64))
    assert np.abs(first.astype(int) - render_scene(13, 64)).mean() > 5


@pytest.mark.parametrize("kind", KINDS)
def test_every_size_shows_the_same_scene(kind):
    seed = next(seed for seed in range(1000) if scene_kind(seed) == kind)
    small, large, larger = (render_scene(seed, size) for size in (48, 128, 224))
    assert larger.shape == (224, 224, 3)
    for picture in (large, larger):
        shrunk = cv2.resize(picture, (48, 48), interpolation=cv2.INTER_AREA)
        # Finer canvases have finer texture, so the pictures agree in their layout, not in every pixel.
        assert np.corrcoef(gray_of([small])[0].ravel(), gray_of([shrunk])[0].ravel())[0, 1] > 0.8


def test_names_contain_kind_and_seed():
    assert scene_name(12) == f"{scene_kind(12)}-00012"


def test_a_set_contains_every_kind_and_no_duplicate(sample):
    names, pictures = sample
    assert {name.rsplit("-", 1)[0] for name in names} == set(KINDS)
    assert len(set(names)) == COUNT
    assert len({picture.tobytes() for picture in pictures}) == COUNT


def test_workers_render_what_one_process_renders_and_report_progress():
    ticks = []
    names, pictures = render_scenes(range(3_000_000, 3_000_010), size=32, progress=ticks.append)
    assert ticks == [1] * 10
    assert names == [scene_name(3_000_000 + index) for index in range(10)]
    for index, picture in enumerate(pictures):
        np.testing.assert_array_equal(picture, render_scene(3_000_000 + index, 32))


def test_the_gray_copy_scores_as_on_photographs(sample):
    _, pictures = sample
    gray = gray_of(pictures)
    scores = psnr(pictures, gray[..., None])
    assert 20 < scores.mean() < 26
    assert scores.std() > 2
    similar = [
        structural_similarity(picture, np.repeat(plane[..., None], 3, axis=2), channel_axis=2, data_range=255)
        for picture, plane in zip(pictures[:50], gray[:50], strict=True)
    ]
    assert 0.88 < np.mean(similar) < 0.98


def test_brightness_does_not_determine_the_color(sample):
    """The mean color of each gray level, learned on every second picture, gains little on the other ones."""
    _, pictures = sample
    gray = gray_of(pictures)
    known, known_gray = pictures[::2], gray[::2].ravel()
    counts = np.bincount(known_gray, minlength=256)[:, None]
    sums = np.stack([np.bincount(known_gray, known[..., c].ravel(), minlength=256) for c in range(3)], axis=1)
    table = np.where(counts > 0, sums / np.maximum(counts, 1), np.arange(256)[:, None])
    gain = psnr(pictures[1::2], table[gray[1::2]]) - psnr(pictures[1::2], gray[1::2, ..., None])
    assert gain.mean() < 2


def test_texture_and_contrast_resemble_photographs(sample):
    _, pictures = sample
    gray = gray_of(pictures).astype(np.float32)
    assert 30 < gray.std(axis=(1, 2)).mean() < 70
    fine = [plane - cv2.GaussianBlur(plane, (0, 0), 1.5) for plane in gray]
    assert np.mean([plane.std() for plane in fine]) > 8


def test_colors_depend_on_the_content(sample):
    """Skies are bluer than the woods and sands below them, so there is something to learn."""
    names, pictures = sample
    for kind in ("forest", "desert"):
        blue = np.mean([p[..., 2].mean() - p[..., 0].mean() for n, p in zip(names, pictures, strict=True) if kind in n])
        assert blue < 0
    fields = pictures[[name.startswith("field") for name in names]].astype(float)
    sky, land = fields[:, :12], fields[:, -12:]
    assert (sky[..., 2] - sky[..., 0]).mean() > 20 + (land[..., 2] - land[..., 0]).mean()


@pytest.mark.parametrize("call", [lambda: render_scene(-1, 64), lambda: render_scene(1, 4)])
def test_impossible_requests_are_refused(call):
    with pytest.raises(ValueError, match=r"must|got"):
        call()
