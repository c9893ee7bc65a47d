"""The ledger: every verdict comes from a table, and every way to each verdict is walked here."""

import numpy as np
import pandas as pd
import pytest

from lib.common.files import write_json
from lib.evaluation.metrics import psnr_of
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.rows import grid_of
from lib.paper import claims
from lib.workbook.records.reader import load_run

NOISE = np.random.default_rng(0).normal(0, 0.3, 20)
VERDICTS = {"supported", "not supported", "cannot tell", "cannot be as printed"}
NO_NOISE, LITTLE, MUCH = ({"psnr": psnr, "ssim": psnr / 10} for psnr in (0.0, 0.01, 1.0))


def cnn(pairs, epochs):
    return Method("cnn", {"pairs": pairs, "epochs": epochs})


LARGE, SMALL = cnn(2000, 30), cnn(1000, 30)
PERCEPTUAL = Method("cnn_perceptual", {"pairs": 2000, "epochs": 30, "perceptual_weight": 0.05})


def method(kind, psnr, ssim=None, ratio=0.5, **columns):
    """Twenty pictures of a made-up method: a mean PSNR, and what else a table of `evaluate` holds.

    Without a value of its own SSIM goes with PSNR.
    """
    ssim = (psnr + NOISE) / 50 if ssim is None else ssim
    mse = 10 ** (-(psnr + NOISE) / 10)
    kind = Method.of(kind)
    table = {"method": kind.name, "settings": kind.settings_text, "label": kind.label}
    table |= {"name": [f"p{i}" for i in range(20)], "mse": mse, "psnr": psnr_of(mse), "ssim": ssim}
    table |= {"colorfulness": 40 * ratio, "colorfulness_truth": 40.0, "pixels": 100.0, "ciede2000": 9.0}
    for space, channels in (("rgb", 3), ("chroma", 2)):
        table[f"{space}_error"] = 100 * mse
        table |= {f"{space}_sum{c}": 50.0 for c in range(channels)}
        table |= {f"{space}_square{c}": 30.0 for c in range(channels)}
    return pd.DataFrame(table | columns)


def grid(large=22.0, small=21.0, nothing=23.0, **options):
    """The table of notebook 02: a gray copy, and the network at two sizes of the training set."""
    parts = [method(GRAY_COPY, nothing, ratio=0), method(SMALL, small, **options), method(LARGE, large, **options)]
    return pd.concat([*parts, method(cnn(2000, 20), large - 0.5), method(cnn(1000, 20), 19)])


def classical(best=19.0):
    rest = [
        method(name, 8) for name in ("opencv_jet", "opencv_turbo", "opencv_hot", "opencv_bone", "gradient_hand_made")
    ]
    return pd.concat([method("opencv_viridis", best), method("intensity_rules", best - 1), *rest])


def spread(table, name):
    """One method's PSNR scattered so far that no interval is clear."""
    table = table.copy()
    own = table["label"] == name.label
    table.loc[own, "psnr"] += 5 * np.random.default_rng(1).permutation(np.linspace(-1, 1, 20))
    return table


def test_the_grid_is_sorted_and_its_last_network_stands_for_the_paper():
    table = pd.concat([grid(large=20), method(PERCEPTUAL, 25)])
    assert grid_of(table) == [cnn(1000, 20), SMALL, cnn(2000, 20), LARGE]
    assert claims.best_of(table, ["cnn"]) == SMALL
    assert LARGE.label in claims.judge_cnn_against_nothing(table)[1]  # not the best of the test pictures


def test_differences_in_words_with_their_intervals():
    words, _ = claims.compare(grid(ssim=0.6), LARGE, GRAY_COPY, ("psnr",))
    assert words == "-1.00 dB [-1.00, -1.00]"


