"""The ledger: every verdict comes from a table, and every way to each verdict is walked here."""

import numpy as np
import pandas as pd
import pytest

from lib import claims
from lib.files import write_json
from lib.metrics import psnr_of
from lib.results import load_run

NOISE = np.random.default_rng(0).normal(0, 0.3, 20)
LARGE, SMALL = "CNN, 2000 pairs, 30 epochs", "CNN, 1000 pairs, 30 epochs"


def method(name, psnr, ssim=0.5, ratio=0.5, **columns):
    """Twenty pictures of a made-up method: a mean PSNR, and what else a table of `evaluate` holds."""
    mse = 10 ** (-(psnr + NOISE) / 10)
    table = {"method": name, "name": [f"p{i}" for i in range(20)], "mse": mse, "psnr": psnr_of(mse), "ssim": ssim}
    table |= {"colorfulness": 40 * ratio, "colorfulness_truth": 40.0, "pixels": 100.0, "ciede2000": 9.0}
    for space, channels in (("rgb", 3), ("chroma", 2)):
        table[f"{space}_error"] = 100 * mse
        table |= {f"{space}_sum{c}": 50.0 for c in range(channels)}
        table |= {f"{space}_square{c}": 30.0 for c in range(channels)}
    return pd.DataFrame(table | columns)


def grid(large=22.0, small=21.0, nothing=23.0, **options):
    """The table of notebook 02: a gray copy, and the network at two sizes of the training set."""
    parts = [method("gray copy", nothing, ratio=0), method(SMALL, small, **options), method(LARGE, large, **options)]
    return pd.concat(
        [*parts, method("CNN, 2000 pairs, 20 epochs", large - 0.5), method("CNN, 1000 pairs, 20 epochs", 19)]
    )


def classical(best=19.0):
    rest = [method(name, 8) for name in ("JET", "TURBO", "HOT", "BONE")]
    return pd.concat([method("VIRIDIS", best), method("intensity rules", best - 1), *rest])


def spread(table, name):
    """One method's PSNR scattered so far that no interval is clear."""
    table = table.copy()
    own = table["method"] == name
    table.loc[own, "psnr"] += 5 * np.random.default_rng(1).permutation(np.linspace(-1, 1, 20))
    return table


def test_best_of_takes_the_highest_mean():
    assert claims.best_of(grid(), [SMALL, LARGE]) == LARGE
    assert claims.best_of(grid(large=20), claims.networks_in(grid())) == SMALL
    assert claims.networks_in(pd.concat([grid(), method("CNN + perceptual, 2000 pairs", 25)])) == [
        SMALL, LARGE, "CNN, 2000 pairs, 20 epochs", "CNN, 1000 pairs, 20 epochs"
    ]  # fmt: skip


def test_in_words_gives_differences_with_their_intervals():
    words = claims.in_words(grid(ssim=0.6), LARGE, "gray copy", ("psnr", "ssim"))
    assert words == "-1.00 dB [-1.00, -1.00], +0.100 SSIM [+0.100, +0.100]"


@pytest.mark.parametrize(
    ("maps", "cnn", "verdict"),
    [
        (classical(19), grid(22), "supported"),
        (classical(23), grid(22), "not supported"),
        (classical(22), spread(grid(22), LARGE), "cannot tell"),
    ],
)
def test_the_cnn_against_classical_maps(maps, cnn, verdict):
    entry = claims.judge_cnn_against_classical(maps, cnn)
    assert entry["verdict"] == verdict
    assert set(entry) == {"claim", "paper", "measured", "verdict"}
    assert "against VIRIDIS: " in entry["measured"] and "23.14 dB" in entry["paper"]


def test_bone_is_no_map_of_the_papers_and_no_rival():
    maps = pd.concat([classical(19), method("custom gradient (fitted)", 20)])
    maps.loc[maps["method"] == "BONE", "psnr"] = 30.0
    assert "against custom gradient (fitted)" in claims.judge_cnn_against_classical(maps, grid())["measured"]


