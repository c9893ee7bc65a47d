"""Shots: cuts are found, flashes and fades are none, and the ways from frame to frame are those of the film."""

from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from lib.colorize.shots import LONGEST_FLASH, linked
from lib.data.scenes.films import Events, make_film, rendered_film

CELL = 4


def begins(links):
    return [number for number, link in enumerate(links) if link.begins]


@pytest.fixture(scope="module")
def film():
    return rendered_film(3, side=96, count=8, shots=3, events=Events(grain=2))


def test_a_shot_begins_at_each_cut_and_nowhere_else(film):
    links = list(linked(film.luma, CELL))
    assert begins(links) == [0, 8, 16] == list(film.begins)
    assert not any(link.is_flash for link in links)
    assert [link.back is None for link in links] == [link.ahead is None for link in links]
    assert [number for number, link in enumerate(links) if link.back is None] == [0, 8, 16]


def test_a_cut_between_photographs_is_found():
    pictures = [data.coffee(), data.chelsea(), data.astronaut(), data.rocket()]
    film = make_film(pictures, (96, 128), 5, seed=1)
    assert begins(linked(film.luma, CELL)) == [0, 5, 10, 15]


def test_a_fade_to_black_is_no_cut():
    film = rendered_film(1, side=96, count=20, events=Events(fade=10))
    assert film.luma[-1].mean() < 0.2 * film.luma[0].mean()
    assert begins(linked(film.luma, CELL)) == [0]


@pytest.mark.parametrize("length", range(1, LONGEST_FLASH + 1))
def test_a_shot_goes_on_after_a_flash(length):
    luma = rendered_film(1, side=96, count=12).luma
    luma[4 : 4 + length] = 250
    links = list(linked(luma, CELL))
    assert begins(links) == [0]
    assert [number for number, link in enumerate(links) if link.is_flash] == list(range(4, 4 + length))
    assert links[3 + length].back is None and links[4 + length].back is not None


def test_what_is_longer_than_a_flash_is_a_shot():
    luma = rendered_film(1, side=96, count=14).luma
    luma[4 : 5 + LONGEST_FLASH] = 250
    assert begins(linked(luma, CELL)) == [0, 4, 5 + LONGEST_FLASH]


def test_without_looking_ahead_a_flash_is_a_shot():
    luma = rendered_film(1, side=96, count=12).luma
    luma[4] = 250
    taken = []
    links = linked((taken.append(view) or view for view in luma), CELL, longest_flash=0)
    for number, link in enumerate(links, 1):
        assert len(taken) <= number + 1
        assert not link.is_flash and link.begins == (number - 1 in (0, 4, 5))


def test_no_shot_goes_on_through_black():
    film = rendered_film(3, side=96, count=6, shots=2)
    luma = np.concatenate([film.luma[:6], np.full((4, 96, 96), 16, np.uint8), film.luma[6:]])
    assert begins(linked(luma, CELL)) == [0, 6, 10]


def test_grain_on_black_is_no_cut():
    rng = np.random.default_rng(0)
    luma = np.clip(16 + 3 * rng.standard_normal((6, 96, 96)), 0, 255).astype(np.uint8)
    assert begins(linked(luma, CELL)) == [0]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_very_short_films(film, count):
    assert begins(linked(film.luma[:count], CELL)) == [0][:count]


def test_the_ways_are_those_of_the_film():
    film = rendered_film(5, side=160, count=40, events=Events(thing=False))
    link = list(linked(film.luma[:2], CELL))[1]
    for step, motion in ((link.back, film.motion(1, 0)), (link.ahead, film.motion(0, 1))):
        exact = motion[0].reshape(40, CELL, 40, CELL, 2).mean((1, 3)) / CELL
        assert step.flow.shape == (40, 40, 2) and step.share.shape == (40, 40)
        assert np.median(np.abs(step.flow - exact)) < 0.05 < np.abs(exact).max()
        assert step.share.mean() > 0.9


def test_what_is_covered_has_no_way():
    events = Events(thing=True)
    film = rendered_film(2, side=96, count=16, events=events)
    exact = np.mean([film.motion(t, t - 1)[1].mean() for t in range(1, 16)])
    shares = [link.back.share.mean() for link in linked(film.luma, CELL) if link.back]
    still = [
        link.back.share.mean()
        for link in linked(rendered_film(2, 96, 16, 1, replace(events, thing=False)).luma, 4)
        if link.back
    ]
    assert exact < 1 and np.mean(shares) < np.mean(still)
