"""A photograph that follows the colors of another one, and the command that takes it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from lib.colorize import reference as method
from lib.colorize.photograph import colorize_photograph
from lib.colorize.reference import Reference, Shown, correction
from lib.data.hints import Hint, Hints
from lib.networks.pretrained import load_colorizer

TURN = (2, 0, 1)  # red, green and blue changed round: colors that no network expects


def recolored(image):
    """The photograph in strange colors, and the same one in its own, both with the luma of the first."""
    return Image.fromarray(np.asarray(image)[..., TURN])


@pytest.fixture(scope="module")
def bundled():
    return load_colorizer(device="cpu")


@pytest.fixture(scope="module")
def halves():
    """A photograph in strange colors: what stands on its left also stands on its right."""
    image = recolored(Image.fromarray(data.coffee()).resize((240, 160), Image.Resampling.LANCZOS))
    return image.crop((0, 0, 120, 160)), image.crop((120, 0, 240, 160))


def distance(one, other):
    return np.abs(np.asarray(one.convert("RGB"), float) - np.asarray(other.convert("RGB"), float)).mean()


def shown(network, picture):
    return Shown.of(network, torch.from_numpy(np.array(picture.convert("L")))[None, None] / 255)


def test_the_other_half_of_a_photograph_brings_its_colors_and_the_luma_stays(bundled, halves):
    left, right = halves
    gray = right.convert("L")
    plain = colorize_photograph(gray, bundled, 0.0)[0]
    (found,) = colorize_photograph(gray, bundled, 0.0, reference=Reference.of(bundled, left))
    assert distance(found, right) < 0.9 * distance(plain, right)
    assert np.array_equal(found.convert("L"), gray)


def test_what_the_network_expects_anyway_changes_nothing(bundled, halves):
    """A reference whose colors are those of the network has nothing to teach."""
    one = shown(bundled, halves[0])
    assert correction(one, one, one.seen.distribution.chroma(0.3)[0], 0.3).abs().max() < 1e-6
    assert correction(one, one, one.seen.distribution.chroma(0.3)[0], 0.0).abs().max() > 1e-3


def test_alike_things_are_moved_more_than_others(bundled, halves):
    """By things and by luma: made unlike in either, less is carried over."""
    one = shown(bundled, halves[0])
    truth = one.seen.distribution.chroma()[0] + 0.1
    alike = correction(one, one, truth).mean()
    strange = replace(one, things=-one.things)
    darker = replace(one, seen=replace(one.seen, luma=1 - one.luma))
    assert 0 < correction(strange, one, truth).mean() < 0.2 * alike
    assert correction(darker, one, truth).mean() < 0.9 * alike


def test_a_correction_is_the_posterior_mean(bundled, halves, monkeypatch):
    """Where the reference has one place, by the formula."""
    monkeypatch.setattr(method, "MOST_PLACES", 1)
    one, other = shown(bundled, halves[1]), shown(bundled, halves[0].crop((0, 0, 120, 120)))
    assert other.places.tolist() == [0]
    truth = other.seen.distribution.chroma()[0] + torch.tensor([0.1, -0.2])[:, None, None]
    found = correction(one, other, truth)[:, 5, 7]
    unlike = (one.things[:, 5, 7] - other.things[:, 0, 0]).square().sum() / method.FEATURES**2
    unlike += (one.luma[5, 7] - other.luma[0, 0]) ** 2 / method.LUMA**2
    covariance = (one.seen.variance[5, 7] * other.seen.variance[0, 0]).sqrt() * torch.exp(-unlike / 2)
    expected = covariance / (other.seen.variance[0, 0] + method.NOISE) * torch.tensor([0.1, -0.2])
    assert found.tolist() == pytest.approx(expected.tolist(), rel=1e-3)


def test_a_wide_reference_is_seen_at_few_places(bundled):
    wide = shown(bundled, Image.fromarray(data.coffee()).resize((900, 120)))
    rows = {int(place) // wide.luma.shape[1] for place in wide.places}
    assert 100 < len(wide.places) <= method.MOST_PLACES < wide.luma.numel() and max(rows) > wide.luma.shape[0] / 2


def test_hints_count_for_more_and_all_versions_follow(bundled, halves):
    left, right = halves
    gray = right.convert("L")
    hints = Hints.on("right.png", gray, [Hint(((0.2, 0.2),), 0.05, (230, 130, 40))])
    given = Reference.of(bundled, left)
    plain = colorize_photograph(gray, bundled, 0.5, 2)
    for versions in (
        colorize_photograph(gray, bundled, 0.5, 2, hints, given),
        colorize_photograph(gray, bundled, 0.5, 2, hints),
    ):
        for version in versions:
            red, _, blue = np.asarray(version)[32, 24].astype(int)
            assert red > blue + 40
    with_reference = colorize_photograph(gray, bundled, 0.5, 2, reference=given)
    assert all(distance(one, other) > 1 for one, other in zip(plain, with_reference, strict=True))


def test_what_cannot_be_a_reference(bundled):
    coffee = Image.fromarray(data.coffee()).resize((90, 60))
    brown = np.asarray(coffee.convert("L"))[..., None] * np.array([1.0, 0.85, 0.65])
    for picture in (coffee.convert("L").convert("RGB"), Image.fromarray(brown.astype(np.uint8))):
        with pytest.raises(ValueError, match="is gray or toned in one color; give a color photograph"):
            Reference.of(bundled, picture)
    with pytest.raises(ValueError, match="40 x 15 px are too small for a reference; give one of 16 px each way"):
        Reference.of(bundled, coffee.resize((40, 15)))


# --- the command


@pytest.fixture
def given(album, photograph):
    """A photograph to be colored, and another one beside the album."""
    photograph.convert("L").save(album / "cup.png")
    recolored(photograph).save(album.parent / "other.png")
    return album.parent / "other.png"


def colored(album):
    return np.asarray(Image.open(album.parent / "out" / "cup.png"))


def test_colorize_follows_a_reference_and_looks_at_it_once(album, colorize, given, photograph, gray, monkeypatch):
    photograph.rotate(180).convert("L").save(album / "second.png")
    assert colorize()[0] == 0
    plain = colored(album)
    looked, of = [], Reference.of
    monkeypatch.setattr(Reference, "of", lambda *arguments: looked.append(1) or of(*arguments))
    monkeypatch.setattr(method, "NOISE", 0.01)  # an untrained network finds little alike
    code, lines, errors = colorize("--reference", given, "--force")
    assert (code, lines, errors) == (0, [f"2 written to {album.parent / 'out'}"], []) and looked == [1]
    assert not np.array_equal(colored(album), plain)
    assert np.array_equal(Image.fromarray(colored(album)).convert("L"), gray)
    assert colorize("--reference", given)[1] == [
        f"0 written to {album.parent / 'out'}, 2 skipped because there already (--force overwrites)"
    ]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda file: file.unlink(), "other.png: no such photograph; name a color one after --reference"),
        (lambda file: (file.unlink(), file.mkdir()), "other.png: no such photograph; name a color one"),
        (lambda file: file.write_bytes(b"no picture"), "other.png: not readable as a picture"),
        (lambda file: Image.new("L", (48, 32), 9).save(file), "other.png: is gray or toned in one color; give a color"),
        (lambda file: Image.open(file).resize((40, 15)).save(file), "other.png: 40 x 15 px are too small for a"),
    ],
)
def test_a_reference_that_will_not_do_is_one_sentence(album, colorize, given, spoil, sentence):
    spoil(given)
    code, lines, errors = colorize("--reference", given)
    assert (code, lines, len(errors)) == (2, [], 1) and sentence in errors[0]
    assert errors[0].startswith("colorize: error: ") and not (album.parent / "out").exists()
