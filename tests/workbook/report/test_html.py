"""Notebooks and sentences as HTML that opens offline."""

import nbformat
from runs_by_hand import EXTERNAL

from lib.evaluation.size import NOT_TESTED
from lib.workbook.report.html import export_html, prose, verdict_counts, verdict_kind


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
