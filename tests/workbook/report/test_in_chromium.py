"""Pages in Chromium: they do not scroll sideways, neither on a laptop nor on a phone. Skipped without a Chromium."""

import shutil

import nbformat
import pytest
from runs_by_hand import CLAIM, row, write_results
from sweeps_by_hand import write_sweep

from lib.evaluation.names import GRAY_COPY, METRICS, UNSHOWN, Method
from lib.workbook.records.score_table import ScoreTable
from lib.workbook.report.html import export_html
from lib.workbook.report.run_page import write_report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed; it is among dev's packages"
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium")
SHOWN = [key for key in METRICS if key not in UNSHOWN]
ROWS = [
    row(method, key, 17.745, 14.607, 21.738)
    for method in (GRAY_COPY, Method("cnn_perceptual", {"pairs": 2000, "epochs": 30}), "segments_otsu_luma_kept")
    for key in SHOWN
]
FORMULA = (
    r"$$ d = "
    + r" + ".join([r"\frac{\sum_{n=1}^{N} (x_n - \hat{x}_n)^2}{\sum_{n=1}^{N} (x_n - \bar{x})^2}"] * 5)
    + " $$"
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The page of a run, the page of a sweep and an exported notebook."""
    run, sweep, notebook = (tmp_path_factory.mktemp(name) for name in ("run", "sweep", "notebook"))
    write_results(run, "05_comparison", rows=ROWS, claims=[CLAIM], conclusions=["Nothing wins."])
    write_sweep(
        sweep / "s", {"weight": [0.0, 0.5], "seed": [0, 1]},
        lambda weight, seed: {"net": dict.fromkeys(SHOWN, 0.5 + weight + weight * seed / 9)},
        baseline={"weight": 0.0}, methods=["net"], metrics=SHOWN,
    )  # fmt: skip
    table = nbformat.v4.new_output("display_data", data={"text/html": ScoreTable(ROWS)._repr_html_()})
    cells = [nbformat.v4.new_markdown_cell(FORMULA), nbformat.v4.new_code_cell("a = 1" + " + 1" * 40, outputs=[table])]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook / "a.ipynb")
    return [write_report(run), write_report(sweep / "s"), export_html(notebook / "a.ipynb")]


def test_no_page_scrolls_sideways(pages):
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width in (1280, 420):
            page = browser.new_page(viewport={"width": width, "height": 900})
            for path in pages:
                page.goto(path.as_uri())
                page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
                assert page.evaluate("document.documentElement.scrollWidth") == width, path
                if width == 1280:  # at this width, tables need no box that scrolls
                    fits = "table => table.scrollWidth <= table.parentElement.clientWidth"
                    assert page.evaluate(f"[...document.querySelectorAll('table')].every({fits})"), path
        browser.close()
