"""Shared by the pages of runs and of sweeps: rendering, the wording of times and verdicts, notebooks as HTML."""

import base64
import html
import re
from collections import Counter
from datetime import datetime
from pathlib import Path

from lib.common.files import atomic_write
from lib.evaluation.size import NOT_TESTED

VERDICTS = ("supported", "not supported", "cannot tell", NOT_TESTED, "cannot be as printed")

# nbconvert's page without the scripts that it loads from the network: require.js, MathJax, Mermaid and widgets.
OFFLINE_TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block html_head_css -%}
<style>
main { max-width: 1080px; margin: 0 auto; padding: 0 12px 48px; }
.back { display: block; padding: 14px 0; font: 14px system-ui, sans-serif; }
.jp-RenderedHTMLCommon, .jp-RenderedText { overflow-x: auto; }
.formula { display: block; overflow-x: auto; padding: 4px 0; }
math { font-size: 1.15em; }
math { font-family: "STIX Two Math", "Latin Modern Math", "Cambria Math", "DejaVu Math TeX Gyre", math; }
.jp-InputArea-editor, .highlight { overflow-x: auto; }
.jp-OutputArea .highlight pre { font: 13px/1.4 monospace; white-space: pre; }
summary { cursor: pointer; padding: 4px 0; }
.jp-RenderedImage img, .jp-RenderedHTMLCommon img { max-width: 100%; height: auto; }
@media (max-width: 700px) { .jp-InputPrompt, .jp-OutputPrompt { display: none; } body.jp-Notebook { padding: 4px; } }
</style>
{%- endblock -%}
{%- block body_header -%}{{ super() }}<a class="back" href="{{ resources.back }}">← back to the page</a>{%- endblock -%}
"""
WIDGET = "application/vnd.jupyter.widget-view+json"


def export_html(notebook: Path, back: str = "index.html") -> Path:
    """Write an executed notebook as one HTML file that opens offline, and return its path beside the notebook.

    Widgets are left out, because they need a kernel and scripts from the network.

    Args:
        notebook: the executed notebook.
        back: the target of the link at the top of the page.
    """
    import nbformat
    from jinja2 import DictLoader

    from lib.workbook.report.formulas import OfflineExporter

    book = nbformat.read(notebook, as_version=4)
    book.metadata.pop("widgets", None)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
    exporter = OfflineExporter(
        extra_loaders=[DictLoader({"offline.html.j2": OFFLINE_TEMPLATE})],
        template_file="offline.html.j2",
        embed_images=True,
    )
    resources = {"metadata": {"name": notebook.stem, "path": str(notebook.parent)}, "back": back}
    page, _ = exporter.from_notebook_node(book, resources=resources)
    with atomic_write(notebook.with_suffix(".html")) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return notebook.with_suffix(".html")


def executed_notebook(notebook: Path, back: str = "index.html") -> dict:
    """The files of an executed notebook, for links. Writes its HTML if that is missing or out of date.

    Args:
        notebook: where the executed notebook would be.
        back: the target of the link at the top of its page.

    Returns:
        The file names "html" and "ipynb", None if there is no such file, and "unreadable", whether the notebook cannot
        be converted, for example because a full disk cut it off.
    """
    if not notebook.exists():
        return {"html": None, "ipynb": None, "unreadable": False}
    page = notebook.with_suffix(".html")
    try:
        if not page.exists() or page.stat().st_mtime < notebook.stat().st_mtime:
            export_html(notebook, back)
    except Exception:  # nbformat, nbconvert and the disk raise many kinds of errors
        return {"html": None, "ipynb": notebook.name, "unreadable": True}
    return {"html": page.name, "ipynb": notebook.name, "unreadable": False}


def write_page(folder: Path, template: str, **values: object) -> Path:
    """Render a template of this package as `index.html` in a folder, and return the page's path."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"prose": prose, "when": when, "duration": duration}
    environment.filters |= {"verdict_kind": verdict_kind, "verdict_counts": verdict_counts}
    page = environment.get_template(template).render(**values)
    with atomic_write(folder / "index.html") as temporary:
        temporary.write_text(page, encoding="utf-8")
    return folder / "index.html"


def embedded(path: Path, caption: str, stem: str = "") -> dict:
    """A picture for the templates, as a data URL with its caption and its size in pixels.

    `stem` is the name of the notebook that the picture came from, if any.
    """
    from PIL import Image

    with Image.open(path) as picture:
        (width, height), kind = picture.size, picture.get_format_mimetype()
    source = f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
    return {"source": source, "caption": caption, "stem": stem, "width": width, "height": height}


def prose(text: str) -> str:
    """A sentence as HTML: escaped, with Markdown's `code` and **strong** converted; no line ends in `--option`."""
    from markupsafe import Markup

    safe = html.escape(text)
    safe = re.sub(r"(?<!\S)(--?[a-z][\w-]*)", r'<span style="white-space: nowrap">\1</span>', safe)
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", safe))


def duration(seconds: float) -> str:
    """Seconds as text.

    >>> duration(42), duration(432), duration(11100)
    ('42 s', '7 min 12 s', '3 h 5 min')
    """
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def when(iso: str) -> str:
    """A time from ISO 8601 as text.

    >>> when("2026-11-23T18:40:07+00:00")
    '23 November 2026, 18:40'
    """
    moment = datetime.fromisoformat(iso)
    return f"{moment.day} {moment:%B %Y, %H:%M}"


def verdict_kind(verdict: str) -> str:
    """The CSS class of a verdict's badge; "other" for a verdict that is not in `VERDICTS`."""
    return verdict.replace(" ", "-") if verdict in VERDICTS else "other"


def verdict_counts(claims: list[dict]) -> list[tuple[str, int]]:
    """The number of claims with each verdict, in the order of `VERDICTS`."""
    counts = Counter(entry["verdict"] for entry in claims)
    return [(verdict, counts[verdict]) for verdict in dict.fromkeys([*VERDICTS, *counts]) if counts[verdict]]