@pytest.mark.parametrize(
    ("cnn", "verdict"),
    [(grid(nothing=20), "supported"), (grid(nothing=23), "not supported"),
     (spread(grid(nothing=22), "gray copy"), "cannot tell")],
)  # fmt: skip
def test_the_cnn_against_doing_nothing(cnn, verdict):
    entry = claims.judge_cnn_against_nothing(cnn)
    assert entry["verdict"] == verdict and entry["measured"].startswith(f"{LARGE} against a gray copy: ")


def test_the_loss_as_printed():
    assert claims.judge_printed_loss(0.0)["verdict"] == "cannot be as printed"
    changed = claims.judge_printed_loss(0.5)
    assert changed["verdict"] == "cannot tell" and "by up to 0.5" in changed["measured"]


@pytest.mark.parametrize(
    ("gain", "verdict"), [(0.4, "supported"), (-0.4, "not supported"), (0.0, "cannot tell")]
)  # fmt: skip
def test_the_corrected_loss(gain, verdict):
    table = pd.concat([method("gray copy", 23), method(LARGE, 21), method("CNN + perceptual, 2000 pairs", 21 + gain)])
    table["vgg_distance"] = np.where(table["method"].str.contains("perceptual"), 0.2, 0.3)
    entry = claims.judge_perceptual_loss(table)
    assert entry["verdict"] == verdict
    assert f"{gain:+.2f} dB" in entry["measured"] and "-0.100 VGG distance" in entry["measured"]


def seeds(gain, slower, count=4):
    noise = 0.05 * np.arange(count)
    rows = []
    for variant, more, times in (("gray alone", 0, 1), ("+ edges", 0.05, 1.1), ("+ all of them", gain, slower)):
        rows += [
            {"variant": variant, "seed": s, "psnr": 20 + more + noise[s] * (more + 0.1), "training s": 10 * times + 0.1 * s,
             "inference s": 0.01 * times}
            for s in range(count)
        ]  # fmt: skip
    table = pd.DataFrame(rows)
    from lib.experiments import paired_over_seeds

    return table, paired_over_seeds(table, "psnr", "gray alone")


@pytest.mark.parametrize(
    ("gain", "slower", "count", "verdicts"),
    [
        (0.5, 2.0, 4, ["supported", "not supported"]),
        (-0.5, 0.5, 4, ["not supported", "supported"]),
        (0.5, 2.0, 1, ["cannot tell", "cannot tell"]),  # one seed has no interval
    ],
)
def test_classical_preprocessing_is_judged_by_quality_and_cost(gain, slower, count, verdicts):
    quality, cost = claims.judge_preprocessing(*seeds(gain, slower, count))
    assert [quality["verdict"], cost["verdict"]] == verdicts
    assert f"over {count} seeds; best alone, + edges: " in quality["measured"]
    assert f"Training takes {slower:.2f} times as long" in cost["measured"]
    assert f"inference {slower:.2f} times" in cost["measured"]


def history(losses):
    short = pd.DataFrame({"pairs": 1000, "epoch": [1, 2], "loss": [0.1, 0.2]})
    return pd.concat([short, pd.DataFrame({"pairs": 2000, "epoch": range(1, len(losses) + 1), "loss": losses})])


def test_the_plateau():
    epochs = np.arange(30)
    flat = claims.judge_plateau(history(0.01 + 0.05 * 0.5**epochs))
    assert flat["verdict"] == "supported" and flat["measured"].startswith("0.0% of the loss's whole fall")
    falling = claims.judge_plateau(history(0.06 - 0.001 * epochs))
    assert falling["verdict"] == "not supported" and falling["measured"].startswith("34.5% of")
    # Little of the whole fall, yet still falling by a third: not flat.
    assert claims.judge_plateau(history([1.0] + 18 * [0.031] + [0.03] + 10 * [0.02]))["verdict"] == "not supported"
    few = claims.judge_plateau(history(0.06 - 0.001 * epochs[:9]))
    assert few["verdict"] == "cannot tell" and few["measured"].startswith("Only 9 epochs were trained")


