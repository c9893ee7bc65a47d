"""One page for a run: what was asked, what came out, the ledger of claims, figures, the table, how it was done.

The page holds its figures, takes nothing from the network, and tolerates a notebook that failed or was not run. Beside
it stands each executed notebook as HTML.
"""

import base64
import html
import re
from collections import Counter
from datetime import datetime
from pathlib import Path

from lib.files import atomic_write
from lib.results import COMPARISON, CONTROLS, PAPER, RunFiles, best_methods, load_run, results_table

QUESTION = "How well do the paper's methods colour gray pictures, held against doing nothing?"
KINDS = {**dict.fromkeys(CONTROLS, "control"), "truth": "truth"}  # of a line of the table; "" is a method
RANKED = ("control", "")
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
{%- block body_header -%}{{ super() }}<a class="back" href="index.html">← the run's page</a>{%- endblock -%}
"""
WIDGET = "application/vnd.jupyter.widget-view+json"


def export_html(notebook: Path) -> Path:
    """Write an executed notebook as HTML beside it, complete and offline, and return the page's path.

    Widgets are left out: without a kernel they are dead, and their scripts would come from the network.
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
    where = {"metadata": {"name": notebook.stem, "path": str(notebook.parent)}}
    page, _ = exporter.from_notebook_node(book, resources=where)
    with atomic_write(notebook.with_suffix(".html")) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return notebook.with_suffix(".html")


def up_to_date_html(notebook: Path) -> str | None:
    """The name of an executed notebook's HTML page, written where it is missing or old; None without a notebook."""
    if not notebook.exists() or notebook.stat().st_size == 0:
        return None
    page = notebook.with_suffix(".html")
    if not page.exists() or page.stat().st_mtime < notebook.stat().st_mtime:
        export_html(notebook)
    return page.name


def write_report(folder: Path) -> Path:
    """Write a run's `index.html` and the HTML of its executed notebooks; returns the page's path.

    The page is one file that opens offline; only its links to the notebooks want them beside it.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    run = load_run(folder)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"prose": prose, "when": when}
    page = environment.get_template("report.html.j2").render(
        question=QUESTION,
        answer=answer(run),
        facts=facts(run),
        claims=[{**entry, "kind": verdict_kind(entry["verdict"])} for entry in run.claims],
        verdicts=[(v, verdict_kind(v), n) for v, n in verdict_counts(run.claims)],
        figures=main_figures(run),
        table=table(run),
        notebooks=[notebook_entry(run, stem) for stem in run.stems],
        provenance=provenance(run),
        record=run.record,
    )
    with atomic_write(folder / "index.html") as temporary:
        temporary.write_text(page, encoding="utf-8")
    return folder / "index.html"


def prose(text: str) -> str:
    """A sentence of a notebook as HTML: escaped, with Markdown's `code` and **strong**, which notebooks also show."""
    from markupsafe import Markup

    safe = html.escape(text)
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", safe))


def answer(run: RunFiles) -> dict:
    """The run's answer: a headline sentence and the conclusions that follow it.

    Without the comparison notebook's conclusions each other notebook's first one stands in, and the headline says so.
    """
    conclusions = run.results.get(COMPARISON, {}).get("conclusions", [])
    if conclusions:
        headline, *rest = re.split(r"(?<=[.!?])\s+(?=[A-Z])", conclusions[0], maxsplit=1)
        return {"headline": headline, "more": [*rest, *conclusions[1:]]}
    firsts = [results["conclusions"][0] for results in run.results.values() if results.get("conclusions")]
    return {"headline": "This run holds no comparison of all methods.", "more": firsts}


def facts(run: RunFiles) -> list[tuple[str, str]]:
    """The few (name, value) pairs a reader wants at once: data, protocol, device, time."""
    found = [("Notebooks", states_line(run))] if run.record else []
    for results in run.comparison_first[:1]:
        data = results.get("data", {})
        splits = " · ".join(f"{count:,} {split}" for split, count in data.get("splits", {}).items())
        size = f", {data['size']} px" if "size" in data else ""
        found.insert(
            0, ("Data", f"{data.get('description', data.get('name', ''))}{size}" + f" ({splits})" * bool(splits))
        )
        found.append(("Device", results.get("device", "unknown")))
    if run.record:
        seconds = sum(entry["seconds"] or 0 for entry in run.record["notebooks"].values())
        found.insert(1, ("Profile", run.record["profile"]))
        found.append(("Time", f"{duration(seconds)}, started {when(run.record['started'])}"))
    return found


