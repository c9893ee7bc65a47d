"""The page of a run and of a sweep: what stands in it, whole, partial and hostile, and that it opens offline."""

import json
import re

import nbformat
import numpy as np
import pytest
from PIL import Image
from sweeps_by_hand import NOTEBOOK, results, write_point, write_sweep

from lib.common.usage import UsageError
from lib.evaluation.names import GRAY_COPY, Method
from lib.workbook.records.reader import load_run
from lib.workbook.records.score_table import best_methods, results_table
from lib.workbook.report.html import export_html, prose
from lib.workbook.report.run_page import write_report

EXTERNAL = re.compile(r"""(src|href)\s*=\s*["']?\s*(https?:)?//|@import|url\(\s*["']?(https?:)?//""")


def row(method, metric, value, low=None, high=None, n=20):
    return Method.of(method).row(metric, n, value, low, high)


PRINTED = Method("paper", {"method": "CNN"})
ROWS = [
    row(PRINTED, "psnr", 30.0, n=None),
    row(GRAY_COPY, "psnr", 23.021, 22.8, 23.25),
    row(GRAY_COPY, "colorfulness_ratio", 0.0),
    row("net", "psnr", 22.3, 22.0, 22.6),
    row("net", "colorfulness_ratio", 1.4),
    row("net", "ciede2000", None),
    row("net", "mse", 0.01),
    row("truth", "psnr", 100.0),
    row("net", "home_made", 0.5),
]
CLAIM = {"claim": "The CNN <beats> all", "paper": "23.14 dB", "measured": "22.30 dB", "verdict": "not supported"}


def write_results(run, stem, **values):
    (run / stem).mkdir(parents=True, exist_ok=True)
    results = {"notebook": stem, "title": "A title", "question": "Why?", "rows": [], "claims": [], "figures": []}
    (run / stem / "results.json").write_text(json.dumps(results | values))


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


def test_table_reads_as_a_person_wants_it():
    table = results_table(ROWS)
    assert list(map(str, table.index)) == ["paper: CNN", "gray copy", "net", "truth"]
    assert "paper: CNN" in table.to_string() and "Method" not in table.to_html()
    assert list(table.columns) == [
        "PSNR dB (mean of images)",
        "colorfulness (ratio to truth)",
        "CIEDE2000",
        "home_made",
    ]
    assert list(table["PSNR dB (mean of images)"]) == [
        "30.00",
        "23.02 [22.80, 23.25]",
        "22.30 [22.00, 22.60]",
        "100.00",
    ]
    assert table.loc[Method("net"), "CIEDE2000"] == "–" and table.loc[GRAY_COPY, "home_made"] == "–"
    assert results_table([row("a", "ssim", 0.5), row("a", "ssim", 0.9)])["SSIM"].tolist() == ["0.500"]
    several = [row(Method("cnn_perceptual", {"pairs": 5, "epochs": epochs}), "ssim", epochs / 10) for epochs in (4, 6)]
    assert results_table(several)["SSIM"].tolist() == ["0.400", "0.600"]  # though one label names both
    assert results_table([]).empty


def test_best_is_ranked_with_controls_and_without_the_truth_and_the_paper():
    best = best_methods(ROWS)
    assert best["PSNR dB (mean of images)"] == GRAY_COPY
    assert best["colorfulness (ratio to truth)"] == Method("net")  # 0.4 from the truth's is nearer than 1
    assert "home_made" not in best and "CIEDE2000" not in best
    assert best_methods([row("a", "ciede2000", 9.0), row("b", "ciede2000", 8.0)])["CIEDE2000"] == Method("b")


def test_page_gives_answer_ledger_figures_table_notebooks_in_this_order(run):
    page = write_report(run).read_text()
    places = [
        "How well do the paper&#39;s methods",
        '<p class="answer">Doing nothing wins by 0.72 dB.</p>',
        "<li>It is paired.</li>",
        "<strong>Bold</strong> <code>code</code>",
        "The ledger of claims",
        "The CNN &lt;beats&gt; all",
        '<span class="badge not-supported">not supported</span>',
        "data:image/png;base64,",
        "Shown &amp; captioned.",
        "PSNR dB (mean of images)",
        '<tr class="paper">',
        '<th scope="row">CNN<br><span class="mark">in the paper</span></th>',
        '<tr class="control">',
        '<th scope="row">gray copy<br><span class="mark">control</span></th>',
        "22.80, 23.25",
        'href="02_net.html"',
        "ValueError: &lt;b&gt;bad&lt;/b&gt;",
    ]
    found = [page.find(text) for text in places]
    assert -1 not in found and found == sorted(found)
    assert page.count('class="claim"') == 1  # the comparison's verdict stands for the notebook's
    assert "Left in its notebook." not in page and "Not there." not in page
    assert '<span class="best">23.02</span>' in page and '<span class="best">30.00</span>' not in page
    assert not EXTERNAL.search(page) and "<script" not in page


