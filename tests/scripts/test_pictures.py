"""The pictures at the heads of the notebooks and in the README: made from a run, small, and fit to be published."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from lib.common.files import NOTEBOOKS, read_json
from lib.data.locations import describe_source
from lib.networks.registry import build_network
from lib.networks.storage import save_network
from lib.scripts import pictures
from lib.scripts.pictures import BASELINE, HEADS, HEIGHT, IMAGES, LARGEST, WIDTH, banner, latest_run, main
from lib.training.config import TrainingConfig
from tests.runs_by_hand import write_results

COMMITTED = sorted(NOTEBOOKS.glob("*.ipynb"))


RECORD = {"profile": "quick", "started": "2024-01-01T12:00:00+00:00"}


@pytest.fixture
def finished_run(tmp_path, pairs, monkeypatch):
    """A run of all notebooks, written by hand, on scenes that are none: photographs of the tests."""
    monkeypatch.setattr(pictures, "load_pairs", lambda *_: pairs)
    monkeypatch.setattr(pictures, "IMAGES", tmp_path / "images")
    run, noise = tmp_path / "outputs" / "run", np.random.default_rng(0)
    for stem, figure in HEADS.items():
        data = {"name": "scenes", "description": describe_source("scenes")}
        write_results(run, stem, data=data)
        Image.fromarray(noise.integers(0, 256, (600, 1080, 3), np.uint8)).save(run / stem / figure)
    save_network(run / "net", build_network("ColorizationNet", 0, width=4), TrainingConfig(options={"width": 4}))
    parameters, artifacts = {"size": 32, "pair_counts": [20, 40]}, {"CNN, 40 pairs": "../net"}
    write_results(run, BASELINE, data=data, parameters=parameters, artifacts=artifacts)
    states = {stem: {"state": "done"} for stem in HEADS}
    (run / "run.json").write_text(json.dumps(RECORD | {"finished": "2026-01-01T12:00:00+00:00", "notebooks": states}))
    return run


def made(run):
    return sorted((run.parent.parent / "images").glob("*"))


def test_a_run_gives_all_pictures_and_each_is_small(finished_run, capsys):
    assert main([str(finished_run)]) == 0
    expected = {f"{name}.webp" for name in (*HEADS, "gray-prediction-truth", "gray-safe-vivid-truth")}
    assert {path.name for path in made(finished_run)} == expected
    for path in made(finished_run):
        assert path.stat().st_size < LARGEST
        assert Image.open(path).width <= WIDTH
    assert "00_dataset.webp  " in capsys.readouterr().out


def change(run, stem, **values):
    results = read_json(run / stem / "results.json")
    (run / stem / "results.json").write_text(json.dumps(results | values))


def test_photographs_of_others_are_refused(finished_run, capsys):
    # The folder has the name that the rendered scenes have.
    change(finished_run, "04_feature_maps", data={"name": "scenes", "description": "color photographs in my/scenes"})
    assert main([str(finished_run)]) == 2 and not made(finished_run)
    error = capsys.readouterr().err
    assert "04_feature_maps shows color photographs in my/scenes, which may not be published; name a run of" in error


@pytest.mark.parametrize("missing", ["one-channel.png", "results.json"])
def test_a_notebook_without_its_figure_is_named(finished_run, capsys, missing):
    (finished_run / "04_feature_maps" / missing).unlink()
    assert main([str(finished_run)]) == 2 and not made(finished_run)
    assert "04_feature_maps has left no figure one-channel.png; run the notebook again" in capsys.readouterr().err


def test_nothing_is_written_where_a_picture_fails(finished_run, monkeypatch):
    (finished_run / "06_better_colorizer" / "samples.png").write_bytes(b"no picture")
    assert main([str(finished_run)]) == 2 and not made(finished_run)


def test_the_latest_run_with_all_notebooks_is_taken(finished_run, tmp_path):
    outputs = finished_run.parent
    record = read_json(finished_run / "run.json")
    for name, finished, state in (
        ("older", "2025-01-01", "done"),
        ("failed", "2027-01-01", "failed"),
        ("running", None, "done"),
    ):
        states = record["notebooks"] | {"05_comparison": {"state": state}}
        (outputs / name).mkdir()
        (outputs / name / "run.json").write_text(json.dumps(RECORD | {"finished": finished, "notebooks": states}))
    assert latest_run(outputs) == finished_run
    with pytest.raises(ValueError, match="holds no finished run of all notebooks"):
        latest_run(tmp_path / "empty")


def test_a_sheet_is_cut_between_its_rows_and_a_chart_is_reduced():
    sheet = np.full((1200, 1000, 3), 90, np.uint8)
    sheet[[150, 300, 440, 600]] = 255
    cut = banner(Image.fromarray(sheet))
    assert cut.size == (1000, 441)
    assert (np.asarray(cut)[:-1] == sheet[:440]).all()
    chart = np.full((900, 1000, 3), 255, np.uint8)
    chart[20:, 50] = 0  # an axis, from top to bottom
    assert banner(Image.fromarray(chart)).size == (500, HEIGHT)


def test_every_notebook_has_a_head():
    assert sorted(HEADS) == [path.stem for path in COMMITTED]


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_the_head_of_a_notebook_names_its_picture(path):
    lines = "".join(read_json(path)["cells"][0]["source"]).split("\n\n")
    picture = re.fullmatch(r"!\[(.+)\]\((.+)\)", lines[2])
    assert lines[1].startswith("**Question.**")
    assert picture and picture[2] == f"images/{path.stem}.webp" and picture[1].endswith(".")
    assert (NOTEBOOKS / picture[2]).stat().st_size < LARGEST


def test_committed_pictures_are_those_that_the_script_makes():
    expected = {f"{name}.webp" for name in (*HEADS, "gray-prediction-truth", "gray-safe-vivid-truth")}
    assert {path.name for path in IMAGES.iterdir()} == expected
    assert all(path.stat().st_size < LARGEST for path in IMAGES.iterdir())
