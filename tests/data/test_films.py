"""Films with known motion: their flow is exact, what is covered is known, and so is what happens."""

import numpy as np
import pytest

from lib.classical.flow import warp
from lib.data.films import films_over
from lib.data.locations import describe_source
from lib.data.pairs import make_pairs
from lib.data.scenes.films import Events, make_film, rendered_film
from lib.data.scenes.rendering import render_scene, scene_name
from lib.evaluation.temporal import estimated_motion

SIDE, COUNT = 96, 16


@pytest.fixture(scope="module")
def film():
    return rendered_film(3, SIDE, COUNT, shots=2)


def errors_along(film, frame, other):
    """The squared error of a frame's RGB, in levels, against the other frame along the exact flow, and what is seen."""
    flow, is_seen = film.motion(frame, other)
    warped = warp(np.moveaxis(film.frames[other], -1, 0), flow)
    return ((warped - np.moveaxis(film.frames[frame], -1, 0)) ** 2).mean(0), is_seen


def test_the_seed_determines_the_film(film):
    again = rendered_film(3, SIDE, COUNT, shots=2)
    assert np.array_equal(film.frames, again.frames)
    assert film.frames.shape == (2 * COUNT, SIDE, SIDE, 3) and film.frames.dtype == np.uint8
    assert np.abs(film.frames.astype(int) - rendered_film(4, SIDE, COUNT, shots=2).frames).mean() > 5


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("distance", [1, -1, 5])
def test_warping_along_the_exact_flow_gives_the_frame(seed, distance):
    film = rendered_film(seed, SIDE, COUNT)
    for frame in (6, 9):
        error, is_seen = errors_along(film, frame, frame - distance)
        still = np.mean((film.frames[frame].astype(float) - film.frames[frame - distance]) ** 2, -1)
        assert is_seen.mean() > 0.5
        assert error[is_seen].mean() < 0.05 * still[is_seen].mean()  # beside what the interpolation blurs


def test_what_the_thing_covers_is_not_seen(film):
    error, is_seen = errors_along(film, 8, 6)
    flow, _ = film.motion(8, 6)
    bare = rendered_film(3, SIDE, COUNT, shots=2, events=Events(thing=False))
    bare_flow, bare_seen = bare.motion(8, 6)
    is_thing = np.abs(flow - bare_flow).max(-1) > 1e-3
    covered = bare_seen & ~is_seen & ~is_thing
    assert 0.05 < is_thing.mean() < 0.2 and covered.mean() > 0.01
    assert error[covered].mean() > 20 * error[is_seen].mean()
    speed = flow[is_thing]
    assert np.ptp(speed, axis=0).max() < 1e-3 and np.abs(speed[0, 0]) > 5  # it moves as a whole


def test_the_thing_uncovers_what_was_behind(film):
    bare = rendered_film(3, SIDE, COUNT, shots=2, events=Events(thing=False))
    is_thing = [(film.frames[t] != bare.frames[t]).any(-1) for t in range(COUNT)]
    assert not is_thing[0].any() and not is_thing[-1].any()  # it comes from outside and leaves
    assert is_thing[COUNT // 2].mean() > 0.08


def test_shots_begin_where_they_are_said_to(film):
    assert film.begins == (0, COUNT)
    jumps = np.abs(np.diff(film.luma.astype(int), axis=0)).mean((1, 2))
    assert jumps.argmax() == COUNT - 1 and jumps[COUNT - 1] > 3 * np.median(jumps)
    flow, is_seen = film.motion(COUNT, COUNT - 1)
    assert not is_seen.any() and not flow.any()


def test_flash_fade_and_grain():
    plain = rendered_film(1, SIDE, COUNT)
    made = rendered_film(1, SIDE, COUNT, events=Events(flash=5, fade=4, grain=3.0)).frames.astype(float)
    light = made.mean((1, 2, 3))
    assert light[5] > 150 and light[5] > 1.5 * light[4]
    assert (np.diff(light[-5:]) < 0).all() and light[-1] < 4
    noise = made[2] - plain.frames[2]
    inside = (plain.frames[2] > 12).all(-1) & (plain.frames[2] < 243).all(-1)
    assert noise[inside].std() == pytest.approx(3, rel=0.1)
    assert np.abs(noise[inside] - noise[inside][:, :1]).max() <= 1  # gray, to rounding
    other = made[3] - plain.frames[3]
    assert abs(np.corrcoef(noise[..., 0].ravel(), other[..., 0].ravel())[0, 1]) < 0.1


def test_the_callers_picture_is_shown():
    red = np.full((80, 120, 3), (200, 30, 30), np.uint8)
    film = make_film([red], (48, 64), 4, 0, Events(thing=False))
    assert film.frames.shape == (4, 48, 64, 3)
    assert np.abs(film.frames.astype(int) - (200, 30, 30)).max() <= 1
    assert make_film([render_scene(0, 200)], (48, 64), 1, 0).begins == (0,)


def test_luma_and_chroma_are_the_frames(film):
    assert film.luma.shape == (2 * COUNT, SIDE, SIDE) and film.luma.dtype == np.uint8
    assert film.chroma.shape == (2 * COUNT, 2, SIDE, SIDE) and np.abs(film.chroma).max() <= 0.5
    red, green, blue = film.frames[0, 0, 0] / 255
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    assert film.luma[0, 0, 0] == pytest.approx(255 * luma, abs=0.6)
    assert film.chroma[0, :, 0, 0] == pytest.approx([(blue - luma) / 1.772, (red - luma) / 1.402], abs=1e-5)


@pytest.mark.parametrize("distance", [1, 10])
def test_estimated_motion_is_near_the_exact_one(distance):
    film = rendered_film(1, 160, 12)
    estimated, is_consistent = estimated_motion(film.luma)(11, 11 - distance)
    exact, is_seen = film.motion(11, 11 - distance)
    missed = np.linalg.norm(estimated - exact, axis=-1)[is_consistent & is_seen]
    assert is_consistent.mean() > 0.3 and np.median(missed) < 1
    assert (is_consistent & ~is_seen).mean() < 0.06


def test_films_are_made_over_pictures_and_over_the_sample_photographs():
    names = [scene_name(seed) for seed in (3, 4)]
    color = np.stack([render_scene(seed, 32) for seed in (3, 4)])
    gray, splits = color[..., 1], np.array(["test"] * 2)
    rendered = films_over(make_pairs("s", describe_source("scenes"), names, gray, color, splits), 1, 64, 3, 0)
    assert list(rendered) == [names[0], "coffee", "chelsea", "astronaut", "rocket", "motorcycle_left"]
    assert all(film.frames.shape == (3, 64, 64, 3) for film in rendered.values())
    others = films_over(make_pairs("s", "photographs", names, gray, color, splits), 2, 64, 3, 0)
    assert len(others) == 7 and not films_over(
        make_pairs("s", "p", names, gray, color, splits), 0, 32, 2, 0
    ).keys() & set(names)
    sharp, soft = (np.abs(np.diff(films[names[0]].luma[0].astype(int))).mean() for films in (rendered, others))
    assert sharp > 1.1 * soft  # a scene is rendered anew, a photograph is enlarged