@pytest.mark.parametrize(
    ("ssim", "verdict"), [(0.9, "supported"), (0.1, "cannot tell")]
)  # fmt: skip
def test_psnr_and_ssim_must_agree(ssim, verdict):
    table = pd.concat([method("a", 22, ssim=ssim), method("b", 21, ssim=0.5)])
    assert claims.compare(table, Method("a"), Method("b"))[1] == verdict


def test_the_spread_over_seeds_widens_what_two_trainings_are_judged_by():
    table = pd.concat([method("a", 22), method("b", 21)])
    assert claims.compare(table, Method("a"), Method("b"), noise=NO_NOISE)[1] == "supported"
    words, result = claims.compare(table, Method("a"), Method("b"), noise={"psnr": 1.0, "ssim": 0.0})
    assert result == "cannot tell" and "+1.00 dB [-1.77, +3.77]" in words
    assert (
        claims.compare(table, Method("a"), Method("b"), noise={"psnr": np.nan, "ssim": np.nan})[1] == "cannot tell"
    )  # one seed


@pytest.mark.parametrize(
    ("maps", "cnn", "verdict"),
    [
        (classical(19), grid(22), "supported"),
        (classical(23), grid(22), "not supported"),
        (classical(22), spread(grid(22), LARGE), "cannot tell"),
    ],
)
def test_the_cnn_against_classical_maps(maps, cnn, verdict):
    paper, measured, result = claims.judge_cnn_against_classical(maps, cnn)
    assert result == verdict
    assert ", against VIRIDIS: " in measured and "23.14 dB" in paper


def test_what_is_fitted_to_the_data_is_no_map_of_the_papers():
    maps = pd.concat([classical(19), method("gradient_fitted", 24)])
    maps.loc[maps["method"] == "opencv_bone", "psnr"] = 30.0
    assert ", against VIRIDIS: " in claims.judge_cnn_against_classical(maps, grid())[1]


@pytest.mark.parametrize(
    ("cnn", "verdict"),
    [(grid(nothing=20), "supported"), (grid(nothing=23), "not supported"),
     (spread(grid(nothing=22), GRAY_COPY), "cannot tell")],
)  # fmt: skip
def test_the_cnn_against_doing_nothing(cnn, verdict):
    _, measured, result = claims.judge_cnn_against_nothing(cnn)
    assert result == verdict and measured.startswith(f"{LARGE}, against a gray copy: ")


def test_a_network_trained_on_less_than_the_papers_is_marked():
    remark = "trained on less than the paper's network"
    small = pd.concat([method(GRAY_COPY, 23), method(cnn(400, 30), 20)])
    assert claims.judge_cnn_against_nothing(small)[1].endswith(remark)
    assert claims.budget(cnn(1000, 9)).endswith(remark)
    assert remark not in claims.judge_cnn_against_nothing(grid())[1]


def test_the_loss_as_printed():
    assert claims.judge_printed_loss(0.0)[2] == "cannot be as printed"
    _, measured, result = claims.judge_printed_loss(0.5)
    assert result == "cannot tell" and "by up to 0.5" in measured


@pytest.mark.parametrize(("gain", "verdict"), [(0.4, "supported"), (-0.4, "not supported"), (0.0, "cannot tell")])
def test_the_corrected_loss(gain, verdict):
    table = pd.concat([method(GRAY_COPY, 23), method(LARGE, 21), method(PERCEPTUAL, 21 + gain)])
    table["vgg_distance"] = np.where(table["method"] == "cnn_perceptual", 0.2, 0.3)
    _, measured, result = claims.judge_perceptual_loss(table, NO_NOISE)
    assert result == verdict
    assert f"{gain:+.2f} dB" in measured and "-0.100 VGG distance" in measured


