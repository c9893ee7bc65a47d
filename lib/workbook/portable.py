"""What makes an executed notebook readable wherever it is sent: its pictures inside, nothing of progress bars left."""

import base64
import mimetypes
import re
from pathlib import Path
from urllib.parse import unquote

# nbformat takes a while to import. It is imported where it is used, so that help and usage errors appear at once.

PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s:]+)\)")  # without a colon: a file, no address and no attachment


def make_portable(executed: Path, folder: Path) -> None:
    """Embed the pictures of an executed notebook's Markdown cells, and drop what finished progress bars left.

    Args:
        executed: the notebook, written anew in its place.
        folder: where the notebook lay that was executed; its cells name pictures relative to it. A picture that is
            not there stays named.
    """
    import nbformat

    book = nbformat.read(executed, as_version=4)
    for cell in book.cells:
        if cell.cell_type == "markdown":
            embed_pictures(cell, folder)
        elif cell.cell_type == "code":
            cell.outputs = without_bars(cell.outputs)
    nbformat.write(book, executed)


def embed_pictures(cell: dict, folder: Path) -> None:
    """Turn the picture files that a Markdown cell names into attachments of the cell."""

    def attached(found: re.Match) -> str:
        path = folder / unquote(found[2])
        kind = mimetypes.guess_type(path, strict=False)[0] or ""  # not strict: knows WebP before Python 3.13
        try:
            content = path.read_bytes()
        except OSError:
            return found[0]
        if not kind.startswith("image/"):
            return found[0]
        name = found[2].replace("/", "-")
        cell.setdefault("attachments", {})[name] = {kind: base64.b64encode(content).decode()}
        return f"![{found[1]}](attachment:{name})"

    cell["source"] = PICTURE.sub(attached, cell["source"])


def without_bars(outputs: list[dict]) -> list[dict]:
    """A cell's outputs as a terminal would show them in the end: what a carriage return goes over is gone.

    A progress bar that is done has cleared its line. An output of which only blanks are left is dropped.
    """
    kept = []
    for output in outputs:
        if output["output_type"] == "stream" and "\r" in output["text"]:
            output["text"] = re.sub(r"(?m)^.*\r(?!\n)", "", output["text"])
            if not output["text"].strip():
                continue
        kept.append(output)
    return kept
