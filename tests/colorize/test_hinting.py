"""One photograph while hints are given to it: colors to choose from, the picture so far, files, a static figure."""

import io
import os

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from lib.color.distribution import COLORS, soft_targets
from lib.colorize.hint_views import hints_figure
from lib.colorize.hinting import HintedPhotograph, peaks
from lib.data.hints import Hint, Hints, HintsError, read_hints, write_hints
from lib.data.images import PhotographError
from lib.networks.pretrained import load_colorizer

ORANGE = (230, 130, 40)
SKY = Hint(((0.1, 0.3),), 0.02, ORANGE)
PLACES = [(0.1, 0.3), (0.5, 0.5), (0.9, 0.95), (0, 0), (1, 1)]


@pytest.fixture(scope="module")
def bundled():
    return load_colorizer(device="cpu")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("photographs") / "rocket.png"
    Image.fromarray(data.rocket()).save(path)
    return path


@pytest.fixture(scope="module")
def rocket(bundled, file):
    return HintedPhotograph(bundled, file)


def luma_of(colors):
    return np.asarray(Image.fromarray(np.array([colors], np.uint8)).convert("L"))[0].astype(int)


def test_a_distribution_of_two_colors_has_two_peaks():
    """Each with what lies near it; here a color between two of the grid."""
    indices, weights = soft_targets(torch.tensor([[0.015, 0.05], [0.26, -0.12]]).view(2, 2, 1, 1))
    probabilities = torch.zeros(len(COLORS))
    for share, index, weight in zip((0.7, 0.3), indices, weights, strict=True):
        probabilities.index_add_(0, index.flatten(), share * weight.flatten())
    (first, likely), (second, unlikely) = peaks(probabilities)
    assert (likely, unlikely) == pytest.approx((0.7, 0.3))
    torch.testing.assert_close(torch.stack([first, second]), torch.tensor([[0.015, 0.05], [0.26, -0.12]]))


def test_what_is_hardly_likely_is_no_peak():
    probabilities = torch.full((len(COLORS),), 0.001)
    probabilities[84] += 1 - probabilities.sum()
    ((chroma, share),) = peaks(probabilities)
    assert chroma.norm() < 1e-3 and share > 0.8


@pytest.mark.parametrize("place", PLACES)
def test_suggested_colors_are_likely_different_and_as_bright_as_the_place(rocket, place):
    found = rocket.suggested_colors(*place)
    colors, shares = zip(*found, strict=True)
    assert 1 <= len(found) <= 8 and sum(shares) <= 1.001 and list(shares) == sorted(shares, reverse=True)
    assert np.ptp(luma_of(colors)) <= 1
    height, width = rocket.gray.shape
    level = rocket.gray[min(int(place[1] * height), height - 1), min(int(place[0] * width), width - 1)]
    assert abs(luma_of(colors).mean() - level) < 40
    apart = np.abs(np.array(colors)[:, None].astype(int) - colors).max(-1)
    assert (apart + 99 * np.eye(len(colors))).min() >= 12


@pytest.mark.parametrize("place", PLACES)
def test_the_plane_has_the_colors_of_one_luma_and_reaches_its_borders(rocket, place):
    plane = rocket.all_colors(*place)
    inside = plane[..., 3] == 255
    assert plane.shape == (161, 161, 4) and set(np.unique(plane[..., 3])) <= {0, 255}
    colors = plane[inside][:, :3]
    assert np.ptp(luma_of(colors)) <= 1
    assert np.ptp(colors, axis=-1).min() <= 3, "gray is among them"
    assert inside.any(0).mean() > 0.8 and inside.any(1).mean() > 0.8
    if 60 < luma_of(colors).mean() < 200:
        top, right = plane[:20][inside[:20]].mean(0), plane[:, -20:][inside[:, -20:]].mean(0)
        assert top[0] > top[1] and right[2] > right[1]


def test_hints_are_drawn_and_taken_back(rocket):
    plain, hinted = rocket.draw([]), rocket.draw([SKY])
    place = hinted[int(0.3 * plain.shape[0]), int(0.1 * plain.shape[1])].astype(int)
    assert place[0] > place[2] + 20
    assert (rocket.draw([]) == plain).all()
    assert (np.asarray(Image.fromarray(hinted).convert("L")) == rocket.gray).all()


def test_a_saved_picture_is_the_one_shown(rocket, tmp_path):
    target = rocket.save([SKY], tmp_path / "new" / "hints.json")
    assert target == tmp_path / "new" / "hints-colored.png"
    assert (np.asarray(Image.open(target)) == rocket.draw([SKY])).all(), "640 px are not reduced"
    assert rocket.read(tmp_path / "new" / "hints.json") == (SKY,)
    assert sorted(os.listdir(tmp_path / "new")) == ["hints-colored.png", "hints.json"]


