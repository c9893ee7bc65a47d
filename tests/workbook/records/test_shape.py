"""Files that were cut off, edited by hand or are old: one sentence each, and the others are used."""

import json

import numpy as np
import pytest
from runs_by_hand import CLAIM, ROWS, write_results

from lib.workbook.records.finding import find_results
from lib.workbook.records.reader import load_run, sample_pictures
from lib.workbook.records.shape import fault_of_record, fault_of_results


def edited(**changes):
    row = {**ROWS[1], **changes}
    return {"rows": [ROWS[0], {name: value for name, value in row.items() if value != "gone"}]}


@pytest.mark.parametrize(
    ("results", "fault"),
    [
        ([], "it holds no object"),
        (edited(value="gone"), "entry 2 of 'rows': 'value' is missing"),
        (edited(metric="gone"), "entry 2 of 'rows': 'metric' is missing"),
        (edited(value="23.0"), "entry 2 of 'rows': 'value' must be a number, not '23.0'"),
        (edited(low=float("nan")), "entry 2 of 'rows': 'low' must be a number, not 'nan'"),
        (edited(n=True), "entry 2 of 'rows': 'n' must be a number, not 'True'"),
        (edited(settings="{}"), "entry 2 of 'rows': 'settings' must be an object, not '{}'"),
        (edited(label="gone"), "it was written by an older version of the workbook"),
        ({"rows": [3]}, "entry 1 of 'rows': it must be an object"),
        ({"rows": {}}, "'rows' must be a list, not '{}'"),
        ({"artefacts": {}}, "it was written by an older version of the workbook"),
        ({"parameters": []}, "'parameters' must be an object, not '[]'"),
        ({"conclusions": [1]}, "'conclusions' must hold texts"),
        ({"figures": [{"file": "a.png"}]}, "entry 1 of 'figures': 'caption' is missing"),
        ({"claims": [CLAIM | {"verdict": None}]}, "entry 1 of 'claims': 'verdict' must be a text, not 'None'"),
        ({"durations": {"notebook": "long"}}, "'durations' must hold numbers"),
        ({"data": {"splits": {"test": "12"}}}, "'splits' must hold numbers"),
        ({"data": {"skipped": "a.png"}}, "'skipped' must hold texts"),
        ({"finished": "yesterday"}, "'finished' must be a time, not 'yesterday'"),
        ({"rows": ROWS, "claims": [CLAIM], "finished": "2026-01-02T03:04:05+00:00"}, ""),
    ],
)
def test_the_first_fault_is_named(results, fault):
    assert fault_of_results(results) == fault


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"profile": 3}, "'profile' must be a text, not '3'"),
        ({"notebooks": []}, "'notebooks' must be an object, not '[]'"),
        ({"notebooks": {"01_a": {}}}, "'01_a': 'state' is missing"),
        ({"notebooks": {"01_a": {"state": "done", "seconds": "3"}}}, "'01_a': 'seconds' must be a number"),
        ({"notebooks": {"01_a": {"state": "done", "error": "no"}}}, "'01_a': 'error' must be a list"),
        ({"finished": "soon"}, "'finished' must be a time"),
        ({"finished": None}, ""),
    ],
)
def test_a_record_of_a_run_is_checked(change, fault):
    assert fault_of_record({"profile": "quick", "started": "2026-01-02T03:04:05", "notebooks": {}} | change) == fault


def test_one_bad_file_does_not_cost_the_others(tmp_path):
    write_results(tmp_path, "01_good", parameters={}, rows=ROWS)
    write_results(tmp_path, "02_edited", parameters={}, **edited(value="much"))
    write_results(tmp_path, "03_cut", parameters={}, rows=ROWS)
    cut = tmp_path / "03_cut" / "results.json"
    cut.write_text(cut.read_text()[:90])
    (tmp_path / "04_folder" / "results.json").mkdir(parents=True)
    run = load_run(tmp_path)
    assert list(run.results) == ["01_good"] and len(run.problems) == 3
    for stem, problem in zip(("02_edited", "03_cut", "04_folder"), run.problems, strict=True):
        assert problem.startswith(str(tmp_path / stem / "results.json")) and "\n" not in problem
    files, problems = find_results(str(tmp_path))
    assert [file.parent.name for file in files] == ["01_good"] and sorted(problems) == sorted(run.problems)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut off"])
def test_lost_sample_pictures_are_named_and_left_out(tmp_path, content):
    for stem in ("01_a", "02_b"):
        write_results(tmp_path, stem, artifacts={"pictures": "pictures.npz"})
        np.savez_compressed(tmp_path / stem / "pictures.npz", names=np.array(["p"]), **{stem: np.zeros((1, 2, 2, 3))})
    lost = tmp_path / "01_a" / "pictures.npz"
    lost.unlink() if content is None else lost.write_bytes(content)
    run = load_run(tmp_path)
    assert run.problems == [f"{lost} is missing or not readable as pictures; run its notebook again"]
    assert list(sample_pictures(run)[1]) == ["02_b"]
    assert json.loads((tmp_path / "01_a" / "results.json").read_text())["artifacts"]  # the file is left as it is