def seeds(gain, slower, count=4, par=None):
    """Gray alone, one filter and all of them; `par` is when all of them reach gray alone, in its own times."""
    noise = 0.05 * np.arange(count)
    rows = []
    for variant, more, times in (("gray alone", 0, 1), ("+ edges", 0.05, 1.1), ("+ all of them", gain, slower)):
        for s in range(count):
            psnr = 20 + more + noise[s] * (more + 0.1)
            row = {"variant": variant, "seed": s, "psnr": psnr, "ssim": psnr / 50, "inference s": 0.01 * times}
            to_par = 10 + s if variant == "gray alone" else (10 + s) * (slower if par is None else par)
            rows.append(row | {"training s": times * (10 + s), "seconds to par": to_par})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("gain", "count", "verdict"), [(0.5, 4, "supported"), (-0.5, 4, "not supported"), (0.5, 1, "cannot tell")]
)
def test_classical_preprocessing_is_judged_by_quality(gain, count, verdict):
    _, measured, result = claims.judge_preprocessing(seeds(gain, 2.0, count))
    assert result == verdict
    assert f"over {count} seeds; best alone, + edges: " in measured or count == 1
    assert "inf" not in measured


@pytest.mark.parametrize(
    ("slower", "par", "verdict", "words"),
    [
        (2.0, 1.5, "not supported", "in 1.50 times its time"),
        (2.0, 0.5, "supported", "in 0.50 times its time"),  # slower by the epoch, sooner there
        (2.0, np.nan, "not supported", "was not reached in any of 4 seeds"),
    ],
)
def test_classical_preprocessing_is_judged_by_the_time_to_the_same_quality(slower, par, verdict, words):
    _, measured, result = claims.judge_efficiency(seeds(0.5, slower, par=par))
    assert result == verdict and words in measured
    assert "an epoch takes 2.00 times as long, inference 2.00 times" in measured


def test_a_score_reached_with_some_seeds_only_cannot_tell():
    table = seeds(0.5, 2.0, par=0.5)
    table.loc[table.index[-1], "seconds to par"] = np.nan
    _, measured, result = claims.judge_efficiency(table)
    assert result == "cannot tell" and "in 3 of 4 seeds" in measured


def history(losses):
    short = pd.DataFrame({"pairs": 1000, "epoch": [1, 2], "loss": [0.1, 0.2]})
    return pd.concat([short, pd.DataFrame({"pairs": 2000, "epoch": range(1, len(losses) + 1), "loss": losses})])


def test_the_plateau():
    epochs = np.arange(30)

    def judged(losses):
        return claims.judge_plateau(history(losses))[1:]

    measured, verdict = judged(0.01 + 0.05 * 0.5**epochs)
    assert verdict == "supported" and "0.0% of the loss's whole fall comes after epoch 20" in measured
    measured, verdict = judged(0.06 - 0.001 * epochs)
    assert verdict == "not supported" and "34.5% of the loss's whole fall" in measured
    # Little of the whole fall, yet still falling by a third: not flat.
    assert judged([1.0] + 18 * [0.031] + [0.03] + 10 * [0.02])[1] == "not supported"
    measured, verdict = judged(0.06 - 0.001 * epochs[:9])
    assert verdict == "cannot tell" and measured.startswith("Only 9 epochs were trained")


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
    _, measured, result = claims.judge_more_pairs(table, noise)
    assert result == verdict and measured.startswith(f"{LARGE}, against {SMALL}: ")


def test_one_number_of_pairs_cannot_tell():
    networks = [method(cnn(500, 6), 20), method(cnn(500, 9), 21)]
    assert claims.judge_more_pairs(pd.concat([method(GRAY_COPY, 23), *networks]), LITTLE)[2] == "cannot tell"


@pytest.mark.parametrize(("ratio", "verdict"), [(0.5, "supported"), (1.5, "not supported"), (1.0, "cannot tell")])
def test_saturation(ratio, verdict):
    _, measured, result = claims.judge_saturation(grid(ratio=ratio))
    assert result == verdict
    assert measured == f"{LARGE}: {ratio:.2f} [{ratio:.2f}, {ratio:.2f}] of the truth's colorfulness"


# --- the whole ledger


