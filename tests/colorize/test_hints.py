"""Hints spread over a photograph: to what is alike, not to the rest; and the command that takes them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data
from torch.nn import functional as F

from lib.color.spaces import rgb_to_ycbcr
from lib.colorize import hints
from lib.colorize.hints import Evidence, Seen, posterior, usefulness_of_one_hint
from lib.colorize.photograph import colorize_photograph
from lib.data.hints import Hint, Hints, write_hints
from lib.data.sources import sample_pairs
from lib.evaluation.hinting import random_places
from lib.networks import hint_kernel
from lib.networks.hint_kernel import HintKernel, kernel_of
from lib.networks.pretrained import load_colorizer

ORANGE = (230, 130, 40)


def chroma_of(color):
    return rgb_to_ycbcr(torch.tensor(color).view(1, 3, 1, 1) / 255)[0, 1:, 0, 0]


@pytest.fixture(scope="module")
def bundled():
    return load_colorizer(device="cpu")


@pytest.fixture(scope="module")
def rocket():
    """A rocket before an evening sky, and lights on the ground: 160 px high."""
    image = Image.fromarray(data.rocket())
    return image.resize((240, 160), Image.Resampling.LANCZOS)


@pytest.fixture(scope="module")
def seen(bundled, rocket):
    return Seen.of(bundled, torch.from_numpy(np.array(rocket.convert("L")))[None, None] / 255)


@pytest.fixture(scope="module")
def saucer(bundled):
    """A red cup on a red saucer, on a table of brown wood."""
    image = Image.fromarray(data.coffee()).convert("L").resize((240, 160), Image.Resampling.LANCZOS)
    return Seen.of(bundled, torch.from_numpy(np.array(image))[None, None] / 255)


@pytest.fixture(scope="module")
def on_the_saucer(saucer):
    return Evidence.of([Hint(((0.3, 0.75),), 0.02, (170, 50, 20))], saucer)


def moved(seen, evidence):
    """How far the chroma of each cell moves."""
    mean = seen.distribution.chroma()[0]
    return (posterior(seen, mean, evidence) - mean).norm(dim=0)


def test_without_hints_nothing_moves_to_the_bit(seen, bundled, rocket):
    mean = seen.distribution.chroma()[0]
    assert posterior(seen, mean, Evidence(torch.empty(0, dtype=torch.long), torch.empty(2, 0))) is mean
    gray = rocket.convert("L")
    plain = bundled.look_at(np.asarray(gray)).chroma(0.5)
    assert torch.equal(plain, seen.distribution.chroma(0.5))
    one = colorize_photograph(gray, bundled)[0]
    assert np.array_equal(one, colorize_photograph(gray, bundled, hints=None)[0])


def test_a_hint_is_followed_where_it_was_set(seen):
    evidence = Evidence.of([Hint(((0.15, 0.3),), 0.03, ORANGE)], seen)
    found = posterior(seen, seen.distribution.chroma()[0], evidence).flatten(1)[:, evidence.cells]
    assert (found - chroma_of(ORANGE)[:, None]).abs().max() < 0.02


def saucer_and_table(moves):
    """How far the other side of the saucer moves, and the table in the corner."""
    height, width = moves.shape
    saucer, table = (
        moves[height * 2 // 5 : height * 4 // 5, width * 5 // 8 : width * 6 // 8],
        moves[: height // 5, width * 6 // 8 :],
    )
    return saucer.median(), table.median()


def test_one_hint_on_a_saucer_moves_its_other_side_and_not_the_table(saucer, on_the_saucer):
    moves = moved(saucer, on_the_saucer)
    other_side, table = saucer_and_table(moves)
    assert other_side > 0.35 * moves.max() and table < 0.5 * other_side


def test_what_is_alike_goes_together(bundled, saucer, on_the_saucer):
    """Where the network finds the same everywhere, the table moves more."""
    same = torch.ones(1, bundled.colors.in_channels, 2, 2)
    covariances = kernel_of(bundled)(same, saucer.luma[None, None], saucer.variance[None, None])
    other_side, table = saucer_and_table(moved(saucer, on_the_saucer))
    blind_side, blind_table = saucer_and_table(moved(replace(saucer, covariances=covariances), on_the_saucer))
    assert other_side / table > 1.2 * blind_side / blind_table


def test_the_learned_kernel_colors_better_than_the_one_chosen_by_hand(bundled):
    """On photographs that neither was chosen or trained on: five true colors each, in random places."""
    photographs, errors = sample_pairs(128), {}
    for name, kernel in (("by hand", HintKernel().requires_grad_(False)), ("learned", kernel_of(bundled))):
        errors[name] = []
        for number, photograph in enumerate(photographs.names):
            gray, color = photographs.tensors(slice(number, number + 1))
            seen = Seen.of(bundled, gray, kernel)
            truth = F.interpolate(rgb_to_ycbcr(color)[:, 1:], seen.luma.shape, mode="area")[0]
            cells = random_places(seen.luma, 5, photograph, 0)
            found = posterior(seen, seen.distribution.chroma()[0], Evidence(cells, truth.flatten(1)[:, cells]))
            errors[name].append((found - truth).square().mean().log().item())
    assert np.mean(errors["learned"]) < np.mean(errors["by hand"]) - 0.01


def test_two_hints_on_one_place_average(seen):
    place = ((0.15, 0.3),)
    both = Evidence.of([Hint(place, 1e-6, ORANGE), Hint(place, 1e-6, (20, 90, 220))], seen)
    found = posterior(seen, seen.distribution.chroma()[0], both).flatten(1)[:, both.cells[0]]
    assert (found - both.chroma.mean(1)).abs().max() < 0.01


def test_a_long_stroke_counts_with_a_limited_number_of_cells(seen):
    evidence = Evidence.of([Hint(((0.0, 0.1), (1.0, 0.9)), 0.5, ORANGE)], seen)
    assert len(evidence.cells) == hints.CELLS_OF_A_HINT == len(evidence.cells.unique())


def test_hints_on_one_cell_count_as_their_mean_that_is_surer(seen):
    """The same as with an unknown for each hint, by definition, and in a photograph full of strokes no larger."""
    cells, chroma = torch.tensor([5, 700, 5, 5]), torch.tensor([[0.1, 0.0, 0.2, 0.3], [0.0, 0.1, 0.1, -0.1]])
    mean = seen.distribution.chroma()[0]
    among = seen.covariance(cells, cells).double() + seen.covariances.noise * torch.eye(4).double()
    weights = torch.linalg.solve(among, (chroma - mean.flatten(1)[:, cells]).double().T).float()
    expected = mean + (seen.covariance(torch.arange(seen.luma.numel()), cells) @ weights).T.view_as(mean)
    torch.testing.assert_close(posterior(seen, mean, Evidence(cells, chroma)), expected, atol=1e-5, rtol=1e-4)
    many = Evidence(cells.repeat(20_000), chroma.repeat(1, 20_000))
    assert len(many.by_cell(seen.covariances.noise)[0]) == 2


def test_a_panorama_is_looked_at_in_steps(bundled):
    panorama = Seen.of(bundled, torch.rand(1, 1, 32, 256, generator=torch.Generator().manual_seed(0)))
    cells = hints.coarse_cells(panorama)
    assert panorama.luma.numel() > hints.LARGEST_GRID >= cells.numel()
    assert usefulness_of_one_hint(panorama, Evidence.of([], panorama)).shape == cells.shape
    assert cells[0, 0] == 0 and cells[1, 1] == 2 * panorama.luma.shape[1] + 2


def test_one_hint_tells_most_where_much_is_open_and_nothing_where_one_is(seen):
    nothing = Evidence.of([], seen)
    told = usefulness_of_one_hint(seen, nothing)
    assert told.min() > 0 and told.max() < 1
    cell = int(told.argmax())
    after = usefulness_of_one_hint(seen, Evidence(torch.tensor([cell]), torch.zeros(2, 1)))
    assert after.flatten()[cell] < 0.2 * told.max()
    # By definition: the variance that is left with a hint there, computed anew.
    everywhere = torch.arange(seen.luma.numel())
    column = seen.covariance(everywhere, torch.tensor([cell]))[:, 0].double()
    left = seen.variance.flatten() - column**2 / (seen.variance.flatten()[cell] + seen.covariances.noise)
    assert 1 - left.sum() / seen.variance.sum() == pytest.approx(float(told.max()), rel=1e-3)


def test_the_luma_stays_and_all_versions_follow(bundled, rocket):
    gray = rocket.convert("L")
    given = Hints.on("rocket.png", gray, [Hint(((0.1, 0.3),), 0.03, ORANGE)])
    versions = colorize_photograph(gray, bundled, 0.5, 3, given)
    for version in versions:
        assert np.array_equal(version.convert("L"), gray)
        red, _, blue = np.asarray(version)[48, 24].astype(int)
        assert red > blue + 20


# --- the command


@pytest.fixture
def given(album, photograph):
    """A photograph and a hint on it, in a file beside the album."""
    photograph.convert("L").save(album / "cup.png")
    hint = Hint(((0.5, 0.5),), 0.2, ORANGE)
    write_hints(album.parent / "hints.json", Hints.on("cup.png", photograph.convert("L"), [hint]))
    return album.parent / "hints.json"


def colored(album):
    return np.asarray(Image.open(album.parent / "out" / "cup.png"))


def test_colorize_follows_the_hints_of_a_file(album, colorize, given, gray):
    assert colorize() == (0, [f"1 written to {album.parent / 'out'}"], [])
    plain = colored(album)
    code, lines, errors = colorize("--hints", given)
    assert (code, errors) == (0, []) and lines[-2:] == ["1 of 1 have hints", f"1 written to {album.parent / 'out'}"]
    assert np.array_equal(Image.fromarray(colored(album)).convert("L"), gray)
    red, _, blue = (colored(album).astype(int) - plain)[12:20, 18:30].mean((0, 1))
    assert red > 5 and blue < -5


def test_photographs_with_hints_are_always_made_again(album, colorize, given):
    """A result that is there may have been made without them."""
    for _ in range(2):
        assert colorize("--hints", given)[1][-1] == f"1 written to {album.parent / 'out'}"
    assert "1 skipped because there already" in colorize()[1][-1]


def test_a_missing_photograph_is_named_also_with_hints(album, colorize, given):
    code, _, errors = colorize("--hints", given, paths=[album / "missing.png"])
    assert code == 1 and errors == [f"{album / 'missing.png'}: no such file or folder; check the path"]


def test_a_folder_of_hints_beside_a_folder_of_photographs(album, colorize, given, photograph):
    (album / "old").mkdir()
    photograph.rotate(180).convert("L").save(album / "old" / "other.png")
    folder = album.parent / "hints"
    (folder / "old").mkdir(parents=True)
    given.rename(folder / "cup.png.json")
    (folder / "old" / "gone.png.json").write_text("{}")
    code, lines, errors = colorize("--hints", folder)
    assert (code, errors) == (0, []) and lines[-1] == f"2 written to {album.parent / 'out'}"
    assert f"Hints on nothing here: {folder / 'old' / 'gone.png.json'}" in lines and "1 of 2 have hints" in lines


def test_hints_beside_their_photograph_are_not_passed_over(album, colorize, given, photograph):
    """Those that are used; the others are counted, and named, and so are files of other kinds."""
    (album / "old").mkdir()
    photograph.rotate(180).convert("L").save(album / "old" / "other.png")
    hints = given.read_bytes()
    (album / "cup.png.json").write_bytes(hints)
    for name in ("gone.png.json", "notes.txt"):
        (album / "old" / name).write_text("{}")
    passed_over = "2 files passed over: .json 1, .txt 1"
    code, lines, errors = colorize("--hints", album)
    assert (code, errors) == (0, []) and passed_over in lines and "1 of 2 have hints" in lines
    assert f"Hints on nothing here: {album / 'old' / 'gone.png.json'}" in lines
    assert "3 files passed over: .json 2, .txt 1" in colorize()[1], "without --hints they are not used"

    folder = album.parent / "hints"  # elsewhere, so that the file in the album is not used
    folder.mkdir()
    given.rename(folder / "cup.png.json")
    assert "3 files passed over: .json 2, .txt 1" in colorize("--hints", folder)[1]
    assert not any("passed over" in line for line in colorize("--hints", album, paths=[album / "cup.png"])[1])


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda file: file.unlink(), "hints.json: no such file of hints; check the path after --hints"),
        (
            lambda file: Image.new("L", (48, 32), 9).save(file.parent / "in" / "b.png"),
            "on one photograph, and 2 are to be",
        ),
        (
            lambda file: (file.unlink(), file.mkdir()),
            "has hints on none of the photographs; those on cat.jpg are expected",
        ),
    ],
)
def test_hints_that_belong_to_no_photograph(album, colorize, given, spoil, sentence):
    spoil(given)
    code, lines, errors = colorize("--hints", given)
    assert code == 2 and not lines and len(errors) == 1 and sentence in errors[0]


def test_a_missing_kernel_is_said_before_any_photograph_is_blamed(album, colorize, given, monkeypatch):
    monkeypatch.setattr(hint_kernel, "BUNDLED_KERNEL", album / "hints.safetensors")
    hint_kernel._bundled.cache_clear()
    code, lines, errors = colorize("--hints", given)
    assert (code, lines) == (2, []) and "the bundled kernel for hints is missing; copy it from the project" in errors[0]


def test_bad_hints_cost_their_photograph_only(album, colorize, given, photograph):
    other = photograph.rotate(180).convert("L")
    for name in ("broken.png", "strange.png"):
        other.save(album / name)
    frames = [other, photograph.convert("L")]
    frames[0].save(album / "pages.tif", save_all=True, append_images=frames[1:])
    folder = album.parent / "hints"
    folder.mkdir()
    (folder / "broken.png.json").write_text("{")
    for name in ("cup.png", "strange.png", "pages.tif"):
        (folder / f"{name}.json").write_bytes(given.read_bytes())
    code, lines, errors = colorize("--hints", folder)
    assert code == 1 and lines[-1] == f"1 written to {album.parent / 'out'}, 3 not done" and len(errors) == 3
    assert "broken.png.json: is not readable as JSON" in errors[0]
    assert "pages.tif: has 2 pages or frames, and hints are on one picture; leave them out" in errors[1]
    assert "strange.png: the hints are on another picture, cup.png of 48 x 32 px" in errors[2]
    assert sorted(path.name for path in (album.parent / "out").iterdir()) == ["cup.png"]


def test_a_color_that_the_light_does_not_allow_is_said(album, colorize, gray):
    bright = gray.point(lambda level: 200 + level // 5)
    bright.save(album / "cup.png")
    hints_on = [Hint(((0.5, 0.5),), 0.1, (250, 230, 225)), Hint(((0.2, 0.2),), 0.1, (220, 10, 10))]
    write_hints(album.parent / "hints.json", Hints.on("cup.png", bright, hints_on))
    code, lines, _ = colorize("--hints", album.parent / "hints.json")
    line = f"{album / 'cup.png'}: paler than asked, because RGB has no such strong color so bright or dark: hint 2"
    assert code == 0 and lines[0] == line
