"""Executed notebooks: pictures inside, progress bars gone."""

import base64

import nbformat

from lib.workbook.portable import make_portable

WEBP = b"RIFF....WEBP"


def test_pictures_beside_the_notebook_are_attached(tmp_path):
    (tmp_path / "notebooks" / "images").mkdir(parents=True)
    (tmp_path / "notebooks" / "images" / "a.webp").write_bytes(WEBP)
    (tmp_path / "notebooks" / "notes.txt").write_text("no picture")
    source = "![Head.](images/a.webp) ![gone](images/b.webp) ![far](https://x.org/c.png) ![text](notes.txt)"
    source += " [a](images/a.webp)"
    cells = [nbformat.v4.new_markdown_cell(source), nbformat.v4.new_code_cell("'![no](images/a.webp)'")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "out.ipynb")
    make_portable(tmp_path / "out.ipynb", tmp_path / "notebooks")
    head, code = nbformat.read(tmp_path / "out.ipynb", 4).cells
    assert head.source == source.replace("(images/a.webp)", "(attachment:images-a.webp)", 1)
    assert head.attachments == {"images-a.webp": {"image/webp": base64.b64encode(WEBP).decode()}}
    assert code.source == cells[1].source


def test_what_a_carriage_return_goes_over_is_gone(tmp_path):
    texts = [
        "\rtraining:   0%|  | 0/4\rtraining: 100%|##| 4/4\r            \r",
        "a: 100%|#| 1/1\r       \rloss 0.5\nb\n",
        "",
        "\n",
    ]
    outputs = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in texts]
    cell = nbformat.v4.new_code_cell("train()", outputs=[*outputs, nbformat.v4.new_output("display_data")])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "out.ipynb")
    make_portable(tmp_path / "out.ipynb", tmp_path)
    kept = nbformat.read(tmp_path / "out.ipynb", 4).cells[0].outputs
    assert [output.get("text") for output in kept] == ["loss 0.5\nb\n", "", "\n", None]  # a cell's own blanks stay