@pytest.fixture
def run(tmp_path):
    """A run's folder; call it with notebooks and their tables."""

    def leave(**notebooks):
        for stem, tables in notebooks.items():
            folder = tmp_path / stem[1:]
            folder.mkdir()
            for name, table in tables.items():
                table.to_csv(folder / f"{name}.csv", index=False)
            write_json(folder / "results.json", {"artifacts": {"printed_gradient_change": 0.0}})
        return load_run(tmp_path)

    return leave


def test_a_whole_run_judges_every_claim(run):
    perceptual = pd.concat([grid(), method(PERCEPTUAL, 22.5)]).assign(vgg_distance=0.3)
    whole = run(
        n01_classical_mapping={"per_image": classical()},
        n02_baseline_cnn={"per_image": grid(), "history": history(0.06 - 0.001 * np.arange(30))},
        n03_perceptual_loss={"per_image": perceptual[perceptual["label"] != SMALL.label]},
    )
    ledger = claims.ledger(whole, seeds(0.5, 2.0))
    assert len({entry["claim"] for entry in ledger}) == len(ledger) == 9
    assert {entry["verdict"] for entry in ledger} <= VERDICTS
    assert all(entry["measured"] and entry["paper"] for entry in ledger)
    assert not any(entry["measured"].startswith("Not measured") for entry in ledger)


def test_a_claim_whose_notebook_is_missing_stands_there_with_the_reason(run):
    ledger = claims.ledger(run(n02_baseline_cnn={"per_image": grid()}), seeds(0.5, 2.0))
    assert len(ledger) == 9
    verdicts = {entry["claim"]: (entry["verdict"], entry["measured"]) for entry in ledger}
    assert verdicts["The CNN outperforms heuristic color mapping"] == (
        "cannot tell", "Not measured in this run: 01_classical_mapping left no results on these pictures"
    )  # fmt: skip
    assert verdicts["The perceptual loss, as printed, enhances accuracy"][0] == "cannot tell"
    assert verdicts["The CNN's scores show that it colors well"][0] == "not supported"


def test_what_sweeps_have_judged_replaces_single_trainings_and_adds_claims(run):
    own = run(n02_baseline_cnn={"per_image": grid()})
    alone = claims.ledger(own, seeds(0.5, 2.0))
    over_seeds = [
        {"claim": name, "paper": "p", "measured": "over 5 seeds", "verdict": "not supported"}
        for name in ("More pairs beat fewer", "A claim of one's own")
    ]
    judged = claims.ledger(own, seeds(0.5, 2.0), over_seeds)
    assert [e["claim"] for e in judged] == [e["claim"] for e in alone] + ["A claim of one's own"]
    assert (
        judged[-1] == over_seeds[1]
        and judged[[e["claim"] for e in alone].index("More pairs beat fewer")] == over_seeds[0]
    )
    assert [e for e in judged if e not in over_seeds] == [e for e in alone if e["claim"] != "More pairs beat fewer"]


def test_pictures_may_be_called_what_they_like(run):
    named = grid().assign(name=lambda t: t["name"].replace({"p0": "NA", "p1": "001"}))
    table = claims.read_table(run(n02_baseline_cnn={"per_image": named}), "02_baseline_cnn")
    assert {"NA", "001"} <= set(table["name"])


def test_the_papers_table_stands_as_rows():
    rows = claims.paper_rows()
    assert len(rows) == 8 and set(rows["method"]) == {"paper"}
    assert rows[["n", "low", "high"]].isna().all(axis=None)
    (value,) = rows[(rows["label"] == "paper: CNN, fine-tuned") & (rows["metric"] == "psnr")]["value"]
    assert value == 23.14


def test_the_table_of_claims_is_shown_whole():
    sentence = "A long sentence, " * 20
    html = claims.claims_table([{"claim": "c", "paper": "p", "measured": sentence, "verdict": "cannot tell"}]).to_html()
    assert sentence in html and "font-weight: bold" in html
