"""Records of runs and sweeps whose parts are not what they should be are named when they are read."""

import json

import pytest

from lib.workbook.records.reader import load_run, load_sweep, read_results

ROW = {"method": "cnn", "settings": {}, "label": "CNN", "metric": "psnr", "value": 1.0, "low": None, "high": None}
ENTRY = {"state": "done", "seconds": 1.0, "parameters": {}, "error": []}


@pytest.mark.parametrize(
    "change",
    [
        {"rows": None},
        {"rows": [True]},
        {"rows": [ROW | {"value": "x"}]},
        {"data": []},
        {"claims": {}},
        {"artifacts": 1},
    ],
)
def test_a_damaged_results_file_is_named(tmp_path, change):
    (tmp_path / "results.json").write_text(json.dumps({"rows": [ROW], "data": {}}))
    read_results(tmp_path / "results.json")
    (tmp_path / "results.json").write_text(json.dumps({"rows": [ROW], "data": {}} | change))
    with pytest.raises(ValueError, match=rf"results\.json is damaged \({next(iter(change))}\); run its notebook again"):
        read_results(tmp_path / "results.json")


@pytest.mark.parametrize(
    "record", [[], {}, {"notebooks": []}, {"notebooks": {"01": 3}}, {"notebooks": {"01": ENTRY}, "profile": 1}]
)
def test_a_damaged_record_of_a_run_is_named(tmp_path, record):
    (tmp_path / "run.json").write_text(json.dumps({"notebooks": {"01": ENTRY}}))
    load_run(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match=r"run\.json (is no whole record of a run|holds no JSON object).* run again"):
        load_run(tmp_path)


@pytest.mark.parametrize(
    "record", [{"notebook": "01", "points": 3}, {"notebook": "01", "points": [{}]}, {"points": []}]
)
def test_a_damaged_record_of_a_sweep_is_named(tmp_path, record):
    (tmp_path / "sweep.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match=r"sweep\.json is no record of a sweep; start the sweep again"):
        load_sweep(tmp_path)