@pytest.mark.parametrize(
    ("table", "verdict"),
    [(grid(22, 21), "supported"), (grid(21, 22), "not supported"), (spread(grid(22, 22), LARGE), "cannot tell")],
)
def test_more_pairs(table, verdict):
    entry = claims.judge_more_pairs(table)
    assert entry["verdict"] == verdict and entry["measured"].startswith(f"{LARGE} against {SMALL}: ")


def test_one_number_of_pairs_cannot_tell():
    one = pd.concat(
        [method("gray copy", 23), method("CNN, 500 pairs, 6 epochs", 20), method("CNN, 500 pairs, 9 epochs", 21)]
    )
    assert claims.judge_more_pairs(one)["verdict"] == "cannot tell"


@pytest.mark.parametrize(("ratio", "verdict"), [(0.5, "supported"), (1.5, "not supported"), (1.0, "cannot tell")])
def test_saturation(ratio, verdict):
    entry = claims.judge_saturation(grid(ratio=ratio))
    assert entry["verdict"] == verdict
    assert entry["measured"] == f"{LARGE}: {ratio:.2f} [{ratio:.2f}, {ratio:.2f}] of the truth's colourfulness"


# --- the whole ledger


@pytest.fixture
def run(tmp_path):
    """A run's folder; call it with notebooks and their tables."""

    def leave(**notebooks):
        for stem, tables in notebooks.items():
            folder = tmp_path / f"{stem[1:3]}_{stem[4:]}"
            folder.mkdir()
            for name, table in tables.items():
                table.to_csv(folder / f"{name}.csv", index=False)
            write_json(folder / "results.json", {"artefacts": {"printed_gradient_change": 0.0}})
        return load_run(tmp_path)

    return leave


def test_a_whole_run_judges_every_claim(run):
    perceptual = pd.concat([grid(), method("CNN + perceptual, 2000 pairs", 22.5)]).assign(vgg_distance=0.3)
    whole = run(
        n01_classical_mapping={"per_image": classical()},
        n02_baseline_cnn={"per_image": grid(), "history": history(0.06 - 0.001 * np.arange(30))},
        n03_perceptual_loss={"per_image": perceptual[perceptual["method"] != SMALL]},
    )
    ledger = claims.ledger(whole, *seeds(0.5, 2.0))
    assert len({entry["claim"] for entry in ledger}) == len(ledger) == 9
    assert {entry["verdict"] for entry in ledger} == {"supported", "not supported", "cannot be as printed"}
    assert all(entry["measured"] and entry["paper"] for entry in ledger)


def test_a_claim_whose_notebook_is_missing_cannot_be_told(run):
    ledger = claims.ledger(run(), *seeds(0.5, 2.0))
    unknown = [entry for entry in ledger if entry["verdict"] == "cannot tell"]
    assert len(unknown) == 2 and all("notebook 01, 02, 03 left no results" in entry["measured"] for entry in unknown)
    assert len(ledger) == 4  # the preprocessing is the comparison notebook's own


def test_the_papers_table_stands_as_rows():
    rows = claims.paper_rows()
    assert len(rows) == 8 and rows["method"].str.startswith("paper: ").all()
    assert rows[["n", "low", "high"]].isna().all(axis=None)
    (cnn,) = rows[(rows["method"] == "paper: CNN, fine-tuned") & (rows["metric"] == "psnr")]["value"]
    assert cnn == 23.14


def test_the_table_of_claims_is_shown_whole():
    sentence = "A long sentence, " * 20
    html = claims.claims_table([claims.entry("c", "p", sentence, "cannot tell")]).to_html()
    assert sentence in html and "font-weight: bold" in html
