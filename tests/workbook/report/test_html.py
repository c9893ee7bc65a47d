"""Notebooks and sentences as HTML that opens offline."""

import nbformat
import pytest
from runs_by_hand import EXTERNAL

from lib.evaluation.size import NOT_TESTED
from lib.workbook.report.formulas import mathml
from lib.workbook.report.html import export_html, prose, verdict_counts, verdict_kind

PSNR = r"\mathrm{PSNR} = 10 \log_{10} \frac{1}{\mathrm{MSE}}"


def test_an_executed_notebook_opens_offline_without_widgets(tmp_path):
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


def test_formulas_and_attached_pictures_are_shown_offline(tmp_path):
    head = nbformat.v4.new_markdown_cell(
        f"**Question.** Is $x_1 < y$?\n\n![drawn](attachment:a.webp)\n\n$$\n{PSNR}\n$$\n\nCosts \\$5."
    )
    head["attachments"] = {"a.webp": {"image/webp": "UklGRg=="}}
    said = nbformat.v4.new_output("display_data", data={"text/markdown": "So $R^2$ is high.", "text/plain": "So"})
    cells = [head, nbformat.v4.new_code_cell("say()", outputs=[said])]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    page = export_html(tmp_path / "a.ipynb").read_text()
    assert page.count("<math") == 3 and page.count('display="block"') == 1 and "<mfrac>" in page
    assert "$$" not in page and r"\frac" not in page and "$5" in page
    assert "data:image/webp;base64,UklGRg==" in page and not EXTERNAL.search(page) and "<script" not in page


@pytest.mark.parametrize("latex", [r"\frac", r"\nonsense{x}", r"\left( x", "{", r"a < \nonsense"])
def test_a_formula_that_cannot_be_converted_is_shown_as_its_source(latex):
    escaped = latex.replace("<", "&lt;")
    assert mathml(latex, "block") == mathml(latex) == f"<code>{escaped}</code>"


def test_prose_is_escaped_before_markdown_is_converted():
    assert prose("`a<b` & **c**") == "<code>a&lt;b</code> &amp; <strong>c</strong>"


def test_a_line_does_not_end_inside_an_option():
    command = prose("`workbook run --profile paper -p seeds 3`, -3.07 dB")
    kept = '<span style="white-space: nowrap">{}</span>'.format
    assert command == f"<code>workbook run {kept('--profile')} paper {kept('-p')} seeds 3</code>, -3.07 dB"


def test_verdicts_are_counted_in_their_order():
    claims = [{"verdict": name} for name in ("home-made", NOT_TESTED, "cannot be as printed", NOT_TESTED, "supported")]
    counts = [("supported", 1), (NOT_TESTED, 2), ("cannot be as printed", 1), ("home-made", 1)]
    assert verdict_counts(claims) == counts
    assert (verdict_kind(NOT_TESTED), verdict_kind("home-made")) == ("not-tested-at-this-size", "other")