def test_partial_runs_have_their_page(tmp_path):
    assert "no comparison" in write_report(tmp_path).read_text()
    write_results(tmp_path, "01_alone", conclusions=["Only <this>."], rows=[row(GRAY_COPY, "psnr", 23.0)])
    page = write_report(tmp_path).read_text()
    assert "Only &lt;this&gt;." in page and "23.00" in page and "ledger" not in page.split("</style>")[1]


def test_a_broken_results_file_is_named(run):
    (run / "02_net" / "results.json").write_text('{"rows": [')
    with pytest.raises(ValueError, match=r"02_net.results\.json"):
        load_run(run)
    with pytest.raises(UsageError, match=r"02_net.results\.json"):
        write_report(run)


@pytest.mark.parametrize("kept", [0, 60])
def test_an_executed_notebook_that_a_full_disk_cut_off_is_said_to_be_so(run, kept):
    book = run / "02_net.ipynb"
    book.write_bytes(book.read_bytes()[:kept])
    page = write_report(run).read_text()
    assert "<span>not readable</span>" in page and 'href="02_net.html"' not in page and 'href="02_net.ipynb"' in page
    assert not (run / "02_net.html").exists()


def test_a_picture_that_is_not_whole_is_left_out(run):
    (run / "picture.png").write_bytes(b"\x89PNG")
    assert "Shown &amp; captioned." not in write_report(run).read_text()


def test_executed_notebook_opens_offline_without_widgets(tmp_path):
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}, "text/plain": "interactive(children=...)"}
    picture = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}
    outputs = [nbformat.v4.new_output("display_data", data=data) for data in (widget, picture)]
    cell = nbformat.v4.new_code_cell("browse()", outputs=outputs)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Maps"), cell])
    state = {"application/vnd.jupyter.widget-state+json": {"version_major": 2, "version_minor": 0, "state": {}}}
    book.metadata["widgets"] = state
    nbformat.write(book, tmp_path / "04_maps.ipynb")
    page = export_html(tmp_path / "04_maps.ipynb").read_text()
    assert "browse" in page and "data:image/png;base64,iVBORw0KGgo=" in page and 'href="index.html"' in page
    assert "interactive(" not in page and "<script" not in page and not EXTERNAL.search(page)


def test_prose_escapes_before_it_marks_up():
    assert prose("`a<b` & **c**") == "<code>a&lt;b</code> &amp; <strong>c</strong>"


# --- the page of a sweep

GAINS = {0.0: [20.0, 20.4, 21.1], 0.5: [21.0, 21.5, 22.2]}
JUDGED = {"claim": "More <weight> helps", "paper": "III.B"}
JUDGED |= {"better": {"method": "net", "weight": 0.5}, "than": {"method": "net", "weight": 0.0}}


@pytest.fixture
def sweep(tmp_path):
    def scores(weight, seed):
        value = GAINS[weight][seed]
        return {GRAY_COPY: {"psnr": 23.0, "ssim": 0.9}, "net": {"psnr": value, "ssim": value / 100}}

    return write_sweep(
        tmp_path / "weights", {"weight": [0.0, 0.5], "seed": [0, 1, 2]}, scores,
        baseline={"weight": 0.0}, methods=["net"], claims=[JUDGED],
    )  # fmt: skip


