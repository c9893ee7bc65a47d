"""The project's documents taken apart: links, code spans, fences, and the place of each for messages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lib.common.files import NOTEBOOKS, ROOT, read_json

FENCE = re.compile(r"^(\s*)(```+|~~~+)\s*([\w+-]*)")
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
LINK = re.compile(r"(!?)\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
SOURCE = re.compile(r"<(?:img|a|source)\b[^>]*?\b(?:src|href)=\"([^\"]+)\"")


@dataclass(frozen=True)
class Piece:
    """A part of a document: its text, and the place that a message names."""

    text: str
    document: Path
    place: str  # `docs/data.md:12`, or `notebooks/00_dataset.ipynb, cell 3, line 2`
    language: str = ""  # of a fence

    def __str__(self) -> str:
        first_line, *_ = self.text.strip().splitlines() or [""]
        return f"{self.place}: {first_line}"


@dataclass(frozen=True)
class Document:
    """A Markdown file, or a notebook with its markdown cells as `sections`: (place of line n, text) pairs."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def sections(self) -> list[tuple[str, str]]:
        """`(where, text)`: the number of a line is to be added to `where`."""
        if self.path.suffix == ".md":
            return [(f"{self.name}:", self.path.read_text(encoding="utf-8"))]
        cells = enumerate(read_json(self.path)["cells"], 1)
        markdown = ((number, cell) for number, cell in cells if cell["cell_type"] == "markdown")
        return [(f"{self.name}, cell {number}, line ", "".join(cell["source"])) for number, cell in markdown]

    @property
    def text(self) -> str:
        return "\n\n".join(text for _, text in self.sections)

    def _lines(self) -> Iterator[tuple[Piece, str | None]]:
        """Each line, with the language of the fence that it lies in; None outside. The marks of fences are left out.

        A fence inside a list is indented; its lines lose that.
        """
        for where, text in self.sections:
            indent, fence, language = "", "", None
            for number, line in enumerate(text.splitlines(), 1):
                mark = FENCE.match(line)
                if mark and not fence:
                    indent, fence, language = mark.groups()
                elif fence and line.strip().startswith(fence):
                    indent, fence, language = "", "", None
                else:
                    yield Piece(line.removeprefix(indent), self.path, f"{where}{number}", language or ""), language

    @property
    def prose(self) -> list[Piece]:
        """The lines outside of fences; a line that ends inside a code span has the next one joined to it."""
        found: list[Piece] = []
        for piece, language in self._lines():
            if language is not None:
                continue
            if found and found[-1].text.strip() and piece.text.strip() and found[-1].text.count("`") % 2:
                before = found.pop()
                piece = Piece(f"{before.text.rstrip()} {piece.text.lstrip()}", self.path, before.place)
            found.append(piece)
        return found

    @property
    def fences(self) -> list[Piece]:
        """The content of each fence, at the place of its first line."""
        found: list[Piece] = []
        last = None
        for piece, language in self._lines():
            where, _, number = re.fullmatch(r"(.*?)(:|line )(\d+)", piece.place).groups()
            if language is None:
                last = None
                continue
            if last == (where, language, int(number) - 1):
                before = found.pop()
                piece = Piece(f"{before.text}\n{piece.text}", self.path, before.place, language)
            found.append(piece)
            last = (where, language, int(number))
        return found

    @property
    def spans(self) -> list[Piece]:
        """The code spans, in backticks."""
        return [Piece(match[2], p.document, p.place) for p in self.prose for match in SPAN.finditer(p.text)]

    @property
    def links(self) -> list[Piece]:
        """The targets of links and pictures that lie in the project; code spans hold none."""
        found = []
        for piece in self.prose:
            text = SPAN.sub(lambda match: "x" * len(match[0]), piece.text)
            targets = [match[2] for match in LINK.finditer(text)] + SOURCE.findall(text)
            found += [Piece(target, piece.document, piece.place) for target in targets]
        return [link for link in found if not re.match(r"[a-z][a-z+.-]*:", link.text)]


@cache
def documents() -> list[Document]:
    """Everything that a visitor reads in the repository."""
    files = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "NOTICE.md")]
    files += sorted((ROOT / "docs").glob("**/*.md"))
    files += [ROOT / "data" / "README.md", ROOT / "outputs" / "README.md"]
    files += sorted(NOTEBOOKS.glob("*.ipynb"))
    return [Document(path) for path in files if path.exists()]


@cache
def anchors(path: Path) -> set[str]:
    """The anchors of a Markdown file or a notebook, as GitHub makes them of headings."""
    found: set[str] = set()
    for piece in Document(path).prose:
        heading = re.match(r"#{1,6}\s+(.+?)\s*#*$", piece.text)
        if not heading:
            continue
        words = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "").lower())
        slug = words.replace(" ", "-")
        repeated = [f"{slug}-{number}" for number in range(1, 9)]
        found.add(next(name for name in (slug, *repeated) if name not in found))
    return found


def target_of(link: Piece) -> tuple[Path, str]:
    """The file or folder that a link leads to, and its anchor ("" where it has none)."""
    path, _, anchor = link.text.partition("#")
    return ((link.document.parent / path).resolve() if path else link.document), anchor
