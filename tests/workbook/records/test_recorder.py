"""What a notebook leaves: one results.json, whole, that needs nothing but JSON to be read."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from toys import write_notebook

from lib.common.usage import UsageError
from lib.data.pairs import make_pairs
from lib.evaluation.bootstrap import summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.methods import controls
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.rows import rows_of
from lib.workbook import parameters
from lib.workbook.records import recorder
from lib.workbook.records.reader import load_run, merged_rows, on_same_pictures, sample_pictures
from lib.workbook.records.recorder import Run
from lib.workbook.records.score_table import ScoreTable

PARAMETERS = {"data": "tiles", "size": 32, "run": "mine", "seed": 7, "epochs": 3, "test_pictures": 5, "device": "cpu"}
CELL = "\n".join(f"{name}: {type(value).__name__} = {value!r}  # help" for name, value in PARAMETERS.items())
A = Method("a")
HEAD = "# 02 · Baseline CNN\n\n**Question.** Does it?\n\n**The paper** says so."


@pytest.fixture
def outputs(tmp_path, monkeypatch, pairs):
    """The folder of runs; beside it notebooks with one parameter cell, and the tiles as their pairs."""
    monkeypatch.setattr(recorder, "OUTPUTS", tmp_path / "outputs")
    monkeypatch.setattr(recorder, "load_pairs", lambda data, size: pairs)
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    monkeypatch.setattr(parameters, "NOTEBOOKS", notebooks)
    for stem in ("00_dataset", "01_a", "02_b", "02_baseline_cnn", "03_c", "05_comparison"):
        write_notebook(notebooks, stem, parameters=CELL, head=HEAD)
    return tmp_path / "outputs"


@pytest.fixture
def results(outputs):
    run = Run("02_baseline_cnn", PARAMETERS)
    run.pairs()
    return run


def read(results):
    def refuse(constant):
        raise ValueError(f"{constant} is no JSON")

    return json.loads((results.folder / "results.json").read_text(), parse_constant=refuse)


def test_results_json_as_the_others_read_it(results, outputs, pairs):
    row = Method("cnn", {"pairs": 5, "epochs": 3}).row("psnr", 12, 20.0, 19.0, 21.0)
    rows = rows_of([row])
    results.record_rows(rows)
    results.conclude("It does.")
    results.note("vgg_weights", "bundled")
    results.duration("download", 1.23456)
    results.claim("c", "p", "m", "supported")
    results.figure(Figure(), "curves", "A caption.", main=True)
    results.keep_table(rows, "per_image")
    results.keep_network("CNN", results.trained / "f00" / "network.safetensors")
    with results.timed("training"):
        pass
    results.finish()
    written = read(results)
    assert set(written) == {
        "notebook", "title", "question", "status", "parameters", "data", "seed", "code", "packages", "device",
        "fingerprints", "durations", "started", "finished", "conclusions", "rows", "figures", "claims", "artifacts",
    }  # fmt: skip
    assert written["fingerprints"] == {}  # only a point of a sweep has them
    assert (written["notebook"], written["status"], written["seed"]) == ("02_baseline_cnn", "done", 7)
    assert (written["title"], written["question"]) == ("Baseline CNN", "Does it?")
    assert written["parameters"] == PARAMETERS
    assert written["data"] == {
        "name": "tiles", "description": "tiles of photographs", "fingerprint": pairs.fingerprint, "size": 32,
        "pairs": 60, "splits": {"train": 36, "val": 12, "test": 12}, "skipped": [],
    }  # fmt: skip
    assert written["rows"] == [row]
    assert row["settings"] == {"pairs": 5, "epochs": 3} and row["label"] == "CNN, 5 pairs, 3 epochs"
    assert written["figures"] == [{"file": "curves.png", "caption": "A caption.", "main": True}]
    assert written["claims"] == [{"claim": "c", "paper": "p", "measured": "m", "verdict": "supported"}]
    assert written["conclusions"] == ["It does."]
    assert written["artifacts"]["per_image"] == "per_image.csv"
    network = results.folder / written["artifacts"]["CNN"]
    assert network.resolve() == outputs / "trained" / "f00" / "network.safetensors"
    assert written["packages"]["torch"] == torch.__version__.split("+")[0]
    assert written["artifacts"]["vgg_weights"] == "bundled"
    assert set(written["durations"]) == {"training", "download", "notebook"}
    assert written["durations"]["download"] == 1.235
    assert written["started"] <= written["finished"]
    pd.testing.assert_frame_equal(rows_of(written["rows"]), rows)
    assert load_run(outputs / "mine").results == {"02_baseline_cnn": written}


def test_nothing_is_recorded_before_the_end(results):
    results.conclude("Half of it.")
    assert not (results.folder / "results.json").exists()
    results.finish()
    assert (results.folder / "results.json").exists()
    Run("02_baseline_cnn", PARAMETERS)  # the old results are not the new run's
    assert not (results.folder / "results.json").exists()


def test_numbers_that_json_has_not_become_null(results):
    rows = [A.row("psnr", np.nan, np.inf, -np.inf, np.nan), Method("b").row("ssim", 4, 1.5, None, 2.0)]
    results.record_rows(rows_of(rows))
    results.finish()
    assert read(results)["rows"] == [A.row("psnr", None, None), Method("b").row("ssim", 4, 1.5, None, 2.0)]


def test_rows_of_several_tables_follow_each_other(results):
    networks = [Method("cnn", {"epochs": epochs}) for epochs in (4, 6)]
    for method in (A, Method("b"), *networks):
        results.record_rows(rows_of([method.row("psnr", 1, 1)]))
    assert list(map(Method.of, results.results["rows"])) == [A, Method("b"), *networks]


def test_a_cell_run_twice_records_once(results):
    for value in (1.0, 2.0):
        results.record_rows(rows_of([A.row("psnr", 1, value), A.row("ssim", 1, 1.0)]))
        results.claim("c", "p", f"measured {value}", "cannot tell")
        results.conclude("The same sentence.")
        results.figure(Figure(figsize=(1, 1)), "one", f"Caption {value}.")
    kept = results.results
    assert [(row["metric"], row["value"]) for row in kept["rows"]] == [("psnr", 2.0), ("ssim", 1.0)]
    assert [claim["measured"] for claim in kept["claims"]] == ["measured 2.0"]
    assert kept["conclusions"] == ["The same sentence."]
    assert [figure["caption"] for figure in kept["figures"]] == ["Caption 2.0."]


def test_only_scores_of_the_same_pictures_stand_in_one_table(outputs, pairs):
    for stem, count, weights in (("01_a", 5, "bundled"), ("02_b", 5, "imagenet"), ("03_c", 4, "bundled")):
        notebook = Run(stem, PARAMETERS | {"test_pictures": count})
        assert notebook.test().names == pairs.split("test", count).names
        notebook.note("vgg_weights", weights)
        rows = [Method(stem).row("psnr", 1, 1.0), GRAY_COPY.row("psnr", 1, float(stem[:2]))]
        notebook.record_rows(rows_of([*rows, Method(stem).row("vgg_distance", 1, 1.0)]))
        notebook.finish()
    own = Run("05_comparison", PARAMETERS)
    own.test()
    same = on_same_pictures(load_run(outputs / "mine"), own.results)
    assert list(same.results) == ["01_a", "02_b"]
    rows = merged_rows(same, ["02_b", "01_a", "04_missing"], "bundled")
    assert [(row["method"], row["metric"], row["value"]) for row in rows] == [
        ("02_b", "psnr", 1.0),
        ("gray_copy", "psnr", 2.0),
        ("01_a", "psnr", 1.0),
        ("01_a", "vgg_distance", 1.0),
    ]


def test_figures_are_kept_and_shown_with_their_captions(results, monkeypatch):
    shown = []
    monkeypatch.setattr(recorder, "display", lambda thing: shown.append(type(thing).__name__))
    results.figure(Figure(figsize=(2, 1)), "one", "First.")
    assert (results.folder / "one.png").read_bytes().startswith(b"\x89PNG")
    assert shown == ["Image", "Markdown"]
    assert [path.name for path in results.folder.iterdir()] == ["one.png"]


def test_sample_pictures_come_back(results, outputs, pairs):
    names = ["a", "été 山"]
    pictures = {Method("cnn", {"pairs": 2}): pairs.color[:2], Method("opencv_jet"): pairs.color[2:4]}
    results.keep_pictures(names, pictures)
    results.finish()
    found, kept = sample_pictures(load_run(outputs / "mine"))
    assert found == names and list(kept) == ["CNN, 2 pairs", "JET"]
    np.testing.assert_array_equal(kept["JET"], pairs.color[2:4])


def test_the_first_lines_name_data_and_device(outputs, pairs, capsys, monkeypatch):
    own = make_pairs("n", "my own", pairs.names, pairs.gray, pairs.color, pairs.splits)
    own.skipped.extend(["x.png: empty", "y.png: empty"])
    own = replace(own, remarks="3 files passed over: .txt 3")
    monkeypatch.setattr(recorder, "load_pairs", lambda data, size: own if (data, size) == ("tiles", 32) else None)
    run = Run("00_dataset", PARAMETERS)
    assert run.pairs() is own and run.pairs() is own
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Data: my own · 60 pairs at 32 px (train 36, val 12, test 12)"
    assert lines[1] == "Left out: 2 files that cannot be used; the first: x.png: empty"
    assert lines[2] == "Note: 3 files passed over: .txt 3"
    assert lines[3].startswith("Device: CPU (") and lines[3].endswith(str(Path("mine") / "00_dataset"))
    assert len(lines) == 4  # said once


def test_a_run_may_be_a_folder_anywhere(tmp_path, outputs):
    results = Run("00_dataset", PARAMETERS | {"run": str(tmp_path / "elsewhere")})
    assert results.folder == tmp_path / "elsewhere" / "00_dataset"
    assert results.trained == tmp_path / "trained" and not outputs.exists()


def test_parameters_are_those_of_the_cell_with_the_values_of_the_namespace(outputs):
    given = PARAMETERS | {"epochs": 9, "torch": torch, "__name__": "__main__"}
    assert Run("02_baseline_cnn", given).parameters == PARAMETERS | {"epochs": 9}


def test_the_cell_of_the_run_may_be_executed_again(outputs):
    """As in JupyterLab, where `run = Run(..., globals())` stands below a parameter of the same name."""
    namespace = dict(PARAMETERS)
    for _ in range(3):
        namespace["run"] = Run("02_baseline_cnn", namespace)
    namespace["epochs"] = 4  # the parameter cell is not executed again, one value is changed by hand
    again = Run("02_baseline_cnn", namespace)
    assert again.parameters == PARAMETERS | {"epochs": 4} and again.folder == outputs / "mine" / "02_baseline_cnn"
    namespace |= {"run": "other"}  # the parameter cell is executed again, with another folder
    assert Run("02_baseline_cnn", namespace).folder == outputs / "other" / "02_baseline_cnn"


@pytest.mark.parametrize(
    ("stem", "missing", "sentence"),
    [
        ("02_baseline_cnn", "epochs", "02_baseline_cnn.ipynb: the parameter 'epochs' has no value; run the parameter "),
        ("04_none", "seed", "04_none.ipynb: the parameter 'seed' has no value; run the parameter cell first."),
        ("02_baseline", "", "There is no notebook '02_baseline'; did you mean '02_baseline_cnn'?"),
    ],
)
def test_what_a_run_lacks_is_one_sentence(outputs, stem, missing, sentence):
    write_notebook(parameters.NOTEBOOKS, "04_none", parameters="epochs: int = 3")  # not even the cell has a seed
    with pytest.raises(UsageError, match=f"^{sentence}"):
        Run(stem, {name: value for name, value in PARAMETERS.items() if name != missing})
    assert not outputs.exists()


def test_a_notebook_elsewhere_is_found_from_its_kernel(outputs, tmp_path, monkeypatch):
    write_notebook(tmp_path, "09_mine", parameters=CELL, head="# Mine")
    monkeypatch.chdir(tmp_path)
    own = Run("09_mine", PARAMETERS)
    assert (own.results["title"], own.results["question"]) == ("Mine", "")


def test_scores_are_recorded_kept_and_shown_in_one_call(results, pairs, monkeypatch):
    shown = []
    monkeypatch.setattr(recorder, "display", shown.append)
    scores = evaluate(controls(pairs), results.test())
    rows = results.record(scores)
    pd.testing.assert_frame_equal(rows, summarize(scores))
    pd.testing.assert_frame_equal(rows_of(results.results["rows"]), rows)
    assert repr(shown[0]) == repr(ScoreTable(results.results["rows"])) and "gray copy" in repr(shown[0])
    kept = pd.read_csv(results.folder / results.results["artifacts"]["per_image"])
    pd.testing.assert_frame_equal(kept, scores, check_dtype=False)
    network = Method("cnn", {"pairs": 200})
    results.record_costs(network, 200, training_seconds=12.5, kept_mb=3.0)
    assert results.results["rows"][len(rows) :] == [
        network.row("training_seconds", 200, 12.5),
        network.row("kept_mb", 200, 3.0),
    ]


def test_all_test_pictures_where_the_notebook_has_no_limit(outputs, pairs):
    write_notebook(parameters.NOTEBOOKS, "00_dataset", parameters=CELL.replace("test_pictures", "sheet"))
    assert Run("00_dataset", PARAMETERS | {"sheet": 2}).test().names == pairs.split("test").names
    assert len(Run("01_a", PARAMETERS | {"test_pictures": 1000}).test()) == pairs.counts()["test"]


def test_durations_are_seconds(results, monkeypatch):
    clock = iter([10.0, 12.5])
    monkeypatch.setattr(recorder.time, "perf_counter", lambda: next(clock))
    with results.timed("work"):
        pass
    assert results.results["durations"] == {"work": 2.5}