def test_the_page_of_a_sweep_gives_answer_ledger_figure_table_points_in_this_order(sweep):
    page = write_report(sweep).read_text()
    places = [
        "Does it help?",
        '<p class="answer">More &lt;weight&gt; helps: supported.</p>',
        "<li>Best by PSNR (dB): net, weight 0.5, 21.57 [20.07, 23.06] over 3 seeds; +1.07 [+0.92, +1.21] against ",
        "6 done",
        "The ledger of claims",
        "+1.07 dB [+0.92, +1.21], +0.011 SSIM [+0.009, +0.012] over 3 seeds",
        "data:image/png;base64,",
        "Δ: paired by seed, against weight 0.",
        "Δ PSNR dB",
        '<tr class="control">',
        '<span class="best">23.00</span>',
        "net, weight 0.5</th>",
        '<span class="interval">+0.92, +1.21</span>',
        "weight 0, seed 0",
        "1 min 1 s",
        "<dt>size</dt><dd>32</dd>",
        "<dt>code</dt><dd>c1</dd>",
    ]
    found = [page.find(text) for text in places]
    assert -1 not in found and found == sorted(found)
    assert not EXTERNAL.search(page) and "<script" not in page
    assert 'class="warning"' not in page and "points are done" not in page


def test_a_sweep_half_done_says_how_each_point_stands(sweep):
    names = [f"weight={w},seed={s}" for w in GAINS for s in range(3)]
    write_point(sweep / names[0], None, "failed", ["ValueError: <b>bad</b>"])
    (sweep / names[0] / f"{NOTEBOOK}.ipynb").write_text('{"cells": [')
    (sweep / names[1] / "point.json").write_text('{"state": "do')
    write_point(sweep / names[2], '{"rows": [')
    (sweep / names[3] / "point.json").unlink()
    other = results({"net": {"psnr": 20.0, "ssim": 0.2}}, {"size": 32, "weight": 0.5, "seed": 1}, code="c2")
    write_point(sweep / names[4], other)
    (sweep / names[5] / f"{NOTEBOOK}.ipynb").write_text("{}")
    page = write_report(sweep).read_text()
    assert "2 done, 1 failed, 2 not readable, 1 to go" in page and "2 of 6 points are done" in page
    assert "ValueError: &lt;b&gt;bad&lt;/b&gt;" in page and "notebook not readable" in page
    assert "point.json is not readable as JSON" in page and "results.json is not readable as JSON" in page
    assert "different versions of the code: c2, c1." in page and "no results of net, weight 0" in page
    assert 'href="weight%3D0.5%2Cseed%3D2/02_net.ipynb"' in page and "read it" not in page


def test_a_difference_over_fewer_seeds_says_so_on_the_page(sweep):
    (sweep / "weight=0.0,seed=2" / "point.json").unlink()
    page = write_report(sweep).read_text()
    assert re.search(r'<span class="interval">[+-][\d.]+, [+-][\d.]+ \(2 seeds\)</span>', page)


def test_only_failed_points_have_their_notebook_as_html(sweep):
    for name in ("weight=0.0,seed=0", "weight=0.0,seed=1"):
        nbformat.write(nbformat.v4.new_notebook(), sweep / name / f"{NOTEBOOK}.ipynb")
    write_point(sweep / "weight=0.0,seed=0", None, "failed")
    page = write_report(sweep).read_text()
    assert page.count("read it") == 1 and 'href="weight%3D0.0%2Cseed%3D0/02_net.html"' in page
    assert 'href="../index.html"' in (sweep / "weight=0.0,seed=0" / f"{NOTEBOOK}.html").read_text()
    assert not (sweep / "weight=0.0,seed=1" / f"{NOTEBOOK}.html").exists()


def test_a_sweep_not_begun_and_one_whose_scores_do_not_go_together_have_their_page(sweep):
    for point in sweep.glob("weight=0.5*"):
        size = point.name[-1]  # every seed on pictures of its own
        kept = results({"net": {"psnr": 20.0}}, {"weight": 0.5, "seed": int(size)}, pictures=size)
        write_point(point, kept)
    page = write_report(sweep).read_text()
    assert '<p class="warning">net was measured on 3 different sets of test pictures' in page
    for point in sweep.glob("*/point.json"):
        point.unlink()
    page = write_report(sweep).read_text()
    assert "Nothing is measured yet." in page and "0 of 6 points are done" in page and "6 to go" in page


def test_a_broken_record_of_a_sweep_is_named(sweep):
    (sweep / "sweep.json").write_text("{")
    with pytest.raises(UsageError, match=r"sweep\.json"):
        write_report(sweep)
