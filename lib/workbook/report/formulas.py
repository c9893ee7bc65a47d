"""Notebooks as HTML whose formulas browsers show without scripts: LaTeX becomes MathML.

nbconvert takes seconds to import. So this module is imported where a notebook is exported.
"""

import html
import re

from jinja2 import pass_context
from jinja2.runtime import Context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath


def mathml(latex: str, display: str = "inline") -> str:
    """A formula as HTML: MathML, or its source as code where it cannot be converted.

    Args:
        latex: the formula without dollar signs.
        display: "inline", or "block" for a formula on a line of its own.
    """
    try:
        formula = convert(latex.strip(), display=display)
    except Exception:  # the converter raises errors of many kinds, of Python as well as its own
        formula = ""
    if not formula or re.search(r"\\[A-Za-z]", formula):  # it writes a command that it does not know as text
        return f"<code>{html.escape(latex.strip())}</code>"
    # The converter hangs the indices of a norm on its right bar, which must stay as high as the left one.
    formula = formula.replace("<mo>&#x02016;</mo>", '<mo stretchy="false">&#x02016;</mo>')
    return f'<span class="formula">{formula}</span>' if display == "block" else formula


class _Renderer(IPythonRenderer):
    """nbconvert's renderer of Markdown cells, except that it leaves no formula to scripts."""

    def inline_math(self, body: str) -> str:
        return mathml(body)

    def block_math(self, body: str) -> str:
        return mathml(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")


class OfflineExporter(HTMLExporter):
    """nbconvert's exporter with formulas as MathML."""

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        """Markdown of a cell or an output as HTML; pictures are embedded as in the exporter's own filter."""
        renderer = _Renderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=self.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            anchor_link_text=self.anchor_link_text,
            exclude_anchor_links=self.exclude_anchor_links,
            **self.lexer_options,
        )
        return MarkdownWithMath(renderer=renderer).render(source)