def test_a_large_photograph_is_reduced_on_the_page_and_saved_whole(bundled, tmp_path):
    large = Image.fromarray(data.rocket()).resize((1500, 1000))
    large.save(tmp_path / "large.bmp", dpi=(300, 300))
    photograph = HintedPhotograph(bundled, tmp_path / "large.bmp")
    assert photograph.gray.shape == (667, 1000)
    saved = Image.open(photograph.save([SKY], tmp_path / "hints.json"))
    assert saved.size == (1500, 1000) and round(saved.info["dpi"][0]) == 300
    assert read_hints(tmp_path / "hints.json").width == 1500
    shown = Image.fromarray(photograph.draw([SKY])).resize((30, 20), Image.Resampling.BOX)
    apart = np.subtract(saved.resize((30, 20), Image.Resampling.BOX), shown, dtype=int)
    assert np.abs(apart).max() < 6


def test_files_are_saved_both_or_none(rocket, tmp_path, monkeypatch):
    rocket.save([SKY], tmp_path / "hints.json")
    before = (tmp_path / "hints.json").read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lib.colorize.hinting.save_colored", fail)
    with pytest.raises(OSError, match="No space"):
        rocket.save([SKY, SKY], tmp_path / "hints.json")
    assert (tmp_path / "hints.json").read_bytes() == before and len(os.listdir(tmp_path)) == 2
    with pytest.raises(ValueError, match="there are no hints to save; set one first"):
        rocket.save([], tmp_path / "hints.json")


def test_hints_on_another_photograph_are_refused(rocket, tmp_path):
    assert rocket.read(tmp_path / "hints.json") == ()
    other = Image.fromarray(data.coffee()).convert("L")
    write_hints(tmp_path / "hints.json", Hints.on("coffee.png", other, [SKY]))
    sentence = (
        r"hints.json: holds hints on another picture, coffee.png of 600 x 400 px, not on rocket.png; name another"
    )
    with pytest.raises(HintsError, match=sentence):
        rocket.read(tmp_path / "hints.json")


def test_a_photograph_that_is_too_small_is_named(bundled, tmp_path):
    Image.new("L", (9, 40)).save(tmp_path / "small.png")
    with pytest.raises(PhotographError, match=r"small.png: a picture of 40 x 9 px is too small"):
        HintedPhotograph(bundled, tmp_path / "small.png")


def test_a_long_panorama_can_be_hinted_and_is_looked_at_in_steps(bundled, tmp_path):
    Image.fromarray(data.rocket()).resize((900, 100)).save(tmp_path / "long.png")
    photograph = HintedPhotograph(bundled, tmp_path / "long.png")
    assert (photograph.draw([SKY]) != photograph.draw([])).any()
    useful = photograph.usefulness([])
    assert 0 < useful.max() < 1 and useful.size < photograph.seen.luma.numel() / 3


def test_the_best_place_is_no_longer_open_after_a_hint_there(rocket):
    useful = rocket.usefulness([])
    row, column = np.unravel_index(useful.argmax(), useful.shape)
    place = (column + 0.5) / useful.shape[1], (row + 0.5) / useful.shape[0]
    after = rocket.usefulness([Hint((place,), 0.01, ORANGE)])
    assert after[row, column] < 0.2 * useful.max() and after.argmax() != useful.argmax()


def drawn(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return np.asarray(Image.open(buffer).convert("RGB")).astype(int)


def test_the_figure_shows_the_hints_what_they_do_and_where_to_go_on(rocket):
    stroke = Hint(((0.2, 0.9), (0.8, 0.9)), 0.03, (30, 200, 60))
    figure = hints_figure(rocket, [SKY, stroke])
    titles = [axes.get_title("left") for axes in figure.axes]
    share = f"{rocket.usefulness([SKY, stroke]).max():.0%}"
    shown = ["gray, with the hints", "automatic", "with the hints", f"next hint: settles up to {share}"]
    assert titles == shown
    for axes, picture in zip(figure.axes[1:3], (rocket.draw([]), rocket.draw([SKY, stroke])), strict=True):
        assert (axes.images[0].get_array() == picture).all()
    pixels = drawn(figure)
    for color in (SKY.color, stroke.color):
        near = np.abs(pixels[:, : pixels.shape[1] // 4] - color).max(-1) < 12
        assert near.any(), f"{color} is marked on the gray picture"
    assert np.abs(drawn(hints_figure(rocket, [])) - pixels).max() > 50