def states_line(run: RunFiles) -> str:
    """`5 done, 1 failed`."""
    states = Counter(entry["state"] for entry in run.record["notebooks"].values())
    return ", ".join(f"{count} {state}" for state, count in states.items())


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


def main_figures(run: RunFiles) -> list[dict]:
    """The figures marked `main`, embedded, in the order of the notebooks; one that is not there is left out."""
    from PIL import Image

    figures = []
    for stem, results in run.results.items():
        for figure in results.get("figures", []):
            path = run.folder / stem / figure["file"]
            if not figure.get("main") or not path.exists():
                continue
            with Image.open(path) as picture:
                (width, height), kind = picture.size, picture.get_format_mimetype()
            source = f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
            figures.append(
                {"source": source, "caption": figure["caption"], "stem": stem, "width": width, "height": height}
            )
    return figures


def table(run: RunFiles) -> dict:
    """The results table for the template: metric names, and a line a method with values, intervals and marks."""
    frame = results_table(run.rows)
    winning = {name: frame.loc[method, name].partition(" ")[0] for name, method in best_methods(run.rows).items()}
    lines = []
    for method, cells in frame.iterrows():
        kind = "paper" if method.startswith(PAPER) else KINDS.get(method, "")
        # Values that read the same are equally best: a tie is not settled by digits that nobody sees.
        values = [
            {"value": value, "interval": interval.strip("[]"), "best": kind in RANKED and value == winning.get(name)}
            for name, (value, _, interval) in cells.map(lambda cell: cell.partition(" ")).items()
        ]
        lines.append({"name": method.removeprefix(PAPER), "kind": kind, "cells": values})
    numbers = sorted({row["n"] for row in run.rows if row.get("n")})
    count = "" if not numbers else f"{numbers[0]:,}" if len(numbers) == 1 else f"{numbers[0]:,} to {numbers[-1]:,}"
    return {"metrics": list(frame.columns), "lines": lines, "pictures": count}


def notebook_entry(run: RunFiles, stem: str) -> dict:
    """What the page says of one notebook, whether it was done, failed or left nothing."""
    entry = run.record.get("notebooks", {}).get(stem, {})
    results = run.results.get(stem, {})
    executed = run.folder / f"{stem}.ipynb"
    seconds = entry.get("seconds") or results.get("durations", {}).get("notebook")
    return {
        "stem": stem,
        "number": stem.split("_")[0],
        "title": results.get("title") or stem.partition("_")[2].replace("_", " ").capitalize() or stem,
        "question": results.get("question", ""),
        "conclusions": results.get("conclusions", []),
        "state": entry.get("state", "done"),
        "error": entry.get("error", []),
        "time": duration(seconds) if seconds else "",
        "html": up_to_date_html(executed),
        "ipynb": executed.name if executed.exists() else None,
    }


def provenance(run: RunFiles) -> list[dict]:
    """Per notebook with results, the (name, value) pairs that say how they came about."""
    entries = []
    for stem, results in run.results.items():
        data = results.get("data", {})
        facts = {
            "code": results.get("code"),
            "seed": results.get("seed"),
            "device": results.get("device"),
            "data": f"{data.get('name')}, fingerprint {data.get('fingerprint')}",
            "finished": results.get("finished"),
            "durations": ", ".join(f"{k} {duration(v)}" for k, v in results.get("durations", {}).items()),
            "packages": ", ".join(f"{k} {v}" for k, v in results.get("packages", {}).items()),
            "artefacts": ", ".join(f"{k}: {v}" for k, v in results.get("artefacts", {}).items()),
        }
        known = [(name, str(value)) for name, value in facts.items() if value not in (None, "")]
        parameters = [(name, str(value)) for name, value in results.get("parameters", {}).items()]
        entries.append({"stem": stem, "facts": known, "parameters": parameters})
    return entries
