"""The judgments of claims: every verdict comes from a table, and every way to each verdict is walked here."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from claims_by_hand import LARGE, PERCEPTUAL, SMALL, classical, cnn, grid, history, method, seeds, spread

from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.rows import grid_of
from lib.evaluation.size import Size
from lib.paper import judgments
from lib.paper.judgments import Spread

NO_NOISE, LITTLE, MUCH = (Spread({"psnr": psnr, "ssim": psnr / 10}, Size(400, 5, 3)) for psnr in (0.0, 0.01, 1.0))
SIZE = Size(pairs=1000, epochs=20, seeds=4, pictures=120)


def test_the_grid_is_sorted_and_its_last_network_stands_for_the_paper():
    table = pd.concat([grid(large=20), method(PERCEPTUAL, 25)])
    assert grid_of(table) == [cnn(1000, 20), SMALL, cnn(2000, 20), LARGE]
    assert judgments.best_of(table, ["cnn"]) == SMALL
    assert LARGE.label in judgments.judge_cnn_against_nothing(table).measured  # not the best of the test pictures


def test_differences_in_words_with_their_intervals():
    judged = judgments.compare(grid(ssim=0.6), LARGE, GRAY_COPY, ("psnr",))
    assert judged.measured == "-1.00 dB [-1.00, -1.00] on 120 pictures, 1 seed"


@pytest.mark.parametrize(
    ("ssim", "verdict"), [(0.9, "supported"), (0.1, "cannot tell")]
)  # fmt: skip
def test_psnr_and_ssim_must_agree(ssim, verdict):
    table = pd.concat([method("a", 22, ssim=ssim), method("b", 21, ssim=0.5)])
    assert judgments.compare(table, Method("a"), Method("b")).verdict == verdict


def test_the_spread_over_seeds_widens_what_two_trainings_are_judged_by():
    table = pd.concat([method("a", 22), method("b", 21)])

    def judged(deviation, seeds=3):
        return judgments.compare(table, Method("a"), Method("b"), spread=Spread(deviation, Size(400, 5, seeds)))

    assert judged({"psnr": 0.0, "ssim": 0.0}).verdict == "supported"
    wide = judged({"psnr": 1.0, "ssim": 0.0})
    assert wide.verdict == "cannot tell" and "+1.00 dB [-1.77, +3.77]" in wide.measured
    assert wide.measured.endswith(
        "on 120 pictures, 1 seed each; intervals widened by the spread over 3 seeds of trainings on 400 pairs, 5 epochs"
    )
    assert wide.size.seeds == 3  # it is judged by as many trainings
    single = judged({"psnr": np.nan, "ssim": np.nan}, 1)
    assert single.verdict == "cannot tell" and single.size.seeds == 1
    assert single.measured.startswith("+1.00 dB [+1.00, +1.00], ")
    assert single.measured.endswith("on 120 pictures, 1 seed each; one seed gives no spread over seeds")


def test_the_spread_is_that_of_gray_alone():
    found = Spread.of(seeds(0.5, 2.0), Size(400, 5, 3, 100))
    assert found.seeds == 4 and found.deviation["psnr"] == pytest.approx(np.std(0.005 * np.arange(4), ddof=1))
    assert np.isnan(Spread.of(seeds(0.5, 2.0, count=1), Size(400, 5)).deviation["psnr"])


@pytest.mark.parametrize(
    ("maps", "cnn", "verdict"),
    [
        (classical(19), grid(22), "supported"),
        (classical(23), grid(22), "not supported"),
        (classical(22), spread(grid(22), LARGE), "cannot tell"),
    ],
)
def test_the_cnn_against_classical_maps(maps, cnn, verdict):
    judged = judgments.judge_cnn_against_classical(maps, cnn)
    assert judged.verdict == verdict and judged.size == Size(2000, 30, 1, 120)
    assert ", against VIRIDIS: " in judged.measured and judged.measured.endswith("on 120 pictures, 1 seed")


def test_what_is_fitted_to_the_data_is_no_map_of_the_papers():
    maps = pd.concat([classical(19), method("gradient_fitted", 24)])
    maps.loc[maps["method"] == "opencv_bone", "psnr"] = 30.0
    assert ", against VIRIDIS: " in judgments.judge_cnn_against_classical(maps, grid()).measured


@pytest.mark.parametrize(
    ("cnn", "verdict"),
    [(grid(nothing=20), "supported"), (grid(nothing=23), "not supported"),
     (spread(grid(nothing=22), GRAY_COPY), "cannot tell")],
)  # fmt: skip
def test_the_cnn_against_doing_nothing(cnn, verdict):
    judged = judgments.judge_cnn_against_nothing(cnn)
    assert judged.verdict == verdict and judged.size == Size(2000, 30, 1, 120)
    assert judged.measured.startswith(f"{LARGE}, against a gray copy: ")


def test_the_loss_as_printed():
    assert judgments.judge_printed_loss(0.0).verdict == "cannot be as printed"
    judged = judgments.judge_printed_loss(0.5)
    assert judged.verdict == "cannot tell" and "by up to 0.5" in judged.measured


@pytest.mark.parametrize(("gain", "verdict"), [(0.4, "supported"), (-0.4, "not supported"), (0.0, "cannot tell")])
def test_the_corrected_loss(gain, verdict):
    table = pd.concat([method(GRAY_COPY, 23), method(LARGE, 21), method(PERCEPTUAL, 21 + gain)])
    table["vgg_distance"] = np.where(table["method"] == "cnn_perceptual", 0.2, 0.3)
    judged = judgments.judge_perceptual_loss(table, NO_NOISE)
    assert judged.verdict == verdict and judged.size == Size(2000, 30, 3, 120)
    assert f"{gain:+.2f} dB" in judged.measured and "-0.100 VGG distance" in judged.measured


@pytest.mark.parametrize(
    ("gain", "count", "verdict"), [(0.5, 4, "supported"), (-0.5, 4, "not supported"), (0.5, 1, "cannot tell")]
)
def test_classical_preprocessing_is_judged_by_quality(gain, count, verdict):
    judged = judgments.judge_preprocessing(seeds(gain, 2.0, count), replace(SIZE, seeds=count))
    assert judged.verdict == verdict and "inf" not in judged.measured
    words = "on 120 pictures, 4 seeds; best alone, + edges: " if count > 1 else "+0.50 dB on 120 pictures, 1 seed"
    assert words in judged.measured


@pytest.mark.parametrize(
    ("slower", "par", "verdict", "words"),
    [
        (2.0, 1.5, "not supported", "in 4 of 4 seeds, in 1.50 times [1.50, 1.50] its time"),
        (2.0, 0.5, "supported", "in 0.50 times [0.50, 0.50] its time"),  # slower by the epoch, sooner there
        (2.0, np.nan, "not supported", "not reached in any of 4 seeds"),
    ],
)
def test_classical_preprocessing_is_judged_by_the_time_to_the_same_quality(slower, par, verdict, words):
    judged = judgments.judge_efficiency(seeds(0.5, slower, par=par), SIZE)
    assert judged.verdict == verdict and words in judged.measured
    assert "an epoch takes 2.00 times [2.00, 2.00] as long, inference 2.00 times [2.00, 2.00]" in judged.measured


def test_a_score_reached_with_some_seeds_only_cannot_tell():
    table = seeds(0.5, 2.0, par=0.5)
    table.loc[table.index[-1], "seconds to par"] = np.nan
    judged = judgments.judge_efficiency(table, SIZE)
    assert judged.verdict == "cannot tell" and "in 3 of 4 seeds" in judged.measured


def test_one_seed_has_no_interval():
    judged = judgments.judge_efficiency(seeds(0.5, 2.0, count=1, par=0.5), replace(SIZE, seeds=1))
    assert judged.verdict == "cannot tell" and "in 0.50 times its time" in judged.measured


def test_the_plateau():
    epochs = np.arange(30)

    def judged(losses):
        return judgments.judge_plateau(history(losses))

    flat = judged(0.01 + 0.05 * 0.5**epochs)
    assert flat.verdict == "supported" and "0.0% of the loss's whole fall comes after epoch 20" in flat.measured
    falling = judged(0.06 - 0.001 * epochs)
    assert falling.verdict == "not supported" and "34.5% of the loss's whole fall" in falling.measured
    assert falling.size == Size(pairs=2000, epochs=30, seeds=1)
    # Little of the whole fall, yet still falling by a third: not flat.
    assert judged([1.0] + 18 * [0.031] + [0.03] + 10 * [0.02]).verdict == "not supported"
    rising = judged([1.0] + 19 * [0.03] + 10 * [0.04])
    assert rising.verdict == "not supported" and "to epoch 30 it rises by 33% (1 seed" in rising.measured
    short = judged(0.06 - 0.001 * epochs[:9])
    assert short.verdict == "cannot tell" and short.size.epochs == 9
    assert short.measured == "MSE alone: the loss falls by 13% from epoch 1 to epoch 9, 1 seed"


@pytest.mark.parametrize(
    ("table", "noise", "verdict"),
    [
        (grid(22, 21), LITTLE, "supported"),
        (grid(21, 22), LITTLE, "not supported"),
        (grid(22, 21, ssim=0.5), LITTLE, "cannot tell"),  # more dB, the same SSIM
        (grid(22, 21), MUCH, "cannot tell"),
    ],
)
def test_more_pairs(table, noise, verdict):
    judged = judgments.judge_more_pairs(table, noise)
    assert judged.verdict == verdict and judged.measured.startswith(f"{LARGE}, against {SMALL}: ")
    assert judged.size == Size(1000, 30, 3, 120)  # the smaller of the two trainings


def test_one_number_of_pairs_cannot_tell():
    networks = [method(cnn(500, 6), 20), method(cnn(500, 9), 21)]
    assert judgments.judge_more_pairs(pd.concat([method(GRAY_COPY, 23), *networks]), LITTLE).verdict == "cannot tell"


@pytest.mark.parametrize(("ratio", "verdict"), [(0.5, "supported"), (1.5, "not supported"), (1.0, "cannot tell")])
def test_saturation(ratio, verdict):
    judged = judgments.judge_saturation(grid(ratio=ratio))
    assert judged.verdict == verdict
    words = f"{ratio:.2f} [{ratio:.2f}, {ratio:.2f}] of the truth's colorfulness on 120 pictures, 1 seed"
    assert judged.measured == f"{LARGE}: {words}"


def films(ratio, cost, count=20):
    """As `scores_of_film` leaves them: frame by frame, and consistent films that flicker so much less."""
    spread = np.linspace(-0.01, 0.01, count)
    alone = pd.DataFrame({"method": "frame_by_frame", "film_warping": 5.0 + spread, "film_gain": 1.0 + spread})
    ours = alone.assign(method="consistent", film_warping=ratio * 5.0, film_gain=1.0 + spread[::-1] + cost)
    return pd.concat([alone, ours], ignore_index=True).assign(settings="{}")


@pytest.mark.parametrize(
    ("ratio", "cost", "verdict"),
    [
        (0.1, 0.0, "supported"),
        (0.1, -0.2, "not supported"),
        (0.5, 0.0, "not supported"),
        (0.25, 0.1, "cannot tell"),
    ],
)
def test_films_are_to_be_steady_and_as_accurate(ratio, cost, verdict):
    judged = judgments.judge_films(films(ratio, cost))
    assert judged.verdict == verdict and judged.size == Size(films=20)
    assert f"ratio to frame by frame {ratio:.2f} [" in judged.measured and judged.measured.endswith(", on 20 films")


def test_few_films_or_gray_ones_tell_nothing():
    assert judgments.judge_films(films(0.1, 0.0, 3)).verdict == "cannot tell"
    gray = films(0.1, 0.0).assign(film_warping=np.nan)
    assert judgments.judge_films(gray).measured == "Some films are gray: no flicker to compare, on 20 films"
