"""What can be wrong in a document: each check returns "" or a sentence about one link, code span or fence."""

import ast
import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from pathlib import Path

from documented_commands import WrongCommand, all_options, check_command, commands_of, written
from documents import Piece, anchors, target_of

from lib.common.files import ROOT

GENERATED = ("outputs", "data/kaggle", "data/cache")  # a clean clone has none of these
READERS_OWN = {"out.ipynb", "table.md"}  # what commands write for the reader
PLACES = ("lib", "tests", "docs", "notebooks", "data", "outputs", ".ci")
MADE_BY = re.compile(r"^```(?:sh|bash)$|`(?:\.venv/bin/)?(?:workbook|colorize|make|python|papermill) ", re.MULTILINE)


def problems(pieces: Iterable[Piece], problem_of: Callable[[Piece], str]) -> str:
    """One line for each piece that has a problem: the document, the line, the text, what is wrong."""
    return "\n".join(f"{piece}: {problem}" for piece in pieces if (problem := problem_of(piece)))


@cache
def files() -> set[str]:
    """Every file of the project, as seen from its root, and every folder."""
    own = [path for place in PLACES for path in (ROOT / place).rglob("*") if "__pycache__" not in path.parts]
    paths = [*own, *ROOT.iterdir()]
    return {path.relative_to(ROOT).as_posix() for path in paths}


def wrong_link(link: Piece) -> str:
    target, anchor = target_of(link)
    if not target.exists():
        return "there is no such file"
    if not target.is_relative_to(ROOT):
        return "lies outside the project"
    if anchor and target.suffix in (".md", ".ipynb") and anchor not in anchors(target):
        return f"there is no such heading; there are {', '.join(sorted(anchors(target)))}"
    return ""


def wrong_path(span: Piece) -> str:
    text = span.text.rstrip("/")
    if not re.fullmatch(r"[\w.*-]+(/[\w.*-]+)*", text) or text in READERS_OWN | set(written()):
        return ""
    if re.search(r"(?:^|[/_])NAME\b", text):  # to be filled in
        return ""
    if any(text == place or text.startswith(f"{place}/") for place in GENERATED):
        return ""
    if "/" in span.text and text.split("/")[0] in PLACES:
        return "" if any(ROOT.glob(text)) else "there is no such file or folder"
    suffix = Path(text).suffix
    if text.startswith(".") or suffix not in (".py", ".md", ".toml", ".lock", ".yml", ".ipynb", ".j2"):
        return ""
    beside = (span.document.parent / text).exists()
    return "" if beside or any(f"/{name}".endswith(f"/{text}") for name in files()) else "no file is called so"


def missing_attribute(dotted: str) -> str:
    """ "" where `lib.package.module.name` can be imported and looked up, else what is missing."""
    parts, found, rest = dotted.split("."), None, []
    while parts and found is None:
        try:
            found = import_module(".".join(parts))
        except ModuleNotFoundError as error:
            if not str(error.name).startswith("lib"):
                raise
            rest.insert(0, parts.pop())
    for name in rest:
        if not hasattr(found, name):
            known = getattr(found, "__annotations__", {}) | getattr(found, "__dataclass_fields__", {})
            if name not in known:
                return f"there is no {name} in {'.'.join(parts)}"
        found = getattr(found, name, None)
    return ""


def wrong_name(span: Piece) -> str:
    dotted = re.fullmatch(r"(lib(?:\.\w+)+)(?:\(\))?", span.text)
    return missing_attribute(dotted[1]) if dotted else ""


def wrong_command(piece: Piece, whole: bool) -> str:
    for words in commands_of(piece):
        try:
            check_command(words, whole)
        except WrongCommand as error:
            return str(error)
    return ""


def lines_of(fence: Piece) -> list[Piece]:
    """The commands of a fence at their own lines; one that goes on over several lines stays whole."""
    found, where = [], re.fullmatch(r"(.*?)(\d+)", fence.place)
    for number, line in enumerate(fence.text.split("\n"), int(where[2])):
        if found and found[-1].text.endswith("\\"):
            before = found.pop()
            found.append(Piece(f"{before.text}\n{line}", before.document, before.place))
        else:
            found.append(Piece(line, fence.document, f"{where[1]}{number}"))
    return found


def wrong_option(span: Piece) -> str:
    option = re.match(r"(--[a-z][\w-]*)(?:[ =]|$)", span.text)
    return "no command has this option" if option and option[1] not in all_options() else ""


def wrong_python(fence: Piece) -> str:
    try:
        tree = ast.parse(fence.text)
    except SyntaxError as error:
        return f"is no Python ({error})"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "lib":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.split(".")[0] == "lib"]
        else:
            continue
        if missing := next(filter(None, map(missing_attribute, names)), ""):
            return missing
    return ""


def tables_without_origin(name: str, text: str) -> list[str]:
    """A line for each section of a Markdown text that has a table, but no command or no date that made it."""
    # A comment in a fence is no heading.
    hidden = re.sub(r"(?ms)^```.*?^```", lambda fence: re.sub(r"[^\n]", " ", fence[0]), text)
    starts = [0, *(match.start() for match in re.finditer(r"^#{1,6} ", hidden, re.MULTILINE))]
    found = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        section, place = text[start:end], f"{name}:{text[:start].count(chr(10)) + 1}"
        if not re.search(r"^\|[ :|-]+\|$", section, re.MULTILINE):
            continue
        if not MADE_BY.search(section):
            found.append(f"{place}: a table without the command that made it")
        if not re.search(r"\b20\d\d-[01]\d-[0-3]\d\b", section):
            found.append(f"{place}: a table without the date on which it was made")
    return found
