"""The runner, on toy notebooks: what is refused before a kernel starts, what a run leaves, how it reports failures."""

import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import nbformat
import papermill
import pytest
from nbclient.exceptions import DeadKernelError
from toys import write_notebook

from lib.commands import workbook
from lib.data.survey import Survey
from lib.workbook import parameters, run
from lib.workbook.records.reader import load_run

PARAMETERS = """
data: str = "scenes"
run: str = ""
epochs: int = 2
rate: float = 0.001
grid: list[int] = [1, 2]
fast: bool = False
"""
RECORD = """
import json, os, pathlib

folder = pathlib.Path(run) / "01_good"
folder.mkdir(parents=True)
rows = [{"method": "gray_copy", "settings": {}, "label": "gray copy", "metric": "psnr", "n": epochs, "value": rate}]
rows[0] |= {"low": 0.0, "high": 1.0}
seen = {"where": os.getcwd(), "listener": os.environ["WORKBOOK_PROGRESS"], "grid": grid}
seen["backend"] = os.environ["MPLBACKEND"]
(folder / "results.json").write_text(json.dumps({"rows": rows, "parameters": seen}))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A notebooks folder of its own, with a `quick` profile, in place of the project's."""
    notebooks = tmp_path / "note{books}"  # braces are papermill's placeholders; a folder may have them all the same
    (notebooks / "parameters").mkdir(parents=True)
    (notebooks / "parameters" / "quick.yaml").write_text("rate: 1e-4\n")
    monkeypatch.setattr(run, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(parameters, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(run, "OUTPUTS", tmp_path / "outputs")
    monkeypatch.setattr("lib.data.survey.survey", lambda data, needed: Survey(f"toy {data}", {}))
    return notebooks


@pytest.fixture
def executed(folder, monkeypatch):
    """Two notebooks, and the parameters that papermill would have been given: no kernel starts."""
    write_notebook(folder, "01_good", parameters=PARAMETERS)
    write_notebook(folder, "02_more", parameters=PARAMETERS + "depth: int = 3")
    (folder / "parameters" / "quick.yaml").write_text("rate: 1e-4\ndepth: 4\n")
    calls = {}

    def keep(path, output, values, **_):
        nbformat.write(nbformat.v4.new_notebook(), output)
        calls[Path(path).stem] = values

    monkeypatch.setattr(papermill, "execute_notebook", keep)
    return calls


def test_run_reports_done_and_failed(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")  # as servers and test runners set it; the notebooks still show figures
    write_notebook(folder, "01_good", RECORD, parameters=PARAMETERS)
    write_notebook(
        folder,
        "02_bad",
        "def deep():\n    raise ValueError('no <such> thing')",
        "deep()",
        "print('never')",
        parameters=PARAMETERS,
    )
    code = workbook.main(["run", "-p", "epochs", "5", "--data", "elsewhere", "--output", str(tmp_path / "run")])
    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert lines[0] == "Data: toy elsewhere"
    assert re.fullmatch(r"01_good   done      0:\d\d", lines[1])
    assert re.fullmatch(r"02_bad    failed    0:\d\d", lines[2])
    assert lines[3] == "    ValueError: no <such> thing"
    assert any("deep()" in line for line in lines[4:10]) and "\x1b" not in "".join(lines)
    assert lines[-2:] == ["1 done, 1 failed", str(tmp_path / "run" / "index.html")]
    assert "PSNR dB" in "".join(lines) and "gray copy  0.00 [0.00, 1.00]" in lines

    run = load_run(tmp_path / "run")
    assert {stem: entry["state"] for stem, entry in run.record["notebooks"].items()} == {
        "01_good": "done",
        "02_bad": "failed",
    }
    assert run.rows[0]["n"] == 5 and run.rows[0]["value"] == 1e-4  # -p, and the profile's string that is a number
    seen = run.results["01_good"]["parameters"]
    assert seen["where"] == str(folder) and seen["grid"] == [1, 2]
    assert seen["backend"] == "module://matplotlib_inline.backend_inline"
    assert not list((tmp_path / "run").glob(".*"))  # no temporary files stay
    page = (tmp_path / "run" / "index.html").read_text()
    assert "no &lt;such&gt; thing" in page and 'href="02_bad.html"' in page
    for written in (tmp_path / "run").glob("*.html"):
        assert not re.search(
            r"""(src|href)\s*=\s*["']?\s*(https?:)?//|@import|url\(\s*["']?http""", written.read_text()
        )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["-p", "epoch", "5"], "-p epoch: no notebook here has a parameter 'epoch'; did you mean 'epochs'?"),
        (["--only", "1", "-p", "depth", "5"], "-p depth: 01_good has no parameter 'depth'; "),
        (["-p", "epochs", "many"], "-p epochs: 'epochs' of 01_good must be int, not 'many'."),
        (["-p", "epochs", "true"], "-p epochs: 'epochs' of 01_good must be int, not 'true'."),
        (["-p", "rate", "nan"], "-p rate: 'rate' of 01_good must be float, not 'nan'."),
        (["-p", "grid", "[1, x]"], "-p grid: 'grid' of 01_good must be list[int], not '[1, x]'."),
        (["-p", "grid", "[1, "], "-p grid: '[1, ' is not readable as YAML (expected the node content, but found "),
        (["-p", "grid", "400"], "-p grid: 'grid' of 01_good must be list[int], not '400'; write [400]."),
        (["-p", "grid", "[010, 1:30]"], "-p grid: 'grid' of 01_good must be list[int], not '[010, 1:30]'."),
        (["-p", "fast", "1"], "-p fast: 'fast' of 01_good must be bool, not '1'; write true or false."),
        (["-p", "fast", "yes"], "-p fast: 'fast' of 01_good must be bool, not 'yes'; write true or false."),
        *(
            (["-p", "epochs", text], f"-p epochs: 'epochs' of 01_good must be int, not '{text}'.")
            for text in ("1:30", "0x1F", "0b1", "0o7", "1_000", "5 # five", "", "٣", "1,000", "2020-01-01")
        ),
        (["-p", "epochs", "1e3"], "-p epochs: 'epochs' of 01_good must be int, not '1e3'; write 1000."),
        *(
            (["-p", "rate", text], f"-p rate: 'rate' of 01_good must be float, not '{text}'.")
            for text in (".inf", "1_0")
        ),
        (["-p", "run", "x"], "-p run: use --output instead."),
        (["--only", "01,07"], "--only: there is no notebook '07'; there are: 01_good, 02_more."),
        (["--profile", "quik"], "There is no profile 'quik'; did you mean 'quick'?"),
    ],
)
def test_mistakes_are_refused_in_one_sentence(executed, tmp_path, capsys, options, sentence):
    assert workbook.main(["run", *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"workbook: {sentence}") and error.count("\n") == 1
    assert not executed and not (tmp_path / "outputs").exists()


@pytest.mark.parametrize(
    ("profile", "sentence"),
    [
        ("epoch: 3", "quick.yaml: no notebook here has a parameter 'epoch'; did you mean 'epochs'?"),
        ("depth: '3'", "quick.yaml: 'depth' of 02_more must be int, not '3'."),
        ("02_more: {depth: 3}", "quick.yaml: no notebook here has a parameter '02_more'"),
        ("run: here", "quick.yaml: 'run' is the runner's to set; use --output."),
        ("[epochs]", "quick.yaml must hold lines like 'epochs: 5'."),
        ("epochs: [", "quick.yaml is not readable as YAML: "),
    ],
)
def test_profiles_are_checked_whole(executed, folder, capsys, profile, sentence):
    (folder / "parameters" / "quick.yaml").write_text(profile)
    assert workbook.main(["run", "--only", "01"]) == 2
    assert sentence in capsys.readouterr().err
    assert not executed


def test_parameters_reach_the_notebooks_that_have_them(executed, tmp_path):
    write = ["-p", "depth", "7", "-p", "grid", "[4]", "-p", "rate", "1e-5", "--data", str(tmp_path)]
    assert workbook.main(["run", *write]) == 0
    run = executed["01_good"].pop("run")
    assert executed["02_more"].pop("run") == run and run.startswith(str(tmp_path / "outputs"))
    assert executed["01_good"] == {"rate": 1e-5, "grid": [4], "data": str(tmp_path)}
    assert executed["02_more"] == {"rate": 1e-5, "grid": [4], "depth": 7, "data": str(tmp_path)}


def test_only_chooses_by_number_and_a_relative_folder_is_made_absolute(executed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert workbook.main(["run", "--only", "2", "--data", "note{books}"]) == 0
    assert list(executed) == ["02_more"]
    assert executed["02_more"]["data"] == str(tmp_path / "note{books}")
    assert executed["02_more"]["depth"] == 4  # the profile's, for the notebooks that have it
    assert workbook.main(["run", "--only", "2", "--data", "note{books}", "--data", "scenes"]) == 0
    assert executed["02_more"]["data"] == f"{tmp_path / 'note{books}'}{os.pathsep}scenes"


def test_a_second_run_into_a_folder_keeps_the_other_notebooks(executed, tmp_path, capsys):
    target = tmp_path / "run"
    assert workbook.main(["run", "--only", "1", "--output", str(target)]) == 0
    (target / "01_good").mkdir()
    (target / "01_good" / "results.json").write_text("{}")
    assert workbook.main(["run", "--only", "2", "--output", str(target)]) == 0
    assert list(load_run(target).record["notebooks"]) == ["01_good", "02_more"]
    assert (target / "01_good" / "results.json").exists()
    assert workbook.main(["run", "--only", "1", "--output", str(target)]) == 0
    assert not (target / "01_good" / "results.json").exists()  # an old result never passes for the new run's
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    assert workbook.main(["run", "--output", str(tmp_path / "mine")]) == 2
    assert "is no folder of a run" in capsys.readouterr().err


def test_runs_of_the_same_second_have_folders_of_their_own(executed, tmp_path, monkeypatch):
    class Stopped(datetime):
        @classmethod
        def now(cls):
            return cls(2026, 1, 2, 3, 4, 5)

    monkeypatch.setattr(run, "datetime", Stopped)
    folders = []
    for only in ("1", "2", "1"):
        assert workbook.main(["run", "--only", only]) == 0
        folders.append(executed["01_good" if only == "1" else "02_more"]["run"])
    assert [Path(folder).name for folder in folders] == [f"20260102-030405-quick{end}" for end in ("", "-2", "-3")]
    assert [list(load_run(Path(folder)).record["notebooks"]) for folder in folders[:2]] == [["01_good"], ["02_more"]]


def test_a_second_run_into_the_folder_of_one_that_lives_is_refused(executed, tmp_path, capsys, monkeypatch):
    codes, execute = [], papermill.execute_notebook

    def meanwhile(*given, **options):
        codes.append(workbook.main(["run", "--only", "2", "--output", str(tmp_path / "run")]))
        execute(*given, **options)

    monkeypatch.setattr(papermill, "execute_notebook", meanwhile)
    assert workbook.main(["run", "--only", "1", "--output", str(tmp_path / "run")]) == 0 and codes == [2]
    sentence = f"workbook: Another `workbook run` is at work in {tmp_path / 'run'}; wait for it, or name another folder"
    assert capsys.readouterr().err == f"{sentence} with --output.\n"
    assert list(load_run(tmp_path / "run").record["notebooks"]) == ["01_good"]
    monkeypatch.setattr(papermill, "execute_notebook", execute)
    assert workbook.main(["run", "--only", "2", "--output", str(tmp_path / "run")]) == 0
    assert list(load_run(tmp_path / "run").record["notebooks"]) == ["01_good", "02_more"]


def test_a_run_beside_results_of_an_older_version_is_refused_before_a_kernel_starts(executed, tmp_path, capsys):
    folder = tmp_path / "old"
    (folder / "02_more").mkdir(parents=True)
    record = {"profile": "quick", "started": "2026-01-01T12:00:00+00:00", "notebooks": {}}
    (folder / "run.json").write_text(json.dumps(record))
    rows = [{"method": "gray copy", "metric": "psnr", "n": 1, "value": 1.0, "low": None, "high": None}]
    (folder / "02_more" / "results.json").write_text(json.dumps({"rows": rows}))
    assert workbook.main(["run", "--only", "01", "--output", str(folder)]) == 2 and not executed
    assert "02_more/results.json was written by an older version of the workbook; run its" in capsys.readouterr().err
    assert workbook.main(["run", "--output", str(folder)]) == 0  # which runs it again


def test_a_dead_kernel_costs_its_notebook_only(executed, tmp_path, capsys, monkeypatch):
    def die(path, output, values, **_):
        began = {"papermill": {"start_time": "2026-01-01"}}
        cells = [nbformat.v4.new_code_cell(source) for source in ("import os", "os.abort()\n1", "print('never')")]
        cells[0].metadata, cells[1].metadata = began, began
        nbformat.write(nbformat.v4.new_notebook(cells=cells), output)
        raise DeadKernelError("Kernel died")

    monkeypatch.setattr(papermill, "execute_notebook", die)
    assert workbook.main(["run", "--output", str(tmp_path / "run")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "    The kernel died (killed, often because memory ran out) in the cell that begins: os.abort()"
    assert "2 failed" in lines


def test_interrupting_stops_with_what_was_done(executed, tmp_path, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(papermill, "execute_notebook", interrupt)
    assert workbook.main(["run", "--output", str(tmp_path / "run")]) == 130
    states = [entry["state"] for entry in json.loads((tmp_path / "run" / "run.json").read_text())["notebooks"].values()]
    assert states == ["interrupted", "not run"]
    assert "1 interrupted, 1 not run" in capsys.readouterr().out


def test_data_that_is_none_ends_the_run_before_a_kernel(executed, monkeypatch, capsys):
    def refuse(data, needed):
        raise FileNotFoundError(f"there are no pictures in {data}")

    monkeypatch.setattr("lib.data.survey.survey", refuse)
    assert workbook.main(["run"]) == 2
    assert capsys.readouterr().err == "workbook: there are no pictures in scenes\n"
    assert not executed


def test_the_help_of_a_notebook(folder, capsys):
    head = "# 2 · More\n\n**Question.** How much?\n\nText."
    cell = 'depth: int = 3  # layers, at least 1\nnames: list[str] = ["é"]\nfast: bool = False  # or #slow'
    write_notebook(folder, "01_good", parameters=PARAMETERS)
    write_notebook(folder, "02_more", parameters=cell, head=head)
    assert workbook.main(["run", "--help-notebook", "2"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "02_more: How much?",
        "  depth  int        3      layers, at least 1",
        '  names  list[str]  ["é"]',
        "  fast   bool       false  or #slow",
    ]
    assert workbook.main(["run", "--help-notebook", "01,02"]) == 0
    assert "01_good: parameters\n  data    str        " in capsys.readouterr().out
    assert workbook.main(["run", "--help-notebook", "7"]) == 2
    assert capsys.readouterr().err.startswith("workbook: --help-notebook: there is no notebook '7'; there are: 01_good")


def test_the_help_of_a_notebook_needs_no_torch_and_no_papermill():
    code = "import sys; from lib.commands import workbook; workbook.main(['run', '--help-notebook', '02']); "
    code += "print({'torch', 'papermill', 'pandas', 'numpy', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
