"""Channels whose knowledge of a color is known: planted ones are found, others and the luma are not taken for them."""

import numpy as np
import pytest
import torch
from torch import nn

from lib.color.spaces import luma
from lib.data.photographs import Photograph
from lib.feature_maps.color_cells import COLORS, GRID, cells_of, in_cells, maps_in_cells
from lib.feature_maps.knowledge import knowledge, survey, with_random_weights
from lib.feature_maps.without_channel import loss_without, pictures_without
from lib.networks.registry import build_network

GREEN, SKY, SKIN = (0.35, 0.5, 0.2), (0.45, 0.6, 0.85), (0.8, 0.6, 0.5)


def photograph(name, seed, color=GREEN, side=32):
    """Half of the cells have a color, at luma that says nothing; the others are gray."""
    generator = torch.Generator().manual_seed(seed)
    colored = torch.rand(1, 1, GRID, GRID, generator=generator) < 0.5
    base = torch.rand(1, 1, GRID, GRID, generator=generator) * 0.3 + 0.3
    tint = torch.tensor(color)[None, :, None, None] - float(luma(torch.tensor(color)[:, None, None]))
    truth = (base + tint * colored).repeat_interleave(side // GRID, 2).repeat_interleave(side // GRID, 3)
    return Photograph(name, luma(truth), truth)


@pytest.fixture(scope="module")
def photographs():
    return [photograph(f"p{seed}", seed) for seed in range(12)]


@pytest.fixture(scope="module")
def cells(photographs):
    return cells_of(photographs, "green")


@pytest.mark.parametrize(("color", "rgb"), [("green", GREEN), ("blue", SKY), ("red", SKIN)])
def test_cells_have_the_color_of_the_truth(color, rgb):
    found = {name: cells_of([photograph("p", 0, rgb), photograph("q", 1, rgb)], name) for name in COLORS}
    assert found[color].are_enough and 0.4 < found[color].has_color.double().mean() < 0.6
    assert (found[color].has_color ^ found[color].has_other).all()
    assert not any(found[name].has_color.any() or found[name].are_enough for name in COLORS if name != color)


def test_weak_color_of_the_hue_is_left_out():
    weak = Photograph("weak", torch.full((1, 1, 16, 16), 0.5), torch.tensor([0.49, 0.515, 0.48]).reshape(1, 3, 1, 1)
                      .expand(-1, -1, 16, 16))  # fmt: skip
    cells = cells_of([weak], "green")
    assert not cells.has_color.any() and not cells.has_other.any()


def test_an_unknown_color_raises():
    with pytest.raises(ValueError, match="color is one of green, blue, red, not 'purple'"):
        cells_of([photograph("p", 0)], "purple")


def test_halves_share_the_pictures_with_most_of_the_color(photographs, cells):
    amounts = cells.has_color.sum(1)
    assert sorted(cells.choosing + cells.judging) == list(range(12)) and len(cells.judging) == 6
    assert abs(int(amounts[cells.choosing].sum() - amounts[cells.judging].sum())) < 60
    assert cells.judging == sorted(cells.judging, key=lambda place: -int(amounts[place]))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_planted_channel_is_found_and_judged_on_other_pictures(cells, sign):
    maps = torch.rand(12, 40, GRID**2, generator=torch.Generator().manual_seed(1))
    maps[:, 17] = sign * (cells.has_color + 0.6 * torch.randn(12, GRID**2, generator=torch.Generator().manual_seed(2)))
    known = knowledge(maps, cells)
    assert (known.channel, known.high, known.pictures) == (17, sign > 0, 6)
    value, low, high = known.auc
    assert 0.85 < low < value < high < 0.91 and known.promise == pytest.approx(value, abs=0.03)
    assert known.lead(knowledge(cells.luma[:, None], cells))[1] > 0.3


def test_the_area_is_that_of_all_pairs_of_equal_luma(cells):
    values = cells.luma + 0.2 * cells.has_color + torch.rand(12, GRID**2).round(decimals=1)  # with ties
    own = other = 0.0
    for level in cells.level.unique():
        here = (cells.level == level)[cells.judging]
        first = values[cells.judging][here & cells.has_color[cells.judging]]
        second = values[cells.judging][here & cells.has_other[cells.judging]]
        own += float((first[:, None] > second).sum() + (first[:, None] == second).sum() / 2)
        other += len(first) * len(second)
    assert knowledge(values[:, None], cells).auc[0] == pytest.approx(own / other)


def test_brightness_alone_knows_nothing_among_cells_of_equal_luma():
    bright = []  # the green cells are the brighter ones
    for seed in range(8):
        one = photograph(f"p{seed}", seed)
        colored = cells_of([one], "green").has_color.reshape(1, 1, GRID, GRID).float()
        truth = one.truth + 0.15 * nn.functional.interpolate(colored, 32)
        bright.append(Photograph(one.name, luma(truth), truth))
    cells = cells_of(bright, "green")
    assert 0.4 < knowledge(cells.luma[:, None], cells).auc[0] < 0.62


def test_a_channel_that_fits_the_choosing_pictures_only_is_found_out(cells):
    maps = torch.rand(12, 3, GRID**2, generator=torch.Generator().manual_seed(1))
    maps[cells.choosing, 1] += 9.0 * cells.has_color[cells.choosing]
    known = knowledge(maps, cells)
    assert known.channel == 1 and known.promise == 1.0 and abs(known.auc[0] - 0.5) < 0.1


def test_a_channel_that_fits_one_part_loses_against_one_that_fits_both(cells):
    maps = torch.rand(12, 2, GRID**2, generator=torch.Generator().manual_seed(1))
    maps[cells.choosing[0::2], 0] += 9.0 * cells.has_color[cells.choosing[0::2]]
    maps[:, 1] += 0.15 * cells.has_color  # less than the other over all of the pictures for choosing
    assert knowledge(maps, cells).channel == 1


def test_few_pictures_have_no_interval():
    pictures = [photograph(f"p{seed}", seed) for seed in range(4)]
    cells = cells_of(pictures, "green")
    known = knowledge(cells.has_color.float()[:, None], cells)
    assert known.auc[0] == 1.0 and np.isnan(known.auc[1:]).all() and np.isnan(known.lead(known)[1:]).all()


def test_gray_pictures_and_none_in_one_half_are_not_enough(photographs):
    gray = [Photograph(p.name, p.gray, p.gray.expand(-1, 3, -1, -1)) for p in photographs]
    for few in (gray, gray[:1], photographs[:1], [photographs[0], *gray[1:]]):
        assert not cells_of(few, "green").are_enough
    assert cells_of([*photographs[:2], *gray[2:]], "green").are_enough


def test_maps_of_any_size_become_cells():
    maps = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert in_cells(maps).shape == in_cells(torch.rand(1, 1, 33, 20)).shape == (1, 1, GRID**2)
    torch.testing.assert_close(in_cells(maps).mean(), maps.mean())


@pytest.fixture(scope="module", params=["plain", "efficientnet-lite0"])
def network(request):
    return build_network("ChromaNet", 0, width=4, encoder=request.param).eval()


def test_pictures_of_several_sizes_keep_their_order(network, photographs):
    mixed = [photographs[0], photograph("large", 3, side=64), photographs[1]]
    together = maps_in_cells(network, ["encoder.1"], mixed)["encoder.1"]
    alone = torch.cat([maps_in_cells(network, ["encoder.1"], [one])["encoder.1"] for one in mixed])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_every_stage_is_asked_and_a_layer_inside_one(network, photographs, cells):
    inner = {4: "encoder.2.1.first", 8: "encoder.3.1.depthwise"}[len(network.encoder)]
    found = survey(network, photographs, cells, inner)
    stages = [f"encoder.{stage}" for stage in range(len(network.encoder))]
    assert list(found.trained) == list(found.random) and set(found.trained) == {
        *stages,
        "decoder.0",
        "decoder.1",
        inner,
    }
    assert found.first == "encoder.0" and found.best.startswith("encoder.")
    table = found.table.set_index("layer")
    assert list(table.index) == list(found.trained) and table["AUC"].between(0, 1).all()
    assert not found.trained["encoder.0"].other_colors  # these pictures have no blue and no red


def test_random_weights_are_others_and_change_no_state(network):
    state = torch.get_rng_state()
    fresh, again = with_random_weights(network, 1), with_random_weights(network, 1)
    assert (torch.get_rng_state() == state).all()
    own, new, same = (next(one.encoder.parameters()) for one in (network, fresh, again))
    assert (own != new).any() and (new == same).all()


def test_what_the_colors_lose_without_a_channel(photographs, cells):
    class Painter(nn.Module):
        """Paints green by its first channel; its second channel is read by nobody."""

        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(1, 2, 1)
            nn.init.constant_(self.first.weight, 0)
            nn.init.constant_(self.first.bias, 1)

        def forward(self, gray):
            return gray + 0.1 * self.first(gray)[:, :1] * torch.tensor([-1.0, 1.0, -1.0])[:, None, None] * (gray > 0)

    painter = Painter().eval()
    loss = loss_without(painter, "first", 0, photographs, cells)
    assert loss.own > 10 and loss.own == pytest.approx(loss.elsewhere, rel=0.1)
    assert (loss.others, loss.channels, loss.pictures) == (0.0, 1, 6)
    nothing = loss_without(painter, "first", 1, photographs, cells)
    assert nothing.own == 0.0 and nothing.others == pytest.approx(loss.own)


def test_pictures_show_the_channel_and_the_colors_without_it(network, photographs):
    columns = pictures_without(network, "encoder.1", 2, photographs[:3])
    assert [heading.split(" [")[0].split(",")[0] for heading in columns] == [
        "gray", "truth", "encoder.1:2", "colors", "colors without it", "change",
    ]  # fmt: skip
    assert all(len(column) == 3 and column[0].dtype == np.uint8 for column in columns.values())
