"""The page of a run: its contents for complete, partial and damaged runs. It opens offline and escapes HTML."""

import argparse
import json

import nbformat
import numpy as np
import pytest
from PIL import Image
from runs_by_hand import CLAIM, EXTERNAL, ROWS, row, write_results

from lib.evaluation.names import GRAY_COPY
from lib.workbook.records.reader import load_run
from lib.workbook.report.command import report
from lib.workbook.report.run_page import write_report


@pytest.fixture
def run(tmp_path):
    """A run with a comparison, a notebook with a main figure, and one that failed."""
    Image.fromarray(np.zeros((4, 9, 3), np.uint8)).save(tmp_path / "picture.png")
    figures = [
        {"file": "../picture.png", "caption": "Shown & captioned.", "main": True},
        {"file": "../picture.png", "caption": "Left in its notebook.", "main": False},
        {"file": "gone.png", "caption": "Not there.", "main": True},
    ]
    write_results(
        tmp_path, "02_net", figures=figures, conclusions=["It trained."], claims=[CLAIM | {"verdict": "supported"}]
    )
    conclusions = ["Doing nothing wins by 0.72 dB. It is paired.", "**Bold** `code`."]
    write_results(tmp_path, "05_comparison", rows=ROWS, claims=[CLAIM], conclusions=conclusions)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Net\n\n<script>1</script>")])
    nbformat.write(book, tmp_path / "02_net.ipynb")
    notebooks = {
        "02_net": {"state": "done", "seconds": 71.0, "parameters": {}, "error": []},
        "03_lost": {"state": "failed", "seconds": 3.0, "parameters": {}, "error": ["ValueError: <b>bad</b>"]},
        "05_comparison": {"state": "done", "seconds": 5.0, "parameters": {}, "error": []},
    }
    record = {"profile": "quick", "data": None, "parameters": {"epochs": "5"}, "notebooks": notebooks}
    record |= {"started": "2026-01-02T03:04:05+00:00", "finished": None}
    (tmp_path / "run.json").write_text(json.dumps(record))
    return tmp_path


def test_the_page_shows_answer_ledger_table_figures_and_notebooks_in_this_order(run):
    page = write_report(run).read_text()
    places = [
        "How well do the paper&#39;s methods",
        '<p class="answer">Doing nothing wins by 0.72 dB.</p>',
        "<li>It is paired.</li>",
        "<strong>Bold</strong> <code>code</code>",
        "The ledger of claims",
        "The CNN &lt;beats&gt; all",
        '<span class="badge not-supported">not supported</span>',
        "PSNR dB (mean of images)",
        '<tr class="paper">',
        '<th scope="row">CNN<br><span class="mark">in the paper</span></th>',
        '<tr class="control">',
        '<th scope="row">gray copy<br><span class="mark">control</span></th>',
        "22.80, 23.25",
        "<summary>All metrics</summary>",
        "home_made",
        "data:image/png;base64,",
        "Shown &amp; captioned.",
        'href="02_net.html"',
        "ValueError: &lt;b&gt;bad&lt;/b&gt;",
    ]
    found = [page.find(text) for text in places]
    assert -1 not in found and found == sorted(found)
    assert page.count('class="claim"') == 1  # the comparison's verdict replaces the notebook's
    assert "Left in its notebook." not in page and "Not there." not in page
    assert '<span class="best">23.02</span>' in page and '<span class="best">30.00</span>' not in page
    assert not EXTERNAL.search(page) and "<script" not in page


def test_claims_of_later_notebooks_stand_in_the_same_ledger(run):
    own = {
        "claim": "Hints help",
        "paper": "",
        "measured": "Small: `workbook run`",
        "verdict": "not tested at this size",
    }
    write_results(run, "06_own", claims=[own, CLAIM | {"verdict": "supported"}])
    ledger = write_report(run).read_text().partition('id="claims"')[2].partition("</section>")[0]
    assert ledger.index("The CNN &lt;beats&gt; all") < ledger.index("Hints help")
    assert "<b>1</b> not supported" in ledger and "<b>1</b> not tested at this size" in ledger
    assert "Small: <code>workbook run</code>" in ledger
    assert "<b>1</b> supported" not in ledger  # what notebook 05 judges itself, it decides


def test_a_partial_run_has_a_page(tmp_path):
    assert "no comparison" in write_report(tmp_path).read_text()
    write_results(tmp_path, "01_alone", conclusions=["Only <this>."], rows=[row(GRAY_COPY, "psnr", 23.0)])
    page = write_report(tmp_path).read_text()
    assert "Only &lt;this&gt;." in page and "23.00" in page and "ledger" not in page.split("</style>")[1]


def test_an_unreadable_results_file_is_named(run):
    (run / "02_net" / "results.json").write_text('{"rows": [')
    (problem,) = load_run(run).problems
    assert f"{run / '02_net' / 'results.json'} is not readable as JSON" in problem
    page = write_report(run).read_text()
    assert '<p class="warning">Left out: ' in page and "delete it and run again.</p>" in page and "A title" in page


def test_an_unreadable_record_costs_the_page_only_what_it_says(run):
    (run / "run.json").write_text('{"profile": "quick", "started": "now"}')
    page = write_report(run).read_text()
    assert "run.json: &#39;started&#39; must be a time, not &#39;now&#39;; run its notebook again." in page
    assert "A title" in page and "Profile" not in page


def test_the_command_names_what_the_page_leaves_out(run, capsys):
    assert report(argparse.Namespace(folder=str(run))) == 0
    (run / "02_net" / "results.json").write_text("[]")
    assert report(argparse.Namespace(folder=str(run))) == 1
    assert (
        f"left out: {run / '02_net' / 'results.json'} holds no JSON object of the workbook; delete it"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize("kept", [0, 60])
def test_a_notebook_cut_off_by_a_full_disk_is_marked_unreadable(run, kept):
    book = run / "02_net.ipynb"
    book.write_bytes(book.read_bytes()[:kept])
    page = write_report(run).read_text()
    assert "<span>not readable</span>" in page and 'href="02_net.html"' not in page and 'href="02_net.ipynb"' in page
    assert not (run / "02_net.html").exists()


def test_an_unreadable_picture_is_left_out(run):
    (run / "picture.png").write_bytes(b"\x89PNG")
    assert "Shown &amp; captioned." not in write_report(run).read_text()


def test_how_it_was_done_is_written_in_words(run):
    write_results(
        run, "04_more", parameters={"device": "", "seed": 0}, seed=0, code="abc", finished="2026-01-02T03:04:05+00:00",
        data={"name": "scenes", "fingerprint": "f1"}, durations={"training, 9 pairs": 61, "notebook": 75},
    )  # fmt: skip
    page = write_report(run).read_text()
    for name, value in {
        "device": "&#34;&#34;",
        "code version": "abc",
        "data": "scenes, fingerprint f1",
        "time": "training, 9 pairs: 1 min 1 s; the whole notebook: 1 min 15 s",
        "finished": "2 January 2026, 03:04",
    }.items():
        assert f"<dt>{name}</dt><dd>{value}</dd>" in page
    assert page.count("<dt>seed</dt>") == 1
    assert "started on 2 January 2026, 03:04 and has not finished." in page


def test_the_number_of_pictures_is_that_of_the_scores(tmp_path):
    write_results(
        tmp_path, "04_more", rows=[row("net", "psnr", 20.0, n=50), row("net", "training_seconds", 3.0, n=400)]
    )
    assert "Means over 50 test pictures." in write_report(tmp_path).read_text()
