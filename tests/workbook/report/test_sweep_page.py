"""The page of a sweep: its contents for complete, unfinished and damaged sweeps. It opens offline and escapes HTML."""

import json
import re

import nbformat
import pytest
from runs_by_hand import EXTERNAL
from sweeps_by_hand import NOTEBOOK, results, write_point, write_sweep

from lib.common.usage import UsageError
from lib.evaluation.names import GRAY_COPY
from lib.workbook.report.run_page import write_report

GAINS = {0.0: [20.0, 20.4, 21.1], 0.5: [21.0, 21.5, 22.2]}
JUDGED = {"claim": "More <weight> helps", "paper": "III-B"}
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


def test_the_page_shows_answer_ledger_table_figure_and_points_in_this_order(sweep):
    page = write_report(sweep).read_text()
    places = [
        "Does it help?",
        '<p class="answer">More &lt;weight&gt; helps: supported.</p>',
        "<li>Best by PSNR (dB): net, weight 0.5, 21.57 [20.07, 23.06] over 3 seeds; +1.07 [+0.92, +1.21] against ",
        "6 done",
        "The ledger of claims",
        "+1.07 dB [+0.92, +1.21], +0.011 SSIM [+0.009, +0.012] on 16 pictures, 3 seeds",
        "Δ: paired by seed, against weight 0.",
        "Δ PSNR dB",
        '<tr class="control">',
        '<span class="best">23.00</span>',
        "net, weight 0.5</th>",
        '<span class="interval">+0.92, +1.21</span>',
        "data:image/png;base64,",
        "weight 0, seed 0",
        "1 min 1 s",
        "<dt>size</dt><dd>32</dd>",
        "<dt>code</dt><dd>c1</dd>",
    ]
    found = [page.find(text) for text in places]
    assert -1 not in found and found == sorted(found)
    assert not EXTERNAL.search(page) and "<script" not in page
    assert 'class="warning"' not in page and "points are done" not in page


def test_a_sweep_too_small_for_its_claim_shows_the_command_that_tests_it(sweep):
    record = json.loads((sweep / "sweep.json").read_text())
    command = "workbook sweep notebooks/02_net.ipynb weights --profile paper"
    record["claims"] = [JUDGED | {"needs": {"pictures": 100}, "command": command}]
    (sweep / "sweep.json").write_text(json.dumps(record))
    page = write_report(sweep).read_text()
    assert "helps: not tested at this size.</p>" in page and "100 test pictures (here 16): <code>workbook" in page
    assert '<span class="badge not-tested-at-this-size"><b>1</b> not tested at this size</span>' in page


def test_an_unfinished_sweep_shows_the_state_of_each_point(sweep):
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


def test_a_difference_over_fewer_seeds_shows_their_number(sweep):
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


def test_an_unstarted_sweep_and_one_with_different_pictures_have_a_page(sweep):
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


def test_an_unreadable_record_of_a_sweep_is_named(sweep):
    (sweep / "sweep.json").write_text("{")
    with pytest.raises(UsageError, match=r"sweep\.json"):
        write_report(sweep)


def test_a_sweep_of_many_metrics_shows_few_of_them_first(tmp_path):
    def scores(weight, seed):
        return {"net": {"psnr": 20.0 + seed, "psnr_pooled": 19.0 + seed, "ssim": 0.5 + seed / 10}}

    metrics = ["psnr", "psnr_pooled", "ssim"]
    folder = write_sweep(tmp_path / "w", {"weight": [0.0, 0.5], "seed": [0, 1]}, scores,
                         baseline={"weight": 0.0}, methods=["net"], metrics=metrics)  # fmt: skip
    first, more = write_report(folder).read_text().split("<summary>The other metrics</summary>")
    assert "<th>Δ SSIM</th>" in first and "pooled" not in first.split("</style>")[1]
    assert "<th>Δ pooled dB</th>" in more and "<th>Δ SSIM</th>" not in more
