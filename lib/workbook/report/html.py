"""What the page of a run and the page of a sweep share: rendering, words for times and verdicts, notebooks as HTML."""

import base64
import html
import re
from collections import Counter
from datetime import datetime
from pathlib import Path

from lib.common.files import atomic_write

VERDICTS = ("supported", "not supported", "cannot tell", "cannot be as printed")

# nbconvert's page without what it would fetch: require.js, MathJax, Mermaid and the widget manager.
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
.jp-RenderedImage img, .jp-RenderedHTMLCommon img { max-width: 100%; height: auto; }
@media (max-width: 700px) { .jp-InputPrompt, .jp-OutputPrompt { display: none; } body.jp-Notebook { padding: 4px; } }
</style>
{%- endblock -%}
{%- block body_header -%}{{ super() }}<a class="back" href="{{ resources.back }}">← back to the page</a>{%- endblock -%}
"""
WIDGET = "application/vnd.jupyter.widget-view+json"


def export_html(notebook: Path, back: str = "index.html") -> Path:
    """Write an executed notebook as HTML beside it, complete and offline, and return the page's path.

    `back` is where its link at the top leads. Widgets are left out: without a kernel they are dead, and their scripts
    would come from the network.
    """
    import nbformat
    from jinja2 import DictLoader
    from nbconvert import HTMLExporter

    book = nbformat.read(notebook, as_version=4)
    book.metadata.pop("widgets", None)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
    exporter = HTMLExporter(
        extra_loaders=[DictLoader({"offline.html.j2": OFFLINE_TEMPLATE})],
        template_file="offline.html.j2",
        embed_images=True,
    )
    where = {"metadata": {"name": notebook.stem, "path": str(notebook.parent)}, "back": back}
    page, _ = exporter.from_notebook_node(book, resources=where)
    with atomic_write(notebook.with_suffix(".html")) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return notebook.with_suffix(".html")


def executed_notebook(notebook: Path, back: str = "index.html") -> dict:
    """The `html` and `ipynb` of an executed notebook, names or None; its HTML is written where it is missing or old.

    One that a full disk has cut off is `unreadable`: the page says so, and has no link to it.
    """
    found = {"html": None, "ipynb": notebook.name if notebook.exists() else None, "unreadable": False}
    if found["ipynb"] is None:
        return found
    page = notebook.with_suffix(".html")
    if not page.exists() or page.stat().st_mtime < notebook.stat().st_mtime:
        try:
            export_html(notebook, back)
        except Exception:  # nbformat, nbconvert and the disk each have errors of their own for it
            return found | {"unreadable": True}
    return found | {"html": page.name}


def write_page(folder: Path, template: str, **values: object) -> Path:
    """Render a template of this package as the folder's `index.html`: one file that opens offline."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"prose": prose, "when": when}
    page = environment.get_template(template).render(**values)
    with atomic_write(folder / "index.html") as temporary:
        temporary.write_text(page, encoding="utf-8")
    return folder / "index.html"


def embedded(path: Path, caption: str, stem: str = "") -> dict:
    """A picture file as the template wants it: its bytes in the page, its size, and the notebook it came from."""
    from PIL import Image

    with Image.open(path) as picture:
        (width, height), kind = picture.size, picture.get_format_mimetype()
    source = f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
    return {"source": source, "caption": caption, "stem": stem, "width": width, "height": height}


def prose(text: str) -> str:
    """A sentence of a notebook as HTML: escaped, with Markdown's `code` and **strong**, which notebooks also show."""
    from markupsafe import Markup

    safe = html.escape(text)
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", safe))


def duration(seconds: float) -> str:
    """Seconds as a reader says them: `42 s`, `7 min 12 s`, `3 h 5 min`."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    return (
        f"{seconds // 60} min {seconds % 60} s" if seconds < 3600 else f"{seconds // 3600} h {seconds % 3600 // 60} min"
    )


def when(iso: str) -> str:
    """`23 November 2026, 18:40`."""
    moment = datetime.fromisoformat(iso)
    return f"{moment.day} {moment:%B %Y, %H:%M}"


def verdict_kind(verdict: str) -> str:
    """The style of a verdict's badge; a verdict of another wording is shown neutral."""
    return verdict.replace(" ", "-") if verdict in VERDICTS else "other"


def verdict_counts(claims: list[dict]) -> list[tuple[str, int]]:
    """(verdict, how often), in the order of `VERDICTS`."""
    counts = Counter(entry["verdict"] for entry in claims)
    order = [*VERDICTS, *(verdict for verdict in counts if verdict not in VERDICTS)]
    return [(verdict, counts[verdict]) for verdict in order if counts[verdict]]
